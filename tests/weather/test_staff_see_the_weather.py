"""Outdoor departures show the weather on their page and in the calendar, from the cache alone."""

import asyncio
from datetime import UTC, datetime, time, timedelta
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from core_site import stores
from core_site.guide.links import make_link
from core_site.guide.views import GUIDE
from core_site.manifest.as_pdf import departure_facts
from core_site.manifest.departure_admin import load_page
from core_site.weather import refresh
from core_site.weather.models import CachedForecast, ProductLocation
from core_site.weather.of_departures import WeatherLine
from core_site.weather.refresh import refresh_forecasts
from shared_domain import weather
from shared_domain.run_now import run_now
from shared_domain.weather import CachedForecast as Cached
from shared_domain.weather import DepartureWeather, Forecast, Hour, Spot
from tests.admin.conftest import desk, rosa
from tests.admin.staff import Desk, logged_in, open_shop, page_of_departure, text_of
from tests.harness.data import Shop, add_departure, add_product, days_ahead
from tests.weather.provider import WEATHER_SECONDS, Provider

__all__ = ["desk", "rosa"]

CALENDAR = "/admin/departures/"


@pytest.fixture
def shop(db: None) -> Shop:
    """A shop whose departure is near enough for a forecast, whatever the hour is now."""
    return open_shop(starts_at=days_ahead(weather.FORECAST_AHEAD.days - 1))


def foretell(desk: Desk, *, is_outdoors: bool = True, age: timedelta = timedelta(0)) -> None:
    """Store a forecast for the place of the desk's departure: a gale, for all of its hours."""
    departure, now = desk.shop.departure, timezone.now()
    product = desk.shop.kayak
    ProductLocation.objects.create(
        product=product, latitude=38.72, longitude=-9.13, is_outdoors=is_outdoors
    )
    first = departure.starts_at.replace(minute=0, second=0, microsecond=0)
    hours = tuple(
        Hour(
            at=first + number * timedelta(hours=1),
            code=61,
            temperature=15.4,
            rain_percent=80,
            rain_mm=1.0,
            wind_kmh=40.0,
            gusts_kmh=72.0,
        )
        for number in range(24)
    )
    subject = Spot(latitude=38.72, longitude=-9.13, time_zone=product.time_zone).subject
    until = now + timedelta(minutes=1)
    store = stores.weather()
    run_now(store.claim(subject, until=until, now=now))
    found = Cached(forecast=Forecast(days=(), hours=hours), place=None, fetched_at=now - age)
    run_now(store.save(subject, found, until=until))


def calendar_of(client: Client, desk: Desk) -> str:
    day = str(desk.shop.departure.local_date)
    return text_of(client.get(CALENDAR, {"view": "day", "date": day}))


def test_the_departures_page_and_the_calendar_show_it(rosa: Client, desk: Desk) -> None:
    foretell(desk)

    page = rosa.get(page_of_departure(desk.shop.departure))

    assert "Light rain" in text_of(page)
    assert "72 km/h" in text_of(page)
    assert "is-rough" in page.content.decode()
    assert "Light rain, 15° · gusts 72 km/h" in calendar_of(rosa, desk)


def test_the_guide_and_the_printed_manifest_show_it(rosa: Client, desk: Desk) -> None:
    foretell(desk, age=timedelta(hours=5))
    departure = desk.shop.departure
    link = urlsplit(make_link(departure)).path

    guide = text_of(Client().get(link))
    facts = dict(departure_facts(load_page(departure, GUIDE, url=link, number=1)))

    assert "72 km/h" in guide
    assert "Forecast of 5 hours ago: the provider has not answered since" in guide
    assert facts["Weather"] == (
        "Light rain, 15 °C; rain 80 %; gusts up to 72 km/h"
        " (forecast of 5 hours ago; the provider has not answered since)"
    )


def test_a_stale_forecast_says_how_old_it_is(rosa: Client, desk: Desk) -> None:
    foretell(desk, age=timedelta(hours=5))

    page = text_of(rosa.get(page_of_departure(desk.shop.departure)))

    assert "Forecast of 5 hours ago: the provider has not answered since" in page


def test_indoors_no_weather_is_shown(rosa: Client, desk: Desk) -> None:
    foretell(desk, is_outdoors=False)

    assert "Light rain" not in text_of(rosa.get(page_of_departure(desk.shop.departure)))
    assert "Light rain" not in calendar_of(rosa, desk)


def test_staff_who_may_not_see_bookings_see_the_weather(desk: Desk) -> None:
    foretell(desk)

    page = text_of(logged_in("catalog.view_departure").get(page_of_departure(desk.shop.departure)))

    assert "Light rain" in page
    assert "Its guests are shown to staff who may see bookings." in page


def test_only_who_may_say_where_a_product_is_gets_the_form(desk: Desk) -> None:
    page = f"/admin/catalog/product/{desk.shop.kayak.pk}/change/"
    sees = ("catalog.view_product", "catalog.change_product")
    may, may_not = (
        logged_in(*sees, *more, username=f"rosa-{len(more)}")
        for more in (("weather.add_productlocation", "weather.view_productlocation"), ())
    )

    assert "location-0-latitude" in may.get(page).content.decode()
    assert "location-0-latitude" not in may_not.get(page).content.decode()


@pytest.mark.django_db(transaction=True)
def test_the_worker_asks_once_in_an_hour_for_each_place(
    shop: Shop, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTICO_WEATHER_URL", provider.url)
    monkeypatch.setenv("PORTICO_WEATHER_SECONDS", str(WEATHER_SECONDS))
    ProductLocation.objects.create(product=shop.kayak, latitude=38.72, longitude=-9.13)

    refreshed = [asyncio.run(refresh_forecasts(now=timezone.now())) for _ in range(2)]

    assert refreshed == [1, 1]
    assert [call.partition("?")[0] for call in provider.calls] == ["/v1/forecast"]
    # What fails is tried by the next run, and what was stored stays.
    CachedForecast.objects.update(fetched_at=timezone.now() - timedelta(hours=2))
    provider.behave("failing")
    assert asyncio.run(refresh_forecasts(now=timezone.now())) == 0
    assert CachedForecast.objects.get().forecast is not None
    # In places to the west it is still the day before; a second place has its turn.
    provider.behave("well")
    CachedForecast.objects.all().delete()
    walk = add_product("walk", partners=(shop.alice,))
    add_departure(walk, starts_at=shop.departure.starts_at)
    ProductLocation.objects.create(product=walk, latitude=64.15, longitude=-21.94)
    monkeypatch.setattr(refresh, "MOST_SPOTS", 1)
    after = shop.departure.local_date + timedelta(days=1)
    in_utc = datetime.combine(after, time(1), UTC)
    for _ in range(40):
        asyncio.run(refresh_forecasts(now=in_utc))
        if CachedForecast.objects.count() == 2:
            break
    assert {call.partition("latitude=")[2][:5] for call in provider.calls} == {"38.72", "64.15"}


def test_no_temperature_is_minus_zero() -> None:
    line = WeatherLine(
        DepartureWeather(
            code=3, lowest=-2.4, highest=-0.3, rain_percent=None, gusts_kmh=None,
            age=timedelta(0), is_stale=False,
        )
    )  # fmt: skip

    assert (line.short, line.temperature) == ("Overcast, 0°", "-2 to 0 °C")
