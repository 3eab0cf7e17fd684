"""The endpoints of weather: the forecasts of a city, and of a product's departures."""

import time
from typing import Annotated

from fastapi import Query, Request, Response

from api_edge.auth.authentication import CallerWithCatalogRead
from api_edge.request_state import request_state
from api_edge.v1.openapi_responses import AGE_IS_TEXT, problem_responses
from api_edge.v1.route import v1_router
from api_edge.v1.weather_schemas import (
    DeparturesWeather,
    Weather,
    WeatherOfCity,
    WeatherOfDepartures,
    departures_response,
    weather_response,
)
from api_edge.weather import WeatherForecasts
from api_edge.wiring import ReadCatalog, ReadWeather, current_time
from shared_domain.catalog import ProductNotFound
from shared_domain.partners import Scope
from shared_domain.weather import (
    FRESH_FOR,
    CityUnknown,
    WeatherUnavailable,
    foretell_departures,
)

router = v1_router("Weather", is_edge_only=True)

CITY_TOO_LONG = AGE_IS_TEXT | {
    "field": "city",
    "rule": "length",
    "message": "must be 2 to 80 characters long, as Lisbon is",
}


DATE_IS_NONE = AGE_IS_TEXT | {
    "field": "localDate",
    "rule": "date_shape",
    "message": "must be a date such as 2026-07-14",
}


@router.get(
    "/weather",
    summary="The weather of a city",
    responses=problem_responses(
        CityUnknown(),
        WeatherUnavailable(retry_after_seconds=10),
        scope=Scope.CATALOG_READ,
        example=CITY_TOO_LONG,
    ),
)
async def get_weather(
    asked: Annotated[WeatherOfCity, Query()],
    caller: CallerWithCatalogRead,
    request: Request,
    response: Response,
) -> Weather:
    """Return the forecast of a city: up to eleven days, and the next 48 hours.

    It is renewed every hour. While the provider of forecasts does not answer, the last one is sent
    for up to two days, with `isStale`; where there is none, the answer is 503 with `Retry-After`.
    """
    forecasts: WeatherForecasts = request.app.state.weather
    began_at = time.monotonic()
    with request.app.state.rollout.leave_waiting_uncounted():
        found = await forecasts.for_city(asked.city)
    request_state(request.scope)["waited_seconds"] = time.monotonic() - began_at
    now = current_time()
    left = max(int((FRESH_FOR - found.age(now=now)).total_seconds()), 0)
    response.headers["Cache-Control"] = f"private, max-age={left}"
    return weather_response(found, now=now)


@router.get(
    "/departures/weather",
    summary="The weather of departures",
    responses=problem_responses(
        ProductNotFound("river-canoe"), scope=Scope.CATALOG_READ, example=DATE_IS_NONE
    ),
)
async def get_departures_weather(
    asked: Annotated[WeatherOfDepartures, Query()],
    caller: CallerWithCatalogRead,
    products: ReadCatalog,
    store: ReadWeather,
) -> DeparturesWeather:
    """Return the forecast for the hours of each departure of one of your products, on one day.

    It is for outdoor products, up to ten days ahead; elsewhere `weather` is null. The supplier's
    forecasts are renewed every hour. While their provider does not answer, the last one is sent for
    up to two days, with its age and `isStale`; this request never waits for it.
    """
    foretold = await foretell_departures(
        asked.product_id,
        local_date=asked.local_date,
        access=caller.access,
        now=current_time(),
        products=products,
        store=store,
    )
    return departures_response(asked, foretold)
