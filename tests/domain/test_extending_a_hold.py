"""An extension adds minutes to a live hold, at most the partner's ceiling at a time."""

from datetime import timedelta

import pytest

from shared_domain.bookings import BookingStatus, WrongStatus
from tests.domain.samples import NOW, ONE_SECOND, make_booking, make_confirmed

EXPIRY = NOW + timedelta(minutes=30)


@pytest.mark.parametrize(("minutes", "added"), [(1, 1), (45, 45), (60, 60), (61, 60), (10**9, 60)])
def test_minutes_are_cut_to_the_ceiling(minutes: int, added: int) -> None:
    extended = make_booking().extend(minutes, longest_minutes=60, now=NOW)

    assert extended.hold_expires_at == EXPIRY + timedelta(minutes=added)
    assert extended.updated_at == NOW


def test_they_count_from_the_present_expiry() -> None:
    extended = make_booking().extend(5, longest_minutes=60, now=EXPIRY - ONE_SECOND)

    assert extended.hold_expires_at == EXPIRY + timedelta(minutes=5)


def test_a_hold_that_has_run_out_is_gone() -> None:
    with pytest.raises(WrongStatus, match="EXPIRED"):
        make_booking().extend(5, longest_minutes=60, now=EXPIRY)


def test_only_holds_expire() -> None:
    confirmed = make_confirmed()

    assert confirmed.status_at(NOW + timedelta(days=999)) is BookingStatus.CONFIRMED
    with pytest.raises(WrongStatus, match="CONFIRMED"):
        confirmed.extend(5, longest_minutes=60, now=NOW)
