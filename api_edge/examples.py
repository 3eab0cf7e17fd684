"""Ids and dates of the documentation's examples, which work on a fresh demo on any day.

An example that names a past day cannot be tried. So examples are written as if today were
``WRITTEN_ON``, and their days are shifted in the OpenAPI document that callers get: a departure in
two weeks stays a departure in two weeks, at the same local time.
The product, the booking and the user that they name are in the demo (``core_site/demo``).
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid5

from shared_domain.time_zones import zone

#: A confirmed booking of the demo: the examples read, change and cancel it.
EXAMPLE_BOOKING_UUID = "0b6f2a54-8c1e-4d37-9a60-5e2f7c3b9d18"

#: The booking that the example of a reservation makes, and that is extended and confirmed. The
#: document has another one in its place every day: the same uuid with another day is refused.
EXAMPLE_HOLD_UUID = "9d5b1c70-3e4f-4a2b-8c6d-1f0e7a9b2c34"

#: The day on which the examples are "today".
WRITTEN_ON = date(2026, 7, 1)

#: Days within this reach of ``WRITTEN_ON`` are moved; others stand for themselves.
_REACH = timedelta(days=31)

#: Where the product of the examples is: its departures keep their time on the clock there.
_ZONE = "Europe/Lisbon"

_EXAMPLE_KEYS = frozenset({"example", "examples"})

_MOMENT = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)"
    r"(?:T(?P<time>\d\d:\d\d:\d\d)(?P<fraction>\.\d+)?(?P<offset>Z|[+-]\d\d:\d\d))?"
)


def shift_example_dates(document: dict[str, Any], today: date) -> dict[str, Any]:
    """Return a copy of an OpenAPI document, with the days in its examples as of ``today``."""
    ahead = today - WRITTEN_ON
    hold_uuid = str(uuid5(UUID(EXAMPLE_HOLD_UUID), today.isoformat()))

    def as_of_today(text: str) -> str:
        moved = _MOMENT.sub(lambda match: _move_date(match, ahead), text)
        return moved.replace(EXAMPLE_HOLD_UUID, hold_uuid)

    changed: dict[str, Any] = _with_examples(document, as_of_today, is_example=False)
    return changed


def _with_examples(node: Any, change: Callable[[str], str], *, is_example: bool) -> Any:
    """Return a copy of a part of the document, with ``change`` applied to texts of examples."""
    if isinstance(node, dict):
        return {
            key: _with_examples(value, change, is_example=is_example or key in _EXAMPLE_KEYS)
            for key, value in node.items()
        }
    if isinstance(node, list):
        return [_with_examples(value, change, is_example=is_example) for value in node]
    if isinstance(node, str) and is_example:
        return change(node)
    return node


def _move_date(match: re.Match[str], ahead: timedelta) -> str:
    """Return a date, a local time with its offset or a moment in UTC, so many days later."""
    day = date.fromisoformat(match["day"])
    if abs(day - WRITTEN_ON) > _REACH:
        return match[0]
    if match["time"] is None:
        return (day + ahead).isoformat()
    place = zone(_ZONE)
    moment = datetime.combine(
        day, time.fromisoformat(match["time"]), UTC if match["offset"] == "Z" else place
    )
    # Later by days of the calendar, not by hours: the clock on the wall shows the same time.
    local = moment.astimezone(place)
    later = datetime.combine(local.date() + ahead, local.time(), place)
    if match["offset"] != "Z":
        return later.isoformat(timespec="seconds")
    return f"{later.astimezone(UTC).isoformat()[:19]}{match['fraction'] or ''}Z"
