"""A hold is always free to cancel, a booking until its cut-off; later its option decides."""

from datetime import timedelta
from typing import Any

import pytest

from shared_domain.bookings import Booking, BookingStatus, NotCancellable, redeem_tickets
from shared_domain.catalog import DurationUnit
from tests.domain.samples import (
    NOW,
    ONE_SECOND,
    STARTS_AT,
    make_booking,
    make_confirmed,
    make_departure,
    make_option,
    make_pending,
    make_product,
)

CUT_OFF = STARTS_AT - timedelta(hours=24)


def cancel(
    booking: Booking, *, force: bool = False, by_staff: bool = False, at: Any = NOW
) -> Booking:
    return booking.cancel(reason="rain", force=force, by_staff=by_staff, now=at)


def with_option(**changes: Any) -> dict[str, Any]:
    return {"product": make_product(options=(make_option(**changes),))}


def test_it_says_when_and_why() -> None:
    cancelled = cancel(make_confirmed())

    assert cancelled.status is BookingStatus.CANCELLED
    assert cancelled.cancellation is not None
    assert (cancelled.cancellation.reason, cancelled.cancellation.cancelled_at) == ("rain", NOW)
    assert cancelled.updated_at == NOW
    assert cancelled.hold_expires_at is None
    assert not cancelled.status.takes_places


@pytest.mark.parametrize("make", [make_confirmed, make_pending])
def test_the_cut_off_itself_is_too_late(make: Any) -> None:
    before = cancel(make(), at=CUT_OFF - ONE_SECOND)

    assert before.cancellation is not None
    assert before.cancellation.refund == "FULL"
    with pytest.raises(NotCancellable, match="cut-off of 24 hours has passed"):
        cancel(make(), at=CUT_OFF)


@pytest.mark.parametrize(
    ("amount", "unit", "before"),
    [
        (0, DurationUnit.HOUR, timedelta(0)),
        (90, DurationUnit.MINUTE, timedelta(minutes=90)),
        (2, DurationUnit.DAY, timedelta(days=2)),
    ],
)
def test_cut_offs_in_every_unit(amount: int, unit: DurationUnit, before: timedelta) -> None:
    booking = make_confirmed(
        **with_option(cancellation_cutoff_amount=amount, cancellation_cutoff_unit=unit)
    )

    assert booking.cancellation_deadline == STARTS_AT - before
    assert booking.is_cancellable(now=STARTS_AT - before - ONE_SECOND)
    assert not booking.is_cancellable(now=STARTS_AT - before)


def test_opening_hours_count_back_from_closing_time() -> None:
    closes_at = STARTS_AT + timedelta(hours=8)
    booking = make_confirmed(departure=make_departure(cutoffs_count_from=closes_at))

    assert booking.cancellation_deadline == closes_at - timedelta(hours=24)


def test_without_a_date_it_is_never_too_late() -> None:
    booking = make_confirmed(departure=None)

    assert cancel(booking, at=NOW + timedelta(days=9999)).status is BookingStatus.CANCELLED


def test_a_live_hold_is_free_even_past_the_cut_off() -> None:
    held = make_booking(hold_expires_at=CUT_OFF + timedelta(minutes=5))

    cancelled = cancel(held, at=CUT_OFF + timedelta(minutes=5) - ONE_SECOND)

    assert cancelled.cancellation is not None
    assert cancelled.cancellation.refund == "FULL"
    with pytest.raises(NotCancellable, match="EXPIRED"):
        cancel(held, at=CUT_OFF + timedelta(minutes=5))


@pytest.mark.parametrize(
    ("allows", "by_staff", "is_cancelled"),
    [(False, False, False), (True, False, True), (False, True, True)],
)
def test_force_opens_the_cut_off_where_allowed(
    allows: bool, by_staff: bool, is_cancelled: bool
) -> None:
    booking = make_confirmed(**with_option(allows_late_cancellation=allows))

    if is_cancelled:
        late = cancel(booking, force=True, by_staff=by_staff, at=CUT_OFF)
        assert late.status is BookingStatus.CANCELLED
    else:
        with pytest.raises(NotCancellable):
            cancel(booking, force=True, by_staff=by_staff, at=CUT_OFF)


@pytest.mark.parametrize(
    ("percent", "refund"), [(0, "NONE"), (1, "PARTIAL"), (99, "PARTIAL"), (100, "FULL")]
)
def test_what_a_late_guest_gets_back(percent: int, refund: str) -> None:
    booking = make_confirmed(
        **with_option(allows_late_cancellation=True, late_refund_percent=percent)
    )

    late = cancel(booking, force=True, at=CUT_OFF)

    assert late.cancellation is not None
    assert late.cancellation.refund == refund


@pytest.mark.parametrize("status", ["CANCELLED", "REJECTED", "REDEEMED", "EXPIRED"])
def test_what_is_over_cannot_be_cancelled_even_by_force(status: str) -> None:
    over = make_booking(status=BookingStatus(status))

    with pytest.raises(NotCancellable, match=status):
        cancel(over, force=True, by_staff=True)


def test_a_used_ticket_makes_it_final() -> None:
    booking = make_confirmed()
    used = redeem_tickets(booking, frozenset({booking.unit_items[0].uuid}), now=STARTS_AT)

    assert not used.is_cancellable(now=STARTS_AT)
    with pytest.raises(NotCancellable, match="is_partly_redeemed=True"):
        cancel(used, force=True, by_staff=True)
