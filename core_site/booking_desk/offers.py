"""Products, days, slots and prices that the desk can sell, from the services that the API uses."""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.db.models import Case, F, Func, IntegerField, Q, QuerySet, TextField, Value, When

from core_site import stores
from core_site.booking_desk.choices import ANY_DAY, Choices, party_key
from core_site.catalog.models import Product as ProductRow
from core_site.partners.models import Partner
from shared_domain import availability, booking_desk, catalog
from shared_domain.availability import (
    AvailabilityQuery,
    CalendarDay,
    Departure,
    DepartureId,
    Slot,
)
from shared_domain.booking_desk import BoatLimit, SlotQuote
from shared_domain.bookings import ReservationRequest, UnitItemRequest
from shared_domain.catalog import MAX_TICKETS, Option, PricingPer, Product, Unit
from shared_domain.money import Price
from shared_domain.partners import Access, PartnerKind
from shared_domain.run_now import run_now

#: Shown at once; more are found by typing.
PRODUCTS_SHOWN = 8
#: The list has no search but the browser's, by typing; each is an element of a page of 3,000.
SELLERS_SHOWN = 1_000
SLOTS_SHOWN = 60

#: How many months are looked through for the first day that can be booked.
MONTHS_LOOKED_THROUGH = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """One product as it is offered to a party: its days, the slots of one day, and their quotes."""

    product: Product
    option: Option
    quantities: dict[str, int]
    currency: str | None
    month: date
    days: tuple[CalendarDay, ...]
    day: date | None
    quotes: tuple[SlotQuote, ...]
    chosen: SlotQuote | None
    slot: str

    @property
    def party_key(self) -> str:
        return party_key(self.product, self.option)

    @property
    def tickets(self) -> int:
        return sum(self.quantities.values())

    @property
    def units_of_tickets(self) -> list[Unit]:
        """The unit of each ticket, in order."""
        return [
            unit
            for unit in self.option.units
            for _ in range(min(self.quantities[unit.code], MAX_TICKETS))
        ][: MAX_TICKETS + 1]

    def request(self, slot: str) -> ReservationRequest:
        """Return the reservation request for a slot, without the guest's details."""
        return reservation(self.product, self.option, self.units_of_tickets, slot, self.currency)

    def unit_price(self, unit: Unit) -> Price | None:
        """Return the price of one ticket on the chosen day.

        None before a day is chosen, for pricing per booking, and for a unit without a price.
        """
        if self.product.pricing_per is PricingPer.BOOKING or self.day is None:
            return None
        currency = self.chosen.price.currency if self.chosen and self.chosen.price else None
        try:
            return self.product.price_on(
                unit,
                currency=currency or self.currency or self.product.default_currency,
                travel_date=self.day,
            )
        except catalog.PriceMissing:
            return None


def sellers() -> list[Partner]:
    """Return the partners that the desk sells for: the supplier first, then resellers by name."""
    is_direct = When(kind=PartnerKind.DIRECT.value, then=Value(0))
    active = Partner.objects.filter(is_active=True)
    order = Case(is_direct, default=Value(1), output_field=IntegerField())
    return list(active.order_by(order, "name", "id")[:SELLERS_SHOWN])


def find_products(seller: Partner, search: str) -> list[ProductRow]:
    """Return active products of the seller whose name, code or reference holds every word.

    Names are compared without accents and case, as the search box does. At most one more than
    ``PRODUCTS_SHOWN``, so that the page can say that there are more.
    """
    found: QuerySet[ProductRow] = ProductRow.objects.filter(terms__partner=seller, is_active=True)
    found = found.annotate(folded=_fold(F("internal_name")))
    for word in search.split():
        found = found.filter(
            Q(folded__contains=_fold(Value(word)))
            | Q(code__icontains=word)
            | Q(reference__icontains=word)
        )
    return list(found.order_by("internal_name", "id")[: PRODUCTS_SHOWN + 1])


def _fold(text: F | Value) -> Func:
    return Func(text, function="search_fold", output_field=TextField())


def find_offer(choices: Choices, seller: Partner, *, now: datetime) -> Offered:
    """Return the chosen product with the days of a month and the slots of a day, each priced.

    Without a chosen day, the first bookable one of the chosen month is taken, or else of this month
    and those after it (``MONTHS_LOOKED_THROUGH`` in all). Without a chosen slot, the only one of
    the day is taken.

    Raises:
        Refused: the product does not exist, or this partner may not sell it.
    """
    access, store = seller.live_access, stores.availability()
    product = run_now(catalog.get_product(choices.product, access=access, store=store.catalog))
    option = _option(product, choices.option)
    quantities = choices.read_quantities(product, option)
    currency = choices.currency if choices.currency in product.available_currencies else None
    party = tuple((code, count) for code, count in quantities.items() if count) or None
    today = now.astimezone(product.zone).date()
    month, looked_through = choices.month or today.replace(day=1), 1

    def query(first: date, last: date) -> AvailabilityQuery:
        return AvailabilityQuery(
            product_code=product.code,
            option_code=option.code,
            dates=(first, last),
            party=party,
            currency=currency,
        )

    while True:
        shown = query(month, month.replace(day=monthrange(month.year, month.month)[1]))
        days = run_now(availability.find_days(shown, access=access, now=now, store=store)).found
        day = choices.day or _first_bookable(days, today)
        if day is not None or choices.month is not None:
            break
        if looked_through == MONTHS_LOOKED_THROUGH:
            month = today.replace(day=1)
            break
        month, looked_through = next_month(month), looked_through + 1
    slots: list[Slot] = []
    if day is not None:
        of_day = query(day, day)
        found = run_now(availability.find_slots(of_day, access=access, now=now, store=store)).found
        slots = list(found)[:SLOTS_SHOWN]
    offered = Offered(
        product=product, option=option, quantities=quantities, currency=currency, month=month,
        days=tuple(days), day=day, quotes=(), chosen=None, slot=choices.slot,
    )  # fmt: skip
    return _with_quotes(offered, slots, access, now)


def reservation(
    product: Product, option: Option, units: list[Unit], slot: str, currency: str | None
) -> ReservationRequest:
    return ReservationRequest(
        product_code=product.code,
        option_code=option.code,
        availability_id=None if slot == ANY_DAY else slot,
        unit_items=tuple(UnitItemRequest(unit_code=unit.code) for unit in units),
        currency=currency,
    )


def next_month(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


def _with_quotes(offered: Offered, slots: list[Slot], access: Access, now: datetime) -> Offered:
    departures: list[Departure | None] = [slot.departure for slot in slots]
    if not offered.product.availability_required:
        departures.append(None)
    limits = _find_boat_limits(offered, slots, now)
    quotes = [
        booking_desk.quote_slot(
            offered.request(slot_value(departure)),
            product=offered.product,
            option=offered.option,
            departure=departure,
            access=access,
            now=now,
            boats=limits.get(departure.id) if departure else None,
        )
        for departure in departures
    ]
    chosen = _choose_slot(quotes, offered.slot)
    slot = "" if chosen is None else slot_value(chosen.departure)
    return replace(offered, quotes=tuple(quotes), chosen=chosen, slot=slot)


def _find_boat_limits(
    offered: Offered, slots: list[Slot], now: datetime
) -> Mapping[DepartureId, BoatLimit]:
    """Return the limits of the boats of each slot with too few places for the party."""
    places = sum(unit.pax_count for unit in offered.units_of_tickets)
    tight = [
        slot.departure.id
        for slot in slots
        if slot.departure.vacancies is not None and slot.departure.vacancies < places
    ]
    return run_now(stores.desk().boat_limits(tight, now=now)) if tight else {}


def _choose_slot(quotes: list[SlotQuote], sent: str) -> SlotQuote | None:
    """Return the slot that was sent, or the one at its time on another day, or the only one."""
    by_value = {slot_value(quote.departure): quote for quote in quotes}
    if sent in by_value:
        return by_value[sent]
    if not sent:
        return quotes[0] if len(quotes) == 1 else None
    # An id of a slot is its local start in ISO 8601.
    at_the_time = [quote for value, quote in by_value.items() if value[10:16] == sent[10:16]]
    return at_the_time[0] if len(at_the_time) == 1 else None


def slot_value(departure: availability.Departure | None) -> str:
    """Return the value of a slot in the form: its availability id, or ``ANY_DAY``."""
    return ANY_DAY if departure is None else departure.availability_id


def _option(product: Product, code: str) -> Option:
    by_code = {option.code: option for option in product.options}
    usual = [option for option in product.options if option.is_default] or product.options
    return by_code.get(code) or usual[0]


def _first_bookable(days: Sequence[CalendarDay], today: date) -> date | None:
    bookable = (day.local_date for day in days if day.status.is_available)
    return next((day for day in bookable if day >= today), None)
