"""A guest whose departure has another time gets one e-mail with the old time, the new one and the
tickets; the partner gets an event."""

import json
from datetime import date, time, timedelta
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected
from typing import Any

import pytest
from babel.dates import format_date
from django.core import mail
from django.core.mail import EmailMessage
from django.utils import timezone

from core_site import stores
from core_site.bookings.models import Booking, MoveNotice
from core_site.catalog.departure_generation import generate_departures
from core_site.catalog.models import Departure, Option, Product, Schedule
from core_site.events.models import Event
from core_site.messages.jobs import send_move_notices
from core_site.messages.sending import delivery
from shared_domain import bookings
from shared_domain.availability import DepartureChanges, WithGuests
from shared_domain.run_now import run_now
from shared_domain.time_zones import zone
from tests.admin.staff import Desk
from tests.harness.data import add_supplier


def follow(with_guests: WithGuests = WithGuests.MOVE) -> DepartureChanges:
    return generate_departures(Option.objects.get(), now=timezone.now(), with_guests=with_guests)


@pytest.fixture
def summer_day() -> date:
    """A day of summer time in Lisbon that is ahead and has departures."""
    first = timezone.now().date() + timedelta(days=30)
    lisbon = zone("Europe/Lisbon")
    days = (first + timedelta(days=number) for number in range(200))
    return next(
        day for day in days
        if timezone.datetime(day.year, day.month, day.day, 12, tzinfo=lisbon).dst()
    )  # fmt: skip


@pytest.fixture
def slot(desk: Desk, summer_day: date) -> Departure:
    desk.shop.departure.delete()
    add_supplier()
    Schedule.objects.update(season_start=summer_day, season_end=summer_day)
    follow()
    return Departure.objects.get(local_date=summer_day)


def book(desk: Desk, slot: Departure, *units: str, **wish: Any) -> Booking:
    return desk.confirmed(*units, availability_id=slot.availability_id, **wish)


def act(service: Any, booking: Booking, **named: Any) -> None:
    run_now(
        service(
            booking.uuid,
            access=booking.access,
            now=timezone.now(),
            store=stores.bookings(),
            **named,
        )
    )


def told(kind: str) -> list[Any]:
    return list(Event.objects.filter(type=kind).values_list("booking_uuid", "data"))


def test_old_and_new_time_and_the_tickets(desk: Desk, slot: Departure) -> None:
    booking = book(desk, slot, "adult", "child")
    Schedule.objects.update(start_times=[time(16)])

    follow()
    send_move_notices()

    (message,) = mail.outbox
    day = format_date(slot.local_date, "full", locale="en_GB")
    assert message.to == ["clara@example.com"]
    assert message.subject == "New time for kayak"
    assert f"Until now: {day}, 09:30 to 11:30, UTC+01:00" in message.body
    assert f"From now on: {day}, 16:00 to 18:00, UTC+01:00 (local time in Lisbon)" in message.body
    assert booking.supplier_reference in message.body
    assert booking.voucher_code in message.body
    assert len(message.attachments) == 3
    assert "set differently" not in message.body


def test_the_row_and_its_id_stay_and_the_partner_hears_of_it(desk: Desk, slot: Departure) -> None:
    booking = book(desk, slot)
    Schedule.objects.update(start_times=[time(16)])

    follow()

    moved = Departure.objects.get(local_date=slot.local_date)
    assert (moved.pk, moved.availability_id) == (slot.pk, slot.availability_id)
    assert (moved.start_time, moved.reserved, moved.is_open) == (time(16), 1, True)
    assert told("booking.moved") == [
        (
            booking.uuid,
            {
                "status": "CONFIRMED",
                "timeZone": "Europe/Lisbon",
                "oldLocalStart": f"{slot.local_date}T09:30:00+01:00",
                "newLocalStart": f"{slot.local_date}T16:00:00+01:00",
            },
        )
    ]
    before, booking.updated_at = booking.updated_at, Booking.objects.get().updated_at
    assert booking.updated_at > before
    assert "clara" not in json.dumps(told("booking.moved"), default=str).lower()


def test_a_corrected_zone_moves_the_instant_and_not_the_clock(desk: Desk, slot: Departure) -> None:
    book(desk, slot)
    Product.objects.update(time_zone="Europe/Madrid")

    changes = follow(WithGuests.KEEP)
    send_move_notices()

    (moved,) = Departure.objects.filter(local_date=slot.local_date)
    assert moved.pk == slot.pk
    assert moved.starts_at == slot.starts_at - timedelta(hours=1)
    assert [(change.bookings, change.guests) for change in changes.with_guests] == [(1, 1)]
    (message,) = mail.outbox
    assert "09:30 to 11:30, UTC+01:00" in message.body
    assert "09:30 to 11:30, UTC+02:00 (local time in Madrid)" in message.body
    assert "it is set differently now" in message.body


def test_a_pick_up_stays_when_opening_hours_change(desk: Desk, slot: Departure) -> None:
    fetched = {"pickup_hotel": "Hotel do Chiado", "pickup_time": "08:05"}
    Product.objects.update(availability_type="OPENING_HOURS")
    Schedule.objects.update(start_times=[], opening_hours=[{"from": "10:00", "to": "18:00"}])
    follow()
    booking = book(desk, Departure.objects.get(local_date=slot.local_date))
    desk.change(booking, **fetched)

    Schedule.objects.update(opening_hours=[{"from": "10:00", "to": "17:00"}])
    follow()

    assert MoveNotice.objects.get().booking == booking
    assert Booking.objects.get().pickup_time == "08:05"


def test_it_is_sent_once(desk: Desk, slot: Departure) -> None:
    book(desk, slot)
    Schedule.objects.update(start_times=[time(16)])

    follow()
    follow()
    send_move_notices()
    send_move_notices()

    assert len(mail.outbox) == 1
    assert len(told("booking.moved")) == len(told("booking.move_notice_sent")) == 1
    assert not MoveNotice.objects.exists()


def test_moving_twice_is_told_once_from_the_time_that_was_known(
    desk: Desk, slot: Departure
) -> None:
    book(desk, slot)
    for start in (time(16), time(17)):
        Schedule.objects.update(start_times=[start])
        follow()

    send_move_notices()

    (message,) = mail.outbox
    assert "09:30 to 11:30" in message.body
    assert "17:00 to 19:00" in message.body
    assert "16:00" not in message.body


def test_a_further_move_is_tried_as_long_as_the_first(desk: Desk, slot: Departure) -> None:
    desk.change(book(desk, slot), confirmed_at=timezone.now() - timedelta(days=9))
    Schedule.objects.update(start_times=[time(16)])
    follow()
    MoveNotice.objects.update(due_at=timezone.now() - timedelta(days=2))

    Schedule.objects.update(start_times=[time(17)])
    follow()
    send_move_notices()

    assert len(mail.outbox) == 1


def test_moving_back_before_anybody_heard_of_it_is_not_told(desk: Desk, slot: Departure) -> None:
    book(desk, slot)
    for start in (time(16), time(9, 30)):
        Schedule.objects.update(start_times=[start])
        follow()

    send_move_notices()

    assert mail.outbox == []
    assert not MoveNotice.objects.exists()


def test_who_has_cancelled_or_left_no_address_is_not_written_to(
    desk: Desk, slot: Departure
) -> None:
    book(desk, slot, contact={"first_name": "Ana", "last_name": "Sá"})
    gone = book(desk, slot)
    Schedule.objects.update(start_times=[time(16)])
    follow()
    act(bookings.cancel_booking, gone, reason=None)

    send_move_notices()

    assert mail.outbox == []
    assert not MoveNotice.objects.exists()


def test_a_hold_is_told_when_it_is_confirmed(desk: Desk, slot: Departure) -> None:
    held = desk.held(availability_id=slot.availability_id)
    Schedule.objects.update(start_times=[time(16)])
    follow()

    send_move_notices()
    assert mail.outbox == []
    act(bookings.confirm_booking, held, change=bookings.BookingChange())
    send_move_notices()

    assert len(mail.outbox) == 1


def test_a_hold_that_lasted_longer_than_mails_are_tried_is_told_all_the_same(
    desk: Desk, slot: Departure
) -> None:
    held = desk.held(availability_id=slot.availability_id)
    Schedule.objects.update(start_times=[time(16)])
    follow()
    MoveNotice.objects.update(due_at=timezone.now() - timedelta(days=3))

    act(bookings.confirm_booking, held, change=bookings.BookingChange())
    send_move_notices()

    assert len(mail.outbox) == 1


def test_a_mail_server_that_is_away_loses_nothing(
    desk: Desk, slot: Departure, monkeypatch: pytest.MonkeyPatch
) -> None:
    book(desk, slot)
    Schedule.objects.update(start_times=[time(16)])
    follow()

    def be_away(message: EmailMessage) -> int:
        raise SMTPServerDisconnected("gone")

    with monkeypatch.context() as patched:
        patched.setattr(EmailMessage, "send", be_away)
        send_move_notices()
    assert MoveNotice.objects.count() == 1
    send_move_notices()

    assert len(mail.outbox) == 1


def test_one_refused_mail_stops_no_other(
    desk: Desk, slot: Departure, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = book(desk, slot), book(desk, slot)
    Schedule.objects.update(start_times=[time(16)])
    follow()
    real = delivery.load_surroundings

    def break_for_one(booking: Any, *about: Any) -> Any:
        if booking.uuid == first.uuid:
            raise ValueError("broken")
        return real(booking, *about)

    monkeypatch.setattr(delivery, "load_surroundings", break_for_one)
    send_move_notices()

    assert len(mail.outbox) == 1
    assert MoveNotice.objects.get().booking == first


def test_an_address_that_is_corrected_is_tried_at_once(
    desk: Desk, slot: Departure, monkeypatch: pytest.MonkeyPatch
) -> None:
    booking = book(desk, slot)
    Schedule.objects.update(start_times=[time(16)])
    follow()

    def refuse(message: EmailMessage) -> int:
        raise SMTPRecipientsRefused({"clara@example.com": (550, b"no such user")})

    with monkeypatch.context() as patched:
        patched.setattr(EmailMessage, "send", refuse)
        send_move_notices()
        send_move_notices()
    send_move_notices()
    assert mail.outbox == []

    desk.update(booking, contact={"email_address": "clara.duarte@example.com"})
    send_move_notices()

    assert [message.to for message in mail.outbox] == [["clara.duarte@example.com"]]


def test_an_address_that_refuses_for_two_days_is_given_up_and_logged(
    desk: Desk, slot: Departure, caplog: pytest.LogCaptureFixture
) -> None:
    booking = book(desk, slot)
    Schedule.objects.update(start_times=[time(16)])
    follow()
    MoveNotice.objects.update(due_at=timezone.now() - timedelta(days=2))
    desk.change(booking, confirmed_at=timezone.now() - timedelta(days=3))

    send_move_notices()

    assert mail.outbox == []
    assert not MoveNotice.objects.exists()
    assert f"the guest of {booking.supplier_reference} was never told" in caplog.text
    assert "clara" not in caplog.text.lower()
