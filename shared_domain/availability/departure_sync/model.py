"""The stored departures that a departure sync reads, and the plan of the rows that it writes."""

from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from shared_domain.availability.clock import opening_day_instants, start_time_instants
from shared_domain.availability.departure_sync.changes import DepartureChanges
from shared_domain.availability.departure_sync.schedules import PlannedDeparture
from shared_domain.availability.departure_times import DepartureTimes
from shared_domain.availability.model import DepartureId


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDeparture(DepartureTimes):
    """A departure's row: all columns that a schedule may change, and counts of its bookings.

    ``is_scheduled``: a schedule planned it as open at the last sync. ``is_kept``: staff kept it for
    its guests. ``is_edited``: staff changed its places, or whether it is open, by hand.
    ``closed_by_staff`` tells a departure that staff closed from one that no schedule plans.
    ``is_blacked_out``: a blackout has closed it; ``is_open`` is then as it would be without one.
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
    is_blacked_out: bool
    bookings: int
    guests: int
    live_bookings: int
    was_ever_booked: bool

    def at(self, place: tzinfo) -> "StoredDeparture":
        """Return this departure with its instants computed by the present rules of ``place``."""
        if self.start_time is None:
            moments = opening_day_instants(self.local_date, self.opening_hours, place)
        else:
            lasts = self.ends_at - self.starts_at
            moments = start_time_instants(
                self.local_date, self.start_time, lasts, place, fold=self.fold
            )
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
        """True while the departure has not started, or is before its booking cut-off."""
        return max(self.starts_at, self.booking_cutoff_at) > now


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDeparture:
    """A row to insert, with the changes that staff made to the departure it replaces, if any."""

    planned: PlannedDeparture
    replaces: StoredDeparture | None = None

    @property
    def is_skipped(self) -> bool:
        """True when clocks skip the planned local start, so that the id shows a later time."""
        start = self.planned.start_time
        return start is not None and not self.planned.availability_id.startswith(
            f"{self.planned.local_date}T{start:%H:%M}"
        )

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

    @property
    def ignores_blackouts(self) -> bool:
        """True when it replaces a departure that was on sale: staff may have opened it in one."""
        return (
            self.replaces is not None and self.replaces.is_open and not self.replaces.is_blacked_out
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartureSyncPlan:
    """The rows that a departure sync writes, and the changes that they are to staff and guests.

    ``updates`` and ``notified`` are pairs of a departure before and after.
    """

    changes: DepartureChanges
    updates: tuple[tuple[StoredDeparture, StoredDeparture], ...]
    additions: tuple[NewDeparture, ...]
    removals: tuple[StoredDeparture, ...]
    notified: tuple[tuple[StoredDeparture, StoredDeparture], ...]

    @property
    def is_empty(self) -> bool:
        return not (self.updates or self.additions or self.removals)
