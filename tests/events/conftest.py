"""A log in a database that other processes see, writers of it, and sequencer processes."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.harness.databases import ROOT, CommittedDatabase
from tests.harness.waiting import eventually

Connection = psycopg.Connection[Any]

RUN_SEQUENCER = """
import asyncio, os, sys
sys.path.insert(0, os.getcwd())
os.environ["DJANGO_SETTINGS_MODULE"] = "core_site.config.settings"
import django
django.setup()
from datetime import timedelta
from core_site.events import sequencer
sequencer.STALLED, sequencer.STANDBY_SECONDS = timedelta(seconds=0.1), 0.1
asyncio.run(sequencer.run_sequencer())
"""

#: What every store does: lock the booking's row by the change, then insert its event.
CHANGE = """
WITH stored AS (
     UPDATE things SET step = step + 1 WHERE uuid = %(uuid)s RETURNING uuid, step)
INSERT INTO events_event (partner_id, test_mode, type, booking_uuid, data)
SELECT 1, false, 'booking.updated', uuid, jsonb_build_object('step', step) FROM stored
"""

#: The process of the elected sequencer: its session alone holds this lock.
ELECTED = """
SELECT split_part(session.application_name, ' ', 2)::int
  FROM pg_locks AS lock
  JOIN pg_stat_activity AS session ON session.pid = lock.pid
 WHERE lock.locktype = 'advisory' AND lock.classid = 7302
   AND session.datname = current_database()
"""


class Log:
    """The log of one database, as its owner and as any number of other sessions use it."""

    def __init__(self, database: CommittedDatabase, owner: Connection) -> None:
        self.database, self.owner = database, owner

    def connect(self, *, autocommit: bool = True) -> Connection:
        return psycopg.connect(self.database.owner_url, autocommit=autocommit)

    def add_booking(self) -> UUID:
        uuid = uuid4()
        self.owner.execute("INSERT INTO things VALUES (%s, 0)", [uuid])
        return uuid

    def give(self, *, most: int = 1000) -> int:
        """Give positions as Django's role does, in this process; return how many."""
        with psycopg.connect(self.database.django_url, autocommit=True) as connection:
            ((given, *_),) = connection.execute(
                "SELECT * FROM events_give_positions(%s, 0)", [most]
            ).fetchall()
        return int(given)

    def positions(self, booking: UUID | None = None) -> list[int | None]:
        """Return the positions of a booking's events, or of all, in the order of their ids."""
        return [
            position
            for (position,) in self.owner.execute(
                "SELECT position FROM events_event"
                " WHERE %(uuid)s::uuid IS NULL OR booking_uuid = %(uuid)s ORDER BY id",
                {"uuid": booking},
            ).fetchall()
        ]

    def waiting(self) -> int:
        return self.positions().count(None)

    def elected(self) -> int | None:
        """Return the id of the process that is elected."""
        row = self.owner.execute(ELECTED).fetchone()
        return None if row is None else int(row[0])


def change(connection: Connection, booking: UUID) -> None:
    connection.execute(CHANGE, {"uuid": booking})


@pytest.fixture
def log(
    make_committed_database: Callable[[], AbstractContextManager[CommittedDatabase]],
) -> Iterator[Log]:
    with (
        make_committed_database() as database,
        psycopg.connect(database.owner_url, autocommit=True) as owner,
    ):
        owner.execute("CREATE TABLE things (uuid uuid PRIMARY KEY, step int)")
        owner.execute(
            "INSERT INTO partners_partner"
            "       (id, code, name, email, is_active, max_hold_minutes, created_at)"
            " OVERRIDING SYSTEM VALUE"
            " VALUES (1, 'alpine', 'Alpine', 'it@alpine.example', true, 60, now())"
        )
        yield Log(database, owner)


class Sequencers:
    """Processes that run the sequencer as the worker does."""

    def __init__(self, log: Log, count: int) -> None:
        self._log = log
        self._running = [
            subprocess.Popen(
                [sys.executable, "-c", RUN_SEQUENCER],
                env=log.database.environment,
                cwd=ROOT,
            )
            for _ in range(count)
        ]

    def wait_for_election(self, *, other_than: int | None = None) -> int:
        """Return the id of the process that is elected, as soon as it is another one."""
        assert eventually(lambda: self._log.elected() not in (None, other_than))
        elected = self._log.elected()
        assert elected is not None
        return elected

    def stop(self) -> None:
        for process in self._running:
            process.kill()
            process.wait()


@pytest.fixture
def sequencers(log: Log) -> Iterator[Sequencers]:
    made = Sequencers(log, 2)
    try:
        yield made
    finally:
        made.stop()
