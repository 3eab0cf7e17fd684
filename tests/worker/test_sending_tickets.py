"""A guest who is owed tickets gets one e-mail with the codes, and no other address hears of it."""

import logging
import threading
from datetime import timedelta
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected
from threading import Barrier
from typing import Any

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.utils import timezone

from core_site.bookings.models import Booking
from core_site.catalog.models import Departure, Product
from core_site.events.models import Event
from core_site.messages.jobs import send_tickets
from core_site.messages.models import Message
from core_site.messages.sending import tickets
from shared_domain.messages import RETRY_PERIOD
from tests.admin.staff import Desk
from tests.harness.data import OPENING_HOURS, add_supplier
from tests.harness.waiting import EVENTUALLY_SECONDS
from tests.worker.at_once import AtOnce


def due(desk: Desk, *unit_codes: str, **wish: Any) -> Booking:
    return desk.confirmed(*unit_codes, **{"email_receipt": True} | wish)


def sent() -> int:
    return Event.objects.filter(type="booking.tickets_sent").count()


def test_the_mail_holds_the_codes(desk: Desk) -> None:
    add_supplier()
    booking = due(desk, "adult", "child")

    send_tickets()

    (message,) = mail.outbox
    codes = [booking.voucher_code, *booking.unit_items.values_list("ticket_code", flat=True)]
    assert message.to == ["clara@example.com"]
    assert message.reply_to == ["hello@rio.example"]
    assert message.subject == "Your tickets: kayak"
    assert all(code in message.body for code in codes)
    assert "Clara Duarte" in message.body
    assert "Rio Tours" in message.body
    assert [name for name, _, _ in message.attachments] == [
        f"{booking.supplier_reference}{ending}.png" for ending in ("", "-1", "-2")
    ]
    assert all(content.startswith(b"\x89PNG") for _, content, _ in message.attachments)


def test_the_mail_says_when_by_the_clock_of_the_place(desk: Desk) -> None:
    Product.objects.update(time_zone="Asia/Tokyo")
    Departure.objects.update(local_date="2031-07-01", start_time="10:30")
    due(desk)

    send_tickets()

    assert "When: Tuesday, 1 July 2031, 10:30 (local time in Tokyo)" in mail.outbox[0].body


def test_the_mail_says_when_it_is_open(desk: Desk) -> None:
    Departure.objects.update(opening_hours=OPENING_HOURS, local_date="2031-07-01")
    due(desk)

    send_tickets()

    assert "Tuesday, 1 July 2031, open 10:00 to 13:00, 14:00 to 18:00" in mail.outbox[0].body


def test_a_name_that_looks_like_a_tag_stays_a_name(desk: Desk) -> None:
    due(desk, contact={"full_name": "<b>O'Neill & Co</b>", "email_address": "o@example.com"})

    send_tickets()

    assert "Hello <b>O'Neill & Co</b>," in mail.outbox[0].body


def test_only_who_is_owed_one_gets_a_mail(desk: Desk) -> None:
    desk.confirmed()
    desk.held(email_receipt=True)

    send_tickets()

    assert mail.outbox == []


def test_a_second_run_sends_nothing(desk: Desk) -> None:
    booking = due(desk)

    send_tickets()
    send_tickets()

    booking.refresh_from_db()
    assert booking.tickets_due_at is None
    assert (len(mail.outbox), sent()) == (1, 1)


def test_two_at_once_send_each_mail_once(desk: Desk, at_once: AtOnce) -> None:
    for number in range(6):
        due(desk, contact={"email_address": f"guest-{number}@example.com"})

    at_once(*[send_tickets] * 3)
    # Those of a partner that another one was sending for are sent by the next run.
    send_tickets()

    assert sorted(message.to[0] for message in mail.outbox) == [
        f"guest-{number}@example.com" for number in range(6)
    ]
    assert sent() == 6


def test_a_booking_that_is_being_sent_is_skipped(
    desk: Desk, at_once: AtOnce, monkeypatch: pytest.MonkeyPatch
) -> None:
    due(desk)
    both_are_there = Barrier(2, timeout=EVENTUALLY_SECONDS)
    real = EmailMessage.send

    def slow_server(message: EmailMessage) -> int:
        both_are_there.wait()  # The second worker has begun …
        both_are_there.wait()  # … and is done, without a mail.
        return real(message)

    def second_worker() -> None:
        both_are_there.wait()
        send_tickets()
        both_are_there.wait()

    monkeypatch.setattr(EmailMessage, "send", slow_server)
    at_once(send_tickets, second_worker)

    assert (len(mail.outbox), sent()) == (1, 1)


def test_what_waits_for_another_mail_of_the_partner_is_not_refused(
    desk: Desk, at_once: AtOnce, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(2):
        due(desk, contact={"email_address": f"guest-{number}@example.com"})
    is_sending, second_is_done = threading.Event(), threading.Event()
    real = EmailMessage.send

    def slow_server(message: EmailMessage) -> int:
        is_sending.set()
        assert second_is_done.wait(EVENTUALLY_SECONDS)
        return real(message)

    def second_worker() -> list[Message]:
        assert is_sending.wait(EVENTUALLY_SECONDS)
        try:
            send_tickets()
            return list(Message.objects.all())
        finally:
            second_is_done.set()

    monkeypatch.setattr(EmailMessage, "send", slow_server)
    _, logged = at_once(send_tickets, second_worker)

    assert logged == []
    assert (len(mail.outbox), sent()) == (2, 2)


def test_a_refused_address_stops_no_other_and_is_not_logged(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    refused = due(desk, contact={"email_address": "unknown@example.com"})
    due(desk)
    real = EmailMessage.send

    def picky_server(message: EmailMessage) -> int:
        if message.to == ["unknown@example.com"]:
            raise SMTPRecipientsRefused({"unknown@example.com": (550, b"no such user")})
        return real(message)

    monkeypatch.setattr(EmailMessage, "send", picky_server)
    with caplog.at_level(logging.INFO):
        send_tickets()

    refused.refresh_from_db()
    assert refused.tickets_due_at is not None
    assert [message.to for message in mail.outbox] == [["clara@example.com"]]
    assert f"the tickets of {refused.supplier_reference} were not sent" in caplog.text
    assert "unknown@example.com" not in caplog.text


@pytest.mark.parametrize(
    "problem", [ConnectionRefusedError(), TimeoutError(), SMTPServerDisconnected("gone")]
)
def test_without_a_mail_server_everything_waits(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, problem: Exception
) -> None:
    due(desk)
    due(desk)
    tried = []

    def no_server(message: EmailMessage) -> int:
        tried.append(message)
        raise problem

    monkeypatch.setattr(EmailMessage, "send", no_server)
    send_tickets()

    assert len(tried) == 1
    assert Booking.objects.filter(tickets_due_at__isnull=False).count() == 2
    assert sent() == 0


def test_an_address_is_not_tried_for_ever(desk: Desk) -> None:
    booking = due(desk)
    desk.change(booking, tickets_due_at=timezone.now() - RETRY_PERIOD - timedelta(minutes=1))

    send_tickets()

    assert mail.outbox == []


def test_a_guest_whose_address_was_removed_is_owed_nothing(desk: Desk) -> None:
    booking = due(desk)
    desk.change(booking, contact={})

    send_tickets()

    booking.refresh_from_db()
    assert (booking.tickets_due_at, mail.outbox) == (None, [])


def test_a_crash_after_the_mail_left_sends_it_again_and_loses_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    booking = due(desk)
    real = tickets.run_now

    def die_before_the_commit(service: Any) -> Any:
        done = real(service)
        if mail.outbox:
            raise SystemExit("the worker died")
        return done

    with monkeypatch.context() as patched:
        patched.setattr(tickets, "run_now", die_before_the_commit)
        with pytest.raises(SystemExit):
            send_tickets()
    booking.refresh_from_db()
    assert booking.tickets_due_at is not None
    assert sent() == 0

    send_tickets()
    assert (len(mail.outbox), sent()) == (2, 1)
    # A mailbox that has the first shows no second one.
    assert len({message.extra_headers["Message-ID"] for message in mail.outbox}) == 1
