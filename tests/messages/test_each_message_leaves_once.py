"""A cause owes one message, sent by the worker once; what fails says why and is tried again."""

from datetime import timedelta
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected
from unittest.mock import patch

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.utils import timezone

from core_site import stores
from core_site.bookings.models import Booking
from core_site.catalog.models import Departure
from core_site.disruptions.models import DisruptedBooking, DisruptedDeparture, Disruption
from core_site.messages.jobs import queue_reminders, send_messages, send_tickets
from core_site.messages.models import Message
from core_site.messages.sending import outbox
from shared_domain import messages
from shared_domain.bookings import BookingId
from shared_domain.messages import MessageKind, reminder_due_at
from shared_domain.run_now import run_now
from shared_domain.time_zones import zone
from tests.admin.staff import Desk, open_shop


@pytest.fixture
def desk(db: None) -> Desk:
    return Desk(open_shop())


def owe(booking: Booking, cause: str = "cancelled") -> None:
    owed = messages.queue_message(
        BookingId(booking.pk), MessageKind.CANCELLATION, cause=cause, words="We are sorry, Clara",
        now=timezone.now(), store=stores.messages(),
    )  # fmt: skip
    run_now(owed)


def refuse(message: EmailMessage) -> int:
    raise SMTPRecipientsRefused({"clara@example.com": (550, b"no such user clara")})


def be_away(message: EmailMessage) -> int:
    raise SMTPServerDisconnected


def logged() -> list[tuple[str, str, str]]:
    return list(Message.objects.order_by("id").values_list("kind", "outcome", "reason"))


def test_a_repeated_cause_owes_nothing_more(desk: Desk) -> None:
    booking = desk.cancelled()
    owe(booking)
    owe(booking)

    send_messages()
    send_messages()
    owe(booking)
    send_messages()

    (sent,) = mail.outbox
    assert (sent.subject, sent.to) == ("Cancelled: kayak", ["clara@example.com"])
    assert "We are sorry, Clara" in sent.body
    assert logged() == [("CANCELLED", "SENT", "")]


def test_a_worker_that_dies_sends_no_second_message_to_a_mailbox(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    owe(desk.cancelled())
    with monkeypatch.context() as patched:
        patched.setattr(outbox, "deliver", lambda outgoing: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            send_messages()
    assert (mail.outbox, logged()) == ([], [("CANCELLED", "WAITING", "")])

    def die_after_handing_over(outgoing: outbox.OutgoingMessage) -> None:
        real(outgoing)
        raise SystemExit

    real = outbox.deliver
    with monkeypatch.context() as patched:
        patched.setattr(outbox, "deliver", die_after_handing_over)
        with pytest.raises(SystemExit):
            send_messages()
    send_messages()
    send_messages()

    assert len(mail.outbox) == 2
    assert len({sent.extra_headers["Message-ID"] for sent in mail.outbox}) == 1
    assert logged() == [("CANCELLED", "SENT", "")]


def test_what_the_server_refuses_is_logged_by_its_class_and_tried_later(desk: Desk) -> None:
    owe(desk.cancelled())
    desk.confirmed(email_receipt=True)

    with patch.object(EmailMessage, "send", refuse):
        send_messages()
        send_tickets()
        send_messages()
        send_tickets()

    assert logged() == [("CANCELLED", "REFUSED", "RECIPIENT"), ("TICKETS", "REFUSED", "RECIPIENT")]
    assert list(Message.objects.values_list("attempts", flat=True)) == [1, 1]
    Message.objects.update(due_at=timezone.now())
    send_messages()
    send_tickets()
    assert len(mail.outbox) == 2
    assert {outcome for _, outcome, _ in logged()} == {"SENT"}


def test_what_was_refused_is_tried_at_once_when_the_address_is_corrected(desk: Desk) -> None:
    booking = desk.confirmed()
    reminder = messages.queue_message(
        BookingId(booking.pk), MessageKind.REMINDER, cause="sent again 1", now=timezone.now(),
        store=stores.messages(),
    )  # fmt: skip
    run_now(reminder)
    with patch.object(EmailMessage, "send", refuse):
        send_messages()
    Message.objects.update(due_at=timezone.now() + timedelta(hours=2))
    send_messages()
    assert mail.outbox == []

    desk.update(booking, contact={"email_address": "clara.duarte@example.com"})
    send_messages()

    assert [sent.to for sent in mail.outbox] == [["clara.duarte@example.com"]]
    assert logged() == [("REMINDER", "SENT", "")]


def test_without_a_mail_server_it_waits_and_a_booking_of_old_is_given_up(desk: Desk) -> None:
    owe(desk.cancelled())

    with patch.object(EmailMessage, "send", be_away):
        send_messages()
    assert logged() == [("CANCELLED", "WAITING", "SERVER_AWAY")]

    Message.objects.update(owed_at=timezone.now() - messages.RETRY_PERIOD)
    send_messages()
    assert (mail.outbox, Message.objects.get().due_at) == ([], None)
    assert logged() == [("CANCELLED", "REFUSED", "SERVER_AWAY")]


def test_what_was_never_accepted_is_among_what_failed(desk: Desk) -> None:
    desk.confirmed(email_receipt=True)

    with patch.object(EmailMessage, "send", be_away):
        send_tickets()
    Booking.objects.update(tickets_due_at=timezone.now() - messages.RETRY_PERIOD)
    send_messages()

    assert logged() == [("TICKETS", "REFUSED", "SERVER_AWAY")]


def test_an_outage_makes_no_later_attempt_wait_longer(desk: Desk) -> None:
    owe(desk.cancelled())
    for _ in range(8):
        with patch.object(EmailMessage, "send", be_away):
            send_messages()

    with patch.object(EmailMessage, "send", refuse):
        send_messages()

    message = Message.objects.get()
    assert message.attempts == 1
    assert message.due_at is not None
    assert message.due_at <= timezone.now() + timedelta(minutes=1)


def test_what_is_no_longer_true_is_not_sent(desk: Desk) -> None:
    owe(desk.confirmed())

    send_messages()

    assert (mail.outbox, logged()) == ([], [("CANCELLED", "DROPPED", "")])


class TestReminders:
    @pytest.fixture
    def tomorrow(self, desk: Desk) -> Departure:
        """A departure whose reminders left a moment ago, booked long before."""
        departure = desk.shop.departure
        today = timezone.now().astimezone(zone("Europe/Lisbon"))
        departure.local_date = today.date() + timedelta(days=1)
        departure.starts_at = timezone.now() + timedelta(hours=20)
        departure.cutoffs_count_from = departure.starts_at
        departure.ends_at = departure.starts_at + timedelta(hours=2)
        departure.save()
        return departure

    def remind(self, departure: Departure, after: timedelta) -> list[str]:
        due_at = reminder_due_at(departure.local_date, zone("Europe/Lisbon"))
        Booking.objects.update(confirmed_at=due_at - timedelta(days=3))
        with patch.object(timezone, "now", lambda: due_at + after):
            queue_reminders()
            queue_reminders()
            send_messages()
        return [sent.subject for sent in mail.outbox]

    def test_leave_once_at_ten_on_the_day_before(self, desk: Desk, tomorrow: Departure) -> None:
        desk.confirmed(email_receipt=True)
        desk.confirmed()
        gone = desk.confirmed(email_receipt=True)
        Booking.objects.filter(pk=gone.pk).update(contact={})

        assert self.remind(tomorrow, -timedelta(seconds=1)) == []
        assert self.remind(tomorrow, timedelta(0)) == ["See you tomorrow: kayak"]
        assert self.remind(tomorrow, timedelta(hours=1)) == ["See you tomorrow: kayak"]

    def test_not_to_a_guest_who_has_cancelled_since(self, desk: Desk, tomorrow: Departure) -> None:
        booking = desk.confirmed(email_receipt=True)
        due_at = reminder_due_at(tomorrow.local_date, zone("Europe/Lisbon"))
        Booking.objects.update(confirmed_at=due_at - timedelta(days=3))
        with patch.object(timezone, "now", lambda: due_at):
            queue_reminders()
        desk.change(
            booking, status="CANCELLED", cancelled_at=timezone.now(), cancellation_refund="FULL",
            cancellation_initiator="PARTNER", refund_retail_minor=booking.retail_minor,
            refund_net_minor=booking.net_minor,
        )  # fmt: skip
        Message.objects.update(due_at=timezone.now())

        send_messages()

        assert (mail.outbox, logged()) == ([], [("REMINDER", "DROPPED", "")])

    def test_not_while_the_departure_is_being_cancelled(
        self, desk: Desk, tomorrow: Departure
    ) -> None:
        booking = desk.confirmed(email_receipt=True)
        wind = Disruption.objects.create(
            kind="CANCEL", refund="FULL", title="wind", started_at=timezone.now()
        )
        left = DisruptedDeparture.objects.create(disruption=wind, departure=tomorrow)
        line = DisruptedBooking.objects.create(
            disruption=wind, disrupted_departure=left, booking=booking
        )

        assert self.remind(tomorrow, timedelta(0)) == []
        # The cancellation was refused: the guest travels.
        DisruptedBooking.objects.filter(pk=line.pk).update(
            outcome="REFUSED", settled_at=timezone.now()
        )
        assert self.remind(tomorrow, timedelta(minutes=10)) == ["See you tomorrow: kayak"]

    @pytest.mark.parametrize(
        ("after", "subject"),
        [
            (timedelta(hours=13, minutes=59), "See you tomorrow: kayak"),
            (timedelta(hours=14), "See you today: kayak"),
        ],
    )
    def test_say_today_from_midnight_of_the_place_on(
        self, desk: Desk, tomorrow: Departure, after: timedelta, subject: str
    ) -> None:
        desk.confirmed(email_receipt=True)
        tomorrow.starts_at = reminder_due_at(tomorrow.local_date, zone("Europe/Lisbon")) + (
            after + timedelta(hours=3)
        )
        tomorrow.cutoffs_count_from = tomorrow.starts_at
        tomorrow.ends_at = tomorrow.starts_at + timedelta(hours=2)
        tomorrow.save()

        assert self.remind(tomorrow, after) == [subject]

    def test_not_of_a_day_on_which_the_guest_no_longer_travels(
        self, desk: Desk, tomorrow: Departure
    ) -> None:
        desk.confirmed(email_receipt=True)
        with patch.object(EmailMessage, "send", be_away):
            assert self.remind(tomorrow, timedelta(0)) == []
        week, day = timedelta(days=7), tomorrow.local_date

        def move(by: timedelta) -> None:
            for name in ("local_date", "starts_at", "cutoffs_count_from", "ends_at"):
                setattr(tomorrow, name, getattr(tomorrow, name) + by)
            tomorrow.save()

        move(week)
        with patch.object(timezone, "now", lambda: reminder_due_at(day, zone("Europe/Lisbon"))):
            send_messages()
        assert (mail.outbox, logged()) == ([], [("REMINDER", "DROPPED", "")])

        move(-week)
        assert self.remind(tomorrow, timedelta(minutes=10)) == ["See you tomorrow: kayak"]

    def test_sent_again_to_a_guest_who_was_moved_says_no_day(self, desk: Desk) -> None:
        booking = desk.confirmed()
        again = messages.queue_message(
            BookingId(booking.pk), MessageKind.REMINDER, cause="sent again 1",
            now=timezone.now(), store=stores.messages(),
        )  # fmt: skip
        run_now(again)

        send_messages()

        (sent,) = mail.outbox
        assert sent.subject == "See you soon: kayak"
        assert "tomorrow" not in sent.body
