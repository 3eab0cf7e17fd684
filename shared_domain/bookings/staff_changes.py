"""Changes of a booking that only staff make: cancel some tickets, move at its price, write a note.

When a ticket is cancelled after the cut-off, the option's share of its price is kept, as for a
whole booking. The kept part stays in the booking's price, beside the prices of the remaining
tickets (``refunds.price_kept_before``), so that statements bill it and no later cancellation gives
it back.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from shared_domain.bookings.contact import normalise_text
from shared_domain.bookings.errors import BookingAction, BookingNotFound, TextPath, TicketsGone
from shared_domain.bookings.model import Booking
from shared_domain.bookings.places import with_updated_departure
from shared_domain.bookings.rebooking import apply_change, preview_move
from shared_domain.bookings.refunds import Initiator, RefundChoice, keep_share
from shared_domain.bookings.requests import BookingChange, UnitItemRequest
from shared_domain.bookings.services import check_changed
from shared_domain.bookings.store import BookingStore
from shared_domain.contact_data import normalise_note
from shared_domain.events import EventType
from shared_domain.money import total
from shared_domain.partners import Access
from shared_domain.refusals import Refused


async def cancel_tickets(
    uuid: UUID,
    tickets: Collection[UUID],
    *,
    refund: RefundChoice,
    initiator: Initiator,
    access: Access,
    now: datetime,
    store: BookingStore,
) -> Booking:
    """Cancel tickets of a booking, free their places and keep the part that is not refunded.

    The event names the tickets and their refund, by which the booking's price is reduced.

    Raises:
        BookingNotFound: no such booking of this partner's.
        TicketsGone: one of the tickets is not of this booking (any more), or they are all of it.
        NotCancellable: the booking is used, or over.
        PartyRefused: the remaining tickets violate a limit, such as a child without an adult.
    """
    before = await _get_locked(uuid, access, now, store)
    after = await _without_tickets(before, tickets, refund, initiator, now, store)
    details = {
        "ticketsCancelled": [
            item.supplier_reference for item in before.unit_items if item.uuid in tickets
        ],
        "initiator": initiator.value,
        "refundRetail": before.price.retail_minor - after.price.retail_minor,
        "refundNet": before.price.net_minor - after.price.net_minor,
        "currency": before.price.currency,
    }
    await store.save(after, before=before, event=EventType.UPDATED, details=details)
    return with_updated_departure(before, after)


async def move_at_kept_price(
    uuid: UUID, availability_id: str, *, access: Access, now: datetime, store: BookingStore
) -> Booking:
    """Move a booking to another slot of its option, and keep its price: see ``rebooking``.

    The event says that the price was kept, and what the slot would have cost (``slotRetail``; None
    where it has no price for this party). A booking that is there already comes back unchanged.

    Raises:
        As ``update_booking``, by staff.
    """
    before = await _get_locked(uuid, access, now, store)
    before.check_changeable(now=now, by_staff=True)
    change = BookingChange(availability_id=availability_id)
    moved = await apply_change(before, change, keeps_price=True, now=now, store=store)
    after = await check_changed(before, moved, change, now=now, store=store)
    if after == before:
        return before
    details = {
        "priceKept": after.price.retail_minor,
        "slotRetail": _slot_retail(before, after, now),
        "currency": after.price.currency,
    }
    await store.save(after, before=before, event=EventType.UPDATED, details=details)
    return with_updated_departure(before, after)


async def write_internal_note(
    uuid: UUID, note: str | None, *, access: Access, now: datetime, store: BookingStore
) -> Booking:
    """Store staff's internal note on a booking, in any status; a blank one deletes the note.

    Raises:
        BookingNotFound: it is gone.
        InvalidDetails: the note is too long, or holds control characters.
    """
    note = normalise_text(normalise_note, note, path=TextPath("internal_note"))
    before = await _get_locked(uuid, access, now, store)
    if before.internal_note == note:
        return before
    after = replace(before, internal_note=note, updated_at=now)
    await store.save(after, before=before, event=EventType.INTERNAL_NOTE)
    return after


def _slot_retail(before: Booking, after: Booking, now: datetime) -> int | None:
    """Return what the guest would pay in the new slot; None where it is not sold in this currency.

    The places were checked before; here only the price is of interest.
    """
    if after.departure is None:
        return None
    try:
        return preview_move(before, after.departure, now=now).price.retail_minor
    except Refused:
        return None


async def _without_tickets(
    before: Booking,
    tickets: Collection[UUID],
    refund: RefundChoice,
    initiator: Initiator,
    now: datetime,
    store: BookingStore,
) -> Booking:
    before.check_changeable(now=now, by_staff=True)
    chosen = [item for item in before.unit_items if item.uuid in tickets]
    left = [item for item in before.unit_items if item.uuid not in tickets]
    if len(chosen) != len(set(tickets)) or not chosen or not left:
        raise TicketsGone(BookingAction.CANCEL)
    kept_items = tuple(UnitItemRequest(unit_code=item.unit.code, uuid=item.uuid) for item in left)
    after = await apply_change(before, BookingChange(unit_items=kept_items), now=now, store=store)
    prices = [item.price for item in chosen if item.price is not None]
    if len(prices) < len(chosen):
        return after  # Priced as a whole: the number of guests does not change the price.
    percent = before.refund_percent(refund, initiator, now=now)
    kept = keep_share(total(prices, currency=before.price.currency), percent)
    return replace(after, price=total((after.price, kept), currency=before.price.currency))


async def _get_locked(uuid: UUID, access: Access, now: datetime, store: BookingStore) -> Booking:
    booking = await store.get_locked(uuid, access, now=now)
    if booking is None:
        raise BookingNotFound(str(uuid))
    return booking
