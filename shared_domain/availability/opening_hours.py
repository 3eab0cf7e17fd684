"""Opening hours as values, and as the JSON that rows hold."""

import json
from collections.abc import Iterable
from functools import lru_cache

from shared_domain.availability.model import OpeningPeriod


@lru_cache(maxsize=256)
def parse_periods(text: str) -> tuple[OpeningPeriod, ...]:
    """Return the periods of a row; most rows of an option hold the same text.

    Raises:
        TypeError, KeyError: the row holds something else.
    """
    periods = json.loads(text)
    if not isinstance(periods, list):
        raise TypeError("opening hours are a list of periods")
    if not all(isinstance(period[end], str) for period in periods for end in ("from", "to")):
        raise TypeError("a period opens and closes at times of day")
    return tuple(OpeningPeriod(period["from"], period["to"]) for period in periods)


def periods_to_json(periods: Iterable[OpeningPeriod]) -> list[dict[str, str]]:
    return [{"from": period.opens, "to": period.closes} for period in periods]
