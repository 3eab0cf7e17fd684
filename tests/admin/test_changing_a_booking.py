"""Staff change party, contact and notes, move a booking and extend a hold; they see it first."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from core_site.bookings.models import Booking
from core_site.catalog.models import Departure, Option, Price, Unit
from core_site.events.models import Event
from core_site.messages.models import Message
from shared_domain.bookings import UnitItemRequest
from tests.admin.staff import Desk, logged_in, page_of, text_of
from tests.harness.data import add_departure
from tests.harness.responses import ClientResponse

CHANGING = ("edit", "move", "cancel_tickets", "extend", "note", "print_tickets", "print_voucher")


def filled_in(page: ClientResponse, **changes: Any) -> dict[str, Any]:
    """Return what the dialog sends when nothing but ``changes`` is typed into it."""
    form = page.context["form"]
    values = {bound.html_name: bound.value() for bound in form}
    sent = {
        name: value
        for name, value in values.items()
        if value not in (None, "") and value is not False
    }
    return {name: "on" if value is True else value for name, value in (sent | changes).items()}


def reviewed(page: ClientResponse) -> dict[str, Any]:
    """Return what the second step sends: the form, and the digest of what the page shows."""
    return filled_in(page) | {"reviewed": page.context["confirmation"].reviewed}


def unit_field(code: str) -> str:
    return f"unit.{Unit.objects.get(code=code).pk}"


def effects(page: ClientResponse) -> dict[str, tuple[str, str]]:
    shown = page.context["confirmation"].effects
    assert all(unescape(after) in text_of(page) for _, _, after in shown)
    return {label: (before, after) for label, before, after in shown}


def test_a_corrected_contact_is_shown_before_and_after_first(rosa: Client, desk: Desk) -> None:
    confirmed = desk.confirmed()
    form = rosa.get(page_of(confirmed, "edit"))
    typed = {"contact.phone_number": "+351 912 345 678", "internal_note": "allergic to nuts"}

    page = rosa.post(page_of(confirmed, "edit"), filled_in(form, **typed))

    assert effects(page) == {
        "Telephone": ("–", "+351912345678"), "Internal note": ("–", "allergic to nuts")
    }  # fmt: skip
    confirmed.refresh_from_db()
    assert "phoneNumber" not in confirmed.contact
    rosa.post(page_of(confirmed, "edit"), reviewed(page))
    confirmed.refresh_from_db()
    assert confirmed.contact["phoneNumber"] == "+351912345678"
    assert confirmed.contact["firstName"] == "Clara"
    assert confirmed.internal_note == "allergic to nuts"
    told = list(Event.objects.order_by("id").values_list("type", "data"))[-2:]
    assert told == [
        ("booking.internal_note", {"status": "CONFIRMED"}),
        ("booking.updated", {"status": "CONFIRMED", "changed": ["contact"]}),
    ]
    assert "allergic to nuts" in text_of(rosa.get(page_of(confirmed)))


def test_a_pick_up_is_noted(rosa: Client, desk: Desk) -> None:
    confirmed = desk.confirmed()
    page = rosa.get(page_of(confirmed, "edit"))

    wrong = filled_in(page, pickup_time="25:00")
    assert "a time of day such as 08:30" in text_of(rosa.post(page_of(confirmed, "edit"), wrong))
    typed = filled_in(page, pickup_hotel="Hotel do Chiado", pickup_time="8:05")
    page = rosa.post(page_of(confirmed, "edit"), typed)
    rosa.post(page_of(confirmed, "edit"), reviewed(page))

    assert "Pick-up 08:05 Hotel do Chiado" in text_of(rosa.get(page_of(confirmed)))
    told = Event.objects.order_by("id").values_list("data", flat=True).last()
    assert told == {"status": "CONFIRMED", "changed": ["pickup_hotel", "pickup_time"]}


def test_a_note_is_shown_before_and_after_first(rosa: Client, desk: Desk) -> None:
    confirmed = desk.confirmed()
    for before, after, said in (
        ("", "knows the mayor", "Noted."),
        ("knows the mayor", "", "The note is deleted."),
    ):
        address = page_of(confirmed, "note")
        page = rosa.post(address, filled_in(rosa.get(address)) | {"internal_note": after})
        assert effects(page) == {"Internal note": (before or "–", after or "–")}
        assert "Clara Duarte" in text_of(page)
        confirmed.refresh_from_db()
        assert (confirmed.internal_note or "") == before

        assert said in text_of(rosa.post(address, reviewed(page), follow=True))

        confirmed.refresh_from_db()
        assert (confirmed.internal_note or "") == after


def test_more_guests_are_shown_with_their_price_first(rosa: Client, desk: Desk) -> None:
    confirmed = desk.confirmed("adult")
    form = filled_in(rosa.get(page_of(confirmed, "edit")), **{unit_field("child"): 1})

    page = rosa.post(page_of(confirmed, "edit"), form)
    shown = effects(page)
    confirmed.refresh_from_db()
    assert (confirmed.places, Departure.objects.get().reserved) == (1, 1)
    assert shown["Party"] == ("1 × adult", "1 × adult, 1 × child")
    assert shown["Places taken"] == ("1", "2")
    assert shown["Price for the guest"] == ("EUR 45.00", "EUR 68.33")

    rosa.post(page_of(confirmed, "edit"), reviewed(page))
    confirmed.refresh_from_db()
    assert (confirmed.places, confirmed.retail_minor) == (2, 6833)
    assert Departure.objects.get().reserved == 2


def test_what_changed_since_the_review_is_shown_again(rosa: Client, desk: Desk) -> None:
    confirmed = desk.confirmed("adult")
    form = filled_in(rosa.get(page_of(confirmed, "edit")), **{unit_field("adult"): 2})
    answer = reviewed(rosa.post(page_of(confirmed, "edit"), form))
    Price.objects.update(original_minor=5000, retail_minor=5000)

    page = rosa.post(page_of(confirmed, "edit"), answer)

    assert "Something else has changed meanwhile" in text_of(page)
    assert effects(page)["Price for the guest"] == ("EUR 45.00", "EUR 95.00")
    confirmed.refresh_from_db()
    assert confirmed.places == 1
    rosa.post(page_of(confirmed, "edit"), reviewed(page))
    again = rosa.post(page_of(confirmed, "edit"), reviewed(page))
    assert again.status_code == 400
    confirmed.refresh_from_db()
    assert (confirmed.places, confirmed.retail_minor) == (2, 9500)


def test_others_changes_are_not_overwritten_unseen(rosa: Client, desk: Desk) -> None:
    confirmed = desk.confirmed()
    form = filled_in(rosa.get(page_of(confirmed, "edit")), **{"contact.last_name": "Dias"})
    desk.update(confirmed, contact={"last_name": "Duque"})

    page = rosa.post(page_of(confirmed, "edit"), form)

    assert "Last name: Duarte → Duque" in text_of(page)
    confirmed.refresh_from_db()
    assert confirmed.contact["lastName"] == "Duque"


def test_a_changed_guest_keeps_the_ticket(rosa: Client, desk: Desk) -> None:
    confirmed = desk.confirmed("adult", "adult")
    codes = set(confirmed.unit_items.values_list("ticket_code", flat=True))
    fewer = {unit_field("adult"): 1}
    form = filled_in(rosa.get(page_of(confirmed, "edit")), **fewer)

    refused = rosa.post(page_of(confirmed, "edit"), form)
    assert "use Cancel tickets" in text_of(refused)

    page = rosa.post(page_of(confirmed, "edit"), form | {unit_field("child"): 1})
    rosa.post(page_of(confirmed, "edit"), reviewed(page))
    items = confirmed.unit_items.values_list("unit__code", "ticket_code")
    assert {code for code, _ in items} == {"adult", "child"}
    assert {code for _, code in items} == codes


def test_a_new_guest_is_asked_for_what_the_ticket_requires(rosa: Client, desk: Desk) -> None:
    confirmed = desk.confirmed("adult")
    Unit.objects.filter(code="child").update(required_contact_fields=["firstName"])
    form = filled_in(rosa.get(page_of(confirmed, "edit")), **{unit_field("child"): 1})

    page = rosa.post(page_of(confirmed, "edit"), form)
    assert "Ticket 2, child: First name" in text_of(page)

    named = form | {"tickets.1.contact.first_name": "Rui"}
    rosa.post(page_of(confirmed, "edit"), reviewed(rosa.post(page_of(confirmed, "edit"), named)))
    assert confirmed.unit_items.get(unit__code="child").contact == {"firstName": "Rui"}


def test_a_booking_is_moved_after_its_difference_was_shown(rosa: Client, desk: Desk) -> None:
    confirmed = desk.confirmed("adult", "adult")
    later = add_departure(
        desk.shop.kayak, starts_at=desk.shop.departure.starts_at + timedelta(days=1)
    )
    Price.objects.update(original_minor=5000, retail_minor=5000)

    page = rosa.get(page_of(confirmed, "move"), {"day": later.local_date.isoformat()})
    shown = text_of(page)
    assert "EUR 100.00 + EUR 10.00 Move here EUR 90.00 same price Keep the price" in shown
    page = rosa.post(page_of(confirmed, "move"), {"availability_id": later.availability_id})
    assert effects(page)["Price for the guest"] == ("EUR 90.00", "EUR 100.00")
    assert list(Departure.objects.order_by("starts_at").values_list("reserved", flat=True)) == [
        2,
        0,
    ]

    rosa.post(page_of(confirmed, "move"), reviewed(page))
    rosa.post(page_of(confirmed, "move"), reviewed(page))
    confirmed.refresh_from_db()
    assert (confirmed.departure, confirmed.retail_minor) == (later, 10_000)
    assert list(Departure.objects.order_by("starts_at").values_list("reserved", flat=True)) == [
        0,
        2,
    ]
    assert Event.objects.filter(type="booking.updated").count() == 1


def test_a_booking_keeps_its_price_by_choice(rosa: Client, desk: Desk) -> None:
    confirmed = desk.confirmed("adult", "adult")
    leaves_at = desk.shop.departure.starts_at + timedelta(days=1)
    later = add_departure(desk.shop.kayak, starts_at=leaves_at)
    Price.objects.update(original_minor=5000, retail_minor=5000)
    wish = {"availability_id": later.availability_id, "price": "kept"}
    other = logged_in("bookings.view_booking", "bookings.change_booking", username="bruno")

    assert "Keep the price" not in text_of(
        other.get(page_of(confirmed, "move"), {"day": later.local_date.isoformat()})
    )
    refused = other.post(page_of(confirmed, "move"), wish)
    assert "You may not keep the price of a booking" in text_of(refused)
    page = rosa.post(page_of(confirmed, "move"), wish)
    assert effects(page)["Price for the guest"] == ("EUR 90.00", "EUR 90.00, kept")
    rosa.post(page_of(confirmed, "move"), reviewed(page))
    again = rosa.post(page_of(confirmed, "move"), reviewed(page))

    assert again.status_code == 400
    confirmed.refresh_from_db()
    assert (confirmed.departure, confirmed.retail_minor) == (later, 9000)
    shown = text_of(rosa.get(page_of(confirmed)))
    assert "Moved, price kept" in shown
    assert "Price kept instead of the new slot's: EUR 100.00 → EUR 90.00" in shown
    # Another guest pays what the slot costs by now; the others what they paid.
    desk.update(
        confirmed,
        unit_items=tuple(
            UnitItemRequest(unit_code="adult", uuid=uuid)
            for uuid in (*confirmed.unit_items.values_list("uuid", flat=True), None)
        ),
    )
    confirmed.refresh_from_db()
    assert confirmed.retail_minor == 14_000


@pytest.mark.parametrize(
    ("state", "dialogs"),
    [
        ("held", ("confirm", "extend")),
        ("pending", ("accept", "reject")),
        ("confirmed", ("edit", "move", "cancel_tickets", "cancel", "resend", "note")),
        ("admissible", ("redeem",)),
        ("redeemed", ("undo_redemption",)),
    ],
)
def test_each_dialog_names_guest_and_partner_and_shows_what_changes(
    rosa: Client, desk: Desk, state: str, dialogs: tuple[str, ...]
) -> None:
    booking = getattr(desk, state)("adult", "adult")

    for action in dialogs:
        page = rosa.get(page_of(booking, action))
        shown = text_of(page)
        assert "Guest Clara Duarte" in shown, action
        assert "Sold by alice" in shown, action
        # Where something is chosen or typed first, the next step shows it.
        if "What changes What Before After" not in shown:
            step = re.search(r"Show what changes|Show the refund|booked now", shown)
            assert (action, step is not None) == (action, True)


def test_each_dialog_leads_back_to_its_booking(rosa: Client, desk: Desk) -> None:
    confirmed = desk.confirmed("adult", "adult")

    for action in ("edit", "move", "cancel_tickets", "note", "resend", "redeem", "cancel"):
        page = rosa.get(page_of(confirmed, action)).content.decode()
        crumbs = page.partition('id="main-content"')[0]
        assert f'href="{page_of(confirmed)}"' in crumbs, action


def test_a_full_slot_says_so_and_takes_no_guest(rosa: Client, desk: Desk) -> None:
    confirmed = desk.confirmed("adult", "adult")
    full = add_departure(
        desk.shop.kayak,
        starts_at=desk.shop.departure.starts_at + timedelta(days=1),
        capacity=10,
        reserved=9,
    )

    page = rosa.get(page_of(confirmed, "move"), {"day": full.local_date.isoformat()})
    answer = rosa.post(page_of(confirmed, "move"), {"availability_id": full.availability_id})

    for said in (page, answer):
        assert "1 place left, and the tickets take 2" in text_of(said)
    assert "Keep the price" not in text_of(page)
    assert answer.status_code == 400


@pytest.mark.parametrize("query", ["month=2026-13", "day=x", "month=9999-12", "month=0001-01"])
def test_any_address_of_the_calendar_is_answered(rosa: Client, desk: Desk, query: str) -> None:
    assert rosa.get(f"{page_of(desk.confirmed(), 'move')}?{query}").status_code == 200


def test_a_hold_is_extended_to_a_moment_that_was_shown(rosa: Client, desk: Desk) -> None:
    held = desk.held()
    page = rosa.get(page_of(held, "extend"))
    before, after = effects(page)["Held until: 30 minutes more"]
    assert before != after
    # The facts above call it as the booking's page does.
    assert "Stands until" not in text_of(page)

    rosa.post(page_of(held, "extend"), filled_in(page, minutes="30"))
    again = rosa.post(page_of(held, "extend"), filled_in(page, minutes="30"))

    assert again.status_code == 400
    assert "others changed this after you opened the page" in text_of(again)
    before = held.hold_expires_at
    held.refresh_from_db()
    assert held.hold_expires_at == before + timedelta(minutes=30)


def test_some_tickets_are_cancelled_with_the_refund_shown_first(rosa: Client, desk: Desk) -> None:
    Option.objects.update(late_refund_percent=50)
    confirmed = desk.confirmed("adult", "adult")
    Departure.objects.update(cutoffs_count_from=timezone.now())
    first, second = confirmed.unit_items.all()
    form = {"tickets": [str(second.uuid)], "initiator": "PARTNER", "refund": "BY_THE_RULES"}

    page = rosa.post(page_of(confirmed, "cancel_tickets"), form)
    assert effects(page)["Refund to the guest"] == ("–", "EUR 22.50")
    assert confirmed.unit_items.count() == 2

    rosa.post(page_of(confirmed, "cancel_tickets"), reviewed(page))
    rosa.post(page_of(confirmed, "cancel_tickets"), reviewed(page))
    confirmed.refresh_from_db()
    assert list(confirmed.unit_items.all()) == [first]
    assert confirmed.retail_minor == 6750
    timeline = text_of(rosa.get(page_of(confirmed)))
    assert "Tickets cancelled" in timeline
    assert "Refund for the tickets: none → EUR 22.50" in timeline


def test_tickets_go_to_another_address_this_once(rosa: Client, desk: Desk) -> None:
    confirmed = desk.confirmed()

    refused = rosa.post(page_of(confirmed, "resend"), {"to": "another", "recipient": "nowhere"})
    assert "such as guest@example.com" in text_of(refused)
    unclear = rosa.post(page_of(confirmed, "resend"), {"to": "guest", "recipient": "rui@x.example"})
    assert "Choose the other address" in text_of(unclear)
    rosa.post(page_of(confirmed, "resend"), {"to": "another", "recipient": "rui@Example.com"})

    confirmed.refresh_from_db()
    assert confirmed.tickets_due_at is None
    assert Message.objects.get().recipient == "rui@example.com"
    assert confirmed.contact["emailAddress"] == "clara@example.com"


def test_tickets_and_voucher_are_printed(rosa: Client, desk: Desk) -> None:
    confirmed = desk.confirmed("adult", "child")

    for action in ("print_tickets", "print_voucher"):
        printed = rosa.get(page_of(confirmed, action))
        assert printed.content.startswith(b"%PDF-")
    held = rosa.get(page_of(desk.held(), "print_tickets"), follow=True)
    assert "there is no valid ticket to print" in text_of(held)


@pytest.mark.parametrize("action", CHANGING)
def test_who_may_only_look_changes_and_prints_nothing(desk: Desk, action: str) -> None:
    viewer = logged_in("bookings.view_booking", "bookings.view_personal_data")
    booking = desk.confirmed("adult", "adult")

    assert f"/{action}/" not in viewer.get(page_of(booking)).content.decode()
    assert viewer.get(page_of(booking, action)).status_code == 403
    assert viewer.post(page_of(booking, action), {"internal_note": "x"}).status_code == 403


def test_guests_stay_hidden_from_who_may_change_but_not_see(desk: Desk) -> None:
    worker = logged_in("bookings.view_booking", "bookings.change_booking")
    booking = desk.confirmed("adult", "adult")
    Booking.objects.update(internal_note="knows the mayor")

    for action in ("change", "edit", "move", "cancel_tickets", "resend", "cancel"):
        shown = text_of(worker.get(page_of(booking, action)))
        assert not [text for text in ("Clara", "Duarte", "clara@", "mayor") if text in shown]
    assert worker.get(page_of(booking, "note")).status_code == 403


def test_the_page_of_a_booking_asks_few_questions(
    rosa: Client, desk: Desk, django_assert_max_num_queries: Any
) -> None:
    confirmed = desk.confirmed(*["adult"] * 9)
    rosa.post(page_of(confirmed, "resend"))

    with django_assert_max_num_queries(45):
        rosa.get(page_of(confirmed))
