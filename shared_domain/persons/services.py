"""Find and erase a person; the caller owns the transactions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from shared_domain.persons.errors import PersonNotFound, TravelNotOver
from shared_domain.persons.model import Found, FoundBooking, FoundUser, Person


class PersonStore(Protocol):
    """What these services need from the outside world."""

    async def find_bookings(self, person: Person) -> Sequence[FoundBooking]: ...

    async def find_users(self, person: Person) -> Sequence[FoundUser]: ...

    async def erase_booking(
        self, booking_id: int, *, tickets: Sequence[int], is_lead: bool, now: datetime
    ) -> None: ...

    async def erase_user(self, user_id: UUID) -> None: ...


async def find_person(person: Person, *, store: PersonStore) -> Found:
    """Return everything that is stored of a person.

    Raises:
        PersonNotFound: nothing is.
    """
    found = Found(
        bookings=tuple(await store.find_bookings(person)),
        users=tuple(await store.find_users(person)),
    )
    if not found:
        raise PersonNotFound
    return found


def check_travel_is_over(found: Found, *, now: datetime) -> None:
    """Demand that no booking is still ahead.

    Raises:
        TravelNotOver: at least one is; the reason names up to five.
    """
    ahead = [booking.reference for booking in found.bookings if booking.is_ahead(now)]
    if ahead:
        raise TravelNotOver(ahead)


async def erase_booking(booking: FoundBooking, *, now: datetime, store: PersonStore) -> None:
    """Take the person out of one booking; a lead guest's notes and reasons go as well."""
    await store.erase_booking(booking.id, tickets=booking.tickets, is_lead=booking.is_lead, now=now)


async def erase_user(user: FoundUser, *, store: PersonStore) -> None:
    """Delete a partner's user; the audit trail keeps that there was one, and when."""
    await store.erase_user(user.id)
