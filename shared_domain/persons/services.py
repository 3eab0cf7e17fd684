"""Find and erase a person's data; the caller owns the transactions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from shared_domain.persons.errors import PersonNotFound, TravelNotOver
from shared_domain.persons.model import Found, FoundBooking, FoundUser, Person


class PersonStore(Protocol):
    """The store of personal data that these services need."""

    async def find_bookings(self, person: Person) -> Sequence[FoundBooking]: ...

    async def find_users(self, person: Person) -> Sequence[FoundUser]: ...

    async def erase_booking(
        self, booking_id: int, *, tickets: Sequence[int], is_lead: bool, now: datetime
    ) -> None: ...

    async def erase_user(self, user_id: UUID) -> None: ...


async def find_person(person: Person, *, store: PersonStore) -> Found:
    """Return all that is stored about a person.

    Raises:
        PersonNotFound: nothing is stored.
    """
    found = Found(
        bookings=tuple(await store.find_bookings(person)),
        users=tuple(await store.find_users(person)),
    )
    if not found:
        raise PersonNotFound
    return found


def check_travel_is_over(found: Found, *, now: datetime) -> None:
    """Return if all found bookings are in the past or can no longer be travelled on.

    Raises:
        TravelNotOver: at least one is ahead.
    """
    ahead = tuple(booking.reference for booking in found.bookings if booking.is_ahead(now))
    if ahead:
        raise TravelNotOver(ahead)


async def erase_booking(booking: FoundBooking, *, now: datetime, store: PersonStore) -> None:
    """Erase the person from one booking; of a lead guest, notes and reasons as well."""
    await store.erase_booking(booking.id, tickets=booking.tickets, is_lead=booking.is_lead, now=now)


async def erase_user(user: FoundUser, *, store: PersonStore) -> None:
    """Delete a partner's user; the audit trail keeps that there was one, and when."""
    await store.erase_user(user.id)
