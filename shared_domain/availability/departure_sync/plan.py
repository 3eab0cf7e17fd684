"""Plan a departure sync: which rows to change so that an option's departures follow its schedules.

A stored departure is matched with a planned one by its local start (date, time and ``fold``), never
by its instant or offset. Those without a match are paired with the remaining planned ones of the
same date, those of their own schedule first, in order of time: so a new start time moves a
departure, and does not open a second one.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, tzinfo
from functools import lru_cache
from typing import TypeVar

from shared_domain.availability.departure_sync.changes import (
    DepartureChange,
    DepartureChanges,
    WithGuests,
)
from shared_domain.availability.departure_sync.model import (
    DepartureSyncPlan,
    NewDeparture,
    StoredDeparture,
)
from shared_domain.availability.departure_sync.schedules import PlannedDeparture
from shared_domain.availability.departure_times import to_departure_times
from shared_domain.time_zones import zone

Slot = TypeVar("Slot", StoredDeparture, PlannedDeparture)


def plan_changes(
    stored: Sequence[StoredDeparture],
    planned: Sequence[PlannedDeparture],
    *,
    time_zone: str,
    with_guests: WithGuests,
    now: datetime,
) -> DepartureSyncPlan:
    """Return the rows to write so that ``stored`` follows ``planned`` and the zone's rules.

    Planning again after they were written changes nothing. Staff's changes of a departure's places
    are kept, and a departure that staff closed stays closed. One that no schedule plans any more
    is closed even if staff changed it (or deleted, when it was never booked). Staff may open it
    again: that later decision is kept, also when a schedule plans the departure again.
    """
    return _SyncPlanner(zone(time_zone), with_guests, now).run(stored, planned, time_zone)


@dataclass
class _SyncPlanner:
    place: tzinfo
    with_guests: WithGuests
    now: datetime
    updates: list[tuple[StoredDeparture, StoredDeparture]] = field(default_factory=list)
    additions: list[NewDeparture] = field(default_factory=list)
    removals: list[StoredDeparture] = field(default_factory=list)
    #: Departures that stay against their schedule, with what it asks for.
    kept: list[tuple[StoredDeparture, PlannedDeparture | None]] = field(default_factory=list)

    def run(
        self,
        stored: Sequence[StoredDeparture],
        planned: Sequence[PlannedDeparture],
        time_zone: str,
    ) -> DepartureSyncPlan:
        wanted = {_wall_clock(departure): departure for departure in planned}
        left: list[StoredDeparture] = []
        for departure in stored:
            match = wanted.pop(departure.wall_clock, None)
            if match is not None:
                self._follow(departure, match)
            elif departure.at(self.place).is_ahead(self.now):
                left.append(departure)
            else:
                self._retime(departure)
        for departure, counterpart in _match_by_date(left, wanted):
            if counterpart is None:
                self._give_up(departure)
            else:
                self._move(departure, counterpart)
        self.additions += [NewDeparture(planned=departure) for departure in wanted.values()]
        notified = tuple(pair for pair in self.updates if self._must_notify(*pair))
        return DepartureSyncPlan(
            changes=self._summary(time_zone),
            updates=tuple(self.updates),
            additions=tuple(self.additions),
            removals=tuple(self.removals),
            notified=notified,
        )

    def _follow(self, departure: StoredDeparture, planned: PlannedDeparture) -> None:
        """Update a departure by the schedule that plans the same local start."""
        present = departure.at(self.place)
        if departure.live_bookings and _closes(departure, planned):
            # The usual hours of a day that does not run are no news for its guests.
            planned = _with_times(planned, present)
        is_other_time = (present.ends_at, present.opening_hours) != (
            planned.ends_at,
            planned.opening_hours,
        )
        is_given_up = departure.is_open and departure.is_scheduled and not planned.is_open
        if departure.bookings and (
            (is_other_time and (departure.is_kept or self.with_guests is not WithGuests.MOVE))
            or (is_given_up and (departure.is_kept or self.with_guests is WithGuests.KEEP))
        ):
            self._keep(departure, planned)
            return
        self._update(departure, _following(present, planned))

    def _move(self, departure: StoredDeparture, planned: PlannedDeparture) -> None:
        """Move a departure to the other local start that its schedule plans."""
        if departure.bookings and (departure.is_kept or self.with_guests is not WithGuests.MOVE):
            self._keep(departure, planned)
        elif departure.bookings:
            self._update(departure, _following(departure, planned))
        else:
            # A new row with a new id: who still holds the old id would book the wrong time.
            self.additions.append(NewDeparture(planned=planned, replaces=departure))
            self._drop(departure)

    def _give_up(self, departure: StoredDeparture) -> None:
        """Close, keep or delete a departure that no schedule plans any more."""
        is_to_keep = departure.is_open and self.with_guests is WithGuests.KEEP
        if not departure.is_scheduled:
            self._leave_given_up(departure)
        elif departure.bookings and (departure.is_kept or is_to_keep):
            self._keep(departure, None)
        else:
            self._drop(departure)

    def _leave_given_up(self, departure: StoredDeparture) -> None:
        """Leave a departure that was given up before, and that staff may have opened since."""
        if departure.is_open or departure.was_ever_booked:
            self._retime(departure)
        else:
            self.removals.append(departure)

    def _keep(self, departure: StoredDeparture, planned: PlannedDeparture | None) -> None:
        if not departure.is_kept:
            self.kept.append((departure, planned))
        self._update(departure, replace(departure.at(self.place), is_kept=True))

    def _drop(self, departure: StoredDeparture) -> None:
        if not departure.was_ever_booked:
            self.removals.append(departure)
            return
        present = departure.at(self.place)
        self._update(departure, replace(present, is_open=False, is_scheduled=False, is_kept=False))

    def _retime(self, departure: StoredDeparture) -> None:
        self._update(departure, departure.at(self.place))

    def _update(self, before: StoredDeparture, after: StoredDeparture) -> None:
        if after != before:
            self.updates.append((before, after))

    def _must_notify(self, before: StoredDeparture, after: StoredDeparture) -> bool:
        """True when guests were notified another time: its local start, instant, end or hours."""
        is_over = max(before.ends_at, after.ends_at) <= self.now
        return bool(before.live_bookings) and not is_over and _times(before) != _times(after)

    def _summary(self, time_zone: str) -> DepartureChanges:
        lists: dict[str, list[DepartureChange]] = {}

        def note(name: str, change: DepartureChange) -> None:
            lists.setdefault(name, []).append(change)

        kept = {departure.id for departure, _ in self.kept}
        replaced = {one.replaces.id for one in self.additions if one.replaces}
        for before, after in self.updates:
            name = _classify(before, after)
            is_over = max(before.ends_at, after.ends_at) <= self.now
            if name and not is_over and before.id not in replaced | kept:
                note(name, _change(before, after))
        for before, planned in self.kept:
            note("kept", _change(before, planned))
        for before in self.removals:
            if before.is_open and before.id not in replaced:
                note("removed", _change(before, None))
        for addition in self.additions:
            if addition.replaces is not None:
                note("moved", _change(addition.replaces, addition.planned))
            elif addition.planned.is_open:
                note("added", _change(None, addition.planned))
        return DepartureChanges(
            time_zone=time_zone,
            **{name: tuple(sorted(found, key=_moment)) for name, found in lists.items()},
        )


def _closes(departure: StoredDeparture, planned: PlannedDeparture) -> bool:
    """True if a departure does not run when it follows: what staff opened stays open."""
    return not planned.is_open and not (departure.is_open and not departure.is_scheduled)


def _with_times(planned: PlannedDeparture, departure: StoredDeparture) -> PlannedDeparture:
    return replace(
        planned,
        ends_at=departure.ends_at,
        cutoffs_count_from=departure.cutoffs_count_from,
        booking_cutoff_at=departure.booking_cutoff_at,
        opening_hours=departure.opening_hours,
    )


def _following(departure: StoredDeparture, planned: PlannedDeparture) -> StoredDeparture:
    """Return the departure as its schedule plans it, with staff's changes kept."""
    capacity = departure.capacity if departure.is_edited else planned.capacity
    if capacity is not None:
        capacity = max(capacity, departure.reserved)
    if planned.is_open and not departure.is_scheduled:
        is_open = not departure.closed_by_staff
    elif planned.is_open:
        is_open = departure.is_open or not departure.is_edited
    else:
        # What staff opened on a day that does not run stays open; what ran until now closes.
        is_open = departure.is_open and not departure.is_scheduled
    return replace(
        departure,
        schedule_id=planned.schedule_id,
        local_date=planned.local_date,
        start_time=planned.start_time,
        fold=planned.fold,
        starts_at=planned.starts_at,
        ends_at=planned.ends_at,
        cutoffs_count_from=planned.cutoffs_count_from,
        booking_cutoff_at=planned.booking_cutoff_at,
        opening_hours=planned.opening_hours,
        capacity=capacity,
        max_units=planned.max_units,
        is_open=is_open,
        is_scheduled=planned.is_open,
        is_kept=False,
    )


def _match_by_date(
    left: Iterable[StoredDeparture], wanted: dict[tuple[date, time | None, int], PlannedDeparture]
) -> list[tuple[StoredDeparture, PlannedDeparture | None]]:
    """Match departures with planned ones of the same date, and remove these from ``wanted``.

    Departures of the same schedule are matched first, the others by date alone: a schedule that is
    deleted while another one is added is a change of time as well, and two departures beside each
    other would sell the boat twice. Departures that no schedule planned at the last sync are not
    matched: they follow a schedule again only if it plans their own local start.
    """
    given_up = [one for one in left if not one.is_scheduled]
    followed = [one for one in left if one.is_scheduled]
    matched: list[tuple[StoredDeparture, PlannedDeparture | None]] = []
    for group_of in (lambda one: (one.schedule_id, one.local_date), lambda one: one.local_date):
        pairs = _pairs(followed, [one for one in wanted.values() if one.is_open], group_of)
        for departure, counterpart in pairs:
            del wanted[_wall_clock(counterpart)]
            matched.append((departure, counterpart))
        paired = {departure.id for departure, _ in pairs}
        followed = [one for one in followed if one.id not in paired]
    return [*matched, *((departure, None) for departure in (*followed, *given_up))]


def _pairs(
    departures: Iterable[StoredDeparture],
    planned: Iterable[PlannedDeparture],
    group_of: Callable[[StoredDeparture | PlannedDeparture], Hashable],
) -> list[tuple[StoredDeparture, PlannedDeparture]]:
    """Return which departures take which planned times, group by group, in order of time."""
    candidates = _group(planned, group_of)
    return [
        (group[position], candidates[key][partner])
        for key, group in _group(departures, group_of).items()
        if key in candidates
        for position, partner in match_in_order(_minutes(group), _minutes(candidates[key]))
    ]


def _group(
    departures: Iterable[Slot], group_of: Callable[[Slot], Hashable]
) -> dict[Hashable, list[Slot]]:
    groups: dict[Hashable, list[Slot]] = {}
    for departure in sorted(departures, key=_minute):
        groups.setdefault(group_of(departure), []).append(departure)
    return groups


def _minute(departure: StoredDeparture | PlannedDeparture) -> int:
    start = departure.start_time
    return 0 if start is None else start.hour * 60 + start.minute


def _minutes(departures: Sequence[StoredDeparture | PlannedDeparture]) -> tuple[int, ...]:
    return tuple(_minute(departure) for departure in departures)


def _wall_clock(departure: PlannedDeparture) -> tuple[date, time | None, int]:
    return (departure.local_date, departure.start_time, departure.fold)


def _times(departure: StoredDeparture) -> tuple[object, ...]:
    return (
        departure.wall_clock,
        departure.starts_at,
        departure.ends_at,
        departure.opening_hours,
    )


def _classify(before: StoredDeparture, after: StoredDeparture) -> str | None:
    """Return the list of :class:`DepartureChanges` that a changed row belongs to."""
    if not (before.is_open or after.is_open or before.bookings):
        return None
    if before.wall_clock != after.wall_clock:
        return "moved"
    if before.is_open and not after.is_open:
        return "closed"
    if _times(before) != _times(after):
        return "retimed"
    if after.is_open and not before.is_open:
        return "reopened"
    looks = (before.capacity, before.max_units, before.booking_cutoff_at)
    return (
        None if looks == (after.capacity, after.max_units, after.booking_cutoff_at) else "changed"
    )


def _change(
    before: StoredDeparture | None, after: StoredDeparture | PlannedDeparture | None
) -> DepartureChange:
    return DepartureChange(
        departure_id=None if before is None else before.id,
        before=None if before is None else to_departure_times(before),
        after=None if after is None else to_departure_times(after),
        bookings=0 if before is None else before.bookings,
        guests=0 if before is None else before.guests,
    )


def _moment(change: DepartureChange) -> datetime:
    return max(timing.starts_at for timing in (change.before, change.after) if timing)


@lru_cache(maxsize=4096)
def match_in_order(old: tuple[int, ...], new: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    """Pair old with new times, and return the pairs of indexes; both are ascending, in one unit.

    Each time of the shorter list is paired, and no two pairs cross: an earlier start never becomes
    a later one than its successor. Of all such pairings it is the one with the smallest sum of
    distances: of 10:00 and 16:00, it is 16:00 that becomes 16:30.
    """
    if len(old) > len(new):
        return tuple((position, partner) for partner, position in match_in_order(new, old))
    # distance[i][j]: the best way to pair the first i old times with some of the first j new ones.
    unreachable = float("inf")
    distance = [[0.0] * (len(new) + 1)]
    for i, old_time in enumerate(old):
        row = [unreachable]
        for j, new_time in enumerate(new):
            row.append(min(row[j], distance[i][j] + abs(old_time - new_time)))
        distance.append(row)
    pairs = []
    j = len(new)
    for i in range(len(old), 0, -1):
        while distance[i][j] == distance[i][j - 1]:
            j -= 1
        j -= 1
        pairs.append((i - 1, j))
    return tuple(reversed(pairs))
