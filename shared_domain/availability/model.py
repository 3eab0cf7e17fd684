"""Departures, the slots that callers see of them, and the days that sum slots up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import NewType

from shared_domain.partners import Access, PartnerId

DepartureId = NewType("DepartureId", int)


class AvailabilityStatus(StrEnum):
    """The statuses of a slot, best first: a day has that of its best slot (OCTO, section 5)."""

    FREESALE = "FREESALE"
    AVAILABLE = "AVAILABLE"
    LIMITED = "LIMITED"
    SOLD_OUT = "SOLD_OUT"
    CLOSED = "CLOSED"

    @property
    def is_available(self) -> bool:
        return self in _BOOKABLE


_BOOKABLE = frozenset(
    {AvailabilityStatus.FREESALE, AvailabilityStatus.AVAILABLE, AvailabilityStatus.LIMITED}
)
_BEST_FIRST = {status: rank for rank, status in enumerate(AvailabilityStatus)}


@dataclass(frozen=True, slots=True)
class Stock:
    """Which bookings take places: the tests of partner ``tests_of``, or with None all live ones.

    Test bookings take no places of live ones, so a partner's certification never depends on the
    day's sales. To a test, a departure has its full capacity less the partner's own running test
    bookings. Live figures never count a test, and no partner's tests count for another's. What
    staff decide holds for both: the capacity, the cut-off, closed or open.
    """

    tests_of: PartnerId | None


LIVE_STOCK = Stock(tests_of=None)


def stock_for(access: Access) -> Stock:
    """Return the stock that a partner books from, live or in test mode."""
    return Stock(tests_of=access.partner_id) if access.test_mode else LIVE_STOCK


@dataclass(frozen=True, slots=True)
class OpeningPeriod:
    """A period of opening hours: two times of day as ``HH:MM``, local to the product.

    A period belongs to the day on which it begins: one that closes at or before the time at which
    it opens (22:00 to 02:00) closes on the next day. ``24:00`` closes at the midnight between.
    """

    opens: str
    closes: str

    @property
    def passes_midnight(self) -> bool:
        return self.closes <= self.opens


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """One bookable slot of an option, with the number of places that are taken.

    ``reserved`` counts the bookings of one :class:`Stock`, without holds that ran out.
    """

    id: DepartureId
    availability_id: str
    local_date: date
    starts_at: datetime
    ends_at: datetime
    cutoffs_count_from: datetime
    booking_cutoff_at: datetime
    opening_hours: tuple[OpeningPeriod, ...]
    capacity: int | None
    reserved: int
    max_units: int | None
    is_open: bool
    #: By the clock on the wall; None for a day of opening hours. See ``clock.local_start``.
    start_time: time | None
    #: 1 for the second of two equal hours, when the clocks go back.
    fold: int = 0

    @property
    def vacancies(self) -> int | None:
        """Places left; None for freesale. Never negative."""
        return None if self.capacity is None else max(0, self.capacity - self.reserved)

    @property
    def is_overbooked(self) -> bool:
        """True when more places are taken than there are, as after its capacity was lowered."""
        return self.capacity is not None and self.reserved > self.capacity

    def status(self, *, now: datetime) -> AvailabilityStatus:
        """Return the status for a party of one guest; CLOSED from ``booking_cutoff_at`` on."""
        if not self.is_open or now >= self.booking_cutoff_at:
            return AvailabilityStatus.CLOSED
        if self.capacity is None:
            return AvailabilityStatus.FREESALE
        left = self.capacity - self.reserved
        if left <= 0:
            return AvailabilityStatus.SOLD_OUT
        # LIMITED is "under half of the capacity left" (OCTO, section 5).
        return (
            AvailabilityStatus.LIMITED if 2 * left < self.capacity else AvailabilityStatus.AVAILABLE
        )


@dataclass(frozen=True, slots=True)
class Slot:
    """A departure as one party sees it now."""

    departure: Departure
    status: AvailabilityStatus
    max_units: int | None

    @property
    def vacancies(self) -> int | None:
        return self.departure.vacancies


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A local date, summed up over its slots."""

    local_date: date
    status: AvailabilityStatus
    vacancies: int | None
    capacity: int | None
    opening_hours: tuple[OpeningPeriod, ...]


def summarise_day(local_date: date, slots: Sequence[Slot]) -> CalendarDay:
    """Return a day's best status, its most vacancies and the sum of its capacities.

    Both figures are None when a slot is freesale; a date without slots is CLOSED with zeros.
    """
    # One pass: a calendar asks this of every day of a year.
    status, most_left, capacity, is_freesale = AvailabilityStatus.CLOSED, 0, 0, False
    for slot in slots:
        if _BEST_FIRST[slot.status] < _BEST_FIRST[status]:
            status = slot.status
        departure = slot.departure
        if departure.capacity is None:
            is_freesale = True
        else:
            capacity += departure.capacity
            most_left = max(most_left, departure.capacity - departure.reserved)
    return CalendarDay(
        local_date=local_date,
        status=status,
        vacancies=None if is_freesale else most_left,
        capacity=None if is_freesale else capacity,
        opening_hours=_all_periods(slots),
    )


def _all_periods(slots: Sequence[Slot]) -> tuple[OpeningPeriod, ...]:
    if len(slots) == 1 and len(slots[0].departure.opening_hours) < 2:
        return slots[0].departure.opening_hours
    periods = {period for slot in slots for period in slot.departure.opening_hours}
    return tuple(sorted(periods, key=lambda period: (period.opens, period.closes)))
