"""Load the subjects of a page of events, by a bounded number of queries for each kind."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar
from uuid import UUID

from shared_domain.availability import Departure, DepartureId, HeldShare, Stock, stock_for
from shared_domain.bookings import Booking
from shared_domain.catalog import MAX_TICKETS, Product, ProductId
from shared_domain.events import Event
from shared_domain.partners import Access, ApiKey, ApiKeyId, PartnerId

#: Tickets that the bodies of one page hold at most, of more than one event: 1 kB each, and a tenth
#: of a second of the process for all, in which it does nothing else.
MOST_TICKETS = 2_000

Id = TypeVar("Id")


class _Bookings(Protocol):
    async def get_several(
        self, uuids: Collection[UUID], access: Access, *, now: datetime
    ) -> list[Booking]: ...


class _Departures(Protocol):
    async def by_ids(
        self, departure_ids: Collection[DepartureId], *, stock: Stock, now: datetime
    ) -> list[Departure]: ...

    async def read_held_shares(
        self, departure_ids: Collection[DepartureId], *, access: Access, now: datetime
    ) -> Mapping[DepartureId, HeldShare]: ...


class _Products(Protocol):
    async def active_by_ids(
        self, product_ids: Collection[ProductId], partner_id: PartnerId
    ) -> Mapping[ProductId, Product]: ...


class _Keys(Protocol):
    async def get_several(
        self, key_ids: Collection[ApiKeyId], partner_id: PartnerId
    ) -> list[ApiKey]: ...


class TicketCounts(Protocol):
    """The store that ``count_fitting`` needs."""

    async def count_tickets(self, uuids: Collection[UUID], access: Access) -> Mapping[UUID, int]:
        """Return how many tickets each of the partner's bookings has."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectStores:
    """The stores that this service needs."""

    bookings: _Bookings
    departures: _Departures
    products: _Products
    keys: _Keys


@dataclass(frozen=True, slots=True, kw_only=True)
class Subjects:
    """The objects that events are about, by id; those that the partner may not see are missing.

    ``unlisted_products`` are products that the partner may sell, and that no call of it shows while
    they lack what OCTO requires of a product, as without a start time.
    """

    bookings: Mapping[UUID, Booking]
    departures: Mapping[DepartureId, Departure]
    held_shares: Mapping[DepartureId, HeldShare]
    products: Mapping[ProductId, Product]
    unlisted_products: Collection[ProductId]
    keys: Mapping[ApiKeyId, ApiKey]


async def read_subjects(
    events: Sequence[Event], *, access: Access, now: datetime, stores: SubjectStores
) -> Subjects:
    """Return the subjects of the events, without those that the partner may not see at ``now``."""
    uuids = _ids(event.booking_uuid for event in events)
    product_ids = _ids(_product_id(event) for event in events)
    departure_ids = _ids(_departure_id(event) for event in events)
    key_ids = _ids(_key_id(event) for event in events)
    bookings = await stores.bookings.get_several(uuids, access, now=now) if uuids else []
    products = (
        await stores.products.active_by_ids(product_ids, access.partner_id) if product_ids else {}
    )
    departures: list[Departure] = []
    shares: Mapping[DepartureId, HeldShare] = {}
    if departure_ids:
        departures = await stores.departures.by_ids(departure_ids, stock=stock_for(access), now=now)
        shares = await stores.departures.read_held_shares(departure_ids, access=access, now=now)
    keys = await stores.keys.get_several(key_ids, access.partner_id) if key_ids else []
    return Subjects(
        bookings={booking.uuid: booking for booking in bookings},
        departures={departure.id: departure for departure in departures},
        held_shares=shares,
        products={
            known.id: known.with_listed_options()
            for known in products.values()
            if known.is_complete
        },
        unlisted_products={known.id for known in products.values() if not known.is_complete},
        keys={key.id: key for key in keys},
    )


async def count_fitting(events: Sequence[Event], *, access: Access, counts: TicketCounts) -> int:
    """Return how many of the events, from the first on, fit into one page: at least one.

    Each event of a booking shows all its tickets, of which there may be a thousand.
    """
    of_bookings = [event.booking_uuid for event in events if event.booking_uuid is not None]
    if len(of_bookings) * MAX_TICKETS <= MOST_TICKETS:
        return len(events)
    tickets = await counts.count_tickets(set(of_bookings), access)
    total = 0
    for number, event in enumerate(events):
        total += 0 if event.booking_uuid is None else tickets.get(event.booking_uuid, 0)
        if number and total > MOST_TICKETS:
            return number
    return len(events)


def _ids(found: Iterable[Id | None]) -> set[Id]:
    return {one for one in found if one is not None}


def _product_id(event: Event) -> ProductId | None:
    return None if event.product_id is None else ProductId(event.product_id)


def _departure_id(event: Event) -> DepartureId | None:
    return None if event.departure_id is None else DepartureId(event.departure_id)


def _key_id(event: Event) -> ApiKeyId | None:
    return None if event.api_key_id is None else ApiKeyId(event.api_key_id)
