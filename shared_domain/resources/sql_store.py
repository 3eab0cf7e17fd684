"""Resources in PostgreSQL: what each departure is given, and what is in two places at once."""

from collections.abc import Collection, Sequence
from datetime import datetime

from shared_domain.availability import DepartureId
from shared_domain.availability.shared_places_sql_store import (
    LOCK_CLASS,
    capacity_with_resources,
    occupied,
    shared_seats,
)
from shared_domain.database import Database
from shared_domain.events import EventType
from shared_domain.resources.model import Clash, ResourceId
from shared_domain.rows import by_name, select_list

LOCK_RESOURCES = f"""
SELECT pg_advisory_xact_lock({LOCK_CLASS}, chosen.id)
  FROM (SELECT resource.id::int
          FROM resources_resource AS resource
         WHERE resource.id = ANY(%(resource_ids)s)
         ORDER BY resource.id
        OFFSET 0) AS chosen
"""

# Ascending ids, as everywhere.
LOCK_DEPARTURES = """
SELECT id FROM catalog_departure WHERE id = ANY(%(departure_ids)s) ORDER BY id FOR NO KEY UPDATE
"""

ASSIGN = """
WITH assigned AS (
     INSERT INTO resources_assignment (resource_id, departure_id, during)
     SELECT resource_id, departure.id, tstzrange(departure.starts_at, departure.ends_at)
       FROM unnest(%(resource_ids)s::bigint[]) AS resource_id,
            catalog_departure AS departure
      WHERE departure.id = ANY(%(departure_ids)s)
         ON CONFLICT DO NOTHING)
UPDATE catalog_departure
   SET has_resources = true
 WHERE id = ANY(%(departure_ids)s) AND NOT has_resources
"""

UNASSIGN = """
DELETE FROM resources_assignment
 WHERE resource_id = ANY(%(resource_ids)s) AND departure_id = ANY(%(departure_ids)s)
"""

# A statement of its own: it sees what is left.
WITHOUT_RESOURCES = """
UPDATE catalog_departure AS departure
   SET has_resources = false
 WHERE departure.id = ANY(%(departure_ids)s) AND departure.has_resources
   AND NOT EXISTS (
       SELECT FROM resources_assignment AS own WHERE own.departure_id = departure.id)
"""

_CLASH_COLUMNS = {
    "resource_id": "resource.id",
    "resource_name": "resource.name",
    "places": "resource.capacity",
    "departure_id": "departure.id",
    "other_id": "other.id",
}

# A departure that is closed and has no guests, as one that was cancelled, needs no guide.
CLASHES = f"""
SELECT {select_list(_CLASH_COLUMNS)}
  FROM catalog_departure AS departure
  JOIN resources_assignment AS own ON own.departure_id = departure.id
  JOIN resources_resource AS resource ON resource.id = own.resource_id
  JOIN resources_assignment AS shared
    ON shared.resource_id = resource.id AND shared.departure_id <> departure.id
   AND shared.during && own.during
  JOIN catalog_departure AS other ON other.id = shared.departure_id
 WHERE departure.id = ANY(%(departure_ids)s) AND departure.has_resources
   AND (departure.is_open OR departure.reserved > 0) AND (other.is_open OR other.reserved > 0)
   AND {occupied("other")} && {occupied("departure")}
 ORDER BY departure.starts_at, departure.id, resource.name, other.starts_at, other.id
"""

_SEAT_COLUMNS = {"departure_id": "departure.id", "seats": shared_seats(is_test="false")}

SEATS = f"""
SELECT {select_list(_SEAT_COLUMNS)}
  FROM catalog_departure AS departure
 WHERE departure.id = ANY(%(departure_ids)s) AND departure.has_resources
"""

_IS_FULL = f"departure.reserved >= {capacity_with_resources(is_test='false')}"

# By the database's clock, as the triggers that tell of the places that reservations take.
_FULL = f"""
SELECT departure.id
  FROM catalog_departure AS departure
 WHERE departure.is_open AND departure.booking_cutoff_at > clock_timestamp()
   AND {_IS_FULL.replace("%(now)s", "clock_timestamp()")}
"""

FULL = f"""{_FULL}
   AND departure.id IN (
       SELECT unnest(%(departure_ids)s::bigint[])
        UNION
       SELECT shared.departure_id
         FROM catalog_departure AS chosen
         JOIN resources_assignment AS shared
           ON shared.during && tstzrange(chosen.starts_at, chosen.ends_at)
        WHERE chosen.id = ANY(%(departure_ids)s)
          AND shared.resource_id = ANY(%(resource_ids)s))
"""

FULL_WITH_RESOURCE = f"""{_FULL}
   AND departure.id IN (
       SELECT departure_id FROM resources_assignment WHERE resource_id = %(resource_id)s)
"""

# As events_record_of_departure writes them (core_site/events/migrations/catalogue.sql), which only
# triggers may call.
RECORD_FULL = """
INSERT INTO events_event (test_mode, type, product_id, departure_id, data)
SELECT false, %(event)s, product.id, departure.id,
       jsonb_build_object('productId', product.code, 'optionId', option.code,
                          'availabilityId', departure.availability_id,
                          'localDate', departure.local_date)
  FROM catalog_departure AS departure
  JOIN catalog_option AS option ON option.id = departure.option_id
  JOIN catalog_product AS product ON product.id = option.product_id
 WHERE departure.id = ANY(%(departure_ids)s)
 ORDER BY departure.id
"""


class SqlResourceStore:
    """Resources on the caller's connection and transaction; staff's."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def lock_resources(self, resource_ids: Sequence[ResourceId]) -> int:
        parameters = {"resource_ids": list(resource_ids)}
        return len(await self._database.fetch_all(LOCK_RESOURCES, parameters))

    async def lock_departures(self, departure_ids: Sequence[DepartureId]) -> int:
        parameters = {"departure_ids": list(departure_ids)}
        return len(await self._database.fetch_all(LOCK_DEPARTURES, parameters))

    async def assign(
        self, resource_ids: Sequence[ResourceId], departure_ids: Sequence[DepartureId]
    ) -> None:
        await self._database.execute(ASSIGN, _both(resource_ids, departure_ids))

    async def unassign(
        self, resource_ids: Sequence[ResourceId], departure_ids: Sequence[DepartureId]
    ) -> None:
        parameters = _both(resource_ids, departure_ids)
        await self._database.execute(UNASSIGN, parameters)
        await self._database.execute(
            WITHOUT_RESOURCES, {"departure_ids": parameters["departure_ids"]}
        )

    async def full_departures(
        self, resource_ids: Sequence[ResourceId], departure_ids: Sequence[DepartureId]
    ) -> set[DepartureId]:
        rows = await self._database.fetch_all(FULL, _both(resource_ids, departure_ids))
        return {DepartureId(departure) for (departure,) in rows}

    async def full_with_resource(self, resource_id: ResourceId) -> set[DepartureId]:
        rows = await self._database.fetch_all(FULL_WITH_RESOURCE, {"resource_id": resource_id})
        return {DepartureId(departure) for (departure,) in rows}

    async def record_full(
        self, *, sold_out: Collection[DepartureId], available: Collection[DepartureId]
    ) -> None:
        for event, departures in (
            (EventType.DEPARTURE_SOLD_OUT, sold_out),
            (EventType.DEPARTURE_AVAILABLE_AGAIN, available),
        ):
            if departures:
                parameters = {"event": event.value, "departure_ids": list(departures)}
                await self._database.execute(RECORD_FULL, parameters)

    async def clashes(self, departure_ids: Sequence[DepartureId]) -> list[Clash]:
        rows = await self._database.fetch_all(CLASHES, {"departure_ids": list(departure_ids)})
        return [Clash(**by_name(_CLASH_COLUMNS, row)) for row in rows]

    async def seats(
        self, departure_ids: Sequence[DepartureId], *, now: datetime
    ) -> dict[DepartureId, int]:
        rows = await self._database.fetch_all(
            SEATS, {"departure_ids": list(departure_ids), "now": now}
        )
        return {DepartureId(departure): seats for departure, seats in rows if seats is not None}


def _both(
    resource_ids: Sequence[ResourceId], departure_ids: Sequence[DepartureId]
) -> dict[str, list[int]]:
    return {"resource_ids": list(resource_ids), "departure_ids": list(departure_ids)}
