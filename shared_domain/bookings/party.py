"""Which units a booking's tickets are for, and the refusal for a party that cannot be booked."""

from collections.abc import Sequence
from uuid import UUID

from shared_domain.availability import (
    HeldShareReached,
    NoPartyPossible,
    NotPriced,
    SlotClosed,
    TooFewPlaces,
    UnavailableReason,
)
from shared_domain.bookings.errors import (
    DepartureClosed,
    HoldLimitReached,
    NoTicketForUser,
    PartyRefused,
    SoldOut,
    TicketUuidRepeated,
    UnitAges,
    UnitItemsMissing,
)
from shared_domain.bookings.requests import UnitItemRequest
from shared_domain.catalog import NO_HIGHEST_AGE, Option, PriceMissing, Unit


def choose_units(option: Option, unit_items: Sequence[UnitItemRequest] | None) -> list[Unit]:
    """Return the unit of each requested ticket.

    Raises:
        UnitItemsMissing: there are none.
        UnitNotFound: the option has no such unit.
        PartyRefused: two tickets carry the same uuid.
    """
    if not unit_items:
        raise UnitItemsMissing
    units = [
        option.unit(requested.unit_code, ticket=ticket)
        for ticket, requested in enumerate(unit_items)
    ]
    seen: set[UUID] = set()
    for ticket, requested in enumerate(unit_items):
        if requested.uuid is not None and requested.uuid in seen:
            raise PartyRefused(TicketUuidRepeated(ticket))
        if requested.uuid is not None:
            seen.add(requested.uuid)
    return units


def raise_if_unavailable(reason: UnavailableReason | None) -> None:
    """Raise the refusal for a reason why a slot is unavailable; do nothing for None.

    Raises:
        PartyRefused: a limit of option, slot or unit is broken.
        DepartureClosed, SoldOut: the slot cannot give the places.
        HoldLimitReached: the partner holds its share of the slot already.
        PriceMissing: something has no price on the travel date.
    """
    match reason:
        case None:
            return
        case SlotClosed() | NoPartyPossible():
            raise DepartureClosed
        case NotPriced(code, currency):
            raise PriceMissing(code, currency)
        case TooFewPlaces(wanted, left):
            raise SoldOut(places=wanted, vacancies=left)
        case HeldShareReached(held, capacity, max_percent):
            raise HoldLimitReached(held=held, capacity=capacity, max_percent=max_percent)
        case _:
            raise PartyRefused(reason)


def check_age(age: int, units: Sequence[Unit]) -> None:
    """Check that one of the tickets is for a guest of ``age``, the age of the booking's user.

    The others may be for the user's children, so their ages are not checked.

    Raises:
        PartyRefused: no ticket is for this age.
    """
    if not any(is_for_age(unit, age) for unit in units):
        by_code = {unit.code: UnitAges(unit.code, unit.min_age, unit.max_age) for unit in units}
        raise PartyRefused(NoTicketForUser(tuple(by_code.values())))


def is_for_age(unit: Unit, age: int) -> bool:
    """Return whether a ticket of the unit may be for a guest of this age."""
    return unit.min_age <= age and (age <= unit.max_age or unit.max_age == NO_HIGHEST_AGE)
