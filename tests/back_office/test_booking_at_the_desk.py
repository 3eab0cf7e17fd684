"""A staff user signs in and books at the desk by keyboard alone, with few keys."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, Route
from playwright.sync_api import expect as see

from tests.back_office.sign_in import SignIn, client_of
from tests.harness.waiting import eventually

pytestmark = pytest.mark.browser

SELL = ("bookings.sell_booking", "bookings.view_booking", "bookings.view_personal_data")

#: From the open desk to the booking's page, for a name and a telephone number of this length.
MOST_KEYS = 60


class Keyboard:
    """Presses keys and counts them; each key waits until the page shows what the last one did."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.keys = 0

    def type(self, text: str) -> None:
        self.keys += len(text)
        self._page.keyboard.type(text)

    def press(self, key: str, *, focus: str = "") -> None:
        self.keys += 1
        self._page.keyboard.press(key)
        if focus:
            see(self._page.locator(focus)).to_be_focused()


def open_house() -> None:
    from core_site.catalog.models import PartnerTerms
    from tests.admin.staff import open_shop
    from tests.harness.data import add_departure, add_partner

    shop = open_shop()
    house = add_partner("house", kind="direct")
    PartnerTerms.objects.create(partner_id=house, product=shop.kayak, commission_basis_points=0)
    add_departure(shop.kayak, starts_at=shop.departure.starts_at + timedelta(hours=3))
    shop.kayak.options.update(required_contact_fields=["lastName"])


def choose_party(page: Page, keyboard: Keyboard, adults: str, *, sold_for: str = "") -> None:
    page.goto("/admin/desk/")
    see(page.locator("#dk-q")).to_be_focused()
    if sold_for:
        page.get_by_label("Sold for").select_option(sold_for)
        page.locator("#dk-q").focus()
    keyboard.type("kay")
    keyboard.press("Enter", focus=".dk-days input:checked")
    keyboard.press("Enter", focus="#dk-slot-1")
    keyboard.press("Enter", focus="#dk-unit-adult")
    keyboard.type(adults)


def test_by_keyboard_alone_from_the_desk_to_the_booking(
    signed_in: SignIn, transactional_db: None
) -> None:
    from core_site.bookings.models import Booking

    open_house()
    page = signed_in(*SELL, opens_today=False)
    keyboard = Keyboard(page)

    choose_party(page, keyboard, "2")
    see(page.locator(".dk-total strong")).to_have_text("EUR 90.00")
    keyboard.press("Enter", focus="[id='id_contact.first_name']")
    keyboard.type("Rui")
    keyboard.press("Enter", focus="[id='id_contact.last_name']")
    see(page.locator(".dk-wrong .dk-error")).to_have_text("Required to confirm.")
    keyboard.type("Faria")
    keyboard.press("Tab", focus="[id='id_contact.phone_number']")
    keyboard.type("+351912345678")
    keyboard.press("Enter")

    page.wait_for_url("**/admin/bookings/booking/*/change/")
    booking = Booking.objects.get()
    see(page.get_by_text(f"{booking} is confirmed: kayak")).to_be_visible()
    assert (booking.status, booking.places, booking.channel) == ("CONFIRMED", 2, "TELEPHONE")
    assert booking.contact["phoneNumber"] == "+351912345678"
    assert keyboard.keys <= MOST_KEYS


def test_what_is_chosen_while_the_page_is_brought_up_to_date_stays(
    signed_in: SignIn, transactional_db: None
) -> None:
    open_house()
    page = signed_in(*SELL, opens_today=False)
    held: list[Route] = []
    page.goto("/admin/desk/")
    page.route("**/admin/desk/", lambda route: held.append(route))
    page.locator("#dk-product-kayak").press("Space")
    # A route is heard of while the page is asked.
    assert eventually(lambda: page.title() and held)

    page.locator("#dk-channel-EMAIL").press("Space")
    page.locator("#id_email_receipt").press("Space")
    held.pop().continue_()

    see(page.locator(".dk-days")).to_be_visible()
    see(page.locator("#dk-channel-EMAIL")).to_be_checked()
    see(page.locator("#id_email_receipt")).not_to_be_checked()


def test_overselling_needs_the_permission_and_a_reason(
    signed_in: SignIn, transactional_db: None
) -> None:
    from core_site.booking_desk.models import Exemption
    from core_site.bookings.models import Booking
    from core_site.catalog.models import Departure

    open_house()
    refused = signed_in(*SELL, opens_today=False)
    keyboard = Keyboard(refused)
    choose_party(refused, keyboard, "12")
    says_full = "The departure has 10 places left, and the tickets take 12."
    see(refused.locator("[data-part=summary] .dk-error")).to_have_text(says_full)
    see(refused.locator("#id_reason")).to_have_count(0)
    refused.keyboard.press("Control+Enter")
    see(refused.locator("[data-part=summary] .dk-error")).to_have_text(says_full)
    assert not Booking.objects.exists()

    allowed = signed_in(*SELL, "bookings.oversell", username="eva", opens_today=False)
    choose_party(allowed, Keyboard(allowed), "12")
    see(allowed.locator("#id_reason")).to_be_visible()
    allowed.locator("[id='id_contact.last_name']").fill("Faria")
    allowed.locator("#id_reason").fill("a second boat")
    allowed.keyboard.press("Control+Enter")

    allowed.wait_for_url("**/admin/bookings/booking/*/change/")
    assert Exemption.objects.get().reason == "a second boat"
    assert sorted(Departure.objects.values_list("capacity", flat=True)) == [10, 12]


def test_a_reseller_who_telephones_gets_the_net_price(
    signed_in: SignIn, transactional_db: None
) -> None:
    from core_site.bookings.models import Booking
    from core_site.demo.staff import FINANCE, RESERVATIONS

    open_house()
    page = signed_in(group=RESERVATIONS, username="duarte", opens_today=False)
    choose_party(page, Keyboard(page), "2", sold_for="alice")
    page.get_by_label("Partner's reference").fill("ALICE-77")
    page.locator("[id='id_contact.last_name']").fill("Faria")
    page.keyboard.press("Control+Enter")

    page.wait_for_url("**/admin/bookings/booking/*/change/")
    booking = Booking.objects.get()
    assert (booking.partner.code, booking.reseller_reference) == ("alice", "ALICE-77")
    assert (booking.status, booking.retail_minor, booking.net_minor) == ("CONFIRMED", 9000, 7200)

    reader = client_of(FINANCE, username="ines")
    assert "/admin/desk/" not in reader.get("/admin/").content.decode()
    assert reader.get("/admin/desk/").status_code == 403
