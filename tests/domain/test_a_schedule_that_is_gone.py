"""A departure that no schedule asks for closes or goes, edited or not; staff may open it again."""

from dataclasses import replace

import pytest

from shared_domain.availability import WithGuests
from tests.domain.test_departures_follow_their_schedules import (
    AFTERNOON,
    HOURS,
    KEEP,
    MOVE,
    UNASKED,
    after,
    booked,
    generated,
    schedule,
)


class TestAScheduleThatIsGone:
    @pytest.mark.parametrize("with_guests", WithGuests)
    @pytest.mark.parametrize("is_edited", [False, True])
    def test_takes_departures_without_bookings_with_it(
        self, with_guests: WithGuests, is_edited: bool
    ) -> None:
        (row,) = generated(AFTERNOON)

        rows, plan = after([replace(row, is_edited=is_edited)], with_guests=with_guests)

        assert rows == []
        assert len(plan.changes.removed) == 1

    @pytest.mark.parametrize("with_guests", [MOVE, UNASKED])
    @pytest.mark.parametrize("is_edited", [False, True])
    def test_closes_what_has_guests(self, with_guests: WithGuests, is_edited: bool) -> None:
        (sold,) = (booked(replace(row, is_edited=is_edited)) for row in generated(AFTERNOON))

        (closed,), plan = after([sold], with_guests=with_guests)

        assert (closed.is_open, closed.guests, closed.starts_at) == (False, 4, sold.starts_at)
        assert [change.guests for change in plan.changes.closed] == [4]
        assert not plan.notified

    def test_or_leaves_it_on_sale_when_staff_keep_it(self) -> None:
        (sold,) = map(booked, generated(AFTERNOON))

        assert after([sold], with_guests=KEEP)[0] == [replace(sold, is_kept=True)]

    def test_opens_it_again_when_it_comes_back(self) -> None:
        (sold,) = map(booked, generated(AFTERNOON))
        closed, _ = after([sold])

        (back,), plan = after(closed, AFTERNOON)

        assert back == sold
        assert len(plan.changes.reopened) == 1

    def test_but_not_what_staff_had_closed(self) -> None:
        (sold,) = (
            booked(replace(row, is_open=False, is_edited=True, closed_by_staff=True))
            for row in generated(AFTERNOON)
        )

        assert after(after([sold])[0], AFTERNOON)[0] == [sold]

    def test_what_staff_open_afterwards_stays_open(self) -> None:
        (sold,) = map(booked, generated(AFTERNOON))
        (closed,), _ = after([sold])
        opened = replace(closed, is_open=True, is_edited=True)

        assert after([opened])[0] == [opened]

    def test_a_weekday_without_opening_closes_an_edited_day(self) -> None:
        museum = schedule(opening_hours=HOURS)
        (sold,) = (booked(replace(row, is_edited=True)) for row in generated(museum))

        (closed,), _ = after([sold], replace(museum, weekdays=frozenset({1})))

        assert not closed.is_open
