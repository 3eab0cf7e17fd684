"""Which rows change so that an option's departures follow its schedules: plain rules on values.

A departure is recognised by its local start (date, time and which of two equal hours), never by
its instant or offset. What is left is matched with what its own schedule asks for on the same
date, in order of time: so a new start time moves a departure, and does not open a second one.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, tzinfo
from typing import TypeVar

from shared_domain.availability.changes import (
    DepartureChange,
    DepartureChanges,
    WithGuests,
)
from shared_domain.availability.clock import day_moments, start_moments
from shared_domain.availability.model import DepartureId
from shared_domain.availability.pairing import pair_in_order
from shared_domain.availability.schedules import PlannedDeparture
from shared_domain.availability.timing import Timing, timing_of
from shared_domain.time_zones import zone

Slot = TypeVar("Slot", "StoredDeparture", PlannedDeparture)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDeparture(Timing):
    """A departure's row with all that its schedule may change, and who has booked it.

    ``is_scheduled``: a schedule asked for it when it was last looked at. ``is_kept``: staff kept
    it for its guests. ``is_edited``: staff changed its places, or whether it is open, by hand.
    ``closed_by_staff`` tells a departure that staff closed from one that its schedule gave up.
    ``live_bookings`` include tests, ``bookings`` and ``guests`` do not.
    """

    id: DepartureId
    schedule_id: int | None
    cutoffs_count_from: datetime
    booking_cutoff_at: datetime
    capacity: int | None
    reserved: int
    max_units: int | None
    is_open: bool
    is_edited: bool
    closed_by_staff: bool
    is_kept: bool
    is_scheduled: bool
    bookings: int
    guests: int
    live_bookings: int
    was_ever_booked: bool

    def at(self, place: tzinfo) -> "StoredDeparture":
        """Return this departure with its instants by the present rules of its zone."""
        if self.start_time is None:
            moments = day_moments(self.local_date, self.opening_hours, place)
        else:
            lasts = self.ends_at - self.starts_at
            moments = start_moments(self.local_date, self.start_time, lasts, place, fold=self.fold)
        if moments.starts_at == self.starts_at and moments.ends_at == self.ends_at:
            return self
        return replace(
            self,
            starts_at=moments.starts_at,
            ends_at=moments.ends_at,
            cutoffs_count_from=moments.cutoffs_count_from,
            booking_cutoff_at=moments.cutoffs_count_from
            - (self.cutoffs_count_from - self.booking_cutoff_at),
        )

    def is_ahead(self, now: datetime) -> bool:
        """True until it has begun and is sold no more."""
        return max(self.starts_at, self.booking_cutoff_at) > now


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """A new row, with the edits by hand of the departure that it replaces."""

    planned: PlannedDeparture
    replaces: StoredDeparture | None = None

    @property
    def is_edited(self) -> bool:
        return self.replaces is not None and self.replaces.is_edited

    @property
    def closed_by_staff(self) -> bool:
        return self.replaces is not None and self.replaces.closed_by_staff

    @property
    def capacity(self) -> int | None:
        edited = self.replaces if self.is_edited else None
        return edited.capacity if edited else self.planned.capacity

    @property
    def is_open(self) -> bool:
        edited = self.replaces if self.is_edited else None
        return edited.is_open if edited else self.planned.is_open


@dataclass(frozen=True, slots=True, kw_only=True)
class DeparturePlan:
    """The rows to write, as pairs of before and after, and what they mean to people."""

    changes: DepartureChanges
    updates: tuple[tuple[StoredDeparture, StoredDeparture], ...]
    additions: tuple[Addition, ...]
    removals: tuple[StoredDeparture, ...]
    told: tuple[tuple[StoredDeparture, StoredDeparture], ...]

    @property
    def is_empty(self) -> bool:
        return not (self.updates or self.additions or self.removals)


def plan_changes(
    stored: Sequence[StoredDeparture],
    planned: Sequence[PlannedDeparture],
    *,
    time_zone: str,
    with_guests: WithGuests,
    now: datetime,
) -> DeparturePlan:
    """Return what to write so that ``stored`` follows ``planned`` and the zone's rules.

    Planning again after it was written changes nothing. What staff edited is kept: the places,
    and that it is closed. That is not to keep selling: a departure that no schedule asks for any
    more closes, edited or not (or goes, when it was never booked). Staff may then open it again:
    that later decision stands, and so it does when the schedule asks for it again.
    """
    return _Planning(zone(time_zone), with_guests, now).run(stored, planned, time_zone)


@dataclass
class _Planning:
    place: tzinfo
    with_guests: WithGuests
    now: datetime
    updates: list[tuple[StoredDeparture, StoredDeparture]] = field(default_factory=list)
    additions: list[Addition] = field(default_factory=list)
    removals: list[StoredDeparture] = field(default_factory=list)
    #: Departures that stay against their schedule, with what it asks for.
    kept: list[tuple[StoredDeparture, PlannedDeparture | None]] = field(default_factory=list)

    def run(
        self,
        stored: Sequence[StoredDeparture],
        planned: Sequence[PlannedDeparture],
        time_zone: str,
    ) -> DeparturePlan:
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
        for departure, counterpart in _matched(left, wanted):
            if counterpart is None:
                self._give_up(departure)
            else:
                self._move(departure, counterpart)
        self.additions += [Addition(planned=departure) for departure in wanted.values()]
        told = tuple(pair for pair in self.updates if self._is_told(*pair))
        return DeparturePlan(
            changes=self._summary(time_zone),
            updates=tuple(self.updates),
            additions=tuple(self.additions),
            removals=tuple(self.removals),
            told=told,
        )

    def _follow(self, departure: StoredDeparture, planned: PlannedDeparture) -> None:
        """Let a departure follow a schedule that asks for its very local start."""
        present = departure.at(self.place)
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
        """Bring a departure to the local start that its schedule asks for instead."""
        if departure.bookings and (departure.is_kept or self.with_guests is not WithGuests.MOVE):
            self._keep(departure, planned)
        elif departure.bookings:
            self._update(departure, _following(departure, planned))
        else:
            # A new row with a new id: who still holds the old id would book the wrong time.
            self.additions.append(Addition(planned=planned, replaces=departure))
            self._drop(departure)

    def _give_up(self, departure: StoredDeparture) -> None:
        """Take a departure off sale that no schedule asks for."""
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

    def _is_told(self, before: StoredDeparture, after: StoredDeparture) -> bool:
        """True when guests were told another time: its local start, instant, end or hours."""
        is_over = max(before.ends_at, after.ends_at) <= self.now
        return bool(before.live_bookings) and not is_over and _times(before) != _times(after)

    def _summary(self, time_zone: str) -> DepartureChanges:
        lists: dict[str, list[DepartureChange]] = {}

        def note(name: str, change: DepartureChange) -> None:
            lists.setdefault(name, []).append(change)

        kept = {departure.id for departure, _ in self.kept}
        replaced = {one.replaces.id for one in self.additions if one.replaces}
        for before, after in self.updates:
            name = _kind_of(before, after)
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


def _following(departure: StoredDeparture, planned: PlannedDeparture) -> StoredDeparture:
    """Return the departure as its schedule asks for it, with what staff edited."""
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


def _matched(
    left: Iterable[StoredDeparture], wanted: dict[tuple[date, time | None, int], PlannedDeparture]
) -> list[tuple[StoredDeparture, PlannedDeparture | None]]:
    """Match departures with what their schedules ask for on the same date; take it from wanted.

    Those that a schedule gave up before are not matched: only their own local start wakes them.
    """
    asked_for = _grouped(
        (one for one in wanted.values() if one.is_open), lambda one: one.schedule_id
    )
    matched: list[tuple[StoredDeparture, PlannedDeparture | None]] = []
    of_schedules = _grouped(left, lambda one: one.schedule_id if one.is_scheduled else None)
    for group, departures in of_schedules.items():
        candidates = asked_for.get(group, []) if group[0] is not None else []
        pairs = dict(pair_in_order(_minutes(departures), _minutes(candidates)))
        for position, departure in enumerate(departures):
            partner = pairs.get(position)
            counterpart = None if partner is None else candidates[partner]
            if counterpart is not None:
                del wanted[_wall_clock(counterpart)]
            matched.append((departure, counterpart))
    return matched


def _grouped(
    departures: Iterable[Slot], schedule_of: Callable[[Slot], int | None]
) -> dict[tuple[int | None, date], list[Slot]]:
    groups: dict[tuple[int | None, date], list[Slot]] = {}
    for departure in sorted(departures, key=_minute):
        groups.setdefault((schedule_of(departure), departure.local_date), []).append(departure)
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


def _kind_of(before: StoredDeparture, after: StoredDeparture) -> str | None:
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
        before=None if before is None else timing_of(before),
        after=None if after is None else timing_of(after),
        bookings=0 if before is None else before.bookings,
        guests=0 if before is None else before.guests,
    )


def _moment(change: DepartureChange) -> datetime:
    return max(timing.starts_at for timing in (change.before, change.after) if timing)
