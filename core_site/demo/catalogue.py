"""Write the demo's supplier and products from the TOML files, with seasons around today."""

import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db.models import Model

from core_site.catalog.models import Option, Price, Product, Schedule, Supplier, Unit

Shape = Mapping[str, Any]


def _read(name: str) -> Shape:
    return tomllib.loads(Path(__file__).with_name(name).read_text(encoding="utf-8"))


OPERATOR = _read("operator.toml")

#: By code; ``popularity`` weighs bookings.
PRODUCTS: Mapping[str, Shape] = {
    code: OPERATOR["usual"] | shape | shape["terms"]
    for code, shape in _read("products.toml")["product"].items()
}

#: What the examples of ``/docs`` name, so that they can be sent to a fresh demo: a product, the
#: confirmed booking that they read, change and cancel, in how many days it travels, and a user. All
#: belongs to the first partner, whose key ``deploy/up`` prints.
DOCUMENTED_PRODUCT = "river-kayak"
DOCUMENTED_BOOKING = UUID("0b6f2a54-8c1e-4d37-9a60-5e2f7c3b9d18")
DOCUMENTED_DAYS_AHEAD = 13
DOCUMENTED_USER = UUID("7c9e6679-7425-40de-944b-e07fc1f90ae7")

#: Columns that have a shorter name in the TOML.
_COLUMNS = {
    "name": "internal_name",
    "contact": "required_contact_fields",
    "currencies": "available_currencies",
    "times": "start_times",
    "minutes": "duration_minutes",
    "cutoff": "booking_cutoff_minutes",
}

#: Departures are generated every day, so the seasons must outlast every use of a demo.
SEASONS_AHEAD = timedelta(days=1200)

#: Units on which a unit ``with_adult`` depends, where the option has them.
ADULTS = ("adult", "senior", "driver")


def load_catalogue(*, first: date, now: datetime) -> None:
    """Write every product, priced and scheduled for travel from ``first`` on."""
    Supplier.objects.create(**OPERATOR["supplier"])
    for code, shape in PRODUCTS.items():
        options = shape["option"]
        has_hours = "hours" in next(iter(options.values()))["schedules"][0]
        product = Product.objects.create(
            code=code,
            availability_type="OPENING_HOURS" if has_hours else "START_TIME",
            default_currency=shape["currencies"][0],
            tax_name=shape["tax"][0],
            tax_basis_points=shape["tax"][1],
            **_columns(Product, shape),
        )
        for position, (option_code, option_shape) in enumerate(options.items()):
            option = Option.objects.create(
                product=product, code=option_code, position=position, is_default=position == 0,
                **_columns(Option, option_shape),
            )  # fmt: skip
            units = Unit.objects.bulk_create(_units(option, option_shape))
            priced = zip(units, option_shape["units"].values(), strict=True)
            # With a price of the option, a booking is priced as a whole.
            whole = [(None, option_shape["euros"])] if "euros" in option_shape else None
            for unit, euros in whole or priced:
                Price.objects.bulk_create(_prices(shape, option, unit, euros, first))
            Schedule.objects.bulk_create(_schedules(option, option_shape, first))
    # Django sets the time of loading, but bookings of last month need a product that is older.
    Product.objects.update(created_at=now - timedelta(days=700))


def _columns(model: type[Model], shape: Shape) -> dict[str, Any]:
    """Return the values of the shape that belong to columns of the model."""
    columns = {field.name for field in model._meta.concrete_fields}
    named = {_COLUMNS.get(name, name): value for name, value in shape.items()}
    return {name: named[name] for name in named if name in columns} | dict(shape.get("columns", {}))


def _units(option: Option, option_shape: Shape) -> Iterator[Unit]:
    shapes = [{"code": kind} | OPERATOR["unit"][kind] for kind in option_shape["units"]]
    adults = [shape["code"] for shape in shapes if shape["code"] in ADULTS]
    for position, shape in enumerate(shapes):
        min_age, max_age = shape.get("ages", (0, 99))
        columns = {"type": shape["code"].upper()} | _columns(Unit, shape)
        accompanied_by = adults if shape.get("with_adult") else []
        yield Unit(
            option=option, position=position, min_age=min_age, max_age=max_age,
            accompanied_by=accompanied_by, **columns,
        )  # fmt: skip


def _prices(
    shape: Shape, option: Option, unit: Unit | None, euros: float, first: date
) -> Iterator[Price]:
    periods: list[tuple[float, date | None, date | None]] = [(euros, None, None)]
    for season, factor in shape["seasons"].items():
        periods += [(euros * factor, *dates) for dates in season_dates(season, first=first)]
    for currency in shape["currencies"]:
        for price, start, end in periods:
            retail_minor = price_in(currency, price)
            original_minor = max(retail_minor, price_in(currency, price * shape["list_price"]))
            yield Price(
                option=option, unit=unit, currency=currency, original_minor=original_minor,
                retail_minor=retail_minor, season_start=start, season_end=end,
            )  # fmt: skip


def price_in(currency: str, euros: float) -> int:
    """Return a price in minor units of the currency, rounded to the usual step of its prices."""
    rate, step = OPERATOR["currency"][currency]
    return int(round(euros * rate / step) * step)


def _schedules(option: Option, option_shape: Shape, first: date) -> Iterator[Schedule]:
    for schedule in option_shape["schedules"]:
        shape = option_shape.get("each_schedule", {}) | schedule
        weekdays = [int(day) for day in shape.get("days", "1234567")]
        hours = [text.split("-") for text in shape.get("hours", [])]
        periods = [{"from": opens, "to": closes} for opens, closes in hours]
        season = shape.get("season")
        for start, end in season_dates(season, first=first) if season else [(None, None)]:
            yield Schedule(
                option=option, weekdays=weekdays, opening_hours=periods, season_start=start,
                season_end=end, **_columns(Schedule, shape),
            )  # fmt: skip


def season_dates(name: str, *, first: date) -> Iterator[tuple[date, date]]:
    """Yield each occurrence of a season that has not ended before ``first``."""
    begins, ends = OPERATOR["season"][name]
    last = first + SEASONS_AHEAD
    for year in range(first.year - 1, last.year + 1):
        start = date.fromisoformat(f"{year}-{begins}")
        end = date.fromisoformat(f"{year + (ends < begins)}-{ends}")
        if end >= first and start <= last:
            yield start, end
