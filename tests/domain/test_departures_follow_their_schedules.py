"""A departure stays itself: schedules, zones and staff change what it is, and never make two."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from shared_domain.availability import (
    DepartureId,
    OpeningPeriod,
    PlannedDeparture,
    Schedule,
    WithGuests,
    local_start,
)
from shared_domain.availability.departure_sync.model import (
    DepartureSyncPlan,
    NewDeparture,
    StoredDeparture,
)
from shared_domain.availability.departure_sync.plan import plan_changes
from shared_domain.availability.departure_sync.schedules import plan_all
from shared_domain.catalog import OptionId
from shared_domain.time_zones import zone

NOW = datetime(2026, 7, 1, 10, tzinfo=UTC)
DAY = date(2026, 7, 14)
KEEP, MOVE, UNASKED = WithGuests.KEEP, WithGuests.MOVE, WithGuests.UNASKED
HOURS = (OpeningPeriod("10:00", "18:00"),)


def schedule(*start_times: time, **changes: Any) -> Schedule:
    values: dict[str, Any] = {
        "id": 1,
        "option_id": OptionId(1),
        "time_zone": "Europe/Lisbon",
        "weekdays": frozenset(range(1, 8)),
        "start_times": start_times,
        "duration_minutes": 120,
        "opening_hours": (),
        "season_start": None,
        "season_end": None,
        "capacity": 10,
        "max_units": None,
        "booking_cutoff_minutes": 60,
    }
    return Schedule(**values | changes)


AFTERNOON = schedule(time(15, 30))


def planned(*schedules: Schedule, day: date = DAY) -> list[PlannedDeparture]:
    return plan_all(schedules, first=day, last=day, now=NOW)


def after(
    stored: list[StoredDeparture],
    *schedules: Schedule,
    with_guests: WithGuests = UNASKED,
    time_zone: str = "Europe/Lisbon",
    day: date = DAY,
    now: datetime = NOW,
) -> tuple[list[StoredDeparture], DepartureSyncPlan]:
    """Return the rows that following leaves, in order of time, with the plan; it is stable."""
    asked_for = plan_all(schedules, first=day, last=day, now=now)
    named: dict[str, Any] = {"time_zone": time_zone, "with_guests": with_guests, "now": now}
    plan = plan_changes(stored, asked_for, **named)
    rows = written(stored, plan)
    again = plan_changes(rows, asked_for, **named | {"with_guests": UNASKED})
    assert again.is_empty, again.changes
    return rows, plan


def written(stored: list[StoredDeparture], plan: DepartureSyncPlan) -> list[StoredDeparture]:
    rows = {row.id: row for row in stored}
    for gone in plan.removals:
        del rows[gone.id]
    rows |= {row.id: row for _, row in plan.updates}
    for addition in plan.additions:
        row = new_row(addition, DepartureId(max(rows, default=0) + 1))
        rows[row.id] = row
    return sorted(rows.values(), key=lambda row: (row.starts_at, row.id))


def new_row(addition: NewDeparture, departure_id: DepartureId) -> StoredDeparture:
    planned = addition.planned
    return StoredDeparture(
        id=departure_id,
        schedule_id=planned.schedule_id,
        local_date=planned.local_date,
        start_time=planned.start_time,
        fold=planned.fold,
        starts_at=planned.starts_at,
        ends_at=planned.ends_at,
        opening_hours=planned.opening_hours,
        cutoffs_count_from=planned.cutoffs_count_from,
        booking_cutoff_at=planned.booking_cutoff_at,
        capacity=addition.capacity,
        reserved=0,
        max_units=planned.max_units,
        is_open=addition.is_open,
        is_edited=addition.is_edited,
        closed_by_staff=addition.closed_by_staff,
        is_kept=False,
        is_scheduled=planned.is_open,
        is_blacked_out=False,
        bookings=0,
        guests=0,
        live_bookings=0,
        was_ever_booked=False,
    )


def generated(*schedules: Schedule, day: date = DAY) -> list[StoredDeparture]:
    return after([], *schedules, day=day)[0]


def booked(departure: StoredDeparture, guests: int = 4) -> StoredDeparture:
    return replace(
        departure, reserved=guests, bookings=1, guests=guests, live_bookings=1,
        was_ever_booked=True,
    )  # fmt: skip


def starts(rows: list[StoredDeparture], *, only_open: bool = True) -> list[str]:
    return [
        f"{row.start_time:%H:%M}" if row.start_time else "day"
        for row in rows
        if row.is_open or not only_open
    ]


class TestANewStartTime:
    """15:30 becomes 16:00."""

    def test_replaces_departures_without_bookings(self) -> None:
        rows, plan = after(generated(AFTERNOON), schedule(time(16)))

        assert starts(rows, only_open=False) == ["16:00"]
        assert len(plan.changes) == len(plan.changes.moved) == 1
        assert plan.changes.guests == 0
        assert not plan.notified

    def test_moves_the_same_row_with_its_guests(self) -> None:
        (sold,) = map(booked, generated(AFTERNOON))

        (moved,), plan = after([sold], schedule(time(16)), with_guests=MOVE)

        assert (moved.id, moved.start_time, moved.guests) == (sold.id, time(16), 4)
        assert moved.starts_at == sold.starts_at + timedelta(minutes=30)
        assert (plan.changes.bookings, plan.changes.guests) == (1, 4)
        (change,) = plan.changes.moved
        assert change.before
        assert change.before.start_time == time(15, 30)
        assert change.after
        assert change.after.start_time == time(16)
        assert plan.notified == ((sold, moved),)

    @pytest.mark.parametrize("with_guests", [KEEP, UNASKED])
    def test_or_keeps_it_and_opens_no_other_beside_it(self, with_guests: WithGuests) -> None:
        (sold,) = map(booked, generated(AFTERNOON))

        (kept,), plan = after([sold], schedule(time(16)), with_guests=with_guests)

        assert kept == replace(sold, is_kept=True)
        assert not plan.notified
        (change,) = plan.changes.kept
        assert change.after
        assert change.after.start_time == time(16)

    def test_a_kept_one_stays_through_further_changes(self) -> None:
        (sold,) = map(booked, generated(AFTERNOON))
        kept, _ = after([sold], schedule(time(16)), with_guests=KEEP)

        for start in (time(17), time(12)):
            rows, plan = after(kept, schedule(start, capacity=3), with_guests=MOVE)
            assert rows == kept
            assert len(plan.changes) == 0

    def test_a_kept_one_is_an_ordinary_one_again_when_its_time_comes_back(self) -> None:
        (sold,) = map(booked, generated(AFTERNOON))
        kept, _ = after([sold], schedule(time(16)), with_guests=KEEP)

        assert after(kept, AFTERNOON)[0] == [sold]

    def test_a_kept_one_follows_when_its_guests_have_cancelled(self) -> None:
        (sold,) = map(booked, generated(AFTERNOON))
        (kept,), _ = after([sold], schedule(time(16)), with_guests=KEEP)
        empty = replace(kept, bookings=0, guests=0, live_bookings=0, reserved=0)

        rows, _ = after([empty], schedule(time(16)))

        assert starts(rows) == ["16:00"]
        assert starts(rows, only_open=False) == ["15:30", "16:00"]

    @pytest.mark.parametrize("schedule_id", [None, 1], ids=["deleted", "switched off"])
    def test_is_the_same_when_another_schedule_takes_over(self, schedule_id: int | None) -> None:
        (made,) = map(booked, generated(AFTERNOON))
        sold = replace(made, schedule_id=schedule_id)

        moved, _ = after([sold], schedule(time(16), id=2), with_guests=MOVE)
        kept, _ = after([sold], schedule(time(16), id=2), with_guests=KEEP)

        assert [(row.id, row.start_time) for row in moved] == [(sold.id, time(16))]
        assert [(row.id, row.start_time) for row in kept] == [(sold.id, time(15, 30))]

    def test_of_two_it_is_the_nearer_that_moves(self) -> None:
        morning, afternoon = map(booked, generated(schedule(time(10), time(16))))

        rows, plan = after([morning, afternoon], schedule(time(16, 30)), with_guests=MOVE)

        assert [(row.id, row.start_time, row.is_open) for row in rows] == [
            (morning.id, time(10), False),
            (afternoon.id, time(16, 30), True),
        ]
        assert [change.departure_id for change in plan.changes.closed] == [morning.id]

    def test_two_that_change_keep_their_order(self) -> None:
        rows = [booked(row) for row in generated(schedule(time(10), time(16)))]

        moved, _ = after(rows, schedule(time(9), time(15)), with_guests=MOVE)

        assert [(row.id, row.start_time) for row in moved] == [
            (rows[0].id, time(9)),
            (rows[1].id, time(15)),
        ]

    def test_what_staff_edited_is_kept(self) -> None:
        (edited,) = (
            replace(row, capacity=3, is_edited=True, is_open=False, closed_by_staff=True)
            for row in generated(AFTERNOON)
        )

        (row,), _ = after([edited], schedule(time(16)))

        assert (row.start_time, row.capacity, row.is_open) == (time(16), 3, False)


class TestALongerTour:
    def test_is_told_to_guests_who_move(self) -> None:
        (sold,) = map(booked, generated(AFTERNOON))

        (longer,), plan = after(
            [sold], schedule(time(15, 30), duration_minutes=180), with_guests=MOVE
        )

        assert longer.ends_at == sold.ends_at + timedelta(hours=1)
        assert [change.guests for change in plan.changes.retimed] == [4]
        assert plan.notified

    def test_or_stays_as_it_was_sold(self) -> None:
        (sold,) = map(booked, generated(AFTERNOON))

        rows, plan = after([sold], schedule(time(15, 30), duration_minutes=180), with_guests=KEEP)

        assert rows == [replace(sold, is_kept=True)]
        assert len(plan.changes.kept) == 1


class TestAnotherZone:
    def test_keeps_the_clock_and_moves_the_instant(self) -> None:
        (sold,) = map(booked, generated(AFTERNOON))
        tokyo = replace(AFTERNOON, time_zone="Asia/Tokyo")

        (moved,), plan = after([sold], tokyo, time_zone="Asia/Tokyo", with_guests=KEEP)

        assert moved.id == sold.id
        assert moved.starts_at == sold.starts_at - timedelta(hours=8)
        assert moved.booking_cutoff_at == sold.booking_cutoff_at - timedelta(hours=8)
        assert local_start(moved, zone("Asia/Tokyo")).hour == 15
        assert [change.guests for change in plan.changes.retimed] == [4]
        assert plan.notified

    @pytest.mark.parametrize("state", [{"is_edited": True, "capacity": 5}, {"is_kept": True}])
    def test_holds_for_what_its_schedule_leaves_alone(self, state: dict[str, Any]) -> None:
        (sold,) = (booked(replace(row, **state)) for row in generated(AFTERNOON))
        tokyo = replace(AFTERNOON, time_zone="Asia/Tokyo")

        (moved,), _ = after([sold], tokyo, time_zone="Asia/Tokyo")

        assert moved.starts_at == sold.starts_at - timedelta(hours=8)
        assert moved.capacity == sold.capacity

    def test_holds_for_what_no_schedule_asks_for(self) -> None:
        (sold,) = map(booked, generated(AFTERNOON))
        closed, _ = after([sold])

        (moved,), _ = after(closed, time_zone="Asia/Tokyo")

        assert moved.starts_at == sold.starts_at - timedelta(hours=8)

    def test_old_rules_are_corrected_with_notice(self) -> None:
        """As when a government keeps summer time after departures were generated and sold."""
        (sold,) = map(booked, generated(AFTERNOON))
        hour = timedelta(hours=1)
        by_old_rules = replace(
            sold,
            starts_at=sold.starts_at + hour,
            ends_at=sold.ends_at + hour,
            cutoffs_count_from=sold.cutoffs_count_from + hour,
            booking_cutoff_at=sold.booking_cutoff_at + hour,
        )

        rows, plan = after([by_old_rules], AFTERNOON)

        assert rows == [sold]
        assert plan.notified == ((by_old_rules, sold),)


class TestTheHourThatTheClocksSkip:
    SPRING = date(2027, 3, 28)

    def test_two_starts_in_it_stay_two_departures(self) -> None:
        early = schedule(time(1, 30), time(2, 30))

        rows = generated(early, day=self.SPRING)

        assert starts(rows) == ["01:30", "02:30"]
        assert rows[0].starts_at == rows[1].starts_at
        lisbon = zone("Europe/Lisbon")
        assert [f"{local_start(row, lisbon):%H:%M}" for row in rows] == ["02:30", "02:30"]

    def test_two_schedules_with_one_start_are_one(self) -> None:
        rows = generated(AFTERNOON, replace(AFTERNOON, id=2, capacity=99))

        assert [(row.schedule_id, row.capacity) for row in rows] == [(1, 10)]


class TestAnotherKindOfProduct:
    MUSEUM = schedule(opening_hours=HOURS)

    def test_moves_a_start_to_the_day(self) -> None:
        (sold,) = map(booked, generated(AFTERNOON))

        (moved,), plan = after([sold], self.MUSEUM, with_guests=MOVE)

        assert (moved.id, moved.start_time, moved.opening_hours) == (sold.id, None, HOURS)
        assert len(plan.changes.moved) == 1

    def test_moves_a_day_to_a_start(self) -> None:
        (sold,) = map(booked, generated(self.MUSEUM))

        (moved,), _ = after([sold], AFTERNOON, with_guests=MOVE)

        assert (moved.id, moved.start_time, moved.opening_hours) == (sold.id, time(15, 30), ())

    @pytest.mark.parametrize("was_open", [True, False])
    def test_other_hours_are_not_told_to_guests_of_a_day_that_does_not_run(
        self, was_open: bool
    ) -> None:
        (sold,) = (
            booked(replace(row, is_open=was_open, is_scheduled=was_open))
            for row in generated(self.MUSEUM)
        )
        shorter = (OpeningPeriod("11:00", "17:00"),)
        weekend = schedule(opening_hours=shorter, weekdays=frozenset({6, 7}))

        rows, plan = after([sold], weekend, with_guests=MOVE)

        assert rows == [replace(sold, is_open=False, is_scheduled=False)]
        assert len(plan.changes.closed) == was_open
        assert len(plan.changes) == was_open
        assert not plan.notified

    def test_a_day_and_a_start_at_midnight_are_two(self) -> None:
        (sold,) = map(booked, generated(self.MUSEUM))

        rows, _ = after([sold], schedule(time(0)), with_guests=KEEP)

        assert rows == [replace(sold, is_kept=True)]


def test_a_departure_under_way_is_left_alone() -> None:
    (sold,) = map(booked, generated(AFTERNOON))
    later = sold.starts_at + timedelta(minutes=5)

    assert after([sold], schedule(time(16)), with_guests=MOVE, now=later)[0][0] == sold


def test_a_day_of_opening_hours_closes_while_it_is_open() -> None:
    (row,) = generated(schedule(opening_hours=HOURS))
    noon = row.starts_at + timedelta(hours=12)

    rows, _ = after([row], now=noon)

    assert rows == []
