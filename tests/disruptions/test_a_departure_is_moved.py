"""The bookings of a moved departure take places of another slot, at the price that they have."""

from datetime import timedelta
from smtplib import SMTPServerDisconnected
from unittest.mock import patch

from babel.dates import format_date
from django.core import mail
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone

from core_site import stores
from core_site.bookings.models import MoveNotice
from core_site.catalog.models import Departure, Price
from core_site.disruptions.preview import find_slots
from core_site.disruptions.report import describe_lines, load_progress
from core_site.events.models import Event
from core_site.messages.jobs import send_messages, send_move_notices, send_tickets
from core_site.messages.limits import KEPT_FOR, delete_old
from core_site.messages.models import Message
from shared_domain.bookings import NOTICE_RETRY_PERIOD, BookingId
from shared_domain.disruptions import DisruptionKind
from shared_domain.run_now import run_now
from tests.admin.staff import logged_in, page_of
from tests.disruptions.windy_day import WindyDay, outcomes, refusal

MOVE = DisruptionKind.MOVE


def reserved(departure: Departure) -> int:
    return Departure.objects.get(pk=departure.pk).reserved


def test_price_and_codes_stay(windy_day: WindyDay) -> None:
    booking = windy_day.desk.confirmed("adult", "adult")
    Price.objects.update(retail_minor=99_00, original_minor=99_00)

    windy_day.carry_out(MOVE)

    codes = booking.voucher_code
    booking.refresh_from_db()
    assert booking.departure_id == windy_day.day_after.pk
    assert (booking.retail_minor, booking.voucher_code, booking.status) == (
        90_00, codes, "CONFIRMED",
    )  # fmt: skip
    assert (reserved(windy_day.departure), reserved(windy_day.day_after)) == (0, 2)
    (event,) = Event.objects.filter(type="booking.moved")
    assert event.data["oldLocalStart"] < event.data["newLocalStart"]


def test_the_guest_gets_one_mail_with_both_times_and_the_message(windy_day: WindyDay) -> None:
    windy_day.desk.confirmed()

    disruption = windy_day.carry_out(MOVE)
    for _ in range(2):
        send_move_notices()
        send_tickets()

    (message,) = mail.outbox
    assert message.subject == "New time for kayak"
    assert "The wind is too strong." in message.body
    assert format_date(windy_day.day_after.local_date, "long", locale="en_GB") in message.body
    # The report does not say that no guest was told once the messages are deleted.
    assert load_progress(disruption).mails_sent == 1
    later = timezone.now() + KEPT_FOR + timedelta(days=1)
    assert delete_old(now=later) == 1
    disruption.started_at -= KEPT_FOR + timedelta(days=1)
    assert load_progress(disruption).are_mails_deleted
    (line,) = describe_lines(disruption, list(disruption.lines.all()))
    assert line.mail == "No longer on record"


def test_the_message_reaches_a_guest_who_is_moved_once_more_before_it_left(
    windy_day: WindyDay,
) -> None:
    booking = windy_day.desk.confirmed()
    windy_day.carry_out(MOVE)
    notices = stores.move_notices()
    with transaction.atomic():
        due = run_now(notices.lock(BookingId(booking.pk)))
        assert due
        moved_again = notices.queue(due.booking_id, due.before, message="", now=timezone.now())
        run_now(moved_again)

    send_move_notices()

    (message,) = mail.outbox
    assert "The wind is too strong." in message.body


def test_who_finds_no_place_stays_and_the_report_says_why(windy_day: WindyDay) -> None:
    first, second = (windy_day.desk.confirmed("adult", "adult", "adult") for _ in range(2))
    third = windy_day.desk.confirmed()

    disruption = windy_day.carry_out(MOVE)

    assert outcomes(disruption) == {
        first.supplier_reference: "DONE",
        second.supplier_reference: "REFUSED",
        third.supplier_reference: "DONE",
    }
    assert "has 1 place left, and the tickets take 3" in refusal(disruption, second)
    assert (reserved(windy_day.departure), reserved(windy_day.day_after)) == (3, 4)


def test_guests_are_moved_to_a_slot_that_is_sold_no_more(windy_day: WindyDay) -> None:
    """The wind of the morning drops at noon, and the afternoon's cut-off was the day before."""
    booking, pending = windy_day.desk.confirmed(), windy_day.desk.pending()
    Departure.objects.filter(pk=windy_day.day_after.pk).update(booking_cutoff_at=timezone.now())
    before, to = windy_day.departure, windy_day.day_after.local_date
    (offered,) = find_slots([before], to=to, now=timezone.now())[before.pk]

    disruption = windy_day.carry_out(MOVE)

    assert offered == windy_day.day_after
    assert outcomes(disruption) == {
        booking.supplier_reference: "DONE", pending.supplier_reference: "REFUSED",
    }  # fmt: skip
    assert find_slots([before], to=to, now=windy_day.day_after.cutoffs_count_from) == {
        before.pk: []
    }


def test_without_a_slot_to_go_to_a_booking_stays(windy_day: WindyDay) -> None:
    booking = windy_day.desk.confirmed()

    disruption = windy_day.carry_out(MOVE, targets={})

    assert "no such departure" in refusal(disruption, booking)


def test_a_hold_is_released_and_not_said_to_be_moved(windy_day: WindyDay) -> None:
    hold = windy_day.desk.held()
    confirmed = windy_day.desk.confirmed()

    disruption = windy_day.carry_out(MOVE)
    logged_in().post(page_of(confirmed, "cancel"), {"reason": "The guest cannot come"})

    hold.refresh_from_db()
    assert hold.status == "CANCELLED"
    confirmed.refresh_from_db()
    assert (confirmed.status, bool(confirmed.refund_retail_minor)) == ("CANCELLED", True)
    lines = describe_lines(disruption, list(disruption.lines.order_by("booking_id")))
    assert [(line.outcome, line.refund) for line in lines] == [
        *(("Hold released", "–"), ("Moved", "–")),
    ]
    progress = load_progress(disruption)
    assert (progress.done, progress.released, progress.total) == (1, 1, 2)
    assert progress.refunds == "–"


def test_a_guest_who_was_never_told_the_new_time_is_in_the_report(windy_day: WindyDay) -> None:
    booking = windy_day.desk.confirmed()
    disruption = windy_day.carry_out(MOVE)
    away = patch.object(EmailMessage, "send", side_effect=SMTPServerDisconnected)
    with away:
        send_move_notices()
    long_ago = timezone.now() - NOTICE_RETRY_PERIOD
    MoveNotice.objects.update(due_at=long_ago)
    windy_day.desk.change(booking, confirmed_at=long_ago)

    with away:
        send_move_notices()
        send_messages()

    progress = load_progress(disruption)
    assert (progress.mails_sent, progress.mails_due, progress.mails_given_up) == (0, 0, 1)
    (line,) = describe_lines(disruption, list(disruption.lines.all()))
    assert line.mail == "Could not be sent"
    assert Message.objects.get().outcome == "REFUSED"
