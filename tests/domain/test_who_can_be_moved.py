"""A move is expected to succeed while the new slot has places, and its boat has seats."""

from dataclasses import replace
from uuid import UUID

import pytest

from shared_domain.availability import DepartureId
from shared_domain.bookings import BookingId, BookingStatus
from shared_domain.disruptions import (
    AffectedBooking,
    DisruptionKind,
    DisruptionPlan,
    Obstacle,
    predict,
)
from shared_domain.partners import Access
from tests.domain.samples import ALICE

MORNING, NOON = DepartureId(1), DepartureId(2)

PLAN = DisruptionPlan(
    kind=DisruptionKind.MOVE, departures=(MORNING,), targets={MORNING: NOON}, reason="Wind"
)

PARTY = AffectedBooking(
    id=BookingId(1), uuid=UUID(int=1), access=Access(partner_id=ALICE, test_mode=False),
    reference="PT-1", partner_name="Alice", departure_id=MORNING, status=BookingStatus.CONFIRMED,
    places=4, refundable_minor=100, currency="EUR", is_partly_redeemed=False,
)  # fmt: skip

BOOKINGS = [replace(PARTY, id=BookingId(number)) for number in (1, 2)]


@pytest.mark.parametrize(
    ("places", "seats", "sharing", "obstacles"),
    [
        (8, {}, (), []),
        (None, {}, (), []),
        (7, {}, (), [Obstacle.TARGET_FULL]),
        (8, {NOON: 7}, (), [Obstacle.BOAT_FULL]),
        (None, {NOON: 3}, (), [Obstacle.BOAT_FULL, Obstacle.BOAT_FULL]),
        # On a boat that both have at the same time, guests bring their seats along.
        (8, {NOON: 4}, [(NOON, MORNING)], []),
        (7, {NOON: 4}, [(NOON, MORNING)], [Obstacle.TARGET_FULL]),
    ],
)
def test_places_and_seats_are_given_once(
    places: int | None,
    seats: dict[DepartureId, int],
    sharing: list[tuple[DepartureId, DepartureId]],
    obstacles: list[Obstacle],
) -> None:
    prediction = predict(BOOKINGS, PLAN, vacancies={NOON: places}, seats=seats, sharing=sharing)

    assert [obstacle for _, obstacle in prediction.obstacles] == obstacles


def test_targets_that_share_a_boat_share_its_seats() -> None:
    """Two products go out on one boat, and both are moved to the day on which it is smaller."""
    sail, sail_noon = DepartureId(3), DepartureId(4)
    plan = replace(PLAN, departures=(MORNING, sail), targets={MORNING: NOON, sail: sail_noon})
    bookings = [BOOKINGS[0], replace(BOOKINGS[1], departure_id=sail)]
    sharing = [(NOON, sail_noon), (sail_noon, NOON)]

    for seats, obstacles in ((8, []), (7, [Obstacle.BOAT_FULL])):
        prediction = predict(
            bookings, plan, vacancies={NOON: None, sail_noon: None},
            seats={NOON: seats, sail_noon: seats}, sharing=sharing,
        )  # fmt: skip
        assert [obstacle for _, obstacle in prediction.obstacles] == obstacles


def test_seats_that_guests_leave_are_there_for_others() -> None:
    """The boat of the morning is that of another target too, which begins before it is back."""
    sail, sail_noon = DepartureId(3), DepartureId(4)
    plan = replace(PLAN, departures=(MORNING, sail), targets={MORNING: NOON, sail: sail_noon})
    bookings = [BOOKINGS[0], replace(BOOKINGS[1], departure_id=sail)]

    prediction = predict(
        bookings, plan, vacancies={NOON: None, sail_noon: None},
        seats={NOON: 4, sail_noon: 0}, sharing=[(sail_noon, MORNING)],
    )  # fmt: skip

    assert prediction.obstacles == ()


def test_a_slot_past_its_cutoff_takes_confirmed_bookings_only() -> None:
    """One that waits to be accepted would lapse there at once."""
    pending = replace(PARTY, id=BookingId(3), status=BookingStatus.PENDING)

    prediction = predict([*BOOKINGS, pending], PLAN, vacancies={NOON: None}, past_cutoff={NOON})

    assert prediction.expected == tuple(BOOKINGS)
    assert prediction.obstacles == ((pending, Obstacle.SALE_OVER),)
