"""Builds OCTO's answers about slots and calendar days: see ``http.answer_structs``."""

from datetime import UTC, date, datetime
from typing import Any

from api_edge.http.answer_structs import answer_struct, raw_json
from api_edge.octo import render_catalog
from api_edge.octo.schemas import availability as schemas
from api_edge.octo.schemas import pricing as pricing_schemas
from shared_domain import availability, catalog
from shared_domain.availability import Offer, OpeningPeriod, Slot
from shared_domain.bounded_memory import BoundedMemory
from shared_domain.catalog import PriceMissing, PricingPer
from shared_domain.money import Price, currency_precision, total

Availability = answer_struct(schemas.Availability)
CalendarDay = answer_struct(schemas.CalendarDay)
OpeningHours = answer_struct(schemas.OpeningHours)
PricingOfUnit = answer_struct(pricing_schemas.PricingOfUnit)


def utc_moment(moment: datetime) -> str:
    """Return a moment as OCTO writes it: ISO 8601 in UTC, without fractions, ending in Z."""
    if moment.utcoffset():
        moment = moment.astimezone(UTC)
    # Ten times faster than strftime, and every moment of the database is in UTC.
    return f"{moment.isoformat()[:19]}Z"


def slots(
    answer: availability.AvailabilityResult[Slot], *, with_pricing: bool
) -> list[schemas.Availability]:
    product = answer.offer.product
    if not with_pricing:
        return [slot(found, product) for found in answer.found]
    quotes = Quotes(answer.offer, per_unit="unit_pricing", whole="pricing")
    return [slot(found, product, quotes.on(found.departure.local_date)) for found in answer.found]


def days(
    answer: availability.AvailabilityResult[availability.CalendarDay], *, with_pricing: bool
) -> list[schemas.CalendarDay]:
    if not with_pricing:
        return [_day(day, {}) for day in answer.found]
    # Prices do not depend on the time of day: a day's lowest price is its only one.
    quotes = Quotes(answer.offer, per_unit="unit_pricing_from", whole="pricing_from")
    return [_day(day, quotes.on(day.local_date)) for day in answer.found]


def slot(
    slot: Slot, product: catalog.Product, prices: dict[str, object] | None = None
) -> schemas.Availability:
    departure = slot.departure
    place = product.zone
    return Availability(
        id=departure.availability_id,
        local_date_time_start=availability.local_start(departure, place).isoformat(),
        local_date_time_end=availability.local_end(departure, place).isoformat(),
        all_day=departure.start_time is None,
        available=slot.status.is_available,
        status=slot.status,
        vacancies=departure.vacancies,
        capacity=departure.capacity,
        max_units=slot.max_units,
        utc_cutoff_at=utc_moment(departure.booking_cutoff_at),
        opening_hours=_opening_hours(departure.opening_hours),
        **(prices or {}),
    )


def _day(day: availability.CalendarDay, prices: dict[str, object]) -> schemas.CalendarDay:
    return CalendarDay(
        local_date=day.local_date.isoformat(),
        available=day.status.is_available,
        status=day.status,
        vacancies=day.vacancies,
        capacity=day.capacity,
        opening_hours=_opening_hours(day.opening_hours),
        **prices,
    )


_hours_of: BoundedMemory[tuple[OpeningPeriod, ...], Any] = BoundedMemory(most=5_000)


def _opening_hours(periods: tuple[OpeningPeriod, ...]) -> Any:
    known = _hours_of.get(periods)
    if known is None:
        known = _hours_of[periods] = raw_json(
            [OpeningHours(from_=period.opens, to=period.closes) for period in periods]
        )
    return known


class Quotes:
    """The price fields of one response, by travel date; without a price a field is left out.

    They are computed once for each run of days on which no price changes.
    """

    def __init__(self, offer: Offer, *, per_unit: str, whole: str) -> None:
        """``per_unit`` and ``whole`` name the fields for a unit's price and the booking's."""
        self._offer = offer
        self._per_unit = per_unit
        self._whole = whole
        self._of_stretch: dict[int, dict[str, object]] = {}

    def on(self, day: date) -> dict[str, object]:
        """Return the price fields of a date."""
        stretch = self._offer.price_period(day)
        known = self._of_stretch.get(stretch)
        if known is None:
            known = {name: raw_json(price) for name, price in self._quote(day).items()}
            self._of_stretch[stretch] = known
        return known

    def _quote(self, day: date) -> dict[str, object]:
        prices: dict[str, object] = {}
        option = self._offer.option
        if self._offer.product.pricing_per is PricingPer.BOOKING:
            price = self._price(option, day)
            if price is not None:
                prices[self._whole] = render_catalog.pricing(price)
            return prices
        of_units = [(unit, self._price(unit, day)) for unit in option.units]
        prices[self._per_unit] = [
            _of_unit(unit.code, price) for unit, price in of_units if price is not None
        ]
        party_total = self._total(day)
        if party_total is not None:
            prices[self._whole] = party_total
        return prices

    def _total(self, day: date) -> pricing_schemas.Pricing | None:
        party = self._offer.party
        # More tickets than one booking holds have no price; their sum might not fit 64 bits either.
        if party is None or party.tickets > availability.MAX_TICKETS:
            return None
        prices: list[Price] = []
        for unit, quantity in party.units:
            price = self._price(unit, day)
            if price is None:
                return None
            prices.append(price.times(quantity))
        return render_catalog.pricing(total(prices, currency=self._offer.currency_on(day)))

    def _price(self, priced: catalog.Unit | catalog.Option, day: date) -> Price | None:
        try:
            return self._offer.product.price_on(
                priced, currency=self._offer.currency_on(day), travel_date=day
            )
        except PriceMissing:
            return None


def _of_unit(unit_code: str, price: Price) -> pricing_schemas.PricingOfUnit:
    return PricingOfUnit(
        unit_id=unit_code,
        original=price.original_minor,
        retail=price.retail_minor,
        net=price.net_minor,
        currency=price.currency,
        currency_precision=currency_precision(price.currency),
        included_taxes=render_catalog.taxes(price),
    )
