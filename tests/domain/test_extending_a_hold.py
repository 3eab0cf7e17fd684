"""An extension adds minutes to a live hold, within the whole hold's ceiling and the cut-off."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared_domain.bookings import Booking, BookingStatus, WrongStatus
from shared_domain.bookings.holds import cap_at_cutoff, extend_hold
from tests.domain.samples import NOW, ONE_SECOND, make_booking, make_confirmed, make_departure

EXPIRY = NOW + timedelta(minutes=30)


def minutes_held(booking: Booking) -> float:
    """Return how long the hold lasts in all, from its creation."""
    assert booking.hold_expires_at is not None
    return (booking.hold_expires_at - booking.created_at) / timedelta(minutes=1)


@pytest.mark.parametrize(
    ("minutes", "lasts"),
    [(1, 31), (15, 45), (30, 60), (31, 60), (None, 60), (10**9, 60), (2**63, 60)],
)
def test_minutes_are_cut_to_the_ceiling_of_the_whole_hold(minutes: int | None, lasts: int) -> None:
    extended = extend_hold(make_booking(), minutes, max_minutes=60, now=NOW + ONE_SECOND)

    assert minutes_held(extended) == lasts
    assert extended.updated_at == NOW + ONE_SECOND


def test_again_and_again_adds_up_to_the_ceiling_and_no_further() -> None:
    held = make_booking()

    for now in (NOW, EXPIRY - ONE_SECOND, EXPIRY + timedelta(minutes=29)):
        held = extend_hold(held, 45, max_minutes=60, now=now)

    assert minutes_held(held) == 60


def test_they_count_from_the_present_expiry() -> None:
    extended = extend_hold(make_booking(), 5, max_minutes=60, now=EXPIRY - ONE_SECOND)

    assert extended.hold_expires_at == EXPIRY + timedelta(minutes=5)


def test_a_hold_that_lasts_as_long_as_it_may_comes_back_unchanged() -> None:
    held = make_booking()

    assert extend_hold(held, 5, max_minutes=30, now=NOW + ONE_SECOND) is held


def test_a_ceiling_that_was_lowered_since_shortens_nothing() -> None:
    held = make_booking()

    assert extend_hold(held, 5, max_minutes=10, now=NOW + ONE_SECOND) is held


def test_the_slots_cut_off_is_a_ceiling_too() -> None:
    cutoff = NOW + timedelta(minutes=40)
    held = make_booking(departure=make_departure(booking_cutoff_at=cutoff))

    extended = extend_hold(held, 30, max_minutes=240, now=NOW)

    assert extended.hold_expires_at == cutoff
    assert extend_hold(extended, 30, max_minutes=240, now=NOW) is extended


def test_without_a_date_only_the_ceiling_counts() -> None:
    held = make_booking(departure=None)

    assert minutes_held(extend_hold(held, 10**6, max_minutes=10_080, now=NOW)) == 10_080


def test_a_cut_off_that_was_moved_forward_ends_the_hold_by_itself() -> None:
    cutoff = NOW + timedelta(minutes=10)
    held = make_booking(departure=make_departure(booking_cutoff_at=cutoff))

    assert held.expires_at == held.hold_ends_at == cutoff
    assert held.status_at(cutoff - ONE_SECOND) is BookingStatus.ON_HOLD
    assert held.status_at(cutoff) is BookingStatus.EXPIRED
    with pytest.raises(WrongStatus, match="EXPIRED"):
        extend_hold(held, 5, max_minutes=60, now=cutoff)


def test_a_hold_that_moves_to_an_earlier_cut_off_is_cut() -> None:
    cutoff = NOW + timedelta(minutes=10)
    moved = replace(make_booking(), departure=make_departure(booking_cutoff_at=cutoff))

    assert cap_at_cutoff(moved).hold_expires_at == cutoff
    assert cap_at_cutoff(make_booking()) == make_booking()
    assert cap_at_cutoff(make_confirmed()).hold_expires_at is None


def test_a_hold_that_has_run_out_is_gone() -> None:
    with pytest.raises(WrongStatus, match="EXPIRED"):
        extend_hold(make_booking(), 5, max_minutes=60, now=EXPIRY)


def test_only_holds_expire() -> None:
    confirmed = make_confirmed()

    assert confirmed.status_at(NOW + timedelta(days=999)) is BookingStatus.CONFIRMED
    with pytest.raises(WrongStatus, match="CONFIRMED"):
        extend_hold(confirmed, 5, max_minutes=60, now=NOW)
