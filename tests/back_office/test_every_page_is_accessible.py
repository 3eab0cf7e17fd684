"""No page of the admin has a serious fault of accessibility, in either theme (axe-core).

The daily run looks at one page of each kind; ``--long`` looks at every page.
"""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib import admin
from django.urls import reverse
from playwright.sync_api import Page

from tests.admin.staff import Desk, open_shop
from tests.back_office.conftest import SignIn

pytestmark = pytest.mark.browser

#: axe-core's grades of what keeps a person from using a page.
GRAVE = {"serious", "critical"}

#: Rules of a lower grade that hold all the same.
ALSO = {"landmark-one-main", "bypass", "page-has-heading-one", "html-has-lang"}

#: A page of each kind: figures, list with filters, row to read, form with rows, form with choosers.
KINDS = (
    "admin:index",
    "admin:bookings_booking_changelist",
    "admin:bookings_booking_change",
    "admin:catalog_option_change",
    "admin:auth_user_change",
)


@pytest.fixture
def page(signed_in: SignIn) -> Page:
    Desk(open_shop()).confirmed()
    return signed_in("*")


def test_a_page_of_each_kind(page: Page) -> None:
    assert [fault for name in KINDS for fault in _faults(page, _address(name))] == []


@pytest.mark.long
def test_every_page(page: Page) -> None:
    assert [fault for address in _addresses() for fault in _faults(page, address)] == []


def test_the_keyboard_reaches_content_and_menus(page: Page) -> None:
    page.goto("/admin/")

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main-content"

    page.locator("#nav-sidebar-inner [role=button]").filter(has_text="ana").last.focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Log out").wait_for()
    page.get_by_role("button", name="Dark").focus()
    page.keyboard.press(" ")
    page.wait_for_function("document.documentElement.classList.contains('dark')")


def _faults(page: Page, address: str) -> Iterator[str]:
    page.goto(address)
    for is_dark in ("false", "true"):
        page.evaluate(f"document.documentElement.classList.toggle('dark', {is_dark})")
        # Colours fade over; the colours in between do not count.
        page.wait_for_function("document.getAnimations().length === 0")
        for fault in Axe().run(page).response["violations"]:
            if fault["impact"] in GRAVE or fault["id"] in ALSO:
                for node in fault["nodes"]:
                    reason = f"{fault['id']}: {node['failureSummary']}"
                    yield f"{address} dark={is_dark} {reason} {node['html']}"


def _addresses() -> Iterator[str]:
    yield reverse("admin:index")
    yield reverse("admin:password_change")
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{name}_changelist")
        yield reverse(f"{name}_add")
        if model._default_manager.exists():
            yield _address(f"{name}_change")


def _address(name: str) -> str:
    if not name.endswith("_change"):
        return reverse(name)
    app, model = name.removeprefix("admin:").removesuffix("_change").split("_", 1)
    row = next(row for row in admin.site._registry if row._meta.label_lower == f"{app}.{model}")
    return reverse(name, args=(row._default_manager.values_list("pk", flat=True)[0],))
