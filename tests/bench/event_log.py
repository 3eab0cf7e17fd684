"""The case ``events``: how soon after its commit an event has its position, and is announced.

Writers commit one event each, at a steady rate, as a booking's store does: they lock a row and
insert the event in one statement. A worker runs the sequencer as in production. The lag is from the
moment a writer knows of its commit to the moment a reader hears of a position that includes it.
"""

import bisect
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg

from deploy import processes
from deploy.console import SetupError
from deploy.signals import StopSignals
from deploy.virtualenv import ROOT
from shared_domain.rollout.wire import POSITION_CHANNEL
from tests.bench.event_lag import AIM_EVENTS_PER_SECOND, EventLag
from tests.bench.processor_time import cpu_seconds
from tests.harness.databases import CommittedDatabase

WRITERS = 32

#: More than writers, so that few of them wait for each other.
BOOKINGS = 2_000

PATIENCE_SECONDS = 60

PREPARE = """
CREATE TABLE bench_booking (uuid uuid PRIMARY KEY, step int NOT NULL) WITH (fillfactor = 50);
INSERT INTO partners_partner
       (id, code, name, email, is_active, max_hold_minutes, created_at)
OVERRIDING SYSTEM VALUE
VALUES (1000000, 'bench', 'Bench', 'bench@example.com', true, 60, now())
"""

WRITE = """
WITH stored AS (
     UPDATE bench_booking SET step = step + 1 WHERE uuid = %s RETURNING uuid, step)
INSERT INTO events_event (partner_id, test_mode, type, booking_uuid, data)
SELECT 1000000, false, 'booking.updated', uuid, jsonb_build_object('status', 'CONFIRMED')
  FROM stored
RETURNING id
"""

POSITIONS = "SELECT id, position FROM events_event WHERE partner_id = 1000000"

WAITING = "SELECT count(*) FROM events_event WHERE position IS NULL"

ELECTED = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 7302"


def measure(
    database: CommittedDatabase,
    folder: Path,
    *,
    seconds: float,
    stop: StopSignals,
    rate: int = AIM_EVENTS_PER_SECOND,
) -> EventLag:
    """Write events at a rate for some seconds; return how soon each had its position.

    Raises:
        SetupError: no worker is elected, or the events do not get their positions.
    """
    with psycopg.connect(database.owner_url, autocommit=True) as owner:
        owner.execute(PREPARE)
        bookings = [uuid4() for _ in range(BOOKINGS)]
        with owner.cursor() as cursor, cursor.copy("COPY bench_booking FROM STDIN") as copy:
            for uuid in bookings:
                copy.write_row((uuid, 0))
        with running_worker(database, folder) as worker, _Announcements(database) as announced:
            wait_until(owner, ELECTED, 1, stop, "no worker became the sequencer")
            cpu_before = cpu_seconds(worker.pid)
            began = time.monotonic()
            with ThreadPoolExecutor(WRITERS) as threads:
                written = [
                    threads.submit(_write, database, bookings[number::WRITERS], rate, seconds)
                    for number in range(WRITERS)
                ]
                commits = dict(commit for future in written for commit in future.result())
            lasted = time.monotonic() - began
            wait_until(owner, WAITING, 0, stop, "events still wait for their positions")
            cpu = cpu_seconds(worker.pid) - cpu_before
            positions: dict[int, int] = dict(owner.execute(POSITIONS).fetchall())
            first = min(positions.values())
            announced.wait_for(max(positions.values()))
    return EventLag(
        events=len(commits),
        seconds=lasted,
        writers=WRITERS,
        lags_ms=sorted(
            max(0.0, 1000 * (announced.heard_at(positions[event]) - committed_at))
            for event, committed_at in commits.items()
        ),
        worker_cpu_ms=1000 * cpu / len(commits),
        is_gapless=sorted(positions.values()) == list(range(first, first + len(positions))),
    )


@contextmanager
def running_worker(database: CommittedDatabase, folder: Path) -> Iterator[processes.Child]:
    worker = processes.start(
        "worker",
        [sys.executable, ROOT / "core_site" / "manage.py", "worker"],
        log=folder / "worker.log",
        environment=database.environment,
        folder=ROOT,
    )
    try:
        yield worker
    finally:
        worker.stop()


def _write(
    database: CommittedDatabase, bookings: Sequence[Any], rate: int, seconds: float
) -> list[tuple[int, float]]:
    """Commit one writer's share of the events at even distances; return when each was committed."""
    pause, commits = WRITERS / rate, []
    with psycopg.connect(database.owner_url, autocommit=True) as connection:
        begin = time.monotonic()
        for number in range(int(seconds / pause)):
            if (ahead := begin + number * pause - time.monotonic()) > 0:
                time.sleep(ahead)
            ((event,),) = connection.execute(WRITE, [bookings[number % len(bookings)]]).fetchall()
            commits.append((event, time.monotonic()))
    return commits


class _Announcements:
    """Hears of positions as a reader does, and remembers when."""

    def __init__(self, database: CommittedDatabase) -> None:
        self._url = database.django_url
        self._positions: list[int] = []
        self._moments: list[float] = []
        self._is_over = threading.Event()
        self._listens = threading.Event()
        self._thread = threading.Thread(target=self._listen)

    def __enter__(self) -> "_Announcements":
        self._thread.start()
        self._listens.wait()
        return self

    def __exit__(self, *exception: object) -> None:
        self._is_over.set()
        self._thread.join()

    def heard_at(self, position: int) -> float:
        return self._moments[bisect.bisect_left(self._positions, position)]

    def wait_for(self, position: int) -> None:
        ends_at = time.monotonic() + PATIENCE_SECONDS
        while not self._positions or self._positions[-1] < position:
            if time.monotonic() > ends_at:
                raise SetupError("a position was never announced")
            time.sleep(0.05)

    def _listen(self) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(f"LISTEN {POSITION_CHANNEL}")
            self._listens.set()
            while not self._is_over.is_set():
                for notice in connection.notifies(timeout=0.1):
                    # The position last, so that a reader who finds it finds its moment.
                    self._moments.append(time.monotonic())
                    self._positions.append(int(notice.payload))


def wait_until(
    owner: "psycopg.Connection[Any]", question: str, answer: int, stop: StopSignals, problem: str
) -> None:
    ends_at = time.monotonic() + PATIENCE_SECONDS
    while owner.execute(question.encode()).fetchone() != (answer,):
        if time.monotonic() > ends_at:
            raise SetupError(problem)
        stop.pause(0.05)
