"""The calendar of a move: days of a month with their free places, and the slots of one day."""

from calendar import Calendar
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from core_site import stores
from core_site.admin_kit.money_format import money
from core_site.bookings.changes.ticket_forms import KEPT_PRICE, NEW_PRICE
from core_site.catalog.time_format import format_wall_clock
from core_site.staff_messages import staff_message
from shared_domain import availability, bookings
from shared_domain.availability import AvailabilityStatus, Departure, Slot
from shared_domain.bookings import Booking
from shared_domain.refusals import Refused
from shared_domain.run_now import run_now

#: At the end of a month, the next one begins below it.
WEEKS_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotDay:
    """A day of the calendar; ``free`` is the number of free places in its open slots, as text."""

    date: date
    is_of_month: bool
    is_chosen: bool
    is_now: bool
    free: str
    is_available: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A slot of the chosen day: its time, its free places, and the prices of a move there.

    ``refusal`` is the reason why the booking cannot move there. If the price differs and the staff
    user may keep it, the last of ``prices`` is that of the booking.
    """

    availability_id: str
    time: str
    free: str
    prices: tuple["PriceChoice", ...]
    refusal: str
    is_now: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceChoice:
    """The guest's price after a move, its difference, and the button that chooses it."""

    value: str
    price: str
    difference: str
    button: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    first: date
    previous: str
    next: str
    weeks: list[list[SlotDay]]
    day: date
    choices: list[Choice]


def load_month(
    booking: Booking, *, month: str, day: str, may_keep_price: bool, now: datetime
) -> Month:
    """Return the days of a month and the slots of one day; by default those of the booking.

    Raises:
        Refused: the booking's partner may not sell the product.
        ValueError: the booking has no date.
    """
    if booking.departure is None:
        raise ValueError("a booking without a date has no slot to move from")
    chosen = _parse(day) or (_parse(f"{month}-01") if month else None)
    if chosen is None or not date.min.year < chosen.year < date.max.year:
        month, day, chosen = "", "", booking.departure.local_date
    first = (_parse(f"{month}-01") if month and not day else None) or chosen.replace(day=1)
    weeks = Calendar().monthdatescalendar(first.year, first.month)
    today = now.astimezone(booking.product.zone).date()
    # Past weeks are left out, since no booking can move there, except that of the chosen day.
    weeks = [week for week in weeks if week[-1] >= min(today, chosen)] or weeks
    while len(weeks) < WEEKS_SHOWN:
        weeks.append([day_ + timedelta(days=7) for day_ in weeks[-1]])
    slots = _find_slots(booking, weeks[0][0], weeks[-1][-1], now)
    if not day and month:
        # The first day of another month with something to choose.
        open_days = [slot.departure.local_date for slot in slots if slot.status.is_available]
        chosen = next((open for open in open_days if open >= first), first)
    return Month(
        first=first,
        previous=_shift(first, -1),
        next=_shift(first, +1),
        weeks=[
            [_day(date_, slots, booking, first, chosen, today) for date_ in week] for week in weeks
        ],
        day=chosen,
        choices=[
            _choice(booking, slot, now, may_keep_price=may_keep_price)
            for slot in slots
            if slot.departure.local_date == chosen
        ],
    )


def _find_slots(booking: Booking, first: date, last: date, now: datetime) -> Sequence[Slot]:
    counts: dict[str, int] = {}
    for item in booking.unit_items:
        counts[item.unit.code] = counts.get(item.unit.code, 0) + 1
    own = booking.price.currency
    query = availability.AvailabilityQuery(
        product_code=booking.product.code,
        option_code=booking.option.code,
        dates=(first, last),
        party=tuple(counts.items()),
        # A product may have given a currency up; a booking in it moves at the price that it has.
        currency=own if own in booking.product.available_currencies else None,
    )
    store = stores.availability()
    return run_now(
        availability.find_slots(query, access=booking.access, now=now, store=store)
    ).found


def _day(
    day: date,
    slots: Iterable[Slot],
    booking: Booking,
    first: date,
    chosen: date,
    today: date,
) -> SlotDay:
    of_day = [slot for slot in slots if slot.departure.local_date == day]
    open_slots = [slot for slot in of_day if slot.status.is_available]
    # Those may have places, but not for this party.
    sold_out = [slot for slot in of_day if slot.status is AvailabilityStatus.SOLD_OUT]
    if open_slots or sold_out:
        vacancies = [slot.departure.vacancies for slot in open_slots or sold_out]
        known = [free for free in vacancies if free is not None]
        if len(known) < len(vacancies):
            free = "free"
        else:
            free = f"{sum(known):,} free" if sum(known) else "full"
    else:
        free = "closed" if of_day and day >= today else ""
    return SlotDay(
        date=day,
        is_of_month=day.month == first.month,
        is_chosen=day == chosen,
        is_now=booking.departure is not None and booking.departure.local_date == day,
        free=free,
        is_available=bool(open_slots),
    )


def _choice(booking: Booking, slot: Slot, now: datetime, *, may_keep_price: bool) -> Choice:
    departure, refusal = slot.departure, ""
    is_now = booking.departure is not None and booking.departure.id == departure.id
    prices: tuple[PriceChoice, ...] = ()
    if not is_now:
        prices, refusal = _find_prices(booking, departure, now, may_keep_price=may_keep_price)
    vacancies = departure.vacancies
    return Choice(
        availability_id=departure.availability_id,
        time="all day"
        if departure.opening_hours
        else format_wall_clock(departure, booking.product.time_zone).partition(" ")[2],
        free="no limit" if vacancies is None else f"{vacancies:,} free",
        prices=prices,
        refusal=refusal,
        is_now=is_now,
    )


def _find_prices(
    booking: Booking, departure: Departure, now: datetime, *, may_keep_price: bool
) -> tuple[tuple[PriceChoice, ...], str]:
    """Return what the booking may cost in a slot, and why it may not be moved there as usual."""
    prices, refusal = [], ""
    try:
        moved = bookings.preview_move(booking, departure, now=now)
    except Refused as refused:
        refusal = f"{staff_message(refused).text}."
    else:
        prices.append(_describe_price(booking, moved, NEW_PRICE, "Move here"))
    if may_keep_price and (refusal or moved.price != booking.price):
        try:
            kept = bookings.preview_move(booking, departure, keeps_price=True, now=now)
        except Refused:
            return tuple(prices), refusal
        prices.append(_describe_price(booking, kept, KEPT_PRICE, "Keep the price"))
    return tuple(prices), refusal


def _describe_price(booking: Booking, moved: Booking, value: str, button: str) -> PriceChoice:
    price = moved.price
    more = price.retail_minor - booking.price.retail_minor
    amount = money(abs(more), price.currency)
    return PriceChoice(
        value=value,
        price=money(price.retail_minor, price.currency),
        difference=f"{'+' if more > 0 else '−'} {amount}" if more else "same price",
        button=button,
    )


def _parse(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _shift(first: date, months: int) -> str:
    """Return the month before or after as ``2026-12``; empty where the calendar ends."""
    number = first.year * 12 + first.month - 1 + months
    year, month = divmod(number, 12)
    return f"{year:04}-{month + 1:02}" if 2 <= year <= 9998 else ""
