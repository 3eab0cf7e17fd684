"""Which units a booking's tickets are for, and the refusal for a party that cannot be booked."""

from collections.abc import Sequence
from typing import assert_never
from uuid import UUID

from shared_domain.availability import (
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
from shared_domain.bookings.errors import (
    DepartureClosed,
    HoldLimitReached,
    PartyRefused,
    SoldOut,
    UnaccompaniedUnit,
    UnitItemsMissing,
)
from shared_domain.bookings.requests import UnitItemRequest
from shared_domain.catalog import Option, PriceMissing, Unit


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
