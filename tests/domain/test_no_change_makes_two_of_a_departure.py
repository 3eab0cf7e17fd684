"""Whatever happens to schedules, zones and rules: no guest is lost and no slot is open twice."""

from collections import Counter
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared_domain.availability import Schedule, WithGuests
from shared_domain.availability.departure_sync.model import StoredDeparture
from shared_domain.availability.departure_sync.plan import plan_changes
from shared_domain.availability.departure_sync.schedules import plan_all
from tests.domain.test_departures_follow_their_schedules import NOW, booked, schedule, written

FIRST, LAST = date(2026, 10, 24), date(2026, 10, 26)  # Europe's clocks go back in between.
STARTS = st.lists(
    st.sampled_from([time(0), time(1, 30), time(9), time(15, 30), time(16)]),
    min_size=1, max_size=3, unique=True,
)  # fmt: skip
ZONES = ["Europe/Lisbon", "Europe/Madrid", "America/New_York", "Atlantic/Azores"]

SCHEDULES = st.one_of(
    st.none(),
    st.builds(
        lambda starts, weekdays, minutes: schedule(
            *sorted(starts), weekdays=frozenset(weekdays), duration_minutes=minutes
        ),
        STARTS,
        st.sets(st.integers(6, 7) | st.just(1), min_size=1),
        st.sampled_from([60, 120]),
    ),
)
STEPS = st.one_of(
    st.tuples(st.just("plan"), SCHEDULES, st.sampled_from(WithGuests)),
    st.tuples(st.just("zone"), st.sampled_from(ZONES), st.sampled_from(WithGuests)),
    st.tuples(st.just("book"), st.integers(0, 20), st.just(None)),
    st.tuples(st.just("old rules"), st.integers(0, 20), st.just(None)),
    st.tuples(st.just("close"), st.integers(0, 20), st.just(None)),
)


class Desk:
    """An option's rows with one schedule, and what was sold of them."""

    def __init__(self) -> None:
        self.rows: list[StoredDeparture] = []
        self.schedule: Schedule | None = None
        self.zone = ZONES[0]

    def take(self, step: tuple[str, Any, Any]) -> None:
        kind, value, with_guests = step
        if kind == "plan":
            self.schedule = value
            self.follow(with_guests)
        elif kind == "zone":
            self.zone = value
            self.follow(with_guests)
        elif self.rows:
            position = value % len(self.rows)
            self.rows[position] = getattr(self, kind.replace(" ", "_"))(self.rows[position])

    def book(self, row: StoredDeparture) -> StoredDeparture:
        return booked(row) if row.is_open else row

    def old_rules(self, row: StoredDeparture) -> StoredDeparture:
        """Shift the instants as if they had been computed by other rules of the zone."""
        hour = timedelta(hours=1)
        return replace(
            row,
            starts_at=row.starts_at + hour,
            ends_at=row.ends_at + hour,
            cutoffs_count_from=row.cutoffs_count_from + hour,
            booking_cutoff_at=row.booking_cutoff_at + hour,
        )

    def close(self, row: StoredDeparture) -> StoredDeparture:
        return replace(row, is_open=False, is_edited=True, closed_by_staff=True)

    def follow(self, with_guests: WithGuests) -> None:
        before = {row.id: row for row in self.rows}
        schedules = [] if self.schedule is None else [replace(self.schedule, time_zone=self.zone)]
        asked_for = plan_all(schedules, first=FIRST, last=LAST, now=NOW)
        named: dict[str, Any] = {"time_zone": self.zone, "now": NOW}
        plan = plan_changes(self.rows, asked_for, with_guests=with_guests, **named)
        self.rows = written(self.rows, plan)
        self.check_guests(before, with_guests, {after.id for _, after in plan.notified})
        assert plan_changes(self.rows, asked_for, with_guests=WithGuests.UNASKED, **named).is_empty

    def check_guests(
        self, before: dict[Any, StoredDeparture], with_guests: WithGuests, told: set[Any]
    ) -> None:
        now = {row.id: row for row in self.rows}
        for departure_id, old in before.items():
            if not old.bookings:
                continue
            new = now[departure_id]
            assert (new.guests, new.bookings) == (old.guests, old.bookings)
            if with_guests is not WithGuests.MOVE:
                assert new.wall_clock == old.wall_clock
            assert (departure_id in told) == (_times(new) != _times(old))

    def check_slots(self) -> None:
        identities = Counter(row.wall_clock for row in self.rows)
        assert set(identities.values()) <= {1}
        if self.schedule is not None:
            for day in {row.local_date for row in self.rows if row.is_open}:
                self.check_day(day, [row for row in self.rows if row.local_date == day])

    def check_day(self, day: date, rows: list[StoredDeparture]) -> None:
        """One that stays against its schedule takes the place of one that is asked for."""
        assert self.schedule is not None
        asked_for = set(self.schedule.start_times) if self.schedule.runs_on(day) else set()
        at_their_time = asked_for & {row.start_time for row in rows}
        kept_elsewhere = sum(row.is_kept and row.start_time not in asked_for for row in rows)
        most = len(at_their_time) + max(len(asked_for - at_their_time), kept_elsewhere)
        assert sum(row.is_open for row in rows) <= most


def _times(row: StoredDeparture) -> tuple[tuple[Any, ...], datetime, datetime]:
    return row.wall_clock, row.starts_at, row.ends_at


@given(st.lists(STEPS, min_size=2, max_size=12))
def test_no_guest_is_lost_and_no_slot_is_open_twice(steps: list[tuple[str, Any, Any]]) -> None:
    desk = Desk()
    for step in steps:
        desk.take(step)
        desk.check_slots()
