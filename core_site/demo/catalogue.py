"""Write the supplier and its products, seasons laid onto the calendar around today."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from core_site.catalog.models import Option, Price, Product, Schedule, Supplier, Unit
from core_site.demo.operator import EXCHANGE, SUPPLIER
from core_site.demo.products_abroad import ABROAD
from core_site.demo.products_certified import CERTIFIED
from core_site.demo.products_documented import DOCUMENTED
from core_site.demo.products_lisbon import LISBON
from core_site.demo.shapes import SEASONS, OptionShape, ProductShape

PRODUCTS = CERTIFIED + LISBON + ABROAD + DOCUMENTED

#: Departures are generated anew every day: seasons must last as long as anybody tries the demo.
SEASONS_AHEAD = timedelta(days=1200)


def load_catalogue(*, first: date, now: datetime) -> None:
    """Write every product, priced and scheduled for travel from ``first`` on."""
    Supplier.objects.create(**SUPPLIER)
    Product.objects.bulk_create(_product(shape) for shape in PRODUCTS)
    # The column fills itself with the moment of loading, and last month's bookings need a product.
    Product.objects.update(created_at=now - timedelta(days=700))
    products = {product.code: product for product in Product.objects.all()}

    options = [
        (shape, option_shape, _option(products[shape.code], option_shape, position))
        for shape in PRODUCTS
        for position, option_shape in enumerate(shape.options)
    ]
    Option.objects.bulk_create(option for *_, option in options)
    units = [
        (shape, option, unit_shape, _unit(option, option_shape, position))
        for shape, option_shape, option in options
        for position, unit_shape in enumerate(option_shape.units)
    ]
    Unit.objects.bulk_create(unit for *_, unit in units)

    prices = [
        price
        for shape, option_shape, option in options
        for price in _prices(shape, option, None, option_shape.euros, first)
    ]
    prices += [
        price
        for shape, option, unit_shape, unit in units
        for price in _prices(shape, option, unit, unit_shape.euros, first)
    ]
    Price.objects.bulk_create(prices)
    Schedule.objects.bulk_create(
        schedule
        for _, option_shape, option in options
        for schedule in _schedules(option_shape, option, first)
    )


def price_in(currency: str, euros: float) -> int:
    """Return a price in minor units, rounded to what looks like a price there."""
    rate, step = EXCHANGE[currency]
    return round(euros * rate / step) * step


def season_dates(name: str, *, first: date) -> Iterator[tuple[date, date]]:
    """Yield each occurrence of a season that has not ended by ``first``."""
    begins, ends = SEASONS[name]
    last = first + SEASONS_AHEAD
    for year in range(first.year - 1, last.year + 1):
        start = date(year, *begins)
        end = date(year + (ends < begins), *ends)
        if end >= first and start <= last:
            yield start, end


def _product(shape: ProductShape) -> Product:
    tax_name, tax_basis_points = shape.tax
    return Product(
        code=shape.code,
        internal_name=shape.name,
        time_zone=shape.time_zone,
        default_currency=shape.currencies[0],
        available_currencies=list(shape.currencies),
        tax_name=tax_name,
        tax_basis_points=tax_basis_points,
        **shape.more,
    )


def _option(product: Product, shape: OptionShape, position: int) -> Option:
    return Option(
        product=product,
        code=shape.code,
        internal_name=shape.name,
        is_default=position == 0,
        position=position,
        **shape.more,
    )


def _unit(option: Option, option_shape: OptionShape, position: int) -> Unit:
    shape = option_shape.units[position]
    min_age, max_age = shape.ages
    more = dict(shape.more)
    if "accompanied_by" in more:
        there = {unit.code for unit in option_shape.units}
        more["accompanied_by"] = [code for code in shape.more["accompanied_by"] if code in there]
    return Unit(
        option=option,
        code=shape.code,
        internal_name=shape.name,
        type=shape.type,
        min_age=min_age,
        max_age=max_age,
        required_contact_fields=list(shape.needs),
        position=position,
        **more,
    )


def _prices(
    shape: ProductShape, option: Option, unit: Unit | None, euros: float | None, first: date
) -> Iterator[Price]:
    if euros is None:
        return
    for currency in shape.currencies:
        yield _price(shape, option, unit, currency, euros)
        for season, factor in shape.seasons.items():
            for start, end in season_dates(season, first=first):
                price = _price(shape, option, unit, currency, euros * factor)
                price.season_start, price.season_end = start, end
                yield price


def _price(
    shape: ProductShape, option: Option, unit: Unit | None, currency: str, euros: float
) -> Price:
    retail_minor = price_in(currency, euros)
    return Price(
        option=option,
        unit=unit,
        currency=currency,
        original_minor=max(retail_minor, price_in(currency, euros * shape.list_price)),
        retail_minor=retail_minor,
    )


def _schedules(shape: OptionShape, option: Option, first: date) -> Iterator[Schedule]:
    for schedule in shape.schedules:
        seasons = season_dates(schedule.season, first=first) if schedule.season else [(None, None)]
        for start, end in seasons:
            yield Schedule(
                option=option,
                weekdays=[int(day) for day in schedule.weekdays],
                start_times=[time.fromisoformat(text) for text in schedule.times],
                opening_hours=[{"from": opens, "to": closes} for opens, closes in schedule.hours],
                season_start=start,
                season_end=end,
                capacity=schedule.capacity,
                **schedule.more,
            )
