"""``GET /v1/weather`` answers the forecast of a city, from the cache for an hour."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from api_edge.v1.weather_schemas import weather_response
from shared_domain.weather import CachedForecast, Forecast, Hour, Place, Spot
from tests.users.documented import check_documented
from tests.weather.provider import Edge, Provider

AGE = "UPDATE weather_cachedforecast SET fetched_at = now() - %s WHERE subject = %s"


def test_a_city_is_found_by_its_name_and_asked_for_once(
    weather_edge: Edge, provider: Provider
) -> None:
    first, again = weather_edge.ask("Lisboa"), weather_edge.ask("  LISBOA ")

    check_documented("GET", "/v1/weather", 200, "application/json", first.body)
    assert (first.body["city"], first.body["country"]) == ("Lisbon", "PT")
    assert (first.body["isStale"], len(first.body["hours"])) == (False, 48)
    today = datetime.now(UTC).date()
    assert abs(datetime.fromisoformat(first.body["days"][0]["date"]).date() - today) <= timedelta(1)
    assert again.body["fetchedAt"] == first.body["fetchedAt"]
    assert again.headers["Cache-Control"].startswith("private, max-age=")
    assert [call.partition("?")[0] for call in provider.calls] == ["/v1/search", "/v1/forecast"]


def test_a_forecast_is_compressed_where_gzip_is_accepted(weather_edge: Edge) -> None:
    packed = weather_edge.ask("Lisboa", headers={"Accept-Encoding": "gzip"})
    plain = weather_edge.ask("Lisboa")

    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Vary"] == plain.headers["Vary"] == "Accept-Encoding"
    assert int(packed.headers["Content-Length"]) < int(plain.headers["Content-Length"]) / 4
    assert packed.body["days"] == plain.body["days"]


def test_the_hour_under_way_is_the_first_also_where_hours_begin_at_half_past() -> None:
    now = datetime(2026, 7, 1, 12, 10, tzinfo=UTC)
    spot = Spot(latitude=22.57, longitude=88.36, time_zone="Asia/Kolkata")
    hours = tuple(
        Hour(
            at=now.replace(hour=hour, minute=30), code=1, temperature=30.0, rain_percent=None,
            rain_mm=None, wind_kmh=None, gusts_kmh=None,
        )
        for hour in range(9, 15)
    )  # fmt: skip
    found = CachedForecast(
        forecast=Forecast(days=(), hours=hours),
        place=Place(name="Kolkata", region="", country_code="IN", spot=spot),
        fetched_at=now,
    )

    first, *_ = weather_response(found, now=now).hours

    assert first.at == now.replace(hour=11, minute=30)


def test_an_unknown_city_is_told_so_and_not_looked_for_again(
    weather_edge: Edge, provider: Provider
) -> None:
    answers = [weather_edge.ask("Atlantis") for _ in range(2)]

    for answer in answers:
        check_documented("GET", "/v1/weather", 404, "application/problem+json", answer.body)
        assert answer.body["type"] == "urn:portico:problem:city-unknown"
        assert answer.body["field"] == "city"
    assert len(provider.calls) == 1


@pytest.mark.parametrize(
    ("city", "rule"),
    [
        ("", "length"),
        ("x", "length"),
        ("x" * 81, "length"),
        ("Lisbon&name=Porto", "characters"),
        ("../v1/forecast", "characters"),
        ("Lisbon\r\nHost: evil", "characters"),
        ("Lisbon\0", "characters"),
        ("-- '", "characters"),
        ("<script>", "characters"),
    ],
)
def test_what_is_no_name_reaches_no_provider(
    weather_edge: Edge, provider: Provider, city: str, rule: str
) -> None:
    answer = weather_edge.ask(city)

    check_documented("GET", "/v1/weather", 422, "application/problem+json", answer.body)
    assert [(e["field"], e["rule"]) for e in answer.body["errors"]] == [("city", rule)]
    assert len(city) < 2 or city not in answer.text
    assert provider.calls == []


def test_requests_are_strict(weather_edge: Edge) -> None:
    assert weather_edge.ask().body["errors"][0]["rule"] == "required"
    assert weather_edge.ask("Lisbon", days="3").body["errors"][0]["rule"] == "known_field"
    assert weather_edge.ask("Lisbon", key="pk_live_nonsense").status == 401


def test_every_sign_of_a_name_is_escaped(weather_edge: Edge, provider: Provider) -> None:
    assert weather_edge.ask("São Paulo").body["city"] == "São Paulo"
    assert weather_edge.ask("L'Aquila").body["city"] == "L'Aquila"

    searches = [call for call in provider.calls if call.startswith("/v1/search")]
    assert "name=S%C3%A3o+Paulo&" in searches[0]
    assert all(call.count("name=") == 1 for call in searches)


def test_while_the_provider_fails_the_last_forecast_is_shown_with_its_age(
    weather_edge: Edge, provider: Provider
) -> None:
    fresh = weather_edge.ask("Funchal")
    with psycopg.connect(weather_edge.database.owner_url) as owner:
        owner.execute(AGE, [timedelta(hours=3), "city:funchal"])
    provider.behave("failing")

    stale, none = weather_edge.ask("Funchal"), weather_edge.ask("Madrid")

    assert (stale.status, stale.body["isStale"]) == (200, True)
    assert stale.body["ageSeconds"] >= 3 * 3600 > fresh.body["ageSeconds"]
    assert stale.headers["Cache-Control"] == "private, max-age=0"
    check_documented("GET", "/v1/weather", 503, "application/problem+json", none.body)
    assert none.body["type"] == "urn:portico:problem:weather-unavailable"
    assert int(none.headers["Retry-After"]) > 0
    # What succeeds closes the circuit again.
    provider.behave("well")
    assert weather_edge.ask("Madrid").status == 200
    with psycopg.connect(weather_edge.database.owner_url) as owner:
        owner.execute(AGE, [timedelta(days=3), "city:funchal"])
    provider.behave("failing")
    assert weather_edge.ask("Funchal").status == 503
