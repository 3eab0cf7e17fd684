"""Every page can be used: in either theme (axe-core), on a telephone, and by keyboard alone.

The daily run looks at one page of each kind, and at the dark colours of those with most parts;
``--long`` looks at every page of the demo to which a link leads: its shop has rows of everything.
"""

import re
from collections.abc import Collection, Iterator
from urllib.parse import urlsplit

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from core_site.bookings.models import Booking
from core_site.catalog.models import Departure, Option, Product
from core_site.database import DjangoDatabase
from core_site.demo.loader import load_demo
from core_site.guide.links import make_link
from core_site.messages.models import Message
from core_site.partners.models import Partner
from shared_domain import partners
from shared_domain.partners import PartnerId
from shared_domain.partners.sql_store import SqlKeyStore
from shared_domain.run_now import run_now
from tests.admin.staff import Desk, copy_booking, open_shop, page_of
from tests.back_office.page_faults import THEMES, focus_faults, page_faults
from tests.back_office.sign_in import SignIn
from tests.harness.browser import TELEPHONE

pytestmark = pytest.mark.browser

#: Keys and numbers in addresses: of each page that differs in nothing else, one is looked at.
_KEYS = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d\d(-\d\d)?|\d+|(?<=/guide/)[^/]+")

LONG_WORD = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen" * 2

#: Links to what is no page.
_DOWNLOADS = re.compile(
    r"/(csv|pdf|xlsx|export|(print_)?tickets?|(print_)?voucher|manifest)[^/]*/?$|jsi18n|/logout/|\.csv$"
)

#: Most pages that are looked at; links to more of them would be a defect of the page's own.
_MOST_PAGES = 400


@pytest.fixture
def desk() -> Desk:
    return Desk(open_shop())


@pytest.fixture
def page(desk: Desk, signed_in: SignIn) -> Page:
    desk.confirmed()
    return signed_in("*", opens_today=False)


def test_a_page_of_each_kind(page: Page) -> None:
    """Figures, list, row to read, form with rows, dialog, guide's telephone, what is not found.

    A name of one long word makes none of them wider than its screen.
    """
    Product.objects.update(internal_name=LONG_WORD)
    Partner.objects.update(name=LONG_WORD)
    booking, departure = Booking.objects.get(), Departure.objects.get()
    Message.objects.create(
        booking=booking, partner=booking.partner, test_mode=False, kind="REMINDER", language="de",
        recipient="a@example.com", outcome="SENT", stands_since=timezone.now(),
    )  # fmt: skip
    with_most_parts = (
        page_of(booking),
        reverse("admin:catalog_option_change", args=(Option.objects.get().pk,)),
    )
    others = (
        reverse("admin:index"),
        reverse("admin:bookings_booking_changelist"),
        page_of(booking, "cancel"),
        urlsplit(make_link(departure)).path,
        f"{reverse('booking_desk:desk')}?product=kayak",
        "/admin/nothing/",
    )

    faults = [fault for address in with_most_parts for fault in _faults(page, address)]
    faults += [fault for address in others for fault in _faults(page, address, themes=("light",))]
    assert faults == []


@pytest.mark.long
@pytest.mark.django_db(transaction=True)
def test_every_page(signed_in: SignIn) -> None:
    load_demo(now=timezone.now(), bookings=60)
    page = signed_in("*", opens_today=False)
    # One booking in each status: their pages have other buttons.
    by_status = {booking.status: booking for booking in Booking.objects.order_by("id")}
    guide = urlsplit(make_link(Departure.objects.latest("starts_at"))).path
    waiting = ["/", "/admin/", "/admin/nothing/", guide, *map(page_of, by_status.values())]
    seen: set[str] = set()
    faults: list[str] = []
    while waiting and len(seen) < _MOST_PAGES:
        address = waiting.pop(0)
        seen.add(_shape(address))
        faults += _faults(page, address)
        new = {_shape(link): link for link in _links(page) if _shape(link) not in seen}
        waiting += [link for shape, link in new.items() if shape not in map(_shape, waiting)]

    assert faults == []
    assert not waiting


def test_the_keyboard_reaches_content_and_menus(page: Page) -> None:
    page.goto("/admin/")

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main-content"

    page.locator("#nav-sidebar-inner [role=button]").filter(has_text="ana").last.focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Log out").wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Dark")).to_be_focused()
    page.keyboard.press(" ")
    page.wait_for_function("document.documentElement.classList.contains('dark')")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Log out")).to_have_count(0)
    assert "ana" in page.evaluate("document.activeElement.textContent")


def test_the_keyboard_stays_in_the_filters_until_they_are_closed(page: Page) -> None:
    page.goto(reverse("admin:bookings_booking_changelist"))
    opener = page.get_by_role("button", name="Filters")
    opener.focus()
    page.keyboard.press("Enter")
    filters = page.get_by_role("dialog", name="Filters")
    expect(filters).to_be_focused()

    # Behind its last control comes the browser's own, of which none is in the page.
    is_behind = "document.activeElement.matches('#page :not([role=dialog], [role=dialog] *)')"
    for _ in range(40):
        page.keyboard.press("Tab")
        assert not page.evaluate(is_behind)
    page.keyboard.press("Escape")
    expect(filters).to_have_count(0)
    expect(opener).to_be_focused()


def test_the_keyboard_goes_into_the_menu_of_a_telephone(page: Page) -> None:
    page.set_viewport_size({"width": TELEPHONE[0], "height": TELEPHONE[1]})
    page.goto("/admin/")
    opener = page.get_by_role("button", name="Show or hide the menu")
    opener.focus()
    page.keyboard.press("Enter")
    menu = page.get_by_role("dialog", name="Menu")
    expect(menu).to_be_focused()
    page.keyboard.press("Escape")
    expect(menu).to_have_count(0)
    expect(opener).to_be_focused()


def test_a_telephone_shows_the_rest_of_a_long_table_when_asked(desk: Desk, page: Page) -> None:
    copy_booking(Booking.objects.get(), times=5)
    page.set_viewport_size({"width": TELEPHONE[0], "height": TELEPHONE[1]})
    page.goto(reverse("admin:partners_partner_change", args=(desk.shop.alice,)))
    latest = page.get_by_role("region", name="Latest bookings").last
    rows = latest.locator("tbody tr")

    expect(rows.filter(visible=True)).to_have_count(3)
    page.get_by_role("button", name="Show all 6").click()
    expect(rows.filter(visible=True)).to_have_count(6)
    expect(latest).to_be_focused()
    expect(page.get_by_role("button", name="Show all 6")).to_have_count(0)


def test_a_telephone_names_the_column_of_each_cell(desk: Desk, page: Page) -> None:
    alice = PartnerId(desk.shop.alice)
    issue = partners.issue_key(
        alice, label="shop", is_test=False, scopes=["catalog:read"], expires_at=None,
        now=timezone.now(), store=SqlKeyStore(DjangoDatabase()),
    )  # fmt: skip
    run_now(issue)
    page.goto(reverse("admin:partners_partner_change", args=(alice,)))

    cells = "[...document.querySelectorAll('td[data-label]')].map((cell) => cell.dataset.label)"
    names = page.evaluate(cells)
    assert {"Prefix", "Last used"} <= {*names}
    assert [name for name in names if name[:1].islower()] == []


def test_a_telephone_breaks_no_link_to_a_row_of_the_page(page: Page) -> None:
    page.set_viewport_size({"width": TELEPHONE[0], "height": TELEPHONE[1]})
    page.goto(reverse("admin:catalog_option_change", args=(Option.objects.get().pk,)))
    page.get_by_role("main").get_by_role("link", name="Units", exact=True).click()

    link = page.get_by_role("main").get_by_role("link", name="Change", exact=True).first
    assert link.evaluate("(link) => link.getClientRects().length") == 1


def test_each_control_shows_that_the_keyboard_is_on_it(page: Page) -> None:
    page.goto(reverse("admin:catalog_option_change", args=(Option.objects.get().pk,)))

    assert list(focus_faults(page, most_controls=200)) == []


def _faults(page: Page, address: str, themes: Collection[str] = tuple(THEMES)) -> Iterator[str]:
    page.goto(address)
    for fault in page_faults(page, themes):
        yield f"{address} {fault}"


def _links(page: Page) -> Iterator[str]:
    """Yield the addresses within the admin, and of guides, to which the open page links."""
    for link in page.evaluate("[...document.querySelectorAll('a[href]')].map((a) => a.href)"):
        parts = urlsplit(link)
        is_ours = parts.netloc == urlsplit(page.url).netloc
        is_page = parts.path.startswith(("/admin/", "/guide/"))
        if is_ours and is_page and not _DOWNLOADS.search(parts.path):
            yield parts.path


def _shape(address: str) -> str:
    return _KEYS.sub("*", address)
