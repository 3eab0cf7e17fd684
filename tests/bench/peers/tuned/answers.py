"""From rows to bytes: no object between them but msgspec's structs, and no value encoded twice."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import msgspec
from msgspec import UNSET, Raw

from tests.bench.peers import building, rules
from tests.bench.peers.bolt_peer import schemas
from tests.bench.peers.booking_texts import STORED_TEXTS
from tests.bench.peers.tuned.memory import encode

decode = msgspec.json.decode

#: Most ticket holders are not known by name.
NO_CONTACT = Raw(encode(building._contact(schemas, {})))
NO_HOURS = Raw(b"[]")

#: Few amounts are paid again and again; forgotten all at once when there are many.
_MOST_PRICES = 4096
_prices: dict[tuple[Any, ...], Raw] = {}


class Slot(schemas.Availability):
    """A slot with its prices."""

    unit_pricing: Any = UNSET
    pricing: Any = UNSET


def slots(
    rows: Sequence[Any], product: Any, option: Any, *, now: datetime
) -> list[schemas.Availability]:
    """Return the answer for the rows of ``statements.SLOTS``."""
    price_field = "unit_pricing" if product.pricing_per == "UNIT" else "pricing"
    return [
        _slot(
            Slot, product, option, now, availability_id, *others,
            **{price_field: _quote_on(product, option, day)},
        )
        for availability_id, day, *others in rows
    ]  # fmt: skip


def _slot(
    make: Any,
    product: Any,
    option: Any,
    now: datetime,
    availability_id: str,
    starts_at: datetime,
    ends_at: datetime,
    cutoff_at: datetime,
    opening_hours: str,
    capacity: int | None,
    max_units: int | None,
    is_open: bool,
    taken: int,
    **prices: Any,
) -> Any:
    left = None if capacity is None else max(0, capacity - taken)
    status = _slot_status(is_open and cutoff_at > now, left, capacity, option)
    return make(
        id=availability_id,
        local_date_time_start=starts_at.astimezone(product.zone).isoformat(),
        local_date_time_end=ends_at.astimezone(product.zone).isoformat(),
        all_day=product.availability_type == "OPENING_HOURS",
        available=status in rules.AVAILABLE,
        status=status,
        vacancies=left,
        capacity=capacity,
        max_units=_least(option.max_units, max_units),
        utc_cutoff_at=_utc(cutoff_at),
        opening_hours=Raw(opening_hours.encode()),
        **prices,
    )


def booking(row: Sequence[Any], product: Any, *, now: datetime) -> schemas.Booking:
    """Return the answer for one row of ``statements.BOOKING``."""
    (
        uuid, test_mode, status, supplier_reference, reseller_reference, created_at, updated_at,
        hold_expires_at, confirmed_at, redeemed_at, cancelled_at, refund, reason, contact, notes,
        user_id, voucher_code, currency, original, retail, net, taxes,
        items, option_id, _, _, availability_id, starts_at, ends_at, cutoffs_count_from, cutoff_at,
        opening_hours, capacity, max_units, is_open, taken, *texts,
    ) = row  # fmt: skip
    option = product.options[option_id]
    is_dated = availability_id is not None
    is_sale_over = is_dated and cutoff_at <= now
    hold_ends_at = hold_expires_at
    if status == "ON_HOLD":
        if is_dated:
            hold_ends_at = min(hold_expires_at, cutoff_at)
        if hold_ends_at <= now:
            status = "EXPIRED"
    elif status == "PENDING" and is_sale_over:
        status = "REJECTED"
    items = decode(items)
    if status == "ON_HOLD":
        is_cancellable = True
    elif status not in ("PENDING", "CONFIRMED") or any(item[4] for item in items):
        is_cancellable = False
    else:
        is_cancellable = not is_dated or now < cutoffs_count_from - option.cutoff
    admits = status in ("CONFIRMED", "REDEEMED")
    methods = product.delivery_methods
    used_at = _utc(redeemed_at)
    uuid = str(uuid)
    availability = None
    if is_dated:
        availability = _slot(
            schemas.Availability, product, option, now, availability_id, starts_at, ends_at,
            cutoff_at, opening_hours, capacity, max_units, is_open, taken,
        )  # fmt: skip
    return schemas.Booking(
        id=uuid,
        uuid=uuid,
        test_mode=test_mode,
        reseller_reference=reseller_reference,
        supplier_reference=supplier_reference,
        status=status,
        utc_created_at=_utc(created_at),
        utc_updated_at=_utc(updated_at),
        utc_expires_at=_utc(hold_ends_at),
        utc_confirmed_at=_utc(confirmed_at),
        utc_redeemed_at=used_at,
        product_id=product.code,
        product=product.json,
        option_id=option.code,
        option=option.json,
        cancellable=is_cancellable,
        cancellation=None
        if cancelled_at is None
        else schemas.Cancellation(
            refund=refund, reason=reason, utc_cancelled_at=_utc(cancelled_at)
        ),
        freesale=not is_dated,
        availability_id=availability_id,
        availability=availability,
        contact=_contact(decode(contact)),
        notes=notes,
        **dict(zip(STORED_TEXTS, texts, strict=True)),
        user_id=None if user_id is None else str(user_id),
        delivery_methods=methods,
        voucher=_ticket(product, voucher_code, used_at, admits) if "VOUCHER" in methods else None,
        unit_items=[_unit_item(item, product, option, status, currency, admits) for item in items],
        pricing=_pricing(original, retail, net, currency, decode(taxes)),
    )


def _unit_item(
    item: list[Any], product: Any, option: Any, status: str, currency: str, admits: bool
) -> schemas.UnitItem:
    (
        uuid, unit_id, reseller_reference, supplier_reference, redeemed_at, ticket_code, contact,
        original, retail, net, taxes,
    ) = item  # fmt: skip
    unit = option.units[unit_id]
    used_at = _utc(datetime.fromisoformat(redeemed_at)) if redeemed_at else None
    return schemas.UnitItem(
        uuid=uuid,
        unit_id=unit.code,
        unit=unit.json,
        status="REDEEMED" if used_at else status,
        utc_redeemed_at=used_at,
        reseller_reference=reseller_reference,
        supplier_reference=supplier_reference,
        contact=_contact(contact),
        ticket=_ticket(product, ticket_code, used_at, admits)
        if "TICKET" in product.delivery_methods
        else None,
        pricing=UNSET if retail is None else _pricing(original, retail, net, currency, taxes),
    )


def days(
    rows: Sequence[Any], product: Any, option: Any, *, first: date, last: date
) -> list[schemas.CalendarDay]:
    """Return every day of a calendar for the rows of ``statements.DAYS``."""
    by_date: dict[date, list[Any]] = {}
    for row in rows:
        by_date.setdefault(row[0], []).append(row)
    price_field = "unit_pricing_from" if product.pricing_per == "UNIT" else "pricing_from"
    answer = []
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        day = date.fromordinal(ordinal)
        status, vacancies, capacity, hours = _sum_up(by_date.get(day, ()), option)
        answer.append(
            schemas.CalendarDay(
                local_date=day.isoformat(),
                available=status in rules.AVAILABLE,
                status=status,
                vacancies=vacancies,
                capacity=capacity,
                opening_hours=hours,
                **{price_field: _quote_on(product, option, day)},
            )
        )
    return answer


def _sum_up(slots: Sequence[Any], option: Any) -> tuple[str, int | None, int | None, Any]:
    """Return a day's status, most vacancies, capacity and opening hours."""
    if len(slots) == 1:
        _, capacity, taken, is_on_sale, hours = slots[0]
        left = None if capacity is None else max(0, capacity - taken)
        return _slot_status(is_on_sale, left, capacity, option), left, capacity, Raw(hours.encode())
    statuses, most_left, seats, is_freesale, intervals = ["CLOSED"], 0, 0, False, {}
    for _, capacity, taken, is_on_sale, hours in slots:
        left = None if capacity is None else max(0, capacity - taken)
        statuses.append(_slot_status(is_on_sale, left, capacity, option))
        if left is None:
            is_freesale = True
        else:
            most_left, seats = max(most_left, left), seats + capacity
        if hours != "[]":
            intervals |= {(hour["from"], hour["to"]): hour for hour in decode(hours)}
    status = min(statuses, key=rules.BEST_FIRST.index)
    hours = [intervals[key] for key in sorted(intervals)] if intervals else NO_HOURS
    return (status, None, None, hours) if is_freesale else (status, most_left, seats, hours)


def _quote_on(product: Any, option: Any, day: date) -> Any:
    """Return the prices of a day as JSON, remembered for the days between two changes."""
    stretch = bisect_right(option.turns, day.toordinal())
    if stretch not in option.quotes:
        option.quotes[stretch] = _quote(product, option, day)
    return option.quotes[stretch]


def _quote(product: Any, option: Any, day: date) -> Any:
    """Return the prices of a stretch of days as JSON, or UNSET where there is none."""
    currency, whole = product.default_currency, None
    if product.pricing_per != "UNIT":
        whole = rules.price_on(rules.prices_of(option, None), currency=currency, day=day)
        if whole is None:
            return UNSET
        amounts = rules.amounts(rules.partner_price(whole, product))
        return Raw(encode(building._pricing(schemas, amounts)))
    found = []
    for unit in option.unit_list:
        price = rules.price_on(rules.prices_of(option, unit), currency=currency, day=day)
        if price is not None:
            amounts = building._amounts(schemas, rules.amounts(rules.partner_price(price, product)))
            found.append(schemas.UnitPricing(unit_id=unit.code, **amounts))
    return Raw(encode(found))


def _slot_status(is_on_sale: bool, left: int | None, capacity: int | None, option: Any) -> str:
    if not is_on_sale:
        return "CLOSED"
    if left is None:
        return "FREESALE"
    if left < option.fewest_places:
        return "SOLD_OUT"
    return "LIMITED" if 2 * left < capacity else "AVAILABLE"


def _contact(stored: dict[str, Any]) -> Any:
    return building._contact(schemas, stored) if stored else NO_CONTACT


def _ticket(product: Any, code: str | None, used_at: str | None, admits: bool) -> schemas.Ticket:
    formats = product.delivery_formats if admits and code is not None else ()
    return schemas.Ticket(
        redemption_method=product.redemption_method,
        utc_redeemed_at=used_at,
        delivery_options=[
            schemas.DeliveryOption(delivery_format=format_, delivery_value=code)
            for format_ in formats
        ],
    )


def _pricing(original: int, retail: int, net: int, currency: str, taxes: list[list[Any]]) -> Raw:
    key = (original, retail, net, currency, *map(tuple, taxes))
    known = _prices.get(key)
    if known is None:
        if len(_prices) >= _MOST_PRICES:
            _prices.clear()
        amounts = rules.Amounts(
            original, retail, net, currency, rules.currency_precision(currency),
            [rules.TaxAmounts(*tax) for tax in taxes],
        )  # fmt: skip
        known = _prices[key] = Raw(encode(building._pricing(schemas, amounts)))
    return known


def _utc(moment: datetime | None) -> str | None:
    # Ten times faster than strftime; PostgreSQL's session is in UTC.
    return None if moment is None else f"{moment.isoformat()[:19]}Z"


def _least(one: int | None, other: int | None) -> int | None:
    return other if one is None else one if other is None else min(one, other)
