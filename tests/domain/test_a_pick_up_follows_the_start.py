"""A booking that moves keeps the time of its pick-up only where the new slot starts alike."""

from datetime import time, timedelta

import pytest

from shared_domain.availability import DepartureId
from shared_domain.bookings import preview_move
from tests.domain.samples import NOW, make_confirmed, make_departure


@pytest.mark.parametrize(("start", "kept"), [(None, "08:05"), (time(14, 0), None)])
def test_the_place_stays_and_the_time_follows(start: time | None, kept: str | None) -> None:
    booking = make_confirmed(pickup_hotel="Hotel do Chiado", pickup_time="08:05")
    present = make_departure()
    other = make_departure(
        id=DepartureId(2),
        availability_id="other",
        local_date=present.local_date + timedelta(days=1),
        start_time=start or present.start_time,
    )

    moved = preview_move(booking, other, now=NOW)

    assert (moved.pickup_hotel, moved.pickup_time) == ("Hotel do Chiado", kept)
