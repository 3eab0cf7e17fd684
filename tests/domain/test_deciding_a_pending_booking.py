"""A PENDING booking waits for staff until its cut-off; they accept only what can be kept."""

from datetime import timedelta

import pytest

from shared_domain.bookings import BookingStatus, NotAcceptable, WrongStatus
from tests.domain.samples import NOW, ONE_SECOND, make_departure, make_pending

CUTOFF = make_departure().booking_cutoff_at


def test_in_the_last_second() -> None:
    pending = make_pending()

    assert pending.expires_at == CUTOFF
    assert pending.accept(now=CUTOFF - ONE_SECOND).status is BookingStatus.CONFIRMED


def test_undecided_at_its_cut_off_it_is_rejected() -> None:
    pending = make_pending()

    assert pending.status_at(CUTOFF - ONE_SECOND) is BookingStatus.PENDING
    assert pending.status_at(CUTOFF) is BookingStatus.REJECTED
    assert not pending.is_cancellable(now=CUTOFF)
    assert pending.hold_ends_at is None


@pytest.mark.parametrize("decide", ["accept", "reject"])
@pytest.mark.parametrize("late", [timedelta(0), timedelta(days=400)])
def test_afterwards_it_is_too_late_to_decide(decide: str, late: timedelta) -> None:
    with pytest.raises(WrongStatus) as refused:
        getattr(make_pending(), decide)(now=CUTOFF + late)

    assert refused.value.status is BookingStatus.REJECTED
    assert refused.value.undecided_until == CUTOFF


def test_without_a_date_it_waits_for_as_long_as_it_takes() -> None:
    pending = make_pending(departure=None)

    assert pending.expires_at is None
    assert pending.accept(now=NOW + timedelta(days=999)).status is BookingStatus.CONFIRMED


def test_a_departure_closed_meanwhile_takes_no_guest() -> None:
    pending = make_pending(departure=make_departure(is_open=False))

    with pytest.raises(NotAcceptable, match="is_open=False"):
        pending.accept(now=NOW)
    assert pending.reject(now=NOW).status is BookingStatus.REJECTED


def test_a_departure_with_fewer_places_than_are_taken_takes_no_guest() -> None:
    pending = make_pending(departure=make_departure(capacity=5, reserved=6))

    with pytest.raises(NotAcceptable, match="is_open=True, capacity=5, reserved=6"):
        pending.accept(now=NOW)


@pytest.mark.parametrize("capacity", [6, None])
def test_its_own_places_are_among_those_taken(capacity: int | None) -> None:
    pending = make_pending(departure=make_departure(capacity=capacity, reserved=6))

    assert pending.accept(now=NOW).status is BookingStatus.CONFIRMED
