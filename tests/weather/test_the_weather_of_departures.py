"""``GET /v1/departures/weather`` answers from the cache alone, whatever the provider does."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest

from api_edge.v1.weather import DATE_IS_NONE
from shared_domain.weather import Forecast, Hour, Spot
from shared_domain.weather.stored_forecast import forecast_to_json
from tests.harness.clients import Answer, request_once
from tests.users.documented import check_documented
from tests.weather.provider import Edge, Provider

PRODUCT = "river-kayak"

SPOT = Spot(latitude=38.72, longitude=-9.13, time_zone="Europe/Lisbon")

DEPARTURE = """
    SELECT d.starts_at, d.local_date, d.availability_id, p.id
      FROM catalog_departure AS d
      JOIN catalog_option AS o ON o.id = d.option_id
      JOIN catalog_product AS p ON p.id = o.product_id
     WHERE p.code = %s AND p.time_zone = %s AND d.starts_at BETWEEN now() AND now() + '9 days'
     ORDER BY d.starts_at DESC LIMIT 1
"""

STORE = """
    INSERT INTO weather_cachedforecast (subject, forecast, fetched_at, used_at)
    VALUES (%s, %s, %s, now())
        ON CONFLICT (subject) DO UPDATE SET fetched_at = excluded.fetched_at
"""


@pytest.fixture
def day(weather_edge: Edge) -> Iterator[date]:
    """A day of an outdoor departure, whose forecast was fetched five hours ago."""
    with psycopg.connect(weather_edge.database.owner_url, autocommit=True) as owner:
        found = owner.execute(DEPARTURE, [PRODUCT, SPOT.time_zone]).fetchone()
        assert found is not None
        starts_at, local_date, _, product = found
        first = starts_at.replace(minute=0, second=0, microsecond=0)
        hour = Hour(
            at=first, code=61, temperature=15.4, rain_percent=80, rain_mm=1.0, wind_kmh=40.0,
            gusts_kmh=72.0,
        )  # fmt: skip
        stored = forecast_to_json(Forecast(days=(), hours=(hour,)))
        owner.execute(STORE, [SPOT.subject, stored, datetime.now(UTC) - timedelta(hours=5)])
        location = [product, SPOT.latitude, SPOT.longitude]
        owner.execute(
            "INSERT INTO weather_productlocation (product_id, latitude, longitude, is_outdoors)"
            " VALUES (%s, %s, %s, true) ON CONFLICT DO NOTHING",
            location,
        )
        yield local_date
        owner.execute("DELETE FROM weather_productlocation WHERE product_id = %s", [product])


def ask(edge: Edge, product: str, day: object, *, key: str | None = None) -> Answer:
    path = f"/v1/departures/weather?productId={product}&localDate={day}"
    return request_once(edge.port, "GET", path, key=key or edge.keys.live)


def test_it_says_what_is_foretold_and_how_old_that_is(
    weather_edge: Edge, provider: Provider, day: date
) -> None:
    provider.behave("hanging")

    answer = ask(weather_edge, PRODUCT, day)

    check_documented("GET", "/v1/departures/weather", 200, "application/json", answer.body)
    foretold = [item["weather"] for item in answer.body["items"] if item["weather"]]
    assert foretold[0]["conditions"] == "Light rain"
    assert (foretold[0]["temperatureMax"], foretold[0]["windGustsKmh"]) == (15.4, 72.0)
    assert 18_000 <= foretold[0]["ageSeconds"] < 19_000
    assert foretold[0]["isStale"]
    assert provider.calls == []


def test_without_a_forecast_the_departures_stand_alone(weather_edge: Edge, day: date) -> None:
    later = ask(weather_edge, PRODUCT, day + timedelta(days=90))

    assert later.status == 200
    assert [item["weather"] for item in later.body["items"]] == [None] * len(later.body["items"])


def test_what_cannot_be_asked_for(weather_edge: Edge, day: date) -> None:
    unknown = ask(weather_edge, "no-such-tour", day)
    check_documented("GET", "/v1/departures/weather", 404, "application/problem+json", unknown.body)
    assert unknown.body["type"] == "urn:portico:problem:product-not-found"
    assert unknown.body["field"] == "productId"
    no_date = ask(weather_edge, PRODUCT, "tomorrow")
    check_documented("GET", "/v1/departures/weather", 422, "application/problem+json", no_date.body)
    assert no_date.body["errors"] == [DATE_IS_NONE]
