"""Statements: lines, one for each booking, and their totals."""

import re
from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from uuid import UUID

from shared_domain.money import currency_precision
from shared_domain.partners import PartnerId
from shared_domain.statements.errors import InvalidMonth, InvalidPlace

_MONTH = re.compile(r"(?!0000)([0-9]{4})-(0[1-9]|1[0-2])")

# 18 digits are below the highest number of an id.
_PLACE = re.compile(r"(sold\.)?([0-9]{4}-[0-9]{2}-[0-9]{2})\.([0-9]{1,18})", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A month of the calendar, written as in ``2026-07``."""

    year: int
    number: int

    @classmethod
    def from_text(cls, text: str) -> "Month":
        """Parse a month such as ``2026-07``.

        Raises:
            InvalidMonth: there is no such month.
        """
        written = _MONTH.fullmatch(text)
        if written is None:
            raise InvalidMonth
        return cls(int(written[1]), int(written[2]))

    @classmethod
    def of_day(cls, day: date) -> "Month":
        return cls(day.year, day.month)

    def __str__(self) -> str:
        return f"{self.year:04}-{self.number:02}"

    @property
    def first_day(self) -> date:
        return date(self.year, self.number, 1)

    @property
    def last_day(self) -> date:
        return date(self.year, self.number, monthrange(self.year, self.number)[1])


class Line(NamedTuple):
    """One booking of a statement, without anything about its guests.

    A tuple, not a dataclass: a large partner's month has tens of thousands of them.
    """

    uuid: UUID
    supplier_reference: str
    reseller_reference: str | None
    status: str
    refund: str | None
    travel_date: date | None
    product_code: str
    currency: str
    net_minor: int
    owed_minor: int


class LinePlace(NamedTuple):
    """The sort key of a line in its statement: by travel date, then lines without one by sale day.

    Written as in ``2026-07-14.123``, or ``sold.2026-07-14.123`` without a travel date.
    """

    is_dated: bool
    day: date
    booking_id: int

    @classmethod
    def from_text(cls, text: str) -> "LinePlace":
        """Parse a place, as in the URL of a page of lines.

        Raises:
            InvalidPlace: the text is not a place.
        """
        written = _PLACE.fullmatch(text)
        if written is None:
            raise InvalidPlace
        try:
            return cls(not written[1], date.fromisoformat(written[2]), int(written[3]))
        except ValueError:
            raise InvalidPlace from None

    def __str__(self) -> str:
        return f"{'' if self.is_dated else 'sold.'}{self.day}.{self.booking_id}"


class PlacedLine(NamedTuple):
    """A line of a statement with its place."""

    place: LinePlace
    line: Line


@dataclass(frozen=True, slots=True)
class LinesPage:
    """A page of a statement's lines; ``before`` or ``after`` is None where there are no more."""

    lines: tuple[Line, ...]
    before: LinePlace | None
    after: LinePlace | None


@dataclass(frozen=True, slots=True)
class BilledBooking:
    """One booking's line, with the month of its statement."""

    month: Month
    line: Line


@dataclass(frozen=True, slots=True)
class Total:
    """The sum that a month's bookings in one currency owe."""

    currency: str
    bookings: int
    owed_minor: int

    @property
    def currency_precision(self) -> int:
        return currency_precision(self.currency)


@dataclass(frozen=True, slots=True)
class PartnerTotal:
    """The totals of one partner's bookings of a month in one currency, before and after refunds."""

    partner_id: PartnerId
    month: Month
    currency: str
    bookings: int
    net_minor: int
    owed_minor: int

    @property
    def total(self) -> Total:
        return Total(self.currency, self.bookings, self.owed_minor)

    @property
    def refunded_minor(self) -> int:
        """The part of the net price that refunds have taken off, in minor units."""
        return self.net_minor - self.owed_minor


@dataclass(frozen=True, slots=True)
class MonthTotals:
    """A month in the list of statements, its totals in the order of their currencies."""

    month: Month
    totals: tuple[Total, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """A month's statement: its lines by travel date, those without a date last."""

    month: Month
    totals: tuple[Total, ...]
    lines: tuple[Line, ...]


def sum_by_currency(lines: Iterable[Line]) -> tuple[Total, ...]:
    """Return the totals of the lines, one for each currency."""
    owed: dict[str, list[int]] = {}
    for line in lines:
        owed.setdefault(line.currency, []).append(line.owed_minor)
    return tuple(
        Total(currency, len(amounts), sum(amounts)) for currency, amounts in sorted(owed.items())
    )
