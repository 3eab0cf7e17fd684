"""Services of a departure's manifest: read it, check guests in, mark late guests and no-shows.

All are safe to repeat: checking in a guest who is checked in, or setting a mark that is set, is not
refused and changes nothing. So two staff users at one gate, or one who clicks twice, do no harm.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from shared_domain import bookings
from shared_domain.availability import DepartureId
from shared_domain.bookings import BookingId, BookingStore
from shared_domain.manifest.errors import GuestNotOnManifest, NothingToCheckIn
from shared_domain.manifest.model import (
    MARK_UNDO_WINDOW,
    MOST_PARTIES,
    GuestParty,
    HeadCount,
    Manifest,
    Mark,
    MarkKind,
    Waiting,
    uuids,
)


class ManifestStore(Protocol):
    """The store that these services need; ``sql_store`` implements it."""

    async def parties(
        self, departure_id: DepartureId, *, now: datetime, most: int
    ) -> Sequence[GuestParty]: ...

    async def counts(self, departure_id: DepartureId) -> Sequence[HeadCount]: ...

    async def waiting(self, departure_id: DepartureId, *, now: datetime) -> Waiting: ...

    async def revision(
        self, departure_id: DepartureId, *, undoable_after: datetime, now: datetime
    ) -> str:
        """Return the revision; check-ins and marks later than ``undoable_after`` can be undone."""
        ...

    async def get_locked(
        self, departure_id: DepartureId, booking_id: BookingId, *, now: datetime
    ) -> GuestParty | None: ...

    async def set_mark(
        self, booking_id: BookingId, ticket_uuids: Sequence[UUID], mark: Mark | None
    ) -> None: ...


async def load_manifest(
    departure_id: DepartureId, *, now: datetime, store: ManifestStore
) -> Manifest:
    """Return the manifest of a departure; an unknown one has no parties."""
    counts = tuple(await store.counts(departure_id))
    waiting = await store.waiting(departure_id, now=now)
    # One more than is listed tells whether there are more.
    parties = tuple(await store.parties(departure_id, now=now, most=MOST_PARTIES + 1))
    return Manifest(
        counts=counts,
        waiting=waiting,
        parties=parties[:MOST_PARTIES],
        is_cut=len(parties) > MOST_PARTIES,
    )


async def get_revision(departure_id: DepartureId, *, now: datetime, store: ManifestStore) -> str:
    """Return a text that differs after each change of what the manifest shows; cheap to poll.

    It differs as well once a hold has run out, or a check-in or a mark can be undone no more.
    """
    return await store.revision(departure_id, undoable_after=now - MARK_UNDO_WINDOW, now=now)


async def check_in(
    booking_id: BookingId,
    ticket_uuid: UUID | None,
    *,
    departure_id: DepartureId,
    now: datetime,
    store: ManifestStore,
    booking_store: BookingStore,
) -> GuestParty:
    """Redeem a guest's ticket, or with None those of all guests of the party who are awaited.

    Raises:
        GuestNotOnManifest: the booking or ticket is not of this departure.
        NothingToCheckIn: all guests of the party are marked as no-show.
        NotRedeemable: the booking is not confirmed.
        WrongDay: the departure is on another day.
    """
    party = await _get_locked(departure_id, booking_id, now, store)
    named = party.find(ticket_uuid)
    if ticket_uuid is None and not party.awaited:
        if any(guest.redeemed_at is None for guest in party.guests):
            raise NothingToCheckIn(party.reference)
        return party
    chosen = party.awaited if ticket_uuid is None else named
    unused = frozenset(guest.uuid for guest in chosen if guest.redeemed_at is None)
    if not unused:
        return party
    redeem = bookings.redeem_booking
    await redeem(party.uuid, unused, access=party.access, now=now, store=booking_store)
    # Who came after all is no no-show; that a guest was late stays on record.
    gone = [guest for guest in chosen if guest.mark and guest.mark.kind is MarkKind.NO_SHOW]
    if gone:
        await store.set_mark(booking_id, uuids(gone), None)
    return party


async def undo_check_in(
    booking_id: BookingId,
    ticket_uuid: UUID | None,
    *,
    departure_id: DepartureId,
    now: datetime,
    store: ManifestStore,
    booking_store: BookingStore,
) -> GuestParty:
    """Make the ticket of a guest who was checked in by mistake valid again; with None, the party's.

    Raises:
        GuestNotOnManifest: the booking or ticket is not of this departure.
        RedemptionFinal: it was checked in longer ago than a redemption can be undone.
    """
    party = await _get_locked(departure_id, booking_id, now, store)
    used = frozenset(guest.uuid for guest in party.find(ticket_uuid) if guest.redeemed_at)
    if used:
        undo = bookings.undo_redemption
        await undo(party.uuid, used, access=party.access, now=now, store=booking_store)
    return party


async def mark_guests(
    booking_id: BookingId,
    ticket_uuid: UUID | None,
    *,
    kind: MarkKind,
    departure_id: DepartureId,
    by: str,
    now: datetime,
    store: ManifestStore,
) -> GuestParty:
    """Mark a guest as late or as no-show; with None, all guests of the party who are awaited.

    ``by`` names the staff user or the guide's link.

    Raises:
        GuestNotOnManifest, NotMarkable, NoShowTooEarly, MarkFinal: see
            ``GuestParty.guests_to_mark``.
    """
    party = await _get_locked(departure_id, booking_id, now, store)
    chosen = party.guests_to_mark(kind, ticket_uuid, now=now)
    if chosen:
        await store.set_mark(booking_id, uuids(chosen), Mark(kind, now, by))
    return party


async def unmark_guests(
    booking_id: BookingId,
    ticket_uuid: UUID | None,
    *,
    departure_id: DepartureId,
    now: datetime,
    store: ManifestStore,
) -> GuestParty:
    """Remove a guest's mark as late or no-show; with None, the marks of all guests of the party.

    Raises:
        GuestNotOnManifest, MarkFinal: see ``GuestParty.guests_to_unmark``.
    """
    party = await _get_locked(departure_id, booking_id, now, store)
    chosen = party.guests_to_unmark(ticket_uuid, now=now)
    if chosen:
        await store.set_mark(booking_id, uuids(chosen), None)
    return party


async def _get_locked(
    departure_id: DepartureId, booking_id: BookingId, now: datetime, store: ManifestStore
) -> GuestParty:
    party = await store.get_locked(departure_id, booking_id, now=now)
    if party is None:
        raise GuestNotOnManifest
    return party
