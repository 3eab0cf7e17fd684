"""Who may be booked together, what they pay and how many places they take."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import assert_never
from uuid import UUID, uuid4

from shared_domain.availability import (
    Departure,
    HeldShareReached,
    NoPartyPossible,
    NotPriced,
    SlotClosed,
    TooFewOfUnit,
    TooFewPlaces,
    TooFewTickets,
    TooManyOfUnit,
    TooManyTickets,
    Unaccompanied,
    UnavailableReason,
)
from shared_domain.bookings.contact import NO_CONTACT
from shared_domain.bookings.errors import (
    DepartureClosed,
    HoldLimitReached,
    PartyRefused,
    SoldOut,
    UnaccompaniedUnit,
    UnitItemsMissing,
)
from shared_domain.bookings.model import Booking, UnitItem
from shared_domain.bookings.requests import UnitItemRequest, Unset
from shared_domain.catalog import Option, PriceMissing, PricingPer, Product, Unit
from shared_domain.money import Price, total


def choose_units(option: Option, wishes: Sequence[UnitItemRequest] | None) -> list[Unit]:
    """Return the unit of each ticket asked for.

    Raises:
        UnitItemsMissing: there are none.
        UnitNotFound: the option has no such unit.
        PartyRefused: two tickets carry the same uuid.
    """
    if not wishes:
        raise UnitItemsMissing
    units = [
        option.unit(wish.unit_code, field=f"unitItems[{position}].unitId")
        for position, wish in enumerate(wishes)
    ]
    seen: set[UUID] = set()
    for position, wish in enumerate(wishes):
        if wish.uuid is not None and wish.uuid in seen:
            raise PartyRefused(f"unitItems[{position}].uuid is used twice; each ticket has its own")
        if wish.uuid is not None:
            seen.add(wish.uuid)
    return units


def raise_if_unavailable(reason: UnavailableReason | None) -> None:
    """Turn an reason into the refusal that tells the partner about it.

    Raises:
        PartyRefused, UnaccompaniedUnit: a limit of option, slot or unit is broken.
        DepartureClosed, SoldOut: the slot cannot give the places.
        HoldLimitReached: the partner holds its share of the slot already.
        PriceMissing: something has no price on the travel date.
    """
    match reason:
        case None:
            return
        case TooFewTickets(least):
            raise PartyRefused(f"unitItems must hold at least {least} items")
        case TooManyTickets(most):
            raise PartyRefused(f"unitItems must hold at most {most} items")
        case TooFewOfUnit(code, least):
            raise PartyRefused(f"unitItems must hold at least {least} of {code}")
        case TooManyOfUnit(code, most):
            raise PartyRefused(f"unitItems must hold at most {most} of {code}")
        case Unaccompanied(code, companions):
            raise UnaccompaniedUnit(code, companions)
        case SlotClosed() | NoPartyPossible():
            raise DepartureClosed
        case NotPriced(code, currency):
            raise PriceMissing(code, currency=currency)
        case TooFewPlaces(wanted, left):
            raise SoldOut(places=wanted, vacancies=left)
        case HeldShareReached(held, capacity, max_percent):
            raise HoldLimitReached(held=held, capacity=capacity, max_percent=max_percent)
        case _:
            assert_never(reason)


def travel_date(product: Product, departure: Departure | None, now: datetime) -> date:
    """Return the local date that prices are looked up by; without a departure, today's."""
    return departure.local_date if departure else now.astimezone(product.zone).date()


def build_unit_items(
    wishes: Sequence[UnitItemRequest],
    units: Sequence[Unit],
    *,
    product: Product,
    currency: str,
    day: date,
    supplier_reference: str,
    kept: Sequence[UnitItem] = (),
    keeps_prices: bool = False,
) -> tuple[UnitItem, ...]:
    """Return the tickets wished for, made anew or changed from those ``kept``.

    A kept ticket of the same unit keeps its price when ``keeps_prices``: prices are frozen at
    reservation, and a later change prices only what changed (OCTO, 7.1).

    Raises:
        PriceMissing: a unit has no price on this day.
    """
    by_uuid = {item.uuid: item for item in kept}
    number = max((_number(item) for item in kept), default=0)
    items = []
    for wish, unit in zip(wishes, units, strict=True):
        item = by_uuid.get(wish.uuid) if wish.uuid else None
        if item is None:
            number += 1
            item = UnitItem(
                uuid=wish.uuid or uuid4(),
                unit=unit,
                supplier_reference=f"{supplier_reference}-{number}",
                contact=NO_CONTACT,
            )
            is_priced = False
        else:
            is_priced = keeps_prices and item.unit.id == unit.id
        reference = wish.reseller_reference
        items.append(
            replace(
                item,
                unit=unit,
                contact=item.contact.with_changes(wish.contact),
                reseller_reference=item.reseller_reference
                if isinstance(reference, Unset)
                else reference,
                price=item.price if is_priced else _item_price(product, unit, currency, day),
            )
        )
    return tuple(items)


def total_price(
    product: Product, option: Option, items: Sequence[UnitItem], *, currency: str, day: date
) -> Price:
    """Return what the booking costs: the sum of its tickets, or the option's own price.

    Raises:
        PriceMissing: the option has no price on this day.
    """
    if product.pricing_per is PricingPer.BOOKING:
        return product.price_on(option, currency=currency, travel_date=day)
    return total((item.price for item in items if item.price), currency=currency)


def reserved_deltas(before: Booking | None, after: Booking) -> dict[int, int]:
    """Return by how many places each departure's ``reserved`` changes; never for a test."""
    return {} if after.test_mode else _place_changes(before, after)


def _place_changes(before: Booking | None, after: Booking) -> dict[int, int]:
    changes: dict[int, int] = {}
    for booking, sign in ((before, -1), (after, 1)):
        if booking and booking.departure and booking.status.takes_places and booking.places:
            departure_id = booking.departure.id
            changes[departure_id] = changes.get(departure_id, 0) + sign * booking.places
    return {departure_id: places for departure_id, places in changes.items() if places}


def with_updated_departure(before: Booking | None, after: Booking) -> Booking:
    """Return the booking with its departure as it stands once the change is stored."""
    if after.departure is None:
        return after
    change = _place_changes(before, after).get(after.departure.id, 0)
    departure = replace(after.departure, reserved=after.departure.reserved + change)
    return replace(after, departure=departure)


def _item_price(product: Product, unit: Unit, currency: str, day: date) -> Price | None:
    if product.pricing_per is PricingPer.BOOKING:
        return None
    return product.price_on(unit, currency=currency, travel_date=day)


def _number(item: UnitItem) -> int:
    return int(item.supplier_reference.rpartition("-")[2])
