"""The cache of forecasts in PostgreSQL: one row for each subject."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from shared_domain.catalog import OptionId
from shared_domain.database import Database
from shared_domain.rows import by_name, select_list
from shared_domain.weather.departures import PlacedDeparture
from shared_domain.weather.model import CachedForecast, Spot, Subject
from shared_domain.weather.stored_forecast import (
    forecast_from_json,
    forecast_to_json,
    place_from_json,
    place_to_json,
)

_CACHED = ("place", "forecast", "fetched_at")

GET = f"""
    SELECT {", ".join(_CACHED)}
      FROM weather_cachedforecast
     WHERE subject = %(subject)s AND fetched_at IS NOT NULL
"""

_FORECAST = ("subject", "forecast", "fetched_at")

GET_ALL = f"""
    SELECT {", ".join(_FORECAST)}
      FROM weather_cachedforecast
     WHERE subject = ANY(%(subjects)s::text[]) AND forecast IS NOT NULL
"""

_SPOT = {"latitude": "l.latitude", "longitude": "l.longitude", "time_zone": "p.time_zone"}

_DEPARTURE = {
    "option_code": "o.code",
    "availability_id": "d.availability_id",
    "starts_at": "d.starts_at",
    "ends_at": "d.ends_at",
}

DEPARTURES = f"""
    SELECT {select_list(_DEPARTURE | _SPOT)}
      FROM catalog_departure AS d
      JOIN catalog_option AS o ON o.id = d.option_id
      JOIN catalog_product AS p ON p.id = o.product_id
      LEFT JOIN weather_productlocation AS l ON l.product_id = p.id AND l.is_outdoors
     WHERE d.option_id = ANY(%(option_ids)s) AND d.local_date = %(local_date)s
     ORDER BY d.starts_at, o.code, d.availability_id
     LIMIT %(limit)s
"""

SPOTS = f"""
    SELECT DISTINCT {select_list(_SPOT)}
      FROM weather_productlocation AS l
      JOIN catalog_product AS p ON p.id = l.product_id
     WHERE l.is_outdoors AND p.is_active
       AND EXISTS (SELECT FROM catalog_option AS o
                     JOIN catalog_departure AS d ON d.option_id = o.id
                    WHERE o.product_id = p.id
                      AND d.local_date BETWEEN %(first)s AND %(last)s)
     ORDER BY 1, 2, 3
     LIMIT %(limit)s
"""

# A lease and no row lock: while the provider is called, no connection is held.
CLAIM = """
    INSERT INTO weather_cachedforecast AS f (subject, claimed_until, used_at)
    VALUES (%(subject)s, %(until)s, %(now)s)
        ON CONFLICT (subject) DO UPDATE
       SET claimed_until = %(until)s, used_at = %(now)s
     WHERE f.claimed_until IS NULL OR f.claimed_until <= %(now)s
"""

# A city that is looked up again keeps its place if only its forecast is renewed.
SAVE = """
    UPDATE weather_cachedforecast
       SET place = %(place)s::jsonb, forecast = %(forecast)s::jsonb, fetched_at = %(fetched_at)s,
           claimed_until = NULL
     WHERE subject = %(subject)s AND claimed_until = %(until)s
"""

RELEASE = """
    UPDATE weather_cachedforecast SET claimed_until = NULL
     WHERE subject = %(subject)s AND claimed_until = %(until)s
"""

PURGE_UNUSED = """
    DELETE FROM weather_cachedforecast
     WHERE id = ANY (ARRAY(SELECT id FROM weather_cachedforecast
                           WHERE used_at < %(before)s ORDER BY used_at LIMIT %(limit)s))
"""

PURGE_SURPLUS = """
    DELETE FROM weather_cachedforecast
     WHERE id = ANY (ARRAY(SELECT id FROM weather_cachedforecast
                           ORDER BY used_at DESC OFFSET %(most)s LIMIT %(limit)s))
"""


class SqlWeatherStore:
    """The cache of forecasts on either half's database connection."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, subject: Subject) -> CachedForecast | None:
        """Return the stored forecast of a subject, however old, or None."""
        row = await self._database.fetch_one(GET, {"subject": subject})
        if row is None:
            return None
        found = by_name(_CACHED, row)
        place, forecast = found["place"], found["forecast"]
        return CachedForecast(
            place=None if place is None else place_from_json(place),
            forecast=None if forecast is None else forecast_from_json(forecast),
            fetched_at=found["fetched_at"],
        )

    async def get_all(self, subjects: Sequence[Subject]) -> dict[Subject, CachedForecast]:
        """Return the forecasts of those subjects that have one, however old."""
        rows = await self._database.fetch_all(GET_ALL, {"subjects": list(subjects)})
        return {
            Subject(found["subject"]): CachedForecast(
                place=None,
                forecast=forecast_from_json(found["forecast"]),
                fetched_at=found["fetched_at"],
            )
            for found in (by_name(_FORECAST, row) for row in rows)
        }

    async def departures_of_day(
        self, option_ids: Sequence[OptionId], *, local_date: date, limit: int
    ) -> list[PlacedDeparture]:
        """Return departures of that local date, the earliest first, with where they start."""
        rows = await self._database.fetch_all(
            DEPARTURES,
            {"option_ids": list(option_ids), "local_date": local_date, "limit": limit},
        )
        width = len(_DEPARTURE)
        return [
            PlacedDeparture(
                **by_name(_DEPARTURE, row[:width]), spot=_build_spot(by_name(_SPOT, row[width:]))
            )
            for row in rows
        ]

    async def spots_of_departures(self, *, first: date, last: date, limit: int) -> list[Spot]:
        """Return the spots at which outdoor departures of these local dates start, each once."""
        rows = await self._database.fetch_all(SPOTS, {"first": first, "last": last, "limit": limit})
        spots = [Spot(**by_name(_SPOT, row)) for row in rows]
        return list({spot.subject: spot for spot in spots}.values())

    async def claim(self, subject: Subject, *, until: datetime, now: datetime) -> bool:
        """Claim the provider call for a subject; False while another process holds the claim."""
        claimed = await self._database.execute(
            CLAIM, {"subject": subject, "until": until, "now": now}
        )
        return claimed == 1

    async def save(self, subject: Subject, found: CachedForecast, *, until: datetime) -> None:
        """Store what was found, and release the claim that ends at ``until``.

        Nothing is stored if this process no longer holds that claim: another one does.
        """
        await self._database.execute(
            SAVE,
            {
                "subject": subject,
                "until": until,
                "place": found.place and place_to_json(found.place),
                "forecast": found.forecast and forecast_to_json(found.forecast),
                "fetched_at": found.fetched_at,
            },
        )

    async def release(self, subject: Subject, *, until: datetime) -> None:
        """Release the claim that ends at ``until``, with nothing stored."""
        await self._database.execute(RELEASE, {"subject": subject, "until": until})

    async def purge_unused(self, *, before: datetime, limit: int) -> int:
        """Delete rows that were last called for before ``before``, and return how many."""
        return await self._database.execute(PURGE_UNUSED, {"before": before, "limit": limit})

    async def purge_surplus(self, *, most: int, limit: int) -> int:
        """Delete a batch of the rows beyond the ``most`` last called for, and return how many."""
        return await self._database.execute(PURGE_SURPLUS, {"most": most, "limit": limit})


def _build_spot(values: dict[str, Any]) -> Spot | None:
    """Return where a product starts; None for one that has no place outdoors."""
    return None if values["latitude"] is None else Spot(**values)
