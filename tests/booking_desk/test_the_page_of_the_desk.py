"""The desk's page narrows what is sold, says what stands in the way, and books once."""

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core_site import stores
from core_site.booking_desk.models import Exemption
from core_site.bookings.admin_columns import stands_until
from core_site.bookings.models import Booking
from core_site.catalog.models import Departure, Option, PartnerTerms, Price, Product
from core_site.partners.models import Partner
from core_site.payments.models import Entry
from core_site.resources.models import Resource
from shared_domain import resources
from shared_domain.availability import DepartureId
from shared_domain.resources import ResourceId
from shared_domain.run_now import run_now
from tests.admin.staff import logged_in, open_shop, page_of_departure, text_of
from tests.harness.data import Shop, add_departure, add_partner
from tests.harness.pages import context_of
from tests.harness.responses import ClientResponse

DESK = "/admin/desk/"
SELL = ("bookings.sell_booking", "bookings.view_booking", "bookings.view_personal_data")

MOST_QUERIES = 24


@pytest.fixture
def shop(db: None) -> Shop:
    house = add_partner("house", kind="direct")
    shop = open_shop()
    PartnerTerms.objects.create(partner_id=house, product=shop.kayak, commission_basis_points=0)
    return shop


@pytest.fixture
def ana(shop: Shop) -> Client:
    return logged_in(*SELL, username="ana")


def filled_in(page: ClientResponse, **changes: Any) -> dict[str, Any]:
    """Return the form of the page as a browser sends it, with some fields typed over."""
    _, _, form = page.content.decode().partition('<form id="desk"')
    sent = {}
    for tag in re.findall(r"<input[^>]*>", form.partition("</form>")[0]):
        field = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        is_choice = field.get("type") in ("radio", "checkbox")
        if "name" in field and (not is_choice or " checked" in tag):
            sent[field["name"]] = html.unescape(field.get("value", "on" if is_choice else ""))
    for name, options in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', form, re.S):
        sent[name] = "".join(re.findall(r'<option value="([^"]*)" selected', options))
    return sent | {"csrfmiddlewaretoken": ""} | changes


def chosen(ana: Client, shop: Shop, **changes: Any) -> dict[str, Any]:
    page = ana.get(DESK, {"departure": shop.departure.pk})
    return filled_in(page, **{"contact.first_name": "Rui"} | changes)


def test_each_choice_narrows_the_next(ana: Client, shop: Shop) -> None:
    first = ana.get(DESK)
    assert "kayak" in text_of(first)
    assert "When" not in text_of(first)

    page = ana.post(DESK, filled_in(first, product="kayak", do="continue"))

    assert page.status_code == 200
    assert "10 of 10 left EUR 45.00" in text_of(page)
    more = ana.post(DESK, filled_in(page, **{"unit.adult": "2", "unit.child": "1"}))
    assert "Total EUR 113.33" in text_of(more)


def test_a_product_is_found_without_its_accents(ana: Client, shop: Shop) -> None:
    Product.objects.update(internal_name="Balão à Peña, 50 %")

    for typed in ("balao", "PENA balão", "50 %"):
        assert context_of(ana, f"{DESK}?q={typed}")["products"] == [shop.kayak], typed
    assert context_of(ana, f"{DESK}?q=bal_o")["products"] == []


def test_a_hold_says_until_when_it_is(ana: Client, shop: Shop) -> None:
    page = ana.post(DESK, chosen(ana, shop, do="hold", hold_minutes="480"), follow=True)

    held = Booking.objects.get()
    assert f"{held} is on hold until {stands_until(held)}: kayak" in text_of(page)
    assert "The hold is shorter than 8 hours: it ends with the longest hold of house" in text_of(
        page
    )


def test_a_departure_leads_to_it(ana: Client, shop: Shop) -> None:
    ana = logged_in(*SELL, "catalog.view_departure", username="eva")

    led = ana.get(page_of_departure(shop.departure, "book-here"), follow=True)

    assert led.context["offered"].slot == shop.departure.availability_id
    assert "Total EUR 45.00" in text_of(led)


def test_an_hour_that_comes_twice_says_which_one(ana: Client, shop: Shop) -> None:
    for hour in (0, 1):
        again = add_departure(shop.kayak, starts_at=datetime(2099, 10, 25, hour, 30, tzinfo=UTC))

    page = text_of(ana.get(DESK, {"departure": again.pk}))

    assert "01:30 (first time)–02:30" in page  # Two hours later, by the clock one.
    assert "When Sunday 2099-10-25 01:30 (second time)–03:30 Europe/Lisbon" in page


def test_the_booking_is_the_guests_and_the_houses(ana: Client, shop: Shop) -> None:
    sent = chosen(ana, shop, do="confirm", channel="WALK_IN", notes="left-handed")
    sent |= {"contact.phone_number": "+351 912 345 678", "contact.locales": "pt, en"}
    sent |= {"pickup_hotel": " Hotel do Chiado", "pickup_time": "08:05"}

    page = ana.post(DESK, sent, follow=True)

    booking = Booking.objects.get()
    assert (booking.status, booking.channel) == ("CONFIRMED", "WALK_IN")
    assert booking.partner == Partner.objects.get(code="house")
    assert booking.contact["firstName"] == "Rui"
    assert booking.contact["phoneNumber"] == "+351912345678"
    assert (booking.pickup_hotel, booking.pickup_time) == ("Hotel do Chiado", "08:05")
    assert (booking.notes, booking.contact["locales"]) == ("left-handed", ["pt", "en"])
    assert f"{booking} is confirmed: kayak" in text_of(page)
    assert page.request["PATH_INFO"] == f"/admin/bookings/booking/{booking.pk}/change/"
    assert context_of(ana, DESK)["form"]["channel"].value() == "WALK_IN"


def test_a_form_that_is_sent_again_books_once(ana: Client, shop: Shop) -> None:
    sent = chosen(ana, shop, do="confirm")
    ana.post(DESK, sent)

    again = ana.post(DESK, sent, follow=True)
    other = ana.post(DESK, sent | {"contact.first_name": "Eva"})

    booking = Booking.objects.get()
    assert f"Nothing was booked now: this page has made {booking} before." in text_of(again)
    assert f"This page has made {booking} before; press the button again" in text_of(other)
    assert ana.post(DESK, filled_in(other, do="confirm")).status_code == 302
    assert Booking.objects.count() == 2


def test_what_option_and_units_require_is_asked_for(ana: Client, shop: Shop) -> None:
    option = Option.objects.get()
    option.required_contact_fields = ["lastName", "country"]
    option.save()
    option.units.filter(code="adult").update(required_contact_fields=["firstName"])

    page = ana.post(DESK, chosen(ana, shop, do="confirm"))

    assert page.status_code == 400
    assert sorted(page.context["form"].errors) == [
        "contact.country", "contact.last_name", "tickets.0.contact.first_name",
    ]  # fmt: skip
    assert page.context["form"]["contact.last_name"].field.widget.attrs["autofocus"]
    assert filled_in(page)["contact.first_name"] == "Rui"
    held = ana.post(DESK, filled_in(page, do="hold"))
    assert held.status_code == 302
    assert Booking.objects.get().status == "ON_HOLD"


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("contact.phone_number", "abc", "Telephone must be a telephone number"),
        ("contact.email_address", "rui@example", "E-mail address must be"),
        ("contact.locales", "German", "Language must be a language tag"),
        ("notes", "a\x01b", "Notes must not contain the character U+0001"),
    ],
)
def test_what_cannot_be_stored_is_said_in_the_words_of_the_form(
    ana: Client, shop: Shop, field: str, typed: str, said: str
) -> None:
    page = ana.post(DESK, chosen(ana, shop, do="confirm", **{field: typed}))

    assert page.context["form"].errors[field][0].startswith(said)


def test_a_slot_sold_out_meanwhile_loses_nothing_typed(ana: Client, shop: Shop) -> None:
    sent = chosen(ana, shop, do="confirm", notes="by the window")
    Departure.objects.update(reserved=10)

    page = ana.post(DESK, sent)

    assert page.status_code == 400
    assert "The departure has 0 places left, and the tickets take 1." in text_of(page)
    assert filled_in(page)["contact.first_name"] == "Rui"
    assert "by the window" in page.content.decode()
    assert not Booking.objects.exists()


def test_a_price_that_changed_meanwhile_is_shown_first(ana: Client, shop: Shop) -> None:
    sent = chosen(ana, shop, do="confirm")
    Price.objects.update(retail_minor=5000, original_minor=5000)

    page = ana.post(DESK, sent)

    assert "The price has changed while this page was open" in text_of(page)
    assert ana.post(DESK, filled_in(page, do="confirm")).status_code == 302
    assert Booking.objects.get().retail_minor == 5000


def test_nothing_else_is_sold_than_what_was_chosen(ana: Client, shop: Shop) -> None:
    sent = chosen(ana, shop, seller=str(shop.alice), do="confirm")
    Partner.objects.filter(pk=shop.alice).update(is_active=False)

    page = ana.post(DESK, sent)

    assert "The partner that this was for is inactive by now" in text_of(page)
    assert filled_in(page)["seller"] == str(Partner.objects.get(code="house").pk)
    ours = chosen(ana, shop, do="confirm")
    for changed, said in (
        ({"party_of": "canoe/DEFAULT", "unit.adult": "3"}, "The tickets were chosen for another"),
        ({"currency": "JPY"}, "It is not sold in JPY by now"),
    ):
        assert said in text_of(ana.post(DESK, ours | changed))
    assert not Booking.objects.exists()


def test_a_reseller_pays_its_own_price(ana: Client, shop: Shop) -> None:
    page = ana.post(DESK, chosen(ana, shop, seller=str(shop.alice)))
    assert "alice owes us EUR 36.00" in text_of(page)

    ana.post(DESK, filled_in(page, do="confirm", reseller_reference="A-1"))

    booking = Booking.objects.get()
    assert (booking.partner_id, booking.net_minor) == (shop.alice, 3600)
    assert (booking.reseller_reference, booking.channel) == ("A-1", "TELEPHONE")


def test_it_sells_for_each_of_hundreds_of_resellers(ana: Client, shop: Shop) -> None:
    names = [f"r{number:03}" for number in range(400)]
    Partner.objects.bulk_create(
        Partner(code=name, name=name, email=f"it@{name}.example") for name in names
    )

    page = ana.get(DESK)

    assert "r399" in text_of(page)
    assert page.content.count(b"</") < 3000


class TestPayingAtOnce:
    def test_the_ledger_has_it_once(self, shop: Shop) -> None:
        eva = logged_in(*SELL, "payments.add_entry", "payments.view_entry", username="eva")
        sent = chosen(eva, shop, do="confirm", paid_by="CARD", paid_reference="T-77")

        said = [text_of(eva.post(DESK, sent, follow=True)) for _ in range(2)]

        assert "EUR 45.00 paid." in said[0]
        entry = Entry.objects.get()
        assert (entry.amount_minor, entry.method, entry.reference) == (4500, "CARD", "T-77")
        assert (entry.booking, entry.recorded_by.username) == (Booking.objects.get(), "eva")

    def test_money_beyond_the_price_is_said(self, shop: Shop) -> None:
        eva = logged_in(*SELL, "payments.add_entry", username="eva")
        sent = chosen(eva, shop, do="confirm", paid_by="CASH", paid_amount="450")

        page = eva.post(DESK, sent, follow=True)

        assert "EUR 405.00 more than the guest owes" in text_of(page)

    @pytest.mark.parametrize(
        ("typed", "field"),
        [
            ({"paid_by": "CASH", "paid_amount": "4,5,0"}, "paid_amount"),
            ({"paid_by": "CASH", "paid_amount": "0"}, "paid_amount"),
            ({"paid_by": "", "paid_amount": "45"}, "paid_by"),
        ],
    )
    def test_what_cannot_be_read_books_nothing(
        self, shop: Shop, typed: dict[str, str], field: str
    ) -> None:
        eva = logged_in(*SELL, "payments.add_entry", username="eva")

        page = eva.post(DESK, chosen(eva, shop, do="confirm", **typed))

        assert list(page.context["form"].errors) == [field]
        assert not Booking.objects.exists()

    def test_it_is_for_those_who_may_take_money(self, ana: Client, shop: Shop) -> None:
        assert "Paid now" not in text_of(ana.get(DESK))
        ana.post(DESK, chosen(ana, shop, do="confirm", paid_by="CASH"))

        assert Booking.objects.count() == 1
        assert not Entry.objects.exists()


class TestOverselling:
    FULL = "The departure has 10 places left, and the tickets take 12."

    def test_it_is_refused_without_the_permission(self, ana: Client, shop: Shop) -> None:
        sent = chosen(ana, shop, **{"unit.adult": "12"}, reason="a second boat")

        assert self.FULL in text_of(ana.post(DESK, sent))
        assert ana.post(DESK, sent | {"do": "confirm"}).status_code == 400
        assert not Booking.objects.exists()
        assert Departure.objects.get().capacity == 10

    def test_it_needs_a_reason_and_is_on_record(self, shop: Shop) -> None:
        eva = logged_in(*SELL, "bookings.oversell", "catalog.view_departure", username="eva")
        page = eva.post(DESK, chosen(eva, shop, **{"unit.adult": "12"}))
        assert self.FULL in text_of(page)
        refused = eva.post(DESK, filled_in(page, do="confirm"))
        assert "Say why it may be booked all the same" in text_of(refused)

        done = eva.post(DESK, filled_in(refused, do="confirm", reason="a second boat"))

        assert done.status_code == 302
        assert Exemption.objects.get().reason == "a second boat"
        history = text_of(eva.get(page_of_departure(shop.departure, "history")))
        booking = Booking.objects.get()
        assert f"Booked over capacity, 10 → 12 places: {booking}, a second boat" in history

    def test_a_full_boat_is_said_before_the_sale(self, shop: Shop) -> None:
        boat = Resource.objects.create(kind="BOAT", name="Gaivota", capacity=11)
        ids = [ResourceId(boat.pk)], [DepartureId(shop.departure.pk)]
        run_now(resources.assign_resources(*ids, store=stores.resources()))
        eva = logged_in(*SELL, "bookings.oversell", username="eva")
        page = eva.post(DESK, chosen(eva, shop, **{"unit.adult": "12"}))

        said = "Gaivota has 11 seats left at this time, and the tickets take 12"
        assert text_of(page).count(said) == 2  # Beside the slot, and at the sum.
        assert "You may book it all the same" not in text_of(page)
        sent = filled_in(page, do="confirm", reason="they squeeze in")
        assert eva.post(DESK, sent).status_code == 400
        one_fewer = filled_in(page, do="confirm", reason="a folding seat") | {"unit.adult": "11"}
        assert eva.post(DESK, one_fewer).status_code == 302
        assert Departure.objects.get().capacity == 11

    def test_the_past_is_for_those_who_may(self, ana: Client, shop: Shop) -> None:
        past = timezone.now() - timedelta(minutes=1)
        Departure.objects.update(booking_cutoff_at=past)
        eva = logged_in(*SELL, "bookings.oversell", username="eva")

        assert ana.post(DESK, chosen(ana, shop, do="confirm")).status_code == 400
        sent = chosen(eva, shop, do="hold", reason="at the pier")
        assert "confirm the booking instead" in text_of(eva.post(DESK, sent))
        assert eva.post(DESK, sent | {"do": "confirm"}).status_code == 302


def test_the_desk_is_for_those_who_may_sell(shop: Shop) -> None:
    other = logged_in("bookings.view_booking", "bookings.change_booking", "catalog.view_departure")

    assert other.get(DESK).status_code == 403
    assert other.post(DESK, {"do": "confirm"}).status_code == 403
    assert "Booking desk" not in text_of(other.get("/admin/"))
    assert "Book here" not in text_of(other.get(page_of_departure(shop.departure)))
    assert Client().get(DESK).status_code == 302


def test_without_a_partner_it_says_what_to_do(db: None) -> None:
    assert "Add the direct partner" in text_of(logged_in().get(DESK))


@pytest.mark.parametrize(
    "sent",
    [
        {"product": "kayak", "day": "9999-99-99", "month": "0000-00", "unit.adult": "1e9"},
        {"product": "kayak", "party_of": "kayak/DEFAULT", "unit.adult": "9" * 30},
        {"product": "kayak", "party_of": "kayak/DEFAULT", "unit.adult": "1000", "unit.x": "7"},
        {"product": "kayak", "go": "9999-12", "slot": "\x00", "currency": "XXX"},
        {"product": "kayak", "jump": "0001-01-01", "uuid": "none", "seller": "9" * 18},
        {"product": "\x00", "q": "\x00 %_"},
        {"product": "kayak", "option": "\x00", "channel": "API", "do": "confirm"},
    ],
)
def test_what_no_browser_sends_breaks_nothing(
    ana: Client, shop: Shop, sent: dict[str, str]
) -> None:
    assert ana.post(DESK, sent).status_code in (200, 400)
    assert not Booking.objects.exists()


def test_it_asks_little_of_the_database(ana: Client, shop: Shop) -> None:
    sent = chosen(ana, shop)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert ana.post(DESK, sent, headers={"X-Desk-Part": "1"}).status_code == 200

    assert len(queries) <= MOST_QUERIES
