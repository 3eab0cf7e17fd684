"""Services on a booking that exists: confirm, extend, change, cancel, accept, send tickets."""

from datetime import datetime
from uuid import UUID

from shared_domain.bookings.contact import normalise_text
from shared_domain.bookings.errors import (
    BookingAction,
    BookingNotFound,
    SearchTooLarge,
    TextPath,
    TooManyBookings,
    WrongStatus,
)
from shared_domain.bookings.holds import check_hold_share, extend_hold
from shared_domain.bookings.model import Booking
from shared_domain.bookings.places import with_updated_departure
from shared_domain.bookings.rebooking import apply_change, check_agreed
from shared_domain.bookings.refunds import Initiator, RefundChoice
from shared_domain.bookings.requests import BookingChange, BookingFilter
from shared_domain.bookings.status import BookingStatus
from shared_domain.bookings.store import BookingStore
from shared_domain.contact_data import normalise_email, normalise_note
from shared_domain.events import EventType
from shared_domain.partners import Access

#: The most bookings in one answer: OCTO has no paging, and a server's memory has an end.
SEARCH_LIMIT = 1000

#: The most tickets of all these bookings. A process writes them in about half a second, in which it
#: answers no other caller.
TICKETS_LIMIT = 10_000

_EVENT_OF_CONFIRMING = {
    BookingStatus.CONFIRMED: EventType.CONFIRMED,
    BookingStatus.PENDING: EventType.PENDING,
}


async def get_booking(
    uuid: UUID,
    *,
    access: Access,
    now: datetime,
    store: BookingStore,
) -> Booking:
    """Return one of the partner's bookings, in any status.

    Raises:
        BookingNotFound: no such booking, or one of another partner's, or of the other mode.
    """
    booking = await store.get(uuid, access, now=now)
    if booking is None:
        raise BookingNotFound(str(uuid))
    return booking


async def find_bookings(
    search: BookingFilter,
    *,
    access: Access,
    now: datetime,
    store: BookingStore,
) -> list[Booking]:
    """Return the partner's bookings that match, newest first; an unknown product matches none.

    Raises:
        TooManyBookings: more than ``SEARCH_LIMIT`` match.
        SearchTooLarge: those that match have more than ``TICKETS_LIMIT`` tickets.
    """
    found = await store.search(
        search, access, limit=SEARCH_LIMIT + 1, most_tickets=TICKETS_LIMIT, now=now
    )
    if not found:
        # Nothing matches, or too much does.
        tickets = await store.count_tickets(search, access, most=TICKETS_LIMIT + 1)
        if tickets > TICKETS_LIMIT:
            raise SearchTooLarge(TICKETS_LIMIT)
    if len(found) > SEARCH_LIMIT:
        raise TooManyBookings(SEARCH_LIMIT)
    return found


async def confirm_booking(
    uuid: UUID,
    change: BookingChange,
    *,
    access: Access,
    now: datetime,
    store: BookingStore,
) -> Booking:
    """Store what was sent, check the required contact fields and confirm the hold.

    Safe to repeat: a booking that is CONFIRMED or PENDING is returned unchanged.

    Raises:
        BookingNotFound: no such booking of this partner's.
        HoldExpired, WrongStatus, ContactIncomplete: see ``Booking.confirm``.
        SoldOut, DepartureClosed, PartyRefused, UnitNotFound: of the new list of tickets.
    """
    held = await _get_locked(uuid, access, now, store)
    if held.status_at(now) is not BookingStatus.ON_HOLD:
        return held.confirm(now=now)
    changed = await apply_change(held, change, now=now, store=store)
    confirmed = changed.confirm(now=now)
    return await _store(confirmed, held, _EVENT_OF_CONFIRMING[confirmed.status], store)


async def extend_booking(
    uuid: UUID,
    expiration_minutes: int | None,
    *,
    access: Access,
    now: datetime,
    store: BookingStore,
) -> Booking:
    """Add minutes (30 by default) to a hold, within the partner's ceiling and the cut-off.

    Each time adds; a caller makes it safe to repeat with an idempotency key.

    Raises:
        BookingNotFound: no such booking of this partner's.
        WrongStatus: it is not ON_HOLD (any more).
        DepartureClosed, ProductNotFound: what it is for is not sold any more.
    """
    held = await _get_locked(uuid, access, now, store)
    limits = await store.hold_limits(access.partner_id)
    extended = extend_hold(held, expiration_minutes, max_minutes=limits.max_minutes, now=now)
    if extended == held:
        return held
    return await _store(extended, held, EventType.EXTENDED, store)


async def update_booking(
    uuid: UUID,
    change: BookingChange,
    *,
    access: Access,
    now: datetime,
    store: BookingStore,
    by_staff: bool = False,
) -> Booking:
    """Apply a change before or after confirmation; a refused rebooking changes nothing.

    ``by_staff`` changes a booking past its cancellation cut-off as well, and agrees to what the
    change adds.

    Minutes are added each time, and so are tickets without a uuid of their own; a caller makes it
    safe to repeat with an idempotency key.

    Raises:
        BookingNotFound: no such booking of this partner's.
        NotCancellable: it can no longer be changed.
        AgreementMissing: see ``check_agreed``.
        CatalogRefused, AvailabilityNotFound, AvailabilityMissing, PartyRefused, SoldOut,
            DepartureClosed: of the new product, slot or tickets.
        HoldLimitReached: a hold would exceed the partner's share of the departure.
        CurrencyKept: the currency would change without being asked for.
        ContactIncomplete: a confirmed booking would lose a required field.
    """
    before = await _get_locked(uuid, access, now, store)
    before.check_changeable(now=now, by_staff=by_staff)
    after = await apply_change(before, change, now=now, store=store)
    if not by_staff:
        check_agreed(before, after)
    after = await check_changed(before, after, change, now=now, store=store)
    if after == before:
        return before
    return await _store(after, before, EventType.UPDATED, store)


async def cancel_booking(
    uuid: UUID,
    *,
    reason: str | None,
    force: bool = False,
    by_staff: bool = False,
    refund: RefundChoice = RefundChoice.BY_THE_RULES,
    initiator: Initiator = Initiator.PARTNER,
    access: Access,
    now: datetime,
    store: BookingStore,
) -> Booking:
    """Cancel a booking, free its places and return it with its refund.

    ``refund`` and ``initiator`` are for staff; a partner cancels for its guest, by the rules.

    Safe for partners to repeat: a booking that is CANCELLED is returned as it is, with its first
    reason and refund. A repeat by staff is refused, since their reason and refund would be lost.

    Raises:
        BookingNotFound: no such booking of this partner's.
        NotCancellable: it is past its cut-off, used, or already over.
        InvalidDetails: the reason is too long, or holds control characters.
    """
    reason = normalise_text(normalise_note, reason, path=TextPath("reason"))
    before = await _get_locked(uuid, access, now, store)
    if before.status is BookingStatus.CANCELLED and not by_staff:
        return before
    cancelled = before.cancel(
        reason=reason,
        force=force,
        by_staff=by_staff,
        refund=refund,
        initiator=initiator,
        now=now,
    )
    return await _store(cancelled, before, EventType.CANCELLED, store)


async def release_hold(
    uuid: UUID, *, reason: str | None, access: Access, now: datetime, store: BookingStore
) -> Booking:
    """Cancel a running hold for the supplier; any other booking is refused.

    A booking that was confirmed since staff opened the page stays: cancelling it is another
    decision, which concerns guests and money.

    Raises:
        BookingNotFound: it is gone.
        WrongStatus: it is not ON_HOLD (any more).
    """
    held = await _get_locked(uuid, access, now, store)
    status = held.status_at(now)
    if status is not BookingStatus.ON_HOLD:
        raise WrongStatus(BookingAction.RELEASE, status, needed=BookingStatus.ON_HOLD)
    released = held.cancel(
        reason=reason, force=False, by_staff=True, initiator=Initiator.SUPPLIER, now=now
    )
    return await _store(released, held, EventType.CANCELLED, store)


async def accept_booking(
    uuid: UUID, *, access: Access, now: datetime, store: BookingStore
) -> Booking:
    """Confirm a PENDING booking for the supplier.

    Raises:
        BookingNotFound, WrongStatus: it is gone, not PENDING, or was not decided in time.
        NotAcceptable: its departure is closed, or has fewer places than are taken.
    """
    pending = await _get_locked(uuid, access, now, store)
    accepted = pending.accept(now=now)
    return await _store(accepted, pending, EventType.ACCEPTED, store)


async def reject_booking(
    uuid: UUID, *, access: Access, now: datetime, store: BookingStore
) -> Booking:
    """Turn a PENDING booking down for the supplier, and free its places.

    Raises:
        BookingNotFound, WrongStatus: it is gone, or not PENDING.
    """
    pending = await _get_locked(uuid, access, now, store)
    rejected = pending.reject(now=now)
    return await _store(rejected, pending, EventType.REJECTED, store)


async def resend_tickets(
    uuid: UUID,
    *,
    access: Access,
    now: datetime,
    store: BookingStore,
    recipient: str | None = None,
) -> Booking:
    """Issue missing tickets, and ask the worker to e-mail them to the guest.

    For another ``recipient``, they are only issued: the caller sends a message of its own.

    Raises:
        BookingNotFound: it is gone.
        NothingToSend: it is not CONFIRMED, or has no e-mail address.
        InvalidDetails: ``recipient`` is no e-mail address.
    """
    path = TextPath("recipient")
    recipient = normalise_text(normalise_email, recipient, path=path)
    before = await _get_locked(uuid, access, now, store)
    after = before.resend_tickets(now=now, recipient=recipient)
    return await _store(after, before, EventType.TICKETS_REQUESTED, store)


async def postpone_tickets(
    uuid: UUID, *, until: datetime, access: Access, now: datetime, store: BookingStore
) -> Booking:
    """Set the time before which the guest's e-mail is not sent; nothing when none is due.

    Raises:
        BookingNotFound: it is gone.
    """
    before = await _get_locked(uuid, access, now, store)
    after = before.with_tickets_postponed(until=until, now=now)
    if after == before:
        return before
    return await _store(after, before, EventType.TICKETS_POSTPONED, store)


async def mark_tickets_sent(
    uuid: UUID, *, access: Access, now: datetime, store: BookingStore
) -> Booking:
    """Mark the guest's e-mail as sent, so that the worker sends no second one.

    Raises:
        BookingNotFound: it is gone.
    """
    before = await _get_locked(uuid, access, now, store)
    after = before.with_tickets_sent(now=now)
    return await _store(after, before, EventType.TICKETS_SENT, store)


async def check_changed(
    before: Booking, after: Booking, change: BookingChange, *, now: datetime, store: BookingStore
) -> Booking:
    """Check a changed booking, and return it to be stored; a hold is extended if requested.

    Raises:
        HoldLimitReached: a hold would exceed the partner's share of the departure.
        ContactIncomplete: a confirmed booking would lose a required field.
    """
    if after.status is BookingStatus.ON_HOLD:
        return await _apply_hold_limits(before, after, change, now, store)
    after.check_contacts(before=before)
    return after


async def _apply_hold_limits(
    before: Booking, after: Booking, change: BookingChange, now: datetime, store: BookingStore
) -> Booking:
    """Return the changed hold within its partner's limits, extended if requested."""
    if after == before and change.expiration_minutes is None:
        return after
    limits = await store.hold_limits(after.partner_id)
    await check_hold_share(before, after, limits=limits, now=now, store=store)
    if change.expiration_minutes is None:
        return after
    return extend_hold(after, change.expiration_minutes, max_minutes=limits.max_minutes, now=now)


async def _store(after: Booking, before: Booking, event: EventType, store: BookingStore) -> Booking:
    await store.save(after, before=before, event=event)
    return with_updated_departure(before, after)


async def _get_locked(uuid: UUID, access: Access, now: datetime, store: BookingStore) -> Booking:
    # Another partner's booking is reported as missing, so that uuids cannot be probed.
    booking = await store.get_locked(uuid, access, now=now)
    if booking is None:
        raise BookingNotFound(str(uuid))
    return booking
