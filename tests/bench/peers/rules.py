"""The rules behind the answers, on any mapper's objects: Django's and SQLAlchemy's look alike.

The mappers load what belongs together into plain lists: ``product.option_list``,
``option.unit_list``, ``option.price_list``, ``option.schedule_list`` and ``booking.item_list``.
"""

import hashlib
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from shared_domain.money import Price, TaxRate, currency_precision, price_for_partner, total

AVAILABLE = frozenset({"FREESALE", "AVAILABLE", "LIMITED"})
BEST_FIRST = ("FREESALE", "AVAILABLE", "LIMITED", "SOLD_OUT", "CLOSED")
CONTACT_TEXTS = (
    "firstName", "lastName", "emailAddress", "phoneNumber", "postalCode", "country", "notes",
)  # fmt: skip


class Refused(Exception):
    """The request cannot be served; the message says why."""

    def __init__(self, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class Amounts(NamedTuple):
    """A price as OCTO spells it."""

    original: int
    retail: int
    net: int
    currency: str
    currency_precision: int
    included_taxes: "list[TaxAmounts]"


class TaxAmounts(NamedTuple):
    name: str
    original: int
    retail: int
    net: int


class UnitAmounts(NamedTuple):
    """The price of one unit on a calendar day."""

    unit_id: str
    original: int
    retail: int
    net: int
    currency: str
    currency_precision: int
    included_taxes: list[TaxAmounts]


def key_digest(authorization: str | None) -> bytes:
    scheme, _, secret = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not secret:
        raise Refused("send your API key: Authorization: Bearer pk_…", status=401)
    return hashlib.sha256(secret.encode()).digest()


def check_key(key: Any, *, scope: str, now: datetime) -> None:
    if key is None or key.revoked_at is not None or not key.partner.is_active:
        raise Refused("this API key is unknown or was withdrawn", status=403)
    if key.expires_at is not None and key.expires_at <= now:
        raise Refused("this API key has expired", status=403)
    if scope not in key.scopes:
        raise Refused(f"this API key lacks the scope {scope}", status=403)


def utc(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def local(moment: datetime, product: Any) -> str:
    return moment.astimezone(ZoneInfo(product.time_zone)).isoformat(timespec="seconds")


def cutoff_in_words(option: Any) -> str:
    amount, unit = option.cancellation_cutoff_amount, option.cancellation_cutoff_unit
    return f"{amount} {unit}" if amount == 1 else f"{amount} {unit}s"


def start_times(option: Any, product: Any) -> list[str]:
    if product.availability_type != "START_TIME":
        return []
    schedules = [schedule for schedule in option.schedule_list if schedule.is_active]
    ahead = [
        schedule
        for schedule in schedules
        if schedule.season_end is None or schedule.season_end >= date.today()
    ]
    times = (
        {f"{time:%H:%M}" for schedule in several for time in schedule.start_times}
        for several in (ahead, schedules)
    )
    return sorted(next(times) or next(times))


def full_name(contact: dict[str, Any]) -> str | None:
    names = filter(None, (contact.get("firstName"), contact.get("lastName")))
    return contact.get("fullName") or " ".join(names) or None


def stored_amounts(row: Any) -> Amounts:
    """The frozen price of a booking, or of one of its tickets."""
    currency = row.booking.currency if hasattr(row, "booking") else row.currency
    return Amounts(
        row.original_minor, row.retail_minor, row.net_minor, currency,
        currency_precision(currency), [TaxAmounts(*tax) for tax in row.taxes],
    )  # fmt: skip


def amounts(price: Price) -> Amounts:
    return Amounts(
        price.original_minor, price.retail_minor, price.net_minor, price.currency,
        currency_precision(price.currency),
        [TaxAmounts(tax.name, tax.original_minor, tax.retail_minor, tax.net_minor)
         for tax in price.taxes],
    )  # fmt: skip


def partner_price(price: Any, product: Any) -> Price:
    rate = product.tax_basis_points
    return price_for_partner(
        currency=price.currency,
        original_minor=price.original_minor,
        retail_minor=price.retail_minor,
        commission_basis_points=product.commission_basis_points,
        tax_rates=[TaxRate(product.tax_name, rate)] if rate else [],
    )


def prices_of(option: Any, unit: Any) -> list[Any]:
    """The prices of a unit, or with None those of the option as a whole."""
    unit_id = None if unit is None else unit.id
    return [price for price in option.price_list if price.unit_id == unit_id]


def lowest_prices(option: Any, unit: Any, product: Any) -> list[Amounts]:
    lowest = []
    for currency in product.available_currencies:
        prices = [price for price in prices_of(option, unit) if price.currency == currency]
        if prices:
            ahead = [
                price
                for price in prices
                if price.season_end is None or price.season_end >= date.today()
            ]
            cheapest = min(ahead or prices, key=lambda price: price.retail_minor)
            lowest.append(amounts(partner_price(cheapest, product)))
    return lowest


def prepare(product: Any) -> None:
    """Put beside a product what an answer shows of it and no column holds.

    ``lowest`` is None on the level, unit or option, that the product is not priced by.
    """
    per_unit = product.pricing_per == "UNIT"
    for option in product.option_list:
        option.local_start_times = start_times(option, product)
        option.lowest = None if per_unit else lowest_prices(option, None, product)
        for unit in option.unit_list:
            unit.lowest = lowest_prices(option, unit, product) if per_unit else None


def price_on(prices: list[Any], *, currency: str, day: date) -> Any:
    """The price of that travel date; of several seasons the latest to begin, the first to end."""
    fitting = [
        price
        for price in prices
        if price.currency == currency
        and (price.season_start is None or price.season_start <= day)
        and (price.season_end is None or day <= price.season_end)
    ]
    return max(fitting, key=_precedence, default=None)


def _precedence(price: Any) -> tuple[date, int]:
    return price.season_start or date.min, -(price.season_end or date.max).toordinal()


def status_of(booking: Any, now: datetime) -> str:
    is_sale_over = booking.departure is not None and booking.departure.booking_cutoff_at <= now
    if booking.status == "ON_HOLD" and (booking.hold_expires_at <= now or is_sale_over):
        return "EXPIRED"
    if booking.status == "PENDING" and is_sale_over:
        return "REJECTED"
    return str(booking.status)


def hold_ends_at(booking: Any) -> datetime | None:
    """When a hold ends: with its time, or with the sale of its departure if that is sooner."""
    if booking.status != "ON_HOLD" or booking.departure is None:
        return booking.hold_expires_at  # type: ignore[no-any-return]
    return min(booking.hold_expires_at, booking.departure.booking_cutoff_at)


def is_cancellable(booking: Any, now: datetime) -> bool:
    option, status = booking.option, status_of(booking, now)
    if status not in ("PENDING", "CONFIRMED"):
        return status == "ON_HOLD"
    if any(item.redeemed_at for item in booking.item_list):
        return False
    if booking.departure is None:
        return True
    unit, amount = option.cancellation_cutoff_unit, option.cancellation_cutoff_amount
    return now < booking.departure.cutoffs_count_from - timedelta(**{f"{unit}s": amount})


def tickets_admit(booking: Any, now: datetime) -> bool:
    return status_of(booking, now) in ("CONFIRMED", "REDEEMED")


def vacancies(departure: Any) -> int | None:
    """Places left; holds that have run out do not count."""
    if departure.capacity is None:
        return None
    return max(0, departure.capacity - departure.reserved + departure.lapsed_places)


def fewest_places(option: Any) -> int:
    """Places of the smallest party: some of one unit that may come on its own, as in the demo."""
    alone = [unit for unit in option.unit_list if not unit.accompanied_by]
    return min(max(option.min_units, unit.min_quantity or 1) * unit.pax_count for unit in alone)


def slot_status(departure: Any, option: Any, now: datetime) -> str:
    if not departure.is_open or now >= departure.booking_cutoff_at:
        return "CLOSED"
    left = vacancies(departure)
    if left is None:
        return "FREESALE"
    if left < fewest_places(option):
        return "SOLD_OUT"
    return "LIMITED" if 2 * left < departure.capacity else "AVAILABLE"


def most_units(option: Any, departure: Any) -> int | None:
    limits = [limit for limit in (option.max_units, departure.max_units) if limit is not None]
    return min(limits, default=None)


class Day(NamedTuple):
    """A calendar day, summed up over its departures."""

    local_date: date
    status: str
    vacancies: int | None
    capacity: int | None
    opening_hours: list[dict[str, str]]
    unit_pricing_from: list[UnitAmounts] | None
    pricing_from: Amounts | None


def calendar(
    option: Any, product: Any, departures: list[Any], *, first: date, last: date, now: datetime
) -> list[Day]:
    by_date: dict[date, list[Any]] = {}
    for departure in departures:
        by_date.setdefault(departure.local_date, []).append(departure)
    per_unit = product.pricing_per == "UNIT"
    priced = option.unit_list if per_unit else [None]
    lists = [(unit, prices_of(option, unit)) for unit in priced]
    known: dict[int, Any] = {}

    def priced_on(unit: Any, prices: list[Any], day: date) -> Any:
        price = price_on(prices, currency=product.default_currency, day=day)
        if price is None:
            return None
        if price.id not in known:
            found = amounts(partner_price(price, product))
            known[price.id] = UnitAmounts(unit.code, *found) if per_unit else found
        return known[price.id]

    days = []
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        slots = by_date.get(day, [])
        found = [priced_on(unit, prices, day) for unit, prices in lists]
        is_freesale = any(slot.capacity is None for slot in slots)
        statuses = [slot_status(slot, option, now) for slot in slots]
        hours = {
            (interval["from"], interval["to"]): interval
            for slot in slots
            for interval in slot.opening_hours
        }
        days.append(
            Day(
                local_date=day,
                status=min(statuses, key=BEST_FIRST.index, default="CLOSED"),
                vacancies=None if is_freesale else max(map(vacancies, slots), default=0),
                capacity=None if is_freesale else sum(slot.capacity for slot in slots),
                opening_hours=[hours[key] for key in sorted(hours)],
                unit_pricing_from=[price for price in found if price] if per_unit else None,
                pricing_from=None if per_unit else found[0],
            )
        )
    return days


def by_id(rows: list[Any], row_id: int) -> Any:
    return next(row for row in rows if row.id == row_id)


def find_option(product: Any, code: str) -> Any:
    found = next((option for option in product.option_list if option.code == code), None)
    if found is None:
        raise Refused("optionId is not an option of this product")
    return found


def choose_units(option: Any, codes: list[str]) -> list[Any]:
    """The units of a party that this option allows."""
    units = {unit.code: unit for unit in option.unit_list}
    if not codes or not units.keys() >= set(codes):
        raise Refused("unitItems must name units of this option")
    if len(codes) < option.min_units:
        raise Refused(f"unitItems must hold at least {option.min_units} items")
    for code in set(codes):
        unit, quantity = units[code], codes.count(code)
        if quantity < (unit.min_quantity or 0):
            raise Refused(f"unitItems must hold at least {unit.min_quantity} of {code}")
        if unit.max_quantity is not None and quantity > unit.max_quantity:
            raise Refused(f"unitItems must hold at most {unit.max_quantity} of {code}")
        if unit.accompanied_by and set(codes).isdisjoint(unit.accompanied_by):
            raise Refused(f"{code} must be booked with one of {', '.join(unit.accompanied_by)}")
    return [units[code] for code in codes]


def check_slot(departure: Any, option: Any, units: list[Any], *, now: datetime) -> None:
    limit = most_units(option, departure)
    if limit is not None and len(units) > limit:
        raise Refused(f"unitItems must hold at most {limit} items")
    status, left = slot_status(departure, option, now), vacancies(departure)
    if status == "CLOSED":
        raise Refused("this availability is closed")
    if left is not None and places_of(units) > left:
        raise Refused(f"only {left} places are left")


def places_of(units: list[Any]) -> int:
    return sum(unit.pax_count for unit in units)


def item_prices(
    option: Any, product: Any, units: list[Any], *, currency: str, day: date
) -> list[Price | None]:
    """The price of each ticket; None where the booking is priced as a whole."""
    if product.pricing_per == "BOOKING":
        return [None] * len(units)
    return [partner_price(_priced(option, unit, currency, day), product) for unit in units]


def whole_price(option: Any, product: Any, *, currency: str, day: date) -> Price:
    return partner_price(_priced(option, None, currency, day), product)


def _priced(option: Any, unit: Any, currency: str, day: date) -> Any:
    price = price_on(prices_of(option, unit), currency=currency, day=day)
    if price is None:
        raise Refused(f"there is no price in {currency} on this date")
    return price


def summed_columns(prices: list[Price | None]) -> dict[str, Any]:
    """The columns of a booking's price: the sum of its tickets, tax by tax."""
    priced = [price for price in prices if price is not None]
    return minor_columns(total(priced, currency=priced[0].currency))


def minor_columns(price: Price | None) -> dict[str, Any]:
    """The columns of a price in a row."""
    if price is None:
        return {"original_minor": None, "retail_minor": None, "net_minor": None, "taxes": []}
    taxes = [[tax.name, tax.original_minor, tax.retail_minor, tax.net_minor] for tax in price.taxes]
    return {
        "original_minor": price.original_minor,
        "retail_minor": price.retail_minor,
        "net_minor": price.net_minor,
        "taxes": taxes,
    }


now_utc = partial(datetime.now, UTC)
