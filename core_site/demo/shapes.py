"""How the demo's products are written down; ``catalogue`` turns them into rows."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

#: Periods of the year as (month, day); one that ends before it begins runs into the next year.
SEASONS = {
    "summer": ((6, 15), (9, 15)),
    "festive": ((12, 20), (1, 3)),
    "blossom": ((3, 20), (4, 15)),
    "long days": ((4, 1), (10, 31)),
    "short days": ((11, 1), (3, 31)),
}


@dataclass(frozen=True, kw_only=True)
class UnitShape:
    """A kind of ticket. ``euros`` is its retail price; None where the booking is priced whole."""

    code: str
    name: str
    type: str
    euros: float | None = None
    ages: tuple[int, int] = (0, 99)
    needs: tuple[str, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)

    def at(self, euros: float | None) -> "UnitShape":
        return replace(self, euros=euros)


@dataclass(frozen=True, kw_only=True)
class ScheduleShape:
    """``times`` for fixed departures, ``hours`` for opening hours; ``season`` is one of SEASONS."""

    times: tuple[str, ...] = ()
    hours: tuple[tuple[str, str], ...] = ()
    weekdays: str = "1234567"
    season: str | None = None
    capacity: int | None
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class OptionShape:
    """``euros`` is the price of a whole booking; ``more`` holds further columns of the option."""

    code: str = "DEFAULT"
    name: str
    units: tuple[UnitShape, ...]
    schedules: tuple[ScheduleShape, ...]
    euros: float | None = None
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ProductShape:
    """``seasons`` says how much more (or less) it costs when, as in ``{"summer": 1.2}``.

    ``list_price`` is the original price over the retail price; ``popularity`` weighs bookings.
    """

    code: str
    name: str
    currencies: tuple[str, ...]
    tax: tuple[str, int]
    options: tuple[OptionShape, ...]
    time_zone: str = "Europe/Lisbon"
    seasons: Mapping[str, float] = field(default_factory=dict)
    list_price: float = 1.0
    popularity: int = 10
    more: Mapping[str, Any] = field(default_factory=dict)


WITH_ADULT = {"accompanied_by": ["adult", "senior"]}

ADULT = UnitShape(code="adult", name="Adult", type="ADULT", ages=(18, 64))
SENIOR = UnitShape(code="senior", name="Senior (65+)", type="SENIOR", ages=(65, 99))
YOUTH = UnitShape(code="youth", name="Youth (13 to 17)", type="YOUTH", ages=(13, 17))
CHILD = UnitShape(code="child", name="Child (4 to 12)", type="CHILD", ages=(4, 12), more=WITH_ADULT)
INFANT = UnitShape(
    code="infant", name="Infant (under 4)", type="INFANT", ages=(0, 3), more=WITH_ADULT
)
STUDENT = UnitShape(
    code="student",
    name="Student with card",
    type="STUDENT",
    ages=(16, 30),
    needs=("firstName", "lastName"),
    more={"id_required": True},
)
FAMILY = UnitShape(
    code="family",
    name="Family: two adults, two children",
    type="FAMILY",
    more={"pax_count": 4, "max_quantity": 2},
)
