"""Services of the departure sync: preview or generate an option's departures by its schedules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from shared_domain.availability.departure_sync.changes import DepartureChanges, WithGuests
from shared_domain.availability.departure_sync.model import (
    DepartureSyncPlan,
    NewDeparture,
    StoredDeparture,
)
from shared_domain.availability.departure_sync.plan import plan_changes
from shared_domain.availability.departure_sync.schedules import (
    DAYS_AHEAD,
    Schedule,
    is_horizon_short,
    plan_all,
)
from shared_domain.availability.model import DepartureId
from shared_domain.catalog import OptionId
from shared_domain.time_zones import rules_fingerprint, zone

#: A day of opening hours may run past midnight, and clocks differ: so far back is looked.
DAYS_BACK = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionClock:
    """The time zone of an option's product, and the zone rules that its departures follow so far.

    ``last_date`` is the date of the option's last departure; None without any.
    """

    time_zone: str
    followed_rules: str
    last_date: date | None

    @property
    def present_rules(self) -> str:
        """The zone with a digest of its present rules: it differs after either has changed."""
        return f"{self.time_zone} {rules_fingerprint(self.time_zone)}"

    @property
    def is_behind(self) -> bool:
        return self.followed_rules != self.present_rules


class DepartureSyncStore(Protocol):
    """The store of an option's departures for the sync; each method is one round trip."""

    async def clock(self, option_id: OptionId) -> OptionClock | None: ...

    async def stored_departures(
        self, option_id: OptionId, *, first: date, now: datetime
    ) -> list[StoredDeparture]:
        """Return the departures from this local date on, with their live bookings counted."""
        ...

    async def lock_blackouts(self) -> None:
        """Keep all blackouts as they are until the transaction ends; before any option's lock."""
        ...

    async def lock_option(self, option_id: OptionId) -> None:
        """Lock out other syncs of this option's departures until the transaction ends."""
        ...

    async def lock_bookings(
        self, departure_ids: Sequence[DepartureId], *, now: datetime, may_wait: bool
    ) -> None:
        """Lock the live bookings of departures; unless ``may_wait``, fail if one is locked."""
        ...

    async def lock_departures(self, option_id: OptionId, *, first: date) -> None: ...

    async def taken_ids(self, option_id: OptionId, wanted: Sequence[str]) -> set[str]: ...

    async def remove(self, departures: Sequence[StoredDeparture]) -> None: ...

    async def update(self, departures: Sequence[StoredDeparture]) -> None: ...

    async def add(self, option_id: OptionId, additions: Sequence[tuple[str, NewDeparture]]) -> None:
        """Store new departures, each under its availability id."""
        ...

    async def take_resources(
        self, departure_ids: Sequence[DepartureId]
    ) -> Mapping[DepartureId, Sequence[int]]:
        """Take resources (guides, boats) off departures, and return their ids by departure."""
        ...

    async def give_resources(
        self, option_id: OptionId, given: Sequence[tuple[str, Sequence[int]]]
    ) -> None:
        """Give new departures, by availability id, the resources of those they replace."""
        ...

    async def notify_guests(
        self,
        told: Sequence[tuple[StoredDeparture, StoredDeparture]],
        *,
        time_zone: str,
        now: datetime,
    ) -> None:
        """Store an event for each live booking of moved departures, and a notice to its guest."""
        ...

    async def save_zone_rules(self, option_id: OptionId, rules: str) -> None: ...


class ScheduleStore(Protocol):
    """The store that these services need; ``sql_store`` implements it."""

    @property
    def departure_sync(self) -> DepartureSyncStore: ...

    async def schedules(self, option_id: OptionId) -> list[Schedule]: ...


async def preview_departures(
    option_id: OptionId,
    *,
    with_guests: WithGuests,
    now: datetime,
    store: ScheduleStore,
) -> DepartureChanges:
    """Return what :func:`generate_departures` would do now; nothing is written or locked.

    Staff's pages save a schedule inside a transaction, call this, and roll back when staff have to
    decide first.
    """
    clock = await store.departure_sync.clock(option_id)
    if clock is None:
        return DepartureChanges(time_zone="UTC")
    return (await _make_plan(option_id, clock, with_guests, now, store)).changes


async def generate_departures(
    option_id: OptionId,
    *,
    with_guests: WithGuests = WithGuests.UNASKED,
    now: datetime,
    store: ScheduleStore,
) -> DepartureChanges:
    """Add, move and close an option's departures of the next ``DAYS_AHEAD`` days by its schedules.

    Missing departures are added, the others are changed (see ``departure_sync.plan_changes``), and
    instants are computed anew when the rules of the zone or the product's zone have changed. Days
    begin at midnight in the product's zone. A second run changes nothing, and a run that has
    nothing to do locks nothing.
    """
    departure_sync = store.departure_sync
    clock = await departure_sync.clock(option_id)
    if clock is None:
        return DepartureChanges(time_zone="UTC")
    plan = await _make_plan(option_id, clock, with_guests, now, store)
    if plan.is_empty and not clock.is_behind:
        return plan.changes
    await departure_sync.lock_blackouts()
    await departure_sync.lock_option(option_id)
    # While it waited, staff may have changed the product's zone, which takes the same lock.
    clock = await departure_sync.clock(option_id)
    if clock is None:
        return DepartureChanges(time_zone="UTC")
    # Every change of a booking locks it before its departure, and so does this.
    await departure_sync.lock_bookings(_ids(plan), now=now, may_wait=True)
    await departure_sync.lock_departures(option_id, first=_first(clock, now))
    plan = await _make_plan(option_id, clock, with_guests, now, store)
    # Those that were booked in between; to wait for them now could be to wait in a circle.
    await departure_sync.lock_bookings(_ids(plan), now=now, may_wait=False)
    await _write(option_id, plan, clock, now, departure_sync)
    return plan.changes


async def needs_generation(option_id: OptionId, *, now: datetime, store: ScheduleStore) -> bool:
    """True when departures are missing at the end, or were computed by other zone rules."""
    clock = await store.departure_sync.clock(option_id)
    if clock is None:
        return False
    schedules = await store.schedules(option_id)
    return clock.is_behind or is_horizon_short(schedules, clock.last_date, today=_today(clock, now))


async def _make_plan(
    option_id: OptionId,
    clock: OptionClock,
    with_guests: WithGuests,
    now: datetime,
    store: ScheduleStore,
) -> DepartureSyncPlan:
    today = _today(clock, now)
    planned = plan_all(
        await store.schedules(option_id),
        first=today - timedelta(days=1),
        last=today + timedelta(days=DAYS_AHEAD),
        now=now,
    )
    stored = await store.departure_sync.stored_departures(
        option_id, first=_first(clock, now), now=now
    )
    return plan_changes(
        stored, planned, time_zone=clock.time_zone, with_guests=with_guests, now=now
    )


async def _write(
    option_id: OptionId,
    plan: DepartureSyncPlan,
    clock: OptionClock,
    now: datetime,
    departure_sync: DepartureSyncStore,
) -> None:
    replaced = [one.replaces.id for one in plan.additions if one.replaces is not None]
    carried = await departure_sync.take_resources(replaced) if replaced else {}
    if plan.removals:
        await departure_sync.remove(plan.removals)
    if plan.updates:
        await departure_sync.update([after for _, after in plan.updates])
    if plan.additions:
        ids = await _free_ids(option_id, plan.additions, departure_sync)
        added = list(zip(ids, plan.additions, strict=True))
        await departure_sync.add(option_id, added)
        given = [
            (availability_id, carried[one.replaces.id])
            for availability_id, one in added
            if one.replaces is not None and one.replaces.id in carried
        ]
        if given:
            await departure_sync.give_resources(option_id, given)
    if plan.notified:
        await departure_sync.notify_guests(plan.notified, time_zone=clock.time_zone, now=now)
    if clock.is_behind:
        await departure_sync.save_zone_rules(option_id, clock.present_rules)


async def _free_ids(
    option_id: OptionId, additions: Sequence[NewDeparture], departure_sync: DepartureSyncStore
) -> list[str]:
    """Return an availability id for each addition: the planned one, with a suffix if it is taken.

    It may be taken by a departure that has moved since, by a day of opening hours beside a start
    at midnight, or by the other of two starts in an hour that the clocks skip.
    """
    natural = [addition.planned.availability_id for addition in additions]
    # Of two that would have the same, the one whose own start it spells goes first.
    order = sorted(range(len(natural)), key=lambda position: additions[position].is_skipped)
    ids, number = list(natural), 1
    while True:
        taken = await departure_sync.taken_ids(option_id, ids)
        given: set[str] = set()
        clashes = []
        for position in order:
            availability_id = ids[position]
            if availability_id in taken or availability_id in given:
                clashes.append(position)
            given.add(availability_id)
        if not clashes:
            return ids
        number += 1
        for position in clashes:
            ids[position] = f"{natural[position]}~{number}"


def _ids(plan: DepartureSyncPlan) -> list[DepartureId]:
    return [after.id for _, after in plan.notified]


def _today(clock: OptionClock, now: datetime) -> date:
    return now.astimezone(zone(clock.time_zone)).date()


def _first(clock: OptionClock, now: datetime) -> date:
    """Return the first date to look at: any date, when the zone or its rules have changed."""
    return date.min if clock.is_behind else _today(clock, now) - timedelta(days=DAYS_BACK)
