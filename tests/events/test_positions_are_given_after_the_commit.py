"""Events get gapless positions after their commit, in each booking's order, whatever happens."""

import os
import random
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import pairwise
from uuid import UUID

import psycopg

from tests.events.conftest import Log, Sequencers, change
from tests.harness.waiting import eventually


def test_an_open_transaction_delays_its_own_events_only(log: Log) -> None:
    held_up, other = log.add_booking(), log.add_booking()
    with log.connect(autocommit=False) as slow, log.connect() as quick:
        change(slow, held_up)
        change(quick, other)
        change(quick, other)

        assert log.give() == 2
        assert log.positions(other) == [1, 2]
        assert log.positions(held_up) == []
        slow.commit()

    assert log.give() == 1
    assert log.positions(held_up) == [3]


def test_what_was_rolled_back_leaves_no_gap(log: Log) -> None:
    booking = log.add_booking()
    with log.connect(autocommit=False) as connection:
        for commits in (True, False, True, False):
            change(connection, booking)
            connection.commit() if commits else connection.rollback()

    assert log.give() == 2
    assert log.positions() == [1, 2]


def test_a_backlog_is_numbered_in_batches(log: Log) -> None:
    booking = log.add_booking()
    with log.connect() as connection:
        for _ in range(5):
            change(connection, booking)

    assert [log.give(most=2) for _ in range(4)] == [2, 2, 1, 0]
    assert log.positions() == [1, 2, 3, 4, 5]


def test_sequencers_die_freeze_and_take_over_without_a_gap(
    log: Log, sequencers: Sequencers
) -> None:
    """Two processes, of which one is elected, while eight sessions write to four bookings."""
    bookings = [log.add_booking() for _ in range(4)]
    first = sequencers.wait_for_election()

    # Frozen, it stays elected, and the other one helps out.
    os.kill(first, signal.SIGSTOP)
    with log.connect() as connection:
        change(connection, bookings[0])
    assert eventually(lambda: log.positions() == [1])
    os.kill(first, signal.SIGCONT)

    with ThreadPoolExecutor(8) as threads:
        writing = [threads.submit(_write, log, bookings, seed) for seed in range(8)]
        # In the midst of a batch: it waits for the log's row, which is locked here.
        with log.connect(autocommit=False) as blocking:
            assert eventually(lambda: len(log.positions()) > 1)
            blocking.execute("SELECT FROM events_log FOR UPDATE")
            assert eventually(lambda: log.owner.execute(WAITS_FOR_A_LOCK).fetchone())
            os.kill(first, signal.SIGKILL)
        sequencers.wait_for_election(other_than=first)
        for session in writing:
            session.result()
    assert eventually(lambda: log.waiting() == 0)

    positions = [position for position in log.positions() if position]
    assert sorted(positions) == list(range(1, 8 * CHANGES + 2))
    for booking in bookings:
        steps = log.owner.execute(
            "SELECT (data ->> 'step')::int FROM events_event WHERE booking_uuid = %s"
            " ORDER BY position",
            [booking],
        ).fetchall()
        assert [step for (step,) in steps] == list(range(1, len(steps) + 1))


#: Of each of the writing sessions.
CHANGES = 60

WAITS_FOR_A_LOCK = """
SELECT pid FROM pg_stat_activity
 WHERE application_name LIKE 'portico-sequencer%' AND wait_event_type = 'Lock'
   AND datname = current_database()
"""


def _write(log: Log, bookings: list[UUID], seed: int) -> None:
    """Change bookings by chance, each change in a transaction of its own."""
    chance = random.Random(seed)
    with log.connect(autocommit=False) as connection:
        for _ in range(CHANGES):
            change(connection, chance.choice(bookings))
            connection.commit()


def test_a_session_that_is_ended_in_a_batch_gives_all_of_it_or_nothing(log: Log) -> None:
    booking = log.add_booking()
    with log.connect(autocommit=False) as ended, log.connect() as writer:
        for _ in range(3):
            change(writer, booking)
        ended.execute("SELECT * FROM events_give_positions(2, 0)")
        log.owner.execute("SELECT pg_terminate_backend(%s)", [ended.info.backend_pid])
        with suppress(psycopg.OperationalError):
            ended.commit()

    assert log.give() == 3
    numbered = [position or 0 for position in log.positions()]
    assert [later - earlier for earlier, later in pairwise(numbered)] == [1, 1]
