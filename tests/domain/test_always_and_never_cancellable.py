"""An option is cancelled until a cut-off, always or never; partners read which in plain words."""

from datetime import timedelta
from typing import Any

import pytest

from shared_domain.bookings import Booking, BookingStatus, NotCancellable
from shared_domain.catalog import (
    MAX_CUTOFF,
    CancellationPolicy,
    DurationUnit,
    Option,
    describe_cutoff,
)
from tests.domain.samples import (
    NOW,
    ONE_SECOND,
    STARTS_AT,
    make_booking,
    make_confirmed,
    make_option,
    make_pending,
    make_product,
)

ALWAYS = make_option(cancellation_policy=CancellationPolicy.ALWAYS)
NEVER = make_option(cancellation_policy=CancellationPolicy.NEVER)


def of(option: Option) -> dict[str, Any]:
    return {"option": option, "product": make_product(options=(option,))}


def cancel(booking: Booking, **how: Any) -> Booking:
    return booking.cancel(reason=None, **{"force": False, "by_staff": False, "now": NOW} | how)


def test_always_is_until_the_start_whatever_its_cut_off() -> None:
    booking = make_confirmed(**of(ALWAYS))

    assert booking.cancellation_deadline == STARTS_AT
    assert booking.is_cancellable(now=STARTS_AT - ONE_SECOND)
    with pytest.raises(NotCancellable, match="it has begun"):
        cancel(booking, now=STARTS_AT)


def test_always_without_a_date_is_until_it_is_used() -> None:
    booking = make_confirmed(departure=None, **of(ALWAYS))

    assert booking.is_cancellable(now=NOW + timedelta(days=9999))


@pytest.mark.parametrize("dated", [{}, {"departure": None}])
def test_never_is_final_from_its_confirmation_on(dated: dict[str, Any]) -> None:
    held = make_booking(**of(NEVER), **dated)
    confirmed = held.confirm(now=NOW)

    assert cancel(held).status is BookingStatus.CANCELLED
    assert confirmed.cancellation_deadline == NOW
    with pytest.raises(NotCancellable, match="never cancelled"):
        cancel(confirmed)


def test_never_lets_go_of_what_staff_have_yet_to_accept() -> None:
    pending = make_pending(**of(NEVER))

    assert cancel(pending).status is BookingStatus.CANCELLED
    assert not pending.accept(now=NOW).is_cancellable(now=NOW)


def test_staff_may_cancel_what_never_is_and_the_late_refund_holds() -> None:
    cancelled = cancel(make_confirmed(**of(NEVER)), force=True, by_staff=True)

    assert cancelled.cancellation is not None
    assert cancelled.cancellation.refund == "NONE"


@pytest.mark.parametrize(
    ("policy", "amount", "unit", "words", "shown"),
    [
        ("UNTIL_CUTOFF", 24, "hour", "24 hours", (24, "hour")),
        ("UNTIL_CUTOFF", 1, "day", "1 day", (1, "day")),
        ("ALWAYS", 24, "hour", "always, until the start", (0, "hour")),
        ("NEVER", 24, "hour", "never, once confirmed", (1000, "day")),
    ],
)
def test_partners_read_the_policy(
    policy: str, amount: int, unit: str, words: str, shown: tuple[int, str]
) -> None:
    cutoff = describe_cutoff(CancellationPolicy(policy), amount, DurationUnit(unit))

    assert cutoff.words == words
    assert (cutoff.amount, cutoff.unit) == shown


@pytest.mark.parametrize("unit", list(DurationUnit))
def test_a_cut_off_beyond_the_limit_counts_as_the_limit(unit: DurationUnit) -> None:
    far = make_option(cancellation_cutoff_amount=2 * 10**9, cancellation_cutoff_unit=unit)

    assert make_confirmed(**of(far)).cancellation_deadline == STARTS_AT - timedelta(days=366)
    assert MAX_CUTOFF[unit] * timedelta(**{f"{unit}s": 1}) == timedelta(days=366)
