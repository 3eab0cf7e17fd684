"""A booking that changes after its tickets went out is mailed once more, as it stands then."""

from datetime import timedelta
from typing import Any

import pytest
from babel.dates import format_date
from django.core import mail
from django.utils import timezone

from core_site import stores
from core_site.bookings.models import Booking
from core_site.catalog.models import Departure
from core_site.messages.jobs import send_messages, send_tickets
from shared_domain import bookings
from shared_domain.bookings import BookingChange, UnitItemRequest
from shared_domain.run_now import run_now
from tests.admin.staff import Desk, logged_in, page_of
from tests.harness.data import add_departure, add_product

STANDS_NOW = "This is how your booking of"


@pytest.fixture
def sent(desk: Desk) -> Booking:
    """A booking of two adults whose guest has the tickets."""
    booking = desk.confirmed("adult", "adult", email_receipt=True)
    send_tickets()
    assert STANDS_NOW not in mail.outbox.pop().body
    return booking


@pytest.fixture
def later(desk: Desk) -> Departure:
    return add_departure(
        desk.shop.kayak, starts_at=desk.shop.departure.starts_at + timedelta(days=3)
    )


def change(booking: Booking, **changes: Any) -> bookings.Booking:
    return run_now(
        bookings.update_booking(
            booking.uuid,
            BookingChange(**changes),
            access=booking.access,
            now=timezone.now(),
            store=stores.bookings(),
        )
    )


def mails() -> list[Any]:
    """Let the worker send what is due, and return it."""
    mail.outbox.clear()
    send_tickets()
    return mail.outbox


def test_another_day_comes_with_the_same_codes(sent: Booking, later: Departure) -> None:
    change(sent, availability_id=later.availability_id)

    (message,) = mails()
    assert STANDS_NOW in message.body
    assert format_date(later.local_date, "full", locale="en_GB") in message.body
    assert sent.voucher_code in message.body
    assert mails() == []


def test_fewer_tickets(sent: Booking) -> None:
    kept, dropped = sent.unit_items.all()

    change(sent, unit_items=(UnitItemRequest(unit_code="adult", uuid=kept.uuid),))

    (message,) = mails()
    assert kept.ticket_code in message.body
    assert dropped.ticket_code not in message.body


def test_another_product(sent: Booking, desk: Desk) -> None:
    canoe = add_product("canoe", partners=(desk.shop.alice,))
    slot = add_departure(canoe, starts_at=desk.shop.departure.starts_at)

    change(sent, product_code="canoe", availability_id=slot.availability_id)

    (message,) = mails()
    assert "canoe" in message.subject


def test_another_address(sent: Booking) -> None:
    change(sent, contact={"email_address": "carla@example.com"})

    (message,) = mails()
    assert message.to == ["carla@example.com"]


def test_another_pick_up(sent: Booking) -> None:
    change(sent, pickup_hotel="Hotel do Chiado", pickup_time="08:05")

    (message,) = mails()
    assert "Pick-up: 08:05, Hotel do Chiado" in message.body


def test_asked_for_only_after_confirmation(desk: Desk) -> None:
    booking = desk.confirmed()
    assert mails() == []

    change(booking, email_receipt=True)

    (message,) = mails()
    assert STANDS_NOW not in message.body


@pytest.mark.parametrize(
    "changes",
    [
        {"notes": "Vegetarian lunch"},
        {"reseller_reference": "TRV-1"},
        {"contact": {"phone_number": "+351213456789"}},
        {"email_receipt": False},
    ],
)
def test_what_the_mail_does_not_say_sends_none(sent: Booking, changes: dict[str, Any]) -> None:
    change(sent, **changes)

    assert mails() == []


def resend(booking: Booking) -> None:
    again = bookings.resend_tickets(
        booking.uuid, access=booking.access, now=timezone.now(), store=stores.bookings()
    )
    run_now(again)


def test_what_staff_send_again_is_the_confirmation(sent: Booking, later: Departure) -> None:
    resend(sent)
    (again,) = mails()
    assert again.to == ["clara@example.com"]
    assert STANDS_NOW not in again.body

    change(sent, availability_id=later.availability_id)
    resend(sent)
    (changed,) = mails()
    assert STANDS_NOW in changed.body


@pytest.mark.parametrize("is_changed_first", [True, False])
def test_another_address_and_a_change_keep_no_mail_from_either(
    sent: Booking, later: Departure, is_changed_first: bool
) -> None:
    staff = logged_in()
    if is_changed_first:
        change(sent, availability_id=later.availability_id)
    for recipient in ("hotel@example.com", "hotel@example.com", "agency@example.com"):
        staff.post(page_of(sent, "resend"), {"to": "another", "recipient": recipient})
    if not is_changed_first:
        change(sent, availability_id=later.availability_id)

    (changed,) = mails()
    assert changed.to == ["clara@example.com"]
    assert STANDS_NOW in changed.body
    mail.outbox.clear()
    send_messages()
    others = {confirmation.to[0]: confirmation.body for confirmation in mail.outbox}
    assert sorted(others) == ["agency@example.com", "hotel@example.com"]
    assert len(mail.outbox) == 2
    assert not any(STANDS_NOW in body for body in others.values())


def test_what_is_sent_again_follows_the_guests_address(sent: Booking) -> None:
    resend(sent)
    change(sent, contact={"email_address": "carla@example.com"})
    (message,) = mails()
    assert message.to == ["carla@example.com"]

    resend(sent)
    change(sent, contact={"email_address": None})
    assert mails() == []


def test_staff_who_sent_them_once_keep_the_guest_informed(desk: Desk, later: Departure) -> None:
    booking = desk.confirmed()
    resend(booking)
    assert len(mails()) == 1

    change(booking, availability_id=later.availability_id)

    assert len(mails()) == 1


def test_a_guest_who_never_had_them_gets_none(desk: Desk, later: Departure) -> None:
    change(desk.confirmed(), availability_id=later.availability_id)

    assert mails() == []
