"""Reads the schedules of an option, from which its departures are planned."""

from collections.abc import Mapping
from typing import Any

from shared_domain.availability.departure_sync.schedules import Schedule
from shared_domain.availability.departure_times import parse_periods
from shared_domain.catalog import OptionId
from shared_domain.database import Database
from shared_domain.rows import by_name, select_list

_SCHEDULE_COLUMNS = {
    "id": "schedule.id",
    "option_id": "schedule.option_id",
    "time_zone": "product.time_zone",
    "weekdays": "schedule.weekdays",
    "start_times": "CASE product.availability_type WHEN 'START_TIME' THEN schedule.start_times"
    " ELSE '{}' END",
    "duration_minutes": "schedule.duration_minutes",
    "opening_hours": "CASE product.availability_type WHEN 'START_TIME' THEN '[]'"
    " ELSE schedule.opening_hours END",
    "season_start": "schedule.season_start",
    "season_end": "schedule.season_end",
    "capacity": "schedule.capacity",
    "max_units": "schedule.max_units",
    "booking_cutoff_minutes": "schedule.booking_cutoff_minutes",
}

SCHEDULES = f"""
SELECT {select_list(_SCHEDULE_COLUMNS)}
  FROM catalog_schedule AS schedule
  JOIN catalog_option AS option ON option.id = schedule.option_id
  JOIN catalog_product AS product ON product.id = option.product_id
 WHERE schedule.option_id = %(option_id)s AND schedule.is_active
 ORDER BY schedule.id
"""


async def read_schedules(database: Database, option_id: OptionId) -> list[Schedule]:
    """Return the active schedules of an option."""
    rows = await database.fetch_all(SCHEDULES, {"option_id": option_id})
    return [_build_schedule(by_name(_SCHEDULE_COLUMNS, row)) for row in rows]


def _build_schedule(values: Mapping[str, Any]) -> Schedule:
    return Schedule(
        **{
            **values,
            "weekdays": frozenset(values["weekdays"]),
            "start_times": tuple(values["start_times"]),
            "opening_hours": parse_periods(values["opening_hours"]),
        }
    )
