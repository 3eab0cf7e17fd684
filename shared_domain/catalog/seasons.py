"""Seasons: the travel dates that a price holds for, and which of two prices applies."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Season:
    """The travel dates from ``first`` to ``last``, both included; None leaves that end open.

    Of several seasons that hold a date, the one that began latest wins, and of those that began
    on the same date the one that ends first: the more particular price was entered for a reason.
    An open beginning is the earliest and an open end the latest, so a price for the whole year
    holds wherever no other does. No two prices of one thing and currency have the same season,
    hence there is always exactly one winner, in whatever order the prices are stored.
    """

    first: date | None = None
    last: date | None = None

    def holds(self, day: date) -> bool:
        """True when guests who travel on ``day`` pay the price of this season."""
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)

    def is_over(self, day: date) -> bool:
        """True when no guest travels in this season on ``day`` or later."""
        return self.last is not None and self.last < day

    @property
    def precedence(self) -> tuple[date, int]:
        """The sort key by which one of several seasons that hold a date applies: the greatest."""
        return self.first or date.min, -(self.last or date.max).toordinal()

    @property
    def boundaries(self) -> tuple[int, ...]:
        """The days, as ordinals, on which a price begins to hold or no longer holds."""
        first = () if self.first is None else (self.first.toordinal(),)
        last = () if self.last is None else (self.last.toordinal() + 1,)
        return first + last


ALL_YEAR = Season()
