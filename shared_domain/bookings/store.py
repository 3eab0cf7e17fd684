"""The store of bookings that the services need; ``sql_store`` implements it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final, Protocol
from uuid import UUID

from shared_domain.availability import AvailabilityStore, Departure, DepartureId, Stock
from shared_domain.bookings.model import Booking, BookingId
from shared_domain.bookings.requests import BookingFilter
from shared_domain.catalog import CatalogStore, OptionId
from shared_domain.events import EventType
from shared_domain.partners import Access, PartnerId
from shared_domain.users import User, UserId

#: An event that says the booking's status and nothing else.
NO_DETAILS: Final[Mapping[str, object]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class HoldLimits:
    """A partner's limits of holds: minutes in all, and per cent of a departure's capacity."""

    max_minutes: int
    max_percent: int


class SlotStore(AvailabilityStore, Protocol):
    """The store of departures for reservations, which also finds and locks a slot."""

    async def lock_slot(
        self, option_id: OptionId, availability_id: str, *, stock: Stock, now: datetime
    ) -> Departure | None:
        """Release a slot's expired holds, and lock it until the transaction ends."""
        ...


class NamedUserStore(Protocol):
    """Reads the users that bookings name; ``users.sql_store`` implements it."""

    async def get(self, user_id: UserId, access: Access) -> User | None: ...


class BookingStore(Protocol):
    """The store of bookings that the services need; a method takes one or two round trips."""

    @property
    def catalog(self) -> CatalogStore: ...

    @property
    def availability(self) -> SlotStore: ...

    @property
    def users(self) -> NamedUserStore: ...

    async def get(self, uuid: UUID, access: Access, *, now: datetime) -> Booking | None: ...

    async def get_locked(self, uuid: UUID, access: Access, *, now: datetime) -> Booking | None:
        """Lock a booking until the transaction ends, then read it, so that no change is missed."""
        ...

    async def search(
        self,
        search: BookingFilter,
        access: Access,
        *,
        limit: int,
        most_tickets: int,
        now: datetime,
    ) -> list[Booking]:
        """Return up to ``limit`` bookings, newest first; none if they have too many tickets."""
        ...

    async def count_tickets(self, search: BookingFilter, access: Access, *, most: int) -> int:
        """Return how many tickets the bookings have that a search finds, counted up to ``most``."""
        ...

    async def hold_limits(self, partner_id: PartnerId) -> HoldLimits: ...

    async def other_places_held(self, hold: Booking, *, now: datetime) -> int:
        """Return the places of the partner's other running holds on this hold's departure.

        For a test hold only tests are counted, for a live one only live holds.
        """
        ...

    async def earlier_reservation(self, uuid: UUID, access: Access) -> bytes | None:
        """Return the fingerprint that the booking with this uuid was reserved with, if any."""
        ...

    async def has_payments(self, booking_id: BookingId) -> bool:
        """Return whether the booking's ledger has an entry, in the booking's currency."""
        ...

    async def insert(self, booking: Booking, *, fingerprint: bytes) -> BookingId | None:
        """Store a new booking with its event and its places; None when its uuid exists."""
        ...

    async def save(
        self,
        after: Booking,
        *,
        before: Booking,
        event: EventType,
        details: Mapping[str, object] = NO_DETAILS,
    ) -> None:
        """Store a changed booking with its event and the places it takes or frees.

        ``details`` are added to the event beside the status, and must hold no personal data.
        """
        ...

    async def departures_with_expired_holds(
        self, *, now: datetime, limit: int
    ) -> list[DepartureId | None]:
        """Return departures with expired bookings, the oldest first; None for undated holds."""
        ...

    async def expire_undated_holds(self, *, now: datetime, most: int) -> int:
        """Expire holds without a departure that have run out, and return how many."""
        ...
