"""Find and erase a person's data; the caller owns the transactions."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from shared_domain.persons.errors import PersonNotFound, TravelNotOver
from shared_domain.persons.model import Found, FoundBooking, FoundUser, OwedErasure, Person

#: A reservation that read the user just before it was deleted has been committed by then.
SETTLED_AFTER = timedelta(hours=1)

#: How often an owed erasure is looked at while travel is ahead; it may be cancelled or moved.
LOOK_AGAIN_AFTER = timedelta(days=1)


class PersonStore(Protocol):
    """The store of personal data that these services need."""

    async def find_bookings(self, person: Person) -> Sequence[FoundBooking]: ...

    async def find_users(self, person: Person) -> Sequence[FoundUser]: ...

    async def lock_booking(self, booking_id: int, person: Person) -> FoundBooking | None:
        """Lock and return a booking as it is now; None if it has nothing of the person any more."""
        ...

    async def erase_booking(
        self,
        booking_id: int,
        *,
        tickets: Sequence[int],
        mails: Sequence[int],
        is_lead: bool,
        now: datetime,
    ) -> None: ...

    async def erase_mails(self, booking_id: int, *, mails: Sequence[int]) -> None:
        """Erase messages about a booking on which the person does not travel."""
        ...

    async def erase_user(self, user_id: UUID) -> None: ...

    async def list_owed(self, *, now: datetime, limit: int) -> Sequence[OwedErasure]:
        """Return owed erasures that are due, those that have waited longest first."""
        ...

    async def postpone(self, user_id: UUID, *, due_at: datetime) -> None: ...

    async def settle(self, user_id: UUID) -> None: ...


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
    """Check that no guest can travel on any of the found bookings any more.

    Raises:
        TravelNotOver: at least one is ahead.
    """
    ahead = tuple(booking.reference for booking in found.bookings if booking.is_ahead(now))
    if ahead:
        raise TravelNotOver(ahead)


async def erase_booking(
    booking_id: int, *, person: Person, also_ahead: bool, now: datetime, store: PersonStore
) -> bool:
    """Erase the person's data from one booking; for a lead guest, also notes and reasons.

    Since it was found, it may have been moved, or given another guest: it is locked and read again.
    Returns whether there was anything to erase.

    Raises:
        TravelNotOver: the booking is ahead, and ``also_ahead`` is false.
    """
    booking = await store.lock_booking(booking_id, person)
    if booking is None:
        return False
    if not also_ahead and booking.is_ahead(now):
        raise TravelNotOver((booking.reference,))
    if booking.is_travelled:
        await store.erase_booking(
            booking.id,
            tickets=booking.tickets,
            mails=booking.mails,
            is_lead=booking.is_lead,
            now=now,
        )
    else:
        await store.erase_mails(booking.id, mails=booking.mails)
    return True


async def erase_user(user: FoundUser, *, store: PersonStore) -> None:
    """Delete a partner's user; the audit trail keeps that there was one, and when.

    The erasure of the guest from the bookings that name the user is owed from then on.
    """
    await store.erase_user(user.id)


async def due_erasures(*, now: datetime, limit: int, store: PersonStore) -> Sequence[OwedErasure]:
    """Return at most ``limit`` deleted users whose bookings have to be looked at now."""
    return await store.list_owed(now=now, limit=limit)


async def bookings_to_erase(
    owed: OwedErasure, *, now: datetime, store: PersonStore
) -> Sequence[FoundBooking]:
    """Return the bookings of a deleted user on which no guest travels any more.

    The supplier has to reach the guest until then; what finance needs (references, money, status)
    is never erased.
    """
    found = await store.find_bookings(Person(user_id=owed.user_id))
    return [booking for booking in found if not booking.is_ahead(now)]


async def settle_erasure(owed: OwedErasure, *, now: datetime, store: PersonStore) -> None:
    """Delete an owed erasure once no booking holds the guest; otherwise set its next date."""
    left = await store.find_bookings(Person(user_id=owed.user_id))
    if left:
        is_ahead = all(booking.is_ahead(now) for booking in left)
        # One that is not ahead was being changed by others.
        later = now + (LOOK_AGAIN_AFTER if is_ahead else SETTLED_AFTER)
        ends = [booking.ends_at for booking in left if booking.ends_at is not None]
        due_at = min([later, *(end for end in ends if end > now)])
        await store.postpone(owed.user_id, due_at=due_at)
    elif now - owed.owed_since < SETTLED_AFTER:
        await store.postpone(owed.user_id, due_at=owed.owed_since + SETTLED_AFTER)
    else:
        await store.settle(owed.user_id)
