"""Simulate the life cycles of many bookings: run their steps in order of time, by the services.

So stock, events and history are written as in production, except that PostgreSQL stamps them with
its own clock: :func:`date_back` corrects these times at the end.
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

#: The actor of a step as metadata of the audit trail, as in ``{"user": 7}``.
Author = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class TimedStep:
    """A step at a moment: ``run`` is called with the moment, and calls a service."""

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
        """Queue the next step of a life; steps after ``latest`` are left out."""
        self._queue_next(life, latest=latest)

    def _queue_next(
        self, life: Life, *, latest: datetime, earliest: datetime | None = None
    ) -> None:
        step = next(life, None)
        if step is None:
            return
        # After a step that was refused, the next one may lie before it: it comes at once.
        at = step.at if earliest is None else max(step.at, earliest)
        if at <= latest:
            heappush(self._queue, (at, next(self._numbers), step, life, latest))

    def run(self, *, until: datetime | None = None) -> None:
        """Run the steps in order of time: all of them, or those up to ``until``.

        A life continues after a step that a service refuses.
        """
        while self._queue and (until is None or self._queue[0][0] <= until):
            at, _, step, life, latest = heappop(self._queue)
            author = dict(step.author)
            if "job" not in author:
                author["request_id"] = str(UUID(int=self.rng.getrandbits(128), version=4))
            with pghistory.context(**author), suppress(Refused):
                step.run(at)
            self._queue_next(life, latest=latest, earliest=at)


def date_back() -> None:
    """Set the times of history and events to those of the simulation; needs the tables' owner.

    Each step has written one version of its booking, with one event and versions of its tickets.
    """
    _change_history(DATE_BACK)


def date_other_events(*, opened_at: datetime) -> None:
    """Set the time of each other event to that of the booking's event before it.

    So a departure is sold out when its last place was taken. Events before those of all bookings,
    such as the catalogue's, get ``opened_at``.
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
