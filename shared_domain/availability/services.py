"""Services of availability: find slots and days, and change a departure for staff."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Generic, Protocol, TypeVar

from shared_domain import catalog
from shared_domain.availability.calendar import (
    CalendarDepartures,
    CalendarFingerprint,
    CalendarVersion,
)
from shared_domain.availability.errors import (
    CapacityBelowReserved,
    DateRangeProblem,
    DepartureNotFound,
    InvalidDateRange,
)
from shared_domain.availability.model import (
    LIVE_STOCK,
    CalendarDay,
    Departure,
    DepartureId,
    Slot,
    Stock,
    stock_for,
    summarise_day,
)
from shared_domain.availability.offer import Offer
from shared_domain.availability.party import HeldShare, build_party
from shared_domain.catalog import OptionId
from shared_domain.partners import Access

Found = TypeVar("Found")


class AvailabilityStore(Protocol):
    """The store of departures that these services need; ``sql_store`` implements it."""

    @property
    def catalog(self) -> catalog.CatalogStore: ...

    async def between(
        self, option_id: OptionId, first: date, last: date, *, stock: Stock, now: datetime
    ) -> list[Departure]: ...

    async def calendar(
        self, option_id: OptionId, first: date, last: date, *, access: Access, now: datetime
    ) -> CalendarDepartures:
        """Return the departures of the dates as the partner sees them, with their fingerprint."""
        ...

    async def calendar_fingerprint(
        self, option_id: OptionId, first: date, last: date, *, access: Access, now: datetime
    ) -> CalendarFingerprint: ...

    async def by_availability_ids(
        self,
        option_id: OptionId,
        availability_ids: Sequence[str],
        *,
        stock: Stock,
        now: datetime,
    ) -> list[Departure]: ...

    async def held_shares(
        self, option_id: OptionId, *, access: Access, now: datetime
    ) -> Mapping[DepartureId, HeldShare]:
        """Return the partner's places on hold, by departure; only departures with any."""
        ...

    async def lock(
        self, departure_id: DepartureId, *, stock: Stock, now: datetime
    ) -> Departure | None:
        """Release a departure's expired holds, and lock it until the transaction ends."""
        ...

    async def lock_resources(self, departure_ids: Sequence[DepartureId]) -> None:
        """Lock the resources of departures; to be called before two departures are locked."""
        ...

    async def set_open(self, departure_id: DepartureId, is_open: bool) -> None: ...

    async def set_capacity(self, departure_id: DepartureId, capacity: int | None) -> None: ...

    async def release(self, departure_id: DepartureId) -> None:
        """Mark a departure as following its schedule again."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AvailabilityQuery:
    """A query of slots or days: an option, dates or availability ids, a party, a currency."""

    product_code: str
    option_code: str
    dates: tuple[date, date] | None = None
    availability_ids: tuple[str, ...] = ()
    party: tuple[tuple[str, int], ...] | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class AvailabilityResult(Generic[Found]):
    """The slots or days that a query found, with the offer that prices them."""

    offer: Offer
    found: Sequence[Found]


async def find_slots(
    query: AvailabilityQuery,
    *,
    access: Access,
    now: datetime,
    store: AvailabilityStore,
) -> AvailabilityResult[Slot]:
    """Return the slots of a query, in order of time; ids that do not exist are left out.

    Raises:
        ProductNotFound, OptionNotFound, UnitNotFound, CurrencyNotOffered: of the query.
        InvalidDateRange: the dates run backwards or span more than a year.
    """
    offer = await _offer(query, access, store)
    option_id = offer.option.id
    stock = stock_for(access)
    if query.dates is not None:
        departures = await store.between(option_id, *query.dates, stock=stock, now=now)
    else:
        departures = await store.by_availability_ids(
            option_id, query.availability_ids, stock=stock, now=now
        )
    shares = await store.held_shares(option_id, access=access, now=now)
    slots = [
        offer.slot_for(departure, now=now, share=shares.get(departure.id))
        for departure in departures
    ]
    return AvailabilityResult(offer, slots)


@dataclass(frozen=True, slots=True)
class CalendarResult(AvailabilityResult[CalendarDay]):
    """The days that a query found, and the version that they were found at."""

    version: CalendarVersion


async def find_days(
    query: AvailabilityQuery,
    *,
    access: Access,
    now: datetime,
    store: AvailabilityStore,
) -> CalendarResult:
    """Return every date of the range exactly once, in order.

    Raises:
        ProductNotFound, OptionNotFound, UnitNotFound, CurrencyNotOffered: of the query.
        InvalidDateRange: no dates, or they run backwards or span more than a year.
    """
    offer, (first, last) = await _offer_on_days(query, access, store)
    found = await store.calendar(offer.option.id, first, last, access=access, now=now)
    slots: dict[date, list[Slot]] = {}
    for departure in found.departures:
        slot = offer.slot_for(departure, now=now, share=found.held_shares.get(departure.id))
        slots.setdefault(departure.local_date, []).append(slot)
    days = [summarise_day(day, slots.get(day, ())) for day in _days(first, last)]
    return CalendarResult(offer, days, _version(offer, found.fingerprint))


async def find_calendar_version(
    query: AvailabilityQuery,
    *,
    access: Access,
    now: datetime,
    store: AvailabilityStore,
) -> CalendarVersion:
    """Return the version that ``find_days`` would find the days at, for a tenth of its cost.

    Where the version is the same, the days of the same query have not changed.

    Raises:
        CatalogRefused, InvalidDateRange: as ``find_days`` does.
    """
    offer, (first, last) = await _offer_on_days(query, access, store)
    fingerprint = await store.calendar_fingerprint(
        offer.option.id, first, last, access=access, now=now
    )
    return _version(offer, fingerprint)


async def set_departure_open(
    departure_id: DepartureId, *, is_open: bool, now: datetime, store: AvailabilityStore
) -> None:
    """Close a departure to sale, or open it again; bookings stay. Safe to repeat.

    Raises:
        DepartureNotFound: it is gone.
    """
    await _get_locked(departure_id, now, store)
    await store.set_open(departure_id, is_open)


async def set_departure_capacity(
    departure_id: DepartureId, capacity: int | None, *, now: datetime, store: AvailabilityStore
) -> None:
    """Change how many places a departure has; None lifts the limit (freesale).

    Raises:
        DepartureNotFound: it is gone.
        CapacityBelowReserved: more places than that are taken.
    """
    departure = await _get_locked(departure_id, now, store)
    if capacity is not None and capacity < departure.reserved:
        raise CapacityBelowReserved(reserved=departure.reserved)
    await store.set_capacity(departure_id, capacity)


async def release_departure(
    departure_id: DepartureId, *, now: datetime, store: AvailabilityStore
) -> None:
    """Make a departure follow its schedule again, after staff kept it for its guests.

    This alone moves nothing: the caller calls ``generate_departures`` next, which moves guests
    only where staff decide so, and keeps the departure again where they do not. Safe to repeat.

    Raises:
        DepartureNotFound: it is gone.
    """
    await _get_locked(departure_id, now, store)
    await store.release(departure_id)


def check_dates(first: date, last: date) -> tuple[date, date]:
    """Return the range of dates, unless it runs backwards or spans more than a year.

    Raises:
        InvalidDateRange: it does.
    """
    if last < first:
        raise InvalidDateRange(DateRangeProblem.BACKWARDS)
    if last > _a_year_after(first):
        raise InvalidDateRange(DateRangeProblem.TOO_LONG)
    return first, last


async def _offer(query: AvailabilityQuery, access: Access, store: AvailabilityStore) -> Offer:
    if query.dates is not None:
        check_dates(*query.dates)
    product = await catalog.get_product(query.product_code, access=access, store=store.catalog)
    option = product.option(query.option_code)
    party = None
    if query.party is not None:
        for entry, (unit_code, _) in enumerate(query.party):
            option.unit(unit_code, party_entry=entry)
        party = build_party(option, query.party)
    return Offer(product, option, party=party, currency=query.currency)


async def _offer_on_days(
    query: AvailabilityQuery, access: Access, store: AvailabilityStore
) -> tuple[Offer, tuple[date, date]]:
    if query.dates is None:
        raise InvalidDateRange(DateRangeProblem.MISSING)
    return await _offer(query, access, store), query.dates


def _version(offer: Offer, fingerprint: CalendarFingerprint) -> CalendarVersion:
    product = offer.product
    return CalendarVersion(
        product_id=product.id,
        revision=product.revision,
        commission_basis_points=product.commission_basis_points,
        option_id=offer.option.id,
        fingerprint=fingerprint,
    )


async def _get_locked(
    departure_id: DepartureId, now: datetime, store: AvailabilityStore
) -> Departure:
    departure = await store.lock(departure_id, stock=LIVE_STOCK, now=now)
    if departure is None:
        raise DepartureNotFound
    return departure


def _days(first: date, last: date) -> Iterator[date]:
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)


def _a_year_after(day: date) -> date:
    try:
        return day.replace(year=day.year + 1)
    except ValueError:  # 29 February, or the year 9999: then the calendar itself ends first.
        return date.max if day.year == date.max.year else date(day.year + 1, 3, 1)
