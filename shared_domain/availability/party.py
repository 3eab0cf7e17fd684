"""Whether a slot can take a party, and why not: one rule for availability and for bookings.

Availability turns the reason into a status, bookings turn it into a refusal; neither has a rule of
its own beside this one, so a slot that is shown as available can be reserved.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from shared_domain.availability.model import Departure
from shared_domain.catalog import MAX_TICKETS, Option, Unit


@dataclass(frozen=True, slots=True)
class Party:
    """The units of a query or a booking, and how many of each."""

    units: tuple[tuple[Unit, int], ...]

    @property
    def places(self) -> int:
        return sum(unit.pax_count * quantity for unit, quantity in self.units)

    @property
    def tickets(self) -> int:
        return sum(quantity for _, quantity in self.units)


def build_party(option: Option, quantities: Iterable[tuple[str, int]]) -> Party:
    """Return the party with the quantities of each unit added up.

    Raises:
        UnitNotFound: the option has no such unit.
    """
    by_code: dict[str, int] = {}
    for unit_code, quantity in quantities:
        by_code[unit_code] = by_code.get(unit_code, 0) + quantity
    return Party(tuple((option.unit(code), quantity) for code, quantity in by_code.items()))


def build_party_from_units(units: Sequence[Unit]) -> Party:
    """Return the party that holds one ticket for each of these units."""
    quantities: dict[str, int] = {}
    for unit in units:
        quantities[unit.code] = quantities.get(unit.code, 0) + 1
    by_code = {unit.code: unit for unit in units}
    return Party(tuple((by_code[code], quantity) for code, quantity in quantities.items()))


@dataclass(frozen=True, slots=True)
class TooFewTickets:
    least: int


@dataclass(frozen=True, slots=True)
class TooManyTickets:
    most: int


@dataclass(frozen=True, slots=True)
class TooFewOfUnit:
    unit_code: str
    least: int


@dataclass(frozen=True, slots=True)
class TooManyOfUnit:
    unit_code: str
    most: int


@dataclass(frozen=True, slots=True)
class Unaccompanied:
    """A unit is booked without any of the units that must accompany it."""

    unit_code: str
    companions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SlotClosed:
    """The slot is closed, or past its booking cut-off."""


@dataclass(frozen=True, slots=True)
class NotPriced:
    """A unit, or the option as a whole, has no price on the travel date."""

    code: str
    currency: str


@dataclass(frozen=True, slots=True)
class NoPartyPossible:
    """No party at all keeps the option's limits and has a price on the travel date."""


@dataclass(frozen=True, slots=True)
class TooFewPlaces:
    """The party takes more places than are left; both figures count those it holds already."""

    wanted: int
    left: int


@dataclass(frozen=True, slots=True)
class HeldShareReached:
    """The partner's running holds leave no room in its share of the departure."""

    held: int
    capacity: int
    max_percent: int


@dataclass(frozen=True, slots=True)
class HeldShare:
    """The places that a partner has on hold on a departure, and the share that it may hold."""

    held: int
    max_percent: int


#: Which limit of the option, the slot or a unit a party breaks.
PartyLimit: TypeAlias = (
    TooFewTickets | TooManyTickets | TooFewOfUnit | TooManyOfUnit | Unaccompanied
)

#: Why a slot cannot be booked, from the party's side or from its own.
UnavailableReason: TypeAlias = (
    PartyLimit | SlotClosed | NotPriced | NoPartyPossible | TooFewPlaces | HeldShareReached
)


def party_unavailable_reason(
    party: Party, option: Option, departure: Departure | None
) -> PartyLimit | None:
    """Return the first limit of option, slot or unit that the party violates, None without one."""
    tickets = party.tickets
    if tickets < option.min_units:
        return TooFewTickets(option.min_units)
    limit = max_units_per_booking(option, departure)
    most = MAX_TICKETS if limit is None else min(limit, MAX_TICKETS)
    if tickets > most:
        return TooManyTickets(most)
    codes = {unit.code for unit, _ in party.units}
    for unit, quantity in party.units:
        if unit.min_quantity is not None and quantity < unit.min_quantity:
            return TooFewOfUnit(unit.code, unit.min_quantity)
        if unit.max_quantity is not None and quantity > unit.max_quantity:
            return TooManyOfUnit(unit.code, unit.max_quantity)
        if unit.accompanied_by and codes.isdisjoint(unit.accompanied_by):
            return Unaccompanied(unit.code, unit.accompanied_by)
    return None


def slot_unavailable_reason(
    departure: Departure | None, *, places: int, already_taken: int | None = None, now: datetime
) -> UnavailableReason | None:
    """Return why a slot cannot give ``places`` to a booking that has ``already_taken``, or None.

    A booking that is in the slot (``already_taken`` is not None) may keep or give back its places,
    also when the sale is over: its deadline is a rule of cancelling, not of selling. A closed
    slot, or one past its cut-off, gives no further places. A booking without a date (no departure)
    takes no places.
    """
    if departure is None:
        return None
    if already_taken is not None and places <= already_taken:
        return None
    already_taken = already_taken or 0
    wanted = places - already_taken
    if not departure.is_open or now >= departure.booking_cutoff_at:
        return SlotClosed()
    if departure.vacancies is not None and wanted > departure.vacancies:
        return TooFewPlaces(wanted=places, left=departure.vacancies + already_taken)
    return None


def share_unavailable_reason(
    departure: Departure | None, *, places: int, share: HeldShare
) -> HeldShareReached | None:
    """Return why a partner that has ``share.held`` on hold cannot hold ``places`` more, or None.

    The first hold is always allowed, however many places it takes; freesale has no limit.
    """
    if departure is None or departure.capacity is None or share.held == 0:
        return None
    if 100 * (share.held + places) <= share.max_percent * departure.capacity:
        return None
    return HeldShareReached(share.held, departure.capacity, share.max_percent)


def max_units_per_booking(option: Option, departure: Departure | None) -> int | None:
    """Return the most tickets that one booking of this slot may hold; None is no limit."""
    of_slot = departure.max_units if departure else None
    if option.max_units is None:
        return of_slot
    return option.max_units if of_slot is None else min(option.max_units, of_slot)
