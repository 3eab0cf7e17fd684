"""Builds the context of the desk's page from an offer: calendar, slots, units and the total."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from core_site.admin_kit.money_format import money
from core_site.admin_kit.viewer_zone import with_zone
from core_site.booking_desk.offers import Offered, next_month, slot_value
from core_site.catalog.choice_titles import ANY_AGE, format_ages
from core_site.catalog.time_format import format_wall_clock
from core_site.partners.models import Partner
from core_site.staff_messages import staff_message
from shared_domain import availability
from shared_domain.availability import AvailabilityStatus, CalendarDay
from shared_domain.booking_desk import SlotQuote
from shared_domain.bookings import UnitItemsMissing
from shared_domain.catalog import MAX_TICKETS, Unit
from shared_domain.partners import PartnerKind
from shared_domain.quantities import format_quantity
from shared_domain.time_zones import zone

_STATUS_NAMES = {
    AvailabilityStatus.FREESALE: "free",
    AvailabilityStatus.AVAILABLE: "available",
    AvailabilityStatus.LIMITED: "few places left",
    AvailabilityStatus.SOLD_OUT: "not for this party",
    AvailabilityStatus.CLOSED: "closed",
}


@dataclass(frozen=True, slots=True)
class DayCell:
    """A day of the calendar, or a blank before the first of the month (``day`` is None)."""

    day: date | None
    text: str = ""
    status: str = ""
    label: str = ""
    is_chosen: bool = False
    is_today: bool = False
    can_be_chosen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotRow:
    value: str
    starts: str
    places: str
    price: str
    note: str
    is_chosen: bool
    is_bookable: bool
    can_be_chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRow:
    code: str
    name: str
    rules: str
    price: str
    quantity: int
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The summary beside the buttons: what would be booked, or the reason why it cannot be."""

    lines: tuple[tuple[str, str], ...]
    total: str
    net: str
    refusal: str
    is_ready: bool
    asks_reason: bool
    shown: str = ""


def shown_price(offered: Offered) -> str:
    """Return a key of the shown price: option, slot, party, currency and amount.

    The form sends it back, so that a price that has changed meanwhile is noticed.
    """
    price = offered.chosen.price if offered.chosen else None
    party = ",".join(f"{code}:{count}" for code, count in sorted(offered.quantities.items()))
    amount = f"{price.retail_minor} {price.currency}" if price else ""
    currency = offered.currency or ""
    return "|".join((offered.party_key, offered.slot, party, currency, amount))


def has_other_price(offered: Offered, shown: str) -> bool:
    """Return whether the page had shown another price for the same slot and party."""
    asked, _, amount = shown_price(offered).rpartition("|")
    asked_before, _, amount_before = shown.rpartition("|")
    return asked == asked_before and amount_before not in ("", amount)


def day_cells(offered: Offered, *, may_oversell: bool, now: datetime) -> Iterator[DayCell]:
    today = now.astimezone(offered.product.zone).date()
    this_week = today - timedelta(days=today.weekday())
    # Weeks that are over are shown to those who turned back to them.
    is_looking_back = offered.day is not None and offered.day < this_week
    shown = [day for day in offered.days if is_looking_back or day.local_date >= this_week]
    for _ in range((shown or offered.days)[0].local_date.weekday()):
        yield DayCell(None)
    for day in shown or offered.days:
        has_slots = day.capacity != 0
        is_open = day.status.is_available or day.status is AvailabilityStatus.SOLD_OUT
        text = _vacancies(day) if has_slots else ""
        yield DayCell(
            day.local_date,
            text=text,
            status=day.status.value.lower().replace("_", "-") if has_slots else "none",
            label=f"{day.local_date:%A %Y-%m-%d}, {_STATUS_NAMES[day.status]}"
            + (f", {format_quantity(day.vacancies, 'place')}" if day.vacancies and is_open else ""),
            is_chosen=day.local_date == offered.day,
            is_today=day.local_date == today,
            can_be_chosen=has_slots and (is_open or may_oversell or day.local_date == today),
        )


def neighbours(offered: Offered) -> tuple[date, date]:
    """Return the months before and after the one that is shown."""
    return (offered.month - timedelta(days=1)).replace(day=1), next_month(offered.month)


def slot_rows(offered: Offered, *, may_oversell: bool) -> Iterator[SlotRow]:
    for quote in offered.quotes:
        is_bookable = quote.refusal is None
        note = "" if quote.refusal is None else _say(quote)
        yield SlotRow(
            value=slot_value(quote.departure),
            starts=_starts(offered, quote.departure),
            places=_places(quote.departure),
            price=money(quote.price.retail_minor, quote.price.currency) if quote.price else "",
            note=note,
            is_chosen=quote is offered.chosen,
            is_bookable=is_bookable,
            # Without tickets no slot has a price yet, and each can be chosen.
            can_be_chosen=is_bookable
            or offered.tickets == 0
            or quote is offered.chosen
            or (may_oversell and quote.is_exemptible),
        )


def unit_rows(offered: Offered) -> Iterator[UnitRow]:
    for unit in offered.option.units:
        price = offered.unit_price(unit)
        yield UnitRow(
            code=unit.code,
            name=unit.internal_name,
            rules=_rules(offered, unit),
            price="" if price is None else money(price.retail_minor, price.currency),
            quantity=offered.quantities[unit.code],
            most=min(unit.max_quantity or MAX_TICKETS, MAX_TICKETS),
        )


def summarise(offered: Offered | None, seller: Partner, *, may_oversell: bool) -> Summary:
    nothing = Summary(lines=(), total="", net="", refusal="", is_ready=False, asks_reason=False)
    if offered is None:
        return nothing
    quote = offered.chosen
    party = ", ".join(
        f"{offered.quantities[unit.code]} × {unit.internal_name}"
        for unit in offered.option.units
        if offered.quantities[unit.code]
    )
    lines = [("Product", offered.product.internal_name)]
    if len(offered.product.options) > 1:
        lines.append(("Option", offered.option.internal_name))
    if quote is not None:
        lines.append(("When", _when(offered, quote.departure)))
    lines.append(("Party", party or "no guests yet"))
    if quote is None:
        return Summary(
            lines=tuple(lines), total="", net="", refusal="", is_ready=False, asks_reason=False
        )
    price, exempt = quote.price, quote.is_exemptible and may_oversell
    is_resold = price is not None and seller.kind == PartnerKind.RESELLER.value
    return Summary(
        lines=tuple(lines),
        total=money(price.retail_minor, price.currency) if price else "",
        net=money(price.net_minor, price.currency) if price and is_resold else "",
        refusal="" if quote.refusal is None else _say(quote),
        is_ready=quote.refusal is None or exempt,
        asks_reason=exempt,
        shown=shown_price(offered),
    )


def _say(quote: SlotQuote) -> str:
    """Return the refusal of a quote as a sentence for staff; empty before tickets are chosen."""
    if quote.refusal is None or isinstance(quote.refusal, UnitItemsMissing):
        return ""
    return f"{staff_message(quote.refusal).text}."


def _vacancies(day: CalendarDay) -> str:
    # A day that cannot take this party may have some places left.
    if day.status is AvailabilityStatus.SOLD_OUT and not day.vacancies:
        return "full"
    if day.status is AvailabilityStatus.CLOSED:
        return "–"
    return "free" if day.vacancies is None else f"{day.vacancies:,}"


def _places(departure: availability.Departure | None) -> str:
    if departure is None or departure.capacity is None:
        return "no limit"
    return f"{departure.vacancies:,} of {departure.capacity:,} left"


def _starts(offered: Offered, departure: availability.Departure | None) -> str:
    if departure is None:
        return "Any day"
    if departure.opening_hours:
        return ", ".join(f"{hours.opens}–{hours.closes}" for hours in departure.opening_hours)
    zone_name = offered.product.time_zone
    _, _, start = format_wall_clock(departure, zone_name).partition(" ")
    return f"{start}–{departure.ends_at.astimezone(zone(zone_name)):%H:%M}"


def _when(offered: Offered, departure: availability.Departure | None) -> str:
    if departure is None:
        return "Any day"
    shown = f"{departure.local_date:%A %Y-%m-%d} {_starts(offered, departure)}"
    return with_zone(shown, offered.product.time_zone)


def _rules(offered: Offered, unit: Unit) -> str:
    names = {other.code: other.internal_name for other in offered.option.units}
    ages = format_ages(unit.min_age, unit.max_age)
    rules = [] if ages == ANY_AGE else [ages]
    if unit.pax_count != 1:
        rules.append(f"{format_quantity(unit.pax_count, 'place')} each")
    if unit.min_quantity:
        rules.append(f"at least {unit.min_quantity}")
    if unit.max_quantity:
        rules.append(f"at most {unit.max_quantity}")
    if unit.accompanied_by:
        rules.append(f"with {' or '.join(names.get(code, code) for code in unit.accompanied_by)}")
    if unit.id_required:
        rules.append("brings an ID")
    return ", ".join(rules)
