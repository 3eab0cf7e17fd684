"""Staff confirm, accept, reject, cancel, redeem and resend with a button that asks first."""

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from core_site.bookings.models import Booking, UnitItem
from core_site.catalog.models import Departure, Option, Product, Unit
from core_site.events.models import Event
from shared_domain.catalog import ContactField
from tests.admin.staff import ACTIONS, LEAD_GUEST, Desk, logged_in, page_of, text_of

VIEWER = ("bookings.view_booking", "bookings.view_personal_data")

EVERYTHING_FILLED_IN = {"reason": "rain", "admit": "all"}


def stored() -> list[object]:
    tables = (Booking, UnitItem, Departure, Event, LogEntry)
    return [list(model.objects.order_by("pk").values()) for model in tables]


def test_a_hold_is_confirmed(rosa: Client, desk: Desk) -> None:
    held = desk.held()

    page = rosa.post(page_of(held, "confirm"), follow=True)

    held.refresh_from_db()
    assert held.status == "CONFIRMED"
    assert f"{held.supplier_reference}: Confirmed." in text_of(page)


def test_confirming_asks_for_the_contact_fields_that_are_missing(rosa: Client, desk: Desk) -> None:
    Option.objects.update(required_contact_fields=["firstName", "emailAddress", "locales"])
    Unit.objects.update(required_contact_fields=["lastName"])
    held = desk.held(contact={"first_name": "Clara"})

    question = text_of(rosa.get(page_of(held, "confirm")))
    assert "E-mail address" in question
    assert "Ticket 1, adult: Last name" in question
    assert "First name" not in question

    rosa.post(
        page_of(held, "confirm"),
        {
            "contact.email_address": "clara@example.com",
            "contact.locales": "pt-PT, en",
            "tickets.0.contact.last_name": "Duarte",
        },
    )
    held.refresh_from_db()
    assert held.status == "CONFIRMED"
    assert held.contact == {
        "firstName": "Clara",
        "emailAddress": "clara@example.com",
        "locales": ["pt-PT", "en"],
    }
    assert held.unit_items.get().contact == {"lastName": "Duarte"}
    shown = text_of(rosa.get(page_of(held)))
    assert "Languages Portuguese (pt-PT), English (en)" in shown


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("emailAddress", "", "This field is required"),
        ("emailAddress", "nowhere", "Must be an e-mail address such as guest@example.com."),
        ("phoneNumber", "none", "Must be a telephone number such as +351 210 000 000."),
        ("country", "Portugal", "two capital letters"),
        ("country", "XX", "Must be a country code of ISO 3166-1"),
        ("locales", "Portuguese!", "BCP 47"),
        (
            "locales",
            ", ".join(["pt"] * 20 + [f"x{letter}" for letter in "abcdefghijklmnopqrstu"]),
            "Must have at most 20 entries",
        ),
        ("firstName", "a\x00b", "Must not contain the character U+0000."),
        ("firstName", "a\x1bb", "Must not contain the character U+001B."),
        ("firstName", "\u00a0\u200b\u3164", "This field is required"),
        ("locales", "\u200b", "This field is required"),
        ("firstName", "x" * 256, "at most 255 characters"),
    ],
)
def test_a_bad_contact_field_is_explained_and_nothing_is_stored(
    rosa: Client, desk: Desk, field: str, value: str, message: str
) -> None:
    Option.objects.update(required_contact_fields=[field])
    held = desk.held(contact={})
    before = stored()

    page = rosa.post(page_of(held, "confirm"), {f"contact.{ContactField(field).attribute}": value})

    assert page.status_code == 400
    assert message in text_of(page)
    assert stored() == before


def test_a_hold_that_has_run_out_is_not_confirmed(rosa: Client, desk: Desk) -> None:
    lapsed = desk.lapsed()

    page = rosa.post(page_of(lapsed, "confirm"))

    assert page.status_code == 400
    assert "This hold has expired, and its places are free; book them anew" in text_of(page)


def test_a_pending_booking_is_accepted(rosa: Client, desk: Desk) -> None:
    pending = desk.pending()

    page = rosa.post(page_of(pending, "accept"), follow=True)

    pending.refresh_from_db()
    assert pending.status == "CONFIRMED"
    assert pending.voucher_code
    assert "Accepted." in text_of(page)


def test_a_pending_booking_is_rejected_and_its_places_are_free(rosa: Client, desk: Desk) -> None:
    pending = desk.pending("adult", "adult")

    rosa.post(page_of(pending, "reject"))

    pending.refresh_from_db()
    assert pending.status == "REJECTED"
    assert Departure.objects.get().reserved == 0


@pytest.mark.parametrize("action", ["accept", "reject"])
def test_only_a_pending_booking_is_decided(rosa: Client, desk: Desk, action: str) -> None:
    confirmed = desk.confirmed()

    page = rosa.post(page_of(confirmed, action))

    assert page.status_code == 400
    assert "This booking is confirmed; only one that is pending can be" in text_of(page)


def test_cancelling_needs_a_reason_which_the_partner_sees(rosa: Client, desk: Desk) -> None:
    confirmed = desk.confirmed()

    without = rosa.post(page_of(confirmed, "cancel"), {"reason": "  "})
    assert without.status_code == 400
    assert "This field is required" in text_of(without)

    rosa.post(page_of(confirmed, "cancel"), {"reason": "storm"})
    confirmed.refresh_from_db()
    assert (confirmed.status, confirmed.cancellation_reason) == ("CANCELLED", "storm")
    assert confirmed.cancellation_refund == "FULL"
    assert Departure.objects.get().reserved == 0


def test_a_cancelled_booking_is_not_cancelled_again(rosa: Client, desk: Desk) -> None:
    cancelled = desk.cancelled()
    question = rosa.get(page_of(cancelled, "cancel"))

    page = rosa.post(page_of(cancelled, "cancel"), {"reason": "again"})

    for shown in (question, page):
        assert "This booking can no longer be cancelled: it is cancelled" in text_of(shown)
    assert "Cancel the booking" not in text_of(question)
    assert page.status_code == 400


def test_a_whole_booking_is_redeemed_by_its_voucher(rosa: Client, desk: Desk) -> None:
    confirmed = desk.admissible("adult", "child")

    rosa.post(page_of(confirmed, "redeem"), {"admit": "all"})

    confirmed.refresh_from_db()
    assert confirmed.status == "REDEEMED"
    assert all(item.redeemed_at for item in confirmed.unit_items.all())


def test_tickets_are_redeemed_one_by_one(rosa: Client, desk: Desk) -> None:
    confirmed = desk.admissible("adult", "adult")
    first, second = confirmed.unit_items.all()

    for ticket, status in ((first, "CONFIRMED"), (second, "REDEEMED")):
        rosa.post(page_of(confirmed, "redeem"), {"admit": "some", "tickets": [str(ticket.uuid)]})
        confirmed.refresh_from_db()
        assert confirmed.status == status


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({}, "This field is required"),
        ({"admit": "unknown"}, "not one of the available choices"),
        ({"admit": "some"}, "Choose at least one ticket"),
        ({"admit": "some", "tickets": ["x"]}, "A ticket that you chose was changed meanwhile"),
    ],
)
def test_a_bad_choice_of_tickets_is_explained(
    rosa: Client, desk: Desk, form: dict[str, object], message: str
) -> None:
    confirmed = desk.admissible("adult", "adult")
    before = stored()

    page = rosa.post(page_of(confirmed, "redeem"), form)

    assert page.status_code == 400
    assert message in text_of(page)
    assert stored() == before


def test_ticked_tickets_are_not_all_of_them(rosa: Client, desk: Desk) -> None:
    booking = desk.admissible("adult", "adult", "adult")
    first, *_ = (str(item.uuid) for item in booking.unit_items.all())
    form, page = {"admit": "all", "tickets": [first]}, page_of(booking, "redeem")

    refused = rosa.post(page, form)

    assert "Choose “Only these tickets” for the ticked ones" in text_of(refused)
    assert not booking.unit_items.exclude(redeemed_at=None).exists()
    # A scanned ticket is ticked when the page opens; who then says "All" means it.
    assert rosa.post(f"{page}?ticket={first}", form).status_code == 302
    assert not booking.unit_items.filter(redeemed_at=None).exists()


def test_the_tickets_of_a_test_booking_do_not_admit(rosa: Client, desk: Desk) -> None:
    test = desk.confirmed(test_mode=True)

    page = rosa.post(page_of(test, "redeem"), {"admit": "all"})

    assert "This is a test booking: its codes do not admit" in text_of(page)
    assert page_of(test, "redeem") not in rosa.get(page_of(test)).content.decode()


def test_tickets_are_sent_again(rosa: Client, desk: Desk) -> None:
    confirmed = desk.confirmed()

    rosa.post(page_of(confirmed, "resend"))

    confirmed.refresh_from_db()
    assert confirmed.tickets_due_at is not None
    assert Event.objects.filter(type="booking.tickets_requested").count() == 1


def test_nothing_is_sent_to_a_guest_without_an_address(rosa: Client, desk: Desk) -> None:
    confirmed = desk.confirmed(contact={})

    page = rosa.post(page_of(confirmed, "resend"))

    assert "This booking has no e-mail address to send its tickets to" in text_of(page)


def test_looking_at_a_question_changes_nothing(rosa: Client, desk: Desk) -> None:
    for booking in (desk.held(), desk.confirmed(), desk.lapsed(), desk.cancelled()):
        before = stored()
        for action in ACTIONS:
            assert rosa.get(page_of(booking, action)).status_code == 200, action
            assert stored() == before, action


def test_who_may_only_look_is_refused_and_sees_no_button(desk: Desk) -> None:
    viewer = logged_in(*VIEWER)
    for booking in (desk.held(), desk.confirmed(), desk.pending()):
        before = stored()
        shown = viewer.get(page_of(booking)).content.decode()
        for action in ACTIONS:
            assert f"/{action}/" not in shown
            assert viewer.get(page_of(booking, action)).status_code == 403, action
            answer = viewer.post(page_of(booking, action), EVERYTHING_FILLED_IN)
            assert answer.status_code == 403, action
            assert stored() == before, action


def test_a_page_shows_the_buttons_that_fit_its_status(rosa: Client, desk: Desk) -> None:
    fitting = {
        desk.held: {"confirm", "cancel"},
        desk.confirmed: {"redeem", "resend", "cancel"},
        desk.redeemed: {"undo_redemption"},
        desk.lapsed: set(),
        desk.cancelled: set(),
        desk.pending: {"accept", "reject", "cancel"},
    }
    for make, buttons in fitting.items():
        booking = make()
        page = rosa.get(page_of(booking)).content.decode()
        assert {action for action in ACTIONS if f'"{page_of(booking, action)}"' in page} == buttons


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("object_id", ["999999", "x", "_00", "9" * 40])
def test_a_booking_that_is_not_there_leads_back_with_a_message(
    rosa: Client, action: str, object_id: str
) -> None:
    for send in (rosa.get, rosa.post):
        answer = send(f"/admin/bookings/booking/{object_id}/{action}/", EVERYTHING_FILLED_IN)
        assert answer.status_code == 302


def test_every_step_is_in_the_admins_log_without_personal_data(rosa: Client, desk: Desk) -> None:
    booking = desk.held()
    rosa.post(page_of(booking, "confirm"))
    rosa.post(page_of(booking, "cancel"), {"reason": "Clara has a broken leg"})

    entries = LogEntry.objects.order_by("pk").values_list("object_repr", "change_message")

    reference = booking.supplier_reference
    assert list(entries) == [(reference, "Confirmed."), (reference, "Cancelled.")]


def test_a_form_without_its_token_is_refused(desk: Desk) -> None:
    rosa = logged_in()
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = rosa.cookies
    confirmed = desk.confirmed()

    assert strict.post(page_of(confirmed, "cancel"), {"reason": "x"}).status_code == 403


def test_pending_follows_from_confirming_where_staff_must_agree(rosa: Client, desk: Desk) -> None:
    held = desk.held()
    Product.objects.update(instant_confirmation=False)

    question = rosa.get(page_of(held, "confirm"))
    assert "becomes pending" in text_of(question)

    rosa.post(page_of(held, "confirm"))
    held.refresh_from_db()
    assert held.status == "PENDING"
    assert held.contact["lastName"] == LEAD_GUEST["last_name"]


def test_an_address_adds_no_recipient_to_the_letter(rosa: Client, desk: Desk) -> None:
    contact = {"email_address": "x?bcc=eve&a@example.com", "phone_number": "+12025550112 x7"}
    booking = desk.confirmed(contact=contact)

    page = rosa.get(page_of(booking)).content.decode()

    assert 'href="tel:+12025550112;ext=7">+12025550112 ext. 7<' in page
    assert 'href="mailto:x%3Fbcc%3Deve%26a@example.com"' in page
