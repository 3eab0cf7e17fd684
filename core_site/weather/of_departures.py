"""The weather of departures for pages of staff, read from the cache by two queries."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from core_site import stores
from core_site.catalog.models import Departure
from core_site.weather.models import ProductLocation
from shared_domain import weather
from shared_domain.quantities import format_quantity
from shared_domain.run_now import run_now

#: Spots whose forecasts one page reads: 20 kB each.
MOST_SPOTS, MOST_LOCATIONS = 50, 600


@dataclass(frozen=True)
class WeatherLine:
    """A departure's weather as texts: short for a list, in parts for a page."""

    foretold: weather.DepartureWeather

    @property
    def short(self) -> str:
        """A short text: ``Overcast, 16°``, or ``Overcast, 16° · gusts 54 km/h`` if it is windy."""
        words = f"{self.foretold.conditions}, {round(self.foretold.highest)}°"
        return f"{words} · gusts {self.gusts}" if self.foretold.is_windy else words

    @property
    def conditions(self) -> str:
        return self.foretold.conditions

    @property
    def temperature(self) -> str:
        # Not by a format, in which -0.3 is "-0".
        lowest, highest = round(self.foretold.lowest), round(self.foretold.highest)
        return f"{highest} °C" if lowest == highest else f"{lowest} to {highest} °C"

    @property
    def rain(self) -> str:
        percent = self.foretold.rain_percent
        return "" if percent is None else f"{percent} %"

    @property
    def gusts(self) -> str:
        gusts = self.foretold.gusts_kmh
        return "" if gusts is None else f"{gusts:.0f} km/h"

    @property
    def age(self) -> str:
        """The age of the forecast: ``25 minutes``, or ``3 hours``."""
        minutes = int(self.foretold.age.total_seconds() // 60)
        number, unit = (minutes // 60, "hour") if minutes >= 120 else (minutes, "minute")
        return format_quantity(number, unit)

    @property
    def sentence(self) -> str:
        """The forecast in one line of a document, with its age."""
        parts = [f"{self.conditions}, {self.temperature}"]
        parts += [f"rain {self.rain}"] if self.rain else []
        parts += [f"gusts up to {self.gusts}"] if self.gusts else []
        stale = "; the provider has not answered since" if self.is_stale else ""
        return f"{'; '.join(parts)} (forecast of {self.age} ago{stale})"

    @property
    def is_stale(self) -> bool:
        return self.foretold.is_stale

    @property
    def is_rough(self) -> bool:
        return self.foretold.is_rough


def load_weather(departures: Iterable[Departure], *, now: datetime) -> dict[int, WeatherLine]:
    """Return the weather of the outdoor ones of these departures that have not ended, by their ids.

    ``option__product`` of each must be loaded. It makes two queries for any number of departures.
    """
    ahead = [
        row
        for row in departures
        if now < row.ends_at and row.starts_at < now + weather.FORECAST_AHEAD
    ]
    if not ahead:
        return {}
    products = {row.option.product_id: row.option.product.time_zone for row in ahead}
    locations = ProductLocation.objects.filter(product__in=products, is_outdoors=True)
    spots = {
        location.product_id: weather.Spot(
            latitude=location.latitude,
            longitude=location.longitude,
            time_zone=products[location.product_id],
        )
        for location in locations[:MOST_LOCATIONS]
    }
    subjects = list(dict.fromkeys(spot.subject for spot in spots.values()))[:MOST_SPOTS]
    found = run_now(stores.weather().get_all(subjects)) if subjects else {}
    lines: dict[int, WeatherLine] = {}
    for row in ahead:
        spot = spots.get(row.option.product_id)
        cached = found.get(spot.subject) if spot else None
        foretold = cached and weather.weather_during(
            cached, starts_at=row.starts_at, ends_at=row.ends_at, now=now
        )
        if foretold:
            lines[row.pk] = WeatherLine(foretold)
    return lines
