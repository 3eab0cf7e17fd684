"""An option as it is offered to a party: which slots can be booked, and in which currency.

A slot that is shown as available can be reserved:

- by the party of the query; without one, by the smallest party that the option is sold to;
- in the currency of the query; without one, in the product's default currency where that has
  prices for the whole party, else in the first of its other currencies that has;
- by the partner that queries, in addition to the places that it has on hold already.

Reservations use the same object, so availability and reservations cannot disagree.

A slot that cannot take the party is SOLD_OUT (OCTO, section 5). A slot is CLOSED instead, full or
not, where more places would not help: when it has no price for its date, or when no party is within
the limits of option and slot. A product without any price is listed, since partners map it while
staff are still pricing it, and every date of it is CLOSED. So are the dates of a product that is
switched off, or that the partner has lost its terms for: only old bookings still show it.
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, datetime

from shared_domain.availability.model import AvailabilityStatus, Departure, Slot
from shared_domain.availability.party import (
    HeldShare,
    NoPartyPossible,
    NotPriced,
    Party,
    SlotClosed,
    UnavailableReason,
    max_units_per_booking,
    party_unavailable_reason,
    share_unavailable_reason,
    slot_unavailable_reason,
)
from shared_domain.availability.smallest_party import smallest_party
from shared_domain.catalog import Option, PriceMissing, PricingPer, Product, Unit, price_boundaries


@dataclass(frozen=True, slots=True)
class _PricePeriod:
    """A period in which no price changes; ``sellable`` has the priced units of each currency."""

    currency: str
    not_priced: NotPriced | None
    sellable: tuple[tuple[str, tuple[Unit, ...]], ...]


class Offer:
    """One option, offered to ``party`` (None: to any) in ``currency`` (None: in any of its own).

    Prices and limits are looked up once for each period in which no price changes, since a
    calendar has a status for every day of a year.
    """

    def __init__(
        self, product: Product, option: Option, *, party: Party | None, currency: str | None
    ) -> None:
        """Offer ``option``, an option of ``product``.

        Raises:
            CurrencyNotOffered: the product has no prices in ``currency``.
        """
        self.product = product
        self.option = option
        self.party = party
        self._party_places = 0 if party is None else party.places
        self._currencies = product.currencies(currency)
        self._boundaries = price_boundaries(option)
        self._price_periods: dict[int, _PricePeriod] = {}
        self._fewest_places: dict[tuple[int, int | None], int | None] = {}
        self._limits: dict[int | None, UnavailableReason | None] = {}

    def unavailable_reason(
        self, departure: Departure | None, *, day: date, now: datetime
    ) -> UnavailableReason | None:
        """Return why the party cannot book this slot on this travel date; None when it can.

        Without a party, return why no party can.
        """
        if not self.product.is_active:
            return NoPartyPossible()
        if self.party is None:
            return self._reason_against_any_party(departure, day, now)
        slot_limit = departure.max_units if departure else None
        if slot_limit not in self._limits:
            self._limits[slot_limit] = party_unavailable_reason(self.party, self.option, departure)
        broken = self._limits[slot_limit]
        if broken is not None:
            return broken
        of_slot = slot_unavailable_reason(departure, places=self._party_places, now=now)
        if isinstance(of_slot, SlotClosed):
            return of_slot
        return self._price_period(day).not_priced or of_slot

    def slot_for(
        self, departure: Departure, *, now: datetime, share: HeldShare | None = None
    ) -> Slot:
        """Return the departure as a slot, with its status for this offer.

        ``share`` is what the partner that queries has on hold on the departure; None for nothing.
        """
        status = departure.status(now=now)
        if status is not AvailabilityStatus.CLOSED:
            day = departure.local_date
            reason = self.unavailable_reason(departure, day=day, now=now)
            if reason is None and share is not None:
                places = self._places(departure, day) or 0
                reason = share_unavailable_reason(departure, places=places, share=share)
            if isinstance(reason, SlotClosed | NotPriced | NoPartyPossible):
                status = AvailabilityStatus.CLOSED
            elif reason is not None:
                status = AvailabilityStatus.SOLD_OUT
        return Slot(departure, status, max_units_per_booking(self.option, departure))

    def currency_on(self, day: date) -> str:
        """Return the currency that a reservation for this travel date is priced in."""
        return self._price_period(day).currency

    def price_period(self, day: date) -> int:
        """Return the number of the period that ``day`` is in; no price changes within a period."""
        return bisect_right(self._boundaries, day.toordinal())

    def _reason_against_any_party(
        self, departure: Departure | None, day: date, now: datetime
    ) -> UnavailableReason | None:
        places = self._places(departure, day)
        if places is None:
            return NoPartyPossible()
        return slot_unavailable_reason(departure, places=places, now=now)

    def _places(self, departure: Departure | None, day: date) -> int | None:
        """Return the places of the party, or else of the smallest one; None when there is none."""
        if self.party is not None:
            return self._party_places
        key = (self.price_period(day), departure.max_units if departure else None)
        if key not in self._fewest_places:
            self._fewest_places[key] = self._count_fewest_places(departure, day)
        return self._fewest_places[key]

    def _count_fewest_places(self, departure: Departure | None, day: date) -> int | None:
        """Return the places of the smallest party in the currency that allows the smallest one."""
        max_tickets = max_units_per_booking(self.option, departure)
        parties = [
            smallest_party(self.option, units, max_tickets=max_tickets)
            for _, units in self._price_period(day).sellable
        ]
        return min((party.places for party in parties if party is not None), default=None)

    def _price_period(self, day: date) -> _PricePeriod:
        number = self.price_period(day)
        known = self._price_periods.get(number)
        if known is None:
            known = self._price_periods[number] = self._look_up_prices(day)
        return known

    def _look_up_prices(self, day: date) -> _PricePeriod:
        sellable = [(currency, self._sellable(currency, day)) for currency in self._currencies]
        if self.party is None:
            chosen = next((currency for currency, units in sellable if self._sells(units)), None)
            return _PricePeriod(chosen or self._currencies[0], None, tuple(sellable))
        wanted = [unit for unit, _ in self.party.units]
        for currency, units in sellable:
            if all(unit in units for unit in wanted):
                return _PricePeriod(currency, None, tuple(sellable))
        first, units = sellable[0]
        missing = next(unit.code for unit in wanted if unit not in units)
        if self.product.pricing_per is PricingPer.BOOKING:
            missing = self.option.code
        return _PricePeriod(first, NotPriced(missing, first), tuple(sellable))

    def _sells(self, units: tuple[Unit, ...]) -> bool:
        party = smallest_party(self.option, units, max_tickets=self.option.max_units)
        return party is not None

    def _sellable(self, currency: str, day: date) -> tuple[Unit, ...]:
        """Return the units that can be paid for in this currency on this day."""
        if self.product.pricing_per is PricingPer.BOOKING:
            return self.option.units if self._has_price(self.option, currency, day) else ()
        return tuple(unit for unit in self.option.units if self._has_price(unit, currency, day))

    def _has_price(self, priced: Unit | Option, currency: str, day: date) -> bool:
        try:
            self.product.price_on(priced, currency=currency, travel_date=day)
        except PriceMissing:
            return False
        return True
