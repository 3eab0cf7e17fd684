"""Opening hours as values, and as the JSON that rows hold."""

import json
from collections.abc import Iterable
from functools import lru_cache

from shared_domain.availability.model import OpeningPeriod


@lru_cache(maxsize=256)
def periods_from(text: str) -> tuple[OpeningPeriod, ...]:
    """Return the periods of a row; most rows of an option hold the same text."""
    return tuple(OpeningPeriod(period["from"], period["to"]) for period in json.loads(text))


def periods_as_json(periods: Iterable[OpeningPeriod]) -> list[dict[str, str]]:
    return [{"from": period.opens, "to": period.closes} for period in periods]
