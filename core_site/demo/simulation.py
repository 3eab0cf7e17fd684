"""Runs the steps of many bookings in the order of their moments, as services on the real tables.

So stock, events and history come about as in production, except that PostgreSQL dates them by its
own clock: :func:`date_back` puts that right at the end.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from heapq import heappop, heappush
from itertools import count
from random import Random
from typing import Any
from uuid import UUID

import pghistory
from django.db import connection

from core_site.demo.simulation_sql_store import (
    DATE_BACK,
    DATE_OTHER_EVENTS,
    FORGET_REMOVAL,
    OPEN_HISTORY,
)
from shared_domain.refusals import Refused

#: What the history knows of who took a step, as in ``{"user": 7}``.
Author = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class TimedStep:
    """What happens at a moment: ``run`` calls a service with it."""

    at: datetime
    author: Author
    run: Callable[[datetime], object]


Life = Iterator[TimedStep]


@dataclass(slots=True)
class Simulation:
    rng: Random
    _queue: list[tuple[datetime, int, TimedStep, Life, datetime]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)

    def add(self, life: Life, *, latest: datetime) -> None:
        """Add a life, which goes on until ``latest``."""
        step = next(life, None)
        if step is not None and step.at <= latest:
            heappush(self._queue, (step.at, next(self._numbers), step, life, latest))

    def run(self) -> None:
        """Take every step; the domain refuses those that are not possible, and the life goes on."""
        while self._queue:
            _, _, step, life, latest = heappop(self._queue)
            author = dict(step.author)
            if "job" not in author:
                author["request_id"] = str(UUID(int=self.rng.getrandbits(128), version=4))
            with pghistory.context(**author), suppress(Refused):
                step.run(step.at)
            self.add(life, latest=latest)


def date_back() -> None:
    """Give history and events the moments of the simulation; only the tables' owner may.

    Each step has written one version of its booking, with one event and versions of its tickets.
    """
    _change_history(DATE_BACK)


def date_other_events(*, opened_at: datetime) -> None:
    """Give events that are of no booking the moment of the booking's event before them.

    So a departure is sold out when its last place was taken. What comes before all bookings, such
    as the catalogue, is of ``opened_at``.
    """
    _change_history([DATE_OTHER_EVENTS], {"opened_at": opened_at})


def _change_history(statements: Iterable[str], parameters: Mapping[str, Any] | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(OPEN_HISTORY)
        (opened,) = cursor.fetchone()
        for statement in statements:
            cursor.execute(statement, parameters)
        # Nothing was taken out of the history, so there is nothing to keep on record.
        cursor.execute(FORGET_REMOVAL, [opened])
