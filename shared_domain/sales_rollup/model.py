"""Rows of the roll-up: differences made by changes of bookings, and the sums of differences."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from shared_domain.catalog import ProductId
from shared_domain.partners import PartnerId

_Numbers = tuple[int, ...]


class SaleChange(NamedTuple):
    """What one change of a booking adds to a day of sales, and to a month that is billed.

    ``sale_date`` is None where no day of sales changes, ``month`` where no statement does. Numbers
    are below zero where something is taken off.
    """

    partner_id: PartnerId
    product_id: ProductId
    currency: str
    sale_date: date | None
    month: date | None
    sold_bookings: int
    sold_cancelled: int
    sold_retail_minor: int
    sold_net_minor: int
    owed_bookings: int
    owed_net_minor: int
    owed_minor: int


class SoldDay(NamedTuple):
    """What was sold on one day: of everything, or of one product or one partner.

    ``product_id`` and ``partner_id`` are never both set: a page shows one or the other, and there
    would be many more rows for all combinations.
    """

    day: date
    product_id: ProductId | None
    partner_id: PartnerId | None
    currency: str
    bookings: int
    cancelled: int
    retail_minor: int
    net_minor: int


class OwedMonth(NamedTuple):
    """What a partner owes for a month in one currency; ``month`` is its first day."""

    partner_id: PartnerId
    month: date
    currency: str
    bookings: int
    net_minor: int
    owed_minor: int


@dataclass(frozen=True, slots=True)
class SalesSums:
    """The sums of differences, as rows of days and months in the order of their keys."""

    days: list[SoldDay]
    months: list[OwedMonth]


def add_up(changes: Iterable[SaleChange]) -> SalesSums:
    """Return the sums of the differences; a sum in which all numbers are zero is left out.

    Differences may be added up in parts and in any order.
    """
    days: dict[tuple[date, ProductId | None, PartnerId | None, str], _Numbers] = {}
    months: dict[tuple[PartnerId, date, str], _Numbers] = {}
    for change in changes:
        if change.sale_date is not None:
            sold = (
                change.sold_bookings,
                change.sold_cancelled,
                change.sold_retail_minor,
                change.sold_net_minor,
            )
            for product_id, partner_id in (
                (None, None),
                (change.product_id, None),
                (None, change.partner_id),
            ):
                day = (change.sale_date, product_id, partner_id, change.currency)
                days[day] = _add(days.get(day), sold)
        if change.month is not None:
            owed = (change.owed_bookings, change.owed_net_minor, change.owed_minor)
            month = (change.partner_id, change.month, change.currency)
            months[month] = _add(months.get(month), owed)
    return SalesSums(
        sorted(
            (SoldDay(*key, *numbers) for key, numbers in days.items() if any(numbers)), key=_order
        ),
        sorted(OwedMonth(*key, *numbers) for key, numbers in months.items() if any(numbers)),
    )


def _add(sum_: _Numbers | None, numbers: _Numbers) -> _Numbers:
    if sum_ is None:
        return numbers
    return tuple(before + more for before, more in zip(sum_, numbers, strict=True))


def _order(day: SoldDay) -> tuple[int, int, date, str]:
    # One order for every worker: two of them never wait for each other's rows.
    return day.product_id or 0, day.partner_id or 0, day.day, day.currency
