"""A cancelled departure sells nothing more, and each of its bookings is cancelled and told once."""

import pytest
from django.core import mail

from core_site.bookings.models import Booking
from core_site.catalog.models import Departure
from core_site.disruptions.jobs import (
    carry_out_disruption,
    resume_disruptions,
    send_cancellation_mails,
)
from core_site.disruptions.models import DisruptedBooking
from core_site.disruptions.report import describe_lines, load_lines, load_progress
from core_site.disruptions.untold import NO_ADDRESS
from core_site.events.models import Event
from core_site.messages.jobs import send_move_notices, send_tickets
from core_site.messages.models import Message
from shared_domain.bookings import RefundChoice
from shared_domain.disruptions import DisruptionKind
from tests.disruptions.windy_day import WindyDay, outcomes, refusal


def test_it_is_closed_before_the_first_booking_is_cancelled(windy_day: WindyDay) -> None:
    booking = windy_day.desk.confirmed()

    windy_day.start()

    windy_day.departure.refresh_from_db()
    booking.refresh_from_db()
    assert not windy_day.departure.is_open
    assert booking.status == "CONFIRMED"


def test_everything_comes_back_by_the_rules_since_we_cancel(windy_day: WindyDay) -> None:
    confirmed = windy_day.desk.confirmed("adult", "child")
    hold = windy_day.desk.held()
    test = windy_day.desk.confirmed(test_mode=True)

    disruption = windy_day.carry_out()

    assert set(outcomes(disruption).values()) == {"DONE"}
    assert disruption.finished_at is not None
    for booking in (confirmed, hold, test):
        booking.refresh_from_db()
        assert (booking.status, booking.cancellation_refund) == ("CANCELLED", "FULL")
        assert (booking.cancellation_initiator, booking.cancellation_reason) == ("SUPPLIER", "Wind")
    assert Departure.objects.get(pk=windy_day.departure.pk).reserved == 0


def test_staff_may_refund_nothing(windy_day: WindyDay) -> None:
    booking = windy_day.desk.confirmed()

    windy_day.carry_out(refund=RefundChoice.NONE)

    booking.refresh_from_db()
    assert (booking.cancellation_refund, booking.refund_retail_minor) == ("NONE", 0)


def test_the_guest_and_the_partner_are_told_once(windy_day: WindyDay) -> None:
    booking = windy_day.desk.confirmed()
    windy_day.desk.held()

    disruption = windy_day.carry_out()
    carry_out_disruption(disruption.pk)
    resume_disruptions()
    send_cancellation_mails()

    progress = load_progress(disruption)
    assert (progress.mails_sent, progress.mails_due, progress.mails_given_up) == (1, 0, 0)
    (message,) = mail.outbox
    assert message.to == ["clara@example.com"]
    assert message.subject == "Cancelled: kayak"
    assert "The wind is too strong." in message.body
    assert "You get back €45.00" in message.body
    assert booking.voucher_code not in message.body
    assert not message.attachments
    assert Event.objects.filter(type="booking.cancelled", booking_uuid=booking.uuid).count() == 1
    assert Message.objects.get().kind == "CANCELLED"


@pytest.mark.parametrize("kind", DisruptionKind)
def test_the_mail_of_a_test_counts_as_kept_not_as_sent(
    windy_day: WindyDay, kind: DisruptionKind
) -> None:
    windy_day.desk.confirmed()
    windy_day.desk.confirmed(test_mode=True)

    disruption = windy_day.carry_out(kind)
    send_cancellation_mails()
    send_move_notices()
    send_tickets()

    progress = load_progress(disruption)
    lines = describe_lines(disruption, list(disruption.lines.order_by("booking_id")))
    assert len(mail.outbox) == 1
    assert (progress.mails_sent, progress.mails_kept, progress.mails_due) == (1, 1, 0)
    assert [line.mail for line in lines] == ["Sent", "Kept here, not sent"]


def test_one_refusal_stops_no_other(windy_day: WindyDay) -> None:
    used = windy_day.desk.confirmed()
    used.unit_items.update(redeemed_at=used.created_at)
    other = windy_day.desk.confirmed()

    disruption = windy_day.carry_out()

    assert outcomes(disruption) == {
        used.supplier_reference: "REFUSED", other.supplier_reference: "DONE",
    }  # fmt: skip
    assert "a ticket of it was used" in refusal(disruption, used)
    used.refresh_from_db()
    assert used.status == "CONFIRMED"


def test_what_its_partner_cancelled_meanwhile_needs_nothing(windy_day: WindyDay) -> None:
    booking = windy_day.desk.confirmed()
    disruption = windy_day.start()
    Booking.objects.filter(pk=booking.pk).update(
        status="CANCELLED", cancelled_at=booking.created_at, cancellation_refund="NONE",
        cancellation_initiator="PARTNER", refund_retail_minor=0, refund_net_minor=0,
    )  # fmt: skip

    carry_out_disruption(disruption.pk)

    assert outcomes(disruption) == {booking.supplier_reference: "NEEDLESS"}
    assert not mail.outbox


def test_an_error_leaves_the_booking_to_the_next_run_and_is_given_up_at_last(
    windy_day: WindyDay,
) -> None:
    booking = windy_day.desk.confirmed()
    disruption = windy_day.start()
    # A row that no code of this release can read.
    windy_day.desk.change(booking, contact=["not", "a", "contact"])

    carry_out_disruption(disruption.pk)

    line = DisruptedBooking.objects.get()
    assert (line.outcome, line.attempts) == ("PENDING", 1)
    for _ in range(4):
        resume_disruptions()
    line.refresh_from_db()
    disruption.refresh_from_db()
    assert (line.outcome, line.attempts) == ("REFUSED", 5)
    assert disruption.finished_at is not None


@pytest.mark.parametrize("kind", DisruptionKind)
def test_the_report_names_the_guests_whom_no_mail_reaches(
    windy_day: WindyDay, kind: DisruptionKind
) -> None:
    """They have to be called."""
    by_telephone = windy_day.desk.confirmed()
    windy_day.desk.change(by_telephone, contact={"phoneNumber": "+351912345678"})
    windy_day.desk.confirmed()
    windy_day.desk.held()

    disruption = windy_day.carry_out(kind)
    send_move_notices()

    assert load_progress(disruption).without_address == 1
    (line,) = load_lines(disruption, outcome=NO_ADDRESS, page="1")
    assert line.booking == by_telephone
    (shown,) = describe_lines(disruption, [line])
    assert shown.mail == "No e-mail address"
