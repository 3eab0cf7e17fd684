"""A booking store without a database: the services run on it, and every version is kept.

Thousands of bookings are made up with the real services, at moments of the past, and are then
written at once with their whole history. ``copying`` writes what is collected here.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum
from uuid import UUID

from shared_domain.availability import Departure, DepartureId, Stock
from shared_domain.bookings import NO_DETAILS, Booking, BookingId, HoldLimits
from shared_domain.catalog import OptionId, Product
from shared_domain.events import EventType
from shared_domain.partners import Access, PartnerId


class Actor(Enum):
    """Who is behind a step; ``copying`` turns it into the audit trail's own words."""

    PARTNER = "partner"
    STAFF = "staff"
    RELEASE_JOB = "release_lapsed_holds"
    TICKET_JOB = "send_tickets"


@dataclass(frozen=True, slots=True)
class Version:
    """The booking after one step, the event that told of it, and who took the step."""

    booking: Booking
    event: EventType
    actor: Actor
    details: Mapping[str, object]

    @property
    def at(self) -> datetime:
        return self.booking.updated_at


@dataclass(slots=True)
class InMemoryBookings:
    """One booking of one partner, kept like in ``SqlBookingStore``; ``versions`` has all of them.

    It is also its own catalogue and its own departures: the one product and the one slot that the
    booking is for.
    """

    product: Product
    slot: Departure | None
    hold_minutes: int
    actor: Actor = Actor.PARTNER
    fingerprint: bytes = b""
    versions: list[Version] = field(default_factory=list)

    def steps(self) -> Iterator[tuple[Version, Version | None]]:
        """Yield each version with the one before it, None before the first."""
        yield from zip(self.versions, [None, *self.versions], strict=False)

    @property
    def catalog(self) -> "InMemoryBookings":
        return self

    @property
    def availability(self) -> "InMemoryBookings":
        return self

    async def visible_product(self, code: str, partner_id: PartnerId) -> Product | None:
        return self.product if code == self.product.code else None

    async def lock_slot(
        self, option_id: OptionId, availability_id: str, *, stock: Stock, now: datetime
    ) -> Departure | None:
        is_it = self.slot is not None and self.slot.availability_id == availability_id
        return self.slot if is_it else None

    async def lock(
        self, departure_id: DepartureId, *, stock: Stock, now: datetime
    ) -> Departure | None:
        return self.slot if self.slot is not None and self.slot.id == departure_id else None

    async def hold_limits(self, partner_id: PartnerId) -> HoldLimits:
        return HoldLimits(max_minutes=self.hold_minutes, max_percent=100)

    async def other_places_held(self, hold: Booking, *, now: datetime) -> int:
        return 0

    async def earlier_reservation(self, uuid: UUID, access: Access) -> bytes | None:
        return None

    async def get(self, uuid: UUID, access: Access, *, now: datetime) -> Booking | None:
        return self.versions[-1].booking if self.versions else None

    get_locked = get

    async def insert(self, booking: Booking, *, fingerprint: bytes) -> BookingId:
        self.fingerprint = fingerprint
        self.keep(booking, EventType.RESERVED)
        return BookingId(0)

    async def save(
        self,
        after: Booking,
        *,
        before: Booking,
        event: EventType,
        details: Mapping[str, object] = NO_DETAILS,
    ) -> None:
        self.keep(after, event, details)

    def keep(
        self, booking: Booking, event: EventType, details: Mapping[str, object] = NO_DETAILS
    ) -> None:
        """Add a version, taken by the present ``actor``."""
        self.versions.append(Version(booking, event, self.actor, details))

    def rewrite(self, change: Callable[[Booking], Booking]) -> None:
        """Replace the booking of every version by what ``change`` makes of it."""
        self.versions = [
            replace(version, booking=change(version.booking)) for version in self.versions
        ]
