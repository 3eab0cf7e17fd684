"""A staff user signs in at the admin's form and sees the pages that the permissions open."""

import pytest

from tests.back_office.sign_in import PASSWORD, SignIn
from tests.harness.browser import sign_in

pytestmark = pytest.mark.browser


def test_the_sidebar_has_the_pages_of_the_role(signed_in: SignIn) -> None:
    page = signed_in("bookings.view_booking", opens_today=False)
    page.context.clear_cookies()

    sign_in(page, "ana", PASSWORD)

    sidebar = page.locator("#nav-sidebar-inner, #nav-sidebar").first
    assert sidebar.get_by_text("Bookings", exact=True).count() == 1
    assert sidebar.get_by_text("Products", exact=True).count() == 0


def test_a_form_outlives_its_session(signed_in: SignIn) -> None:
    page = signed_in("auth.add_group", "auth.view_group", opens_today=False)
    page.goto("/admin/auth/group/add/")
    page.fill("[name=name]", "Cais & Zoë")
    page.context.clear_cookies(name="sessionid")
    page.click("[name=_save]")

    send_again = page.get_by_role("button", name="Send the form again")
    send_again.click()
    page.wait_for_selector("text=You are not signed in yet.")
    with page.context.expect_page() as opened:
        page.click("text=Sign in, in another tab")
    tab = opened.value
    tab.fill("input[name=username]", "ana")
    tab.fill("input[name=password]", PASSWORD)
    tab.click("button[type=submit]")
    tab.wait_for_url("**/admin/")
    send_again.click()

    page.wait_for_url("**/admin/auth/group/")
    assert page.get_by_role("link", name="Cais & Zoë", exact=True).count() == 1
