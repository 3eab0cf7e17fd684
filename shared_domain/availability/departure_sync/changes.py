"""The changes that a departure sync makes, or would make, to an option's departures."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from shared_domain.availability.departure_times import DepartureTimes
from shared_domain.availability.model import DepartureId


class WithGuests(StrEnum):
    """What a sync does with booked departures whose time would change, or that would close.

    KEEP: they stay exactly as they are, on their old time and on sale as before. They are marked
        as kept, later syncs leave them unchanged, and the schedule's own departure of that date is
        not opened beside them: that would sell the boat twice.
    MOVE: they take the schedule's new time, with the same id; bookings get an event and guests a
        mail. One that has no counterpart closes to sale and keeps its guests, so that staff
        decide booking by booking.
    UNASKED: no staff user was asked, as in the daily job. No departure moves without a decision,
        so times stay as with KEEP; and what no schedule plans any more is not sold any longer, so
        a departure without a counterpart closes as with MOVE.

    None of these applies to a change of the time zone's rules or of the product's zone: the local
    time then stays, the instant is computed anew, and guests are always notified.
    """

    KEEP = "keep"
    MOVE = "move"
    UNASKED = "unasked"


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartureChange:
    """The change of one departure: ``before`` is None for a new one, ``after`` for a deleted one.

    For a kept departure, ``after`` is the time that its schedule plans, or None when it plans
    none. ``bookings`` and ``guests`` count bookings that are confirmed, pending or a running
    hold, and the places that they take; tests do not count.
    """

    departure_id: DepartureId | None
    before: DepartureTimes | None
    after: DepartureTimes | None
    bookings: int = 0
    guests: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartureChanges:
    """The changed departures of an option in order of time, each in exactly one of the lists.

    ``added``
        newly on sale
    ``moved``
        on another local start: the same departure and id where it has guests, otherwise replaced
    ``retimed``
        the same local start, but another instant (zone), end (duration) or opening hours
    ``kept``
        has guests and stays on its old time, against its schedule
    ``closed``
        no longer on sale, and still there: with bookings, or as a day without opening
    ``removed``
        gone: no booking was ever made
    ``reopened``
        on sale again
    ``changed``
        other places, ticket limit or cut-off
    """

    time_zone: str
    added: tuple[DepartureChange, ...] = ()
    moved: tuple[DepartureChange, ...] = ()
    retimed: tuple[DepartureChange, ...] = ()
    kept: tuple[DepartureChange, ...] = ()
    closed: tuple[DepartureChange, ...] = ()
    removed: tuple[DepartureChange, ...] = ()
    reopened: tuple[DepartureChange, ...] = ()
    changed: tuple[DepartureChange, ...] = ()

    def __len__(self) -> int:
        return sum(1 for _ in self._all())

    @property
    def with_guests(self) -> tuple[DepartureChange, ...]:
        """The changes of booked departures: those that are moved, retimed, closed or kept."""
        touched = (*self.moved, *self.retimed, *self.closed, *self.kept)
        return tuple(change for change in touched if change.bookings)

    @property
    def bookings(self) -> int:
        return sum(change.bookings for change in self.with_guests)

    @property
    def guests(self) -> int:
        return sum(change.guests for change in self.with_guests)

    def _all(self) -> Iterator[DepartureChange]:
        yield from (*self.added, *self.moved, *self.retimed, *self.kept)
        yield from (*self.closed, *self.removed, *self.reopened, *self.changed)
