"""Redemption of tickets: each admits once, on its day; a mistaken scan can be undone for a day.

The day is the one that the product's own clock shows, so that a gate in Lisbon refuses tomorrow's
ticket whatever the clock of the office says. A departure that ends after midnight admits until it
ends; a day of opening hours past midnight (22:00 to 02:00) begins only when the night before is
over, for its guests would otherwise be let in a day early. Tickets without a date admit on any day.

Staff may redeem a ticket on another day (the guest missed the boat, and there is room today). The
event, the history and the admin's log record that they did.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Protocol
from uuid import UUID

from shared_domain.bookings.errors import (
    BookingNotFound,
    NotRedeemable,
    RedemptionFinal,
    RedemptionProblem,
    WrongDay,
)
from shared_domain.bookings.model import Booking
from shared_domain.bookings.places import with_updated_departure
from shared_domain.bookings.status import BookingStatus
from shared_domain.bookings.store import NO_DETAILS, BookingStore
from shared_domain.bookings.unit_items import UnitItem
from shared_domain.events import EventType
from shared_domain.partners import Access

#: How long a redemption can be undone; the partner relies on it afterwards, and is billed for it.
UNDO_WINDOW = timedelta(days=1)

ONE_DAY = timedelta(days=1)


class DayOfGuests(Protocol):
    """What days of admission are computed from: a departure, or a Django model of one."""

    @property
    def local_date(self) -> date: ...

    @property
    def ends_at(self) -> datetime: ...

    @property
    def opening_hours(self) -> Sequence[object]: ...


async def redeem_booking(
    uuid: UUID,
    item_uuids: frozenset[UUID] | None,
    *,
    on_any_day: bool = False,
    access: Access,
    now: datetime,
    store: BookingStore,
) -> Booking:
    """Mark tickets as used; with None, all unused tickets of the booking, by its voucher.

    ``on_any_day`` is for staff, who may redeem on another day; the event then records that it was
    another day.

    Raises:
        BookingNotFound: it is gone.
        NotRedeemable: a test, not CONFIRMED, no such ticket, or used before.
        WrongDay: the tickets are for another day.
    """
    before = await _get_locked(uuid, access, now, store)
    redeemed = redeem_tickets(before, item_uuids, on_any_day=on_any_day, now=now)
    details = NO_DETAILS if is_travel_day(before, now=now) else {"on_another_day": True}
    await store.save(redeemed, before=before, event=EventType.REDEEMED, details=details)
    return with_updated_departure(before, redeemed)


async def undo_redemption(
    uuid: UUID,
    item_uuids: frozenset[UUID] | None,
    *,
    access: Access,
    now: datetime,
    store: BookingStore,
) -> Booking:
    """Make tickets that were redeemed by mistake valid again, or with None all of the booking's.

    Raises:
        BookingNotFound: it is gone.
        RedemptionFinal: no such ticket was used, or it was longer ago than ``UNDO_WINDOW``.
    """
    before = await _get_locked(uuid, access, now, store)
    undone = unredeem_tickets(before, item_uuids, now=now)
    await store.save(undone, before=before, event=EventType.REDEMPTION_UNDONE)
    return with_updated_departure(before, undone)


def redeem_tickets(
    booking: Booking,
    item_uuids: frozenset[UUID] | None,
    *,
    on_any_day: bool = False,
    now: datetime,
) -> Booking:
    """Return the booking with tickets marked as used: those named, or with None all (its voucher).

    The booking itself becomes REDEEMED with its last ticket.

    Raises:
        NotRedeemable: a test, not CONFIRMED, no such ticket, or used before.
        WrongDay: it is for another day, and not ``on_any_day``.
    """
    status = booking.status_at(now)
    if booking.test_mode:
        raise NotRedeemable(RedemptionProblem.TEST_BOOKING, status)
    if booking.status is not BookingStatus.CONFIRMED:
        raise NotRedeemable(RedemptionProblem.NOT_CONFIRMED, status)
    chosen = _choose(booking, item_uuids)
    if chosen is None:
        raise NotRedeemable(RedemptionProblem.NOT_OF_THIS_BOOKING, status)
    used = [item for item in chosen if item.redeemed_at]
    if item_uuids is not None and used:
        raise NotRedeemable(RedemptionProblem.USED_BEFORE, status, used[0].supplier_reference)
    if booking.departure is not None and not on_any_day and not is_travel_day(booking, now=now):
        raise WrongDay(
            booking.departure.local_date,
            today=_today(booking.departure, booking.product.zone, now),
            time_zone=booking.product.time_zone,
        )
    chosen_uuids = {item.uuid for item in chosen}
    items = tuple(
        replace(item, redeemed_at=now)
        if item.uuid in chosen_uuids and item.redeemed_at is None
        else item
        for item in booking.unit_items
    )
    is_used_up = all(item.redeemed_at for item in items)
    return replace(
        booking,
        unit_items=items,
        status=BookingStatus.REDEEMED if is_used_up else booking.status,
        redeemed_at=now if is_used_up else None,
        updated_at=now,
    )


def unredeem_tickets(
    booking: Booking, item_uuids: frozenset[UUID] | None, *, now: datetime
) -> Booking:
    """Return the booking with used tickets valid again: those named, or with None all used ones.

    A REDEEMED booking becomes CONFIRMED again. ``UNDO_WINDOW`` counts from each ticket's use.

    Raises:
        RedemptionFinal: no such ticket, not used, or used too long ago.
    """
    chosen = _choose(booking, item_uuids)
    if chosen is None:
        raise RedemptionFinal(RedemptionProblem.NOT_OF_THIS_BOOKING)
    if item_uuids is None:
        chosen = [item for item in chosen if item.redeemed_at is not None]
        if not chosen:
            raise RedemptionFinal(RedemptionProblem.NONE_USED)
    for item in chosen:
        if item.redeemed_at is None:
            raise RedemptionFinal(RedemptionProblem.NOT_USED, item.supplier_reference)
        if now >= item.redeemed_at + UNDO_WINDOW:
            raise RedemptionFinal(RedemptionProblem.USED_TOO_LONG_AGO, item.supplier_reference)
    chosen_uuids = {item.uuid for item in chosen}
    return replace(
        booking,
        unit_items=tuple(
            replace(item, redeemed_at=None) if item.uuid in chosen_uuids else item
            for item in booking.unit_items
        ),
        status=BookingStatus.CONFIRMED,
        redeemed_at=None,
        updated_at=now,
    )


def is_travel_day(booking: Booking, *, now: datetime) -> bool:
    """True on the day of travel, in the product's time zone; always without a travel date."""
    departure = booking.departure
    if departure is None:
        return True
    return admits_today(departure, booking.product.zone, now=now)


def admits_today(departure: DayOfGuests, zone: tzinfo, *, now: datetime) -> bool:
    """True while the tickets of a departure admit: on its day in the product's ``zone``."""
    return departure.local_date == _today(departure, zone, now)


def _today(departure: DayOfGuests, zone: tzinfo, now: datetime) -> date:
    """Return the day that it is for the guests of a departure, which may last past midnight."""
    clock = now.astimezone(zone).replace(tzinfo=None)
    midnight = datetime.combine(departure.local_date + ONE_DAY, time(), zone).astimezone(UTC)
    if not departure.opening_hours:
        return departure.local_date if midnight <= now < departure.ends_at else clock.date()
    # Instants are compared: the clocks of some places skip midnight once a year, and a day that
    # ends then ends at one o'clock.
    if departure.ends_at <= midnight:
        return clock.date()
    # The night before lasts as long: until then it is still yesterday.
    closing = departure.ends_at.astimezone(zone).replace(tzinfo=None)
    return (clock - (closing - datetime.combine(closing.date(), time()))).date()


def _choose(booking: Booking, item_uuids: frozenset[UUID] | None) -> list[UnitItem] | None:
    """Return the tickets named, or all; None when one of them is not of this booking."""
    if item_uuids is None:
        return list(booking.unit_items)
    chosen = [item for item in booking.unit_items if item.uuid in item_uuids]
    return chosen if chosen and len(chosen) == len(item_uuids) else None


async def _get_locked(uuid: UUID, access: Access, now: datetime, store: BookingStore) -> Booking:
    booking = await store.get_locked(uuid, access, now=now)
    if booking is None:
        raise BookingNotFound(str(uuid))
    return booking
