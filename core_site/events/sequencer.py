"""The sequencer, which assigns positions to events: a task of every worker, one of them elected.

The elected worker holds an advisory lock while its session lives, and another takes over within
``STANDBY_SECONDS`` of its end. Correctness does not depend on the election: a batch is one
statement, which locks the log's row. So a worker that is not elected assigns positions as well when
events have waited for ``STALLED``, since the elected one may be frozen or unreachable.
"""

import asyncio
import logging
import os
import time
from datetime import timedelta

from procrastinate.contrib.django.utils import connector_params
from psycopg import AsyncConnection

from core_site.postgresql.async_database import AsyncDatabase
from core_site.postgresql.worker_session import prepare_session, run_on_new_sessions
from shared_domain.database import Row
from shared_domain.events import (
    BATCH,
    POLL_SECONDS,
    SearchStart,
    SequencerStore,
    give_positions,
)
from shared_domain.events.sql_store import SqlSequencerStore

#: How often a worker that is not elected tries to be.
STANDBY_SECONDS = 1.0

#: How long events wait before a worker that is not elected gives them their positions.
STALLED = timedelta(seconds=5)

#: How often the search begins at the first id: Note [Where the search begins] in
#: shared_domain/events/sequencer.py.
WHOLE_SEARCH_SECONDS = 60.0

#: A batch waits for locks of other sequencers only, which last as long as theirs.
LOCK_SECONDS, STATEMENT_SECONDS = 5, 30

#: In pg_stat_activity it says which worker's session it is.
APPLICATION_NAME = f"portico-sequencer {os.getpid()}"

logger = logging.getLogger(__name__)


async def run_sequencer() -> None:
    """Assign positions while this worker is elected, until cancelled; reconnect after a loss."""
    await run_on_new_sessions(_run_on_one_connection, name="the sequencer", logger=logger)


async def _run_on_one_connection() -> None:
    parameters = connector_params() | {
        "application_name": APPLICATION_NAME,
        "connect_timeout": 5,
        "autocommit": True,
    }
    connection: AsyncConnection[Row] = await AsyncConnection.connect(**parameters)
    async with connection:
        await prepare_session(
            connection, statement_seconds=STATEMENT_SECONDS, lock_seconds=LOCK_SECONDS
        )
        database = AsyncDatabase(connection, most_seconds=STATEMENT_SECONDS + LOCK_SECONDS)
        store = SqlSequencerStore(database)
        await _wait_for_election(store)
        logger.info("this worker is the sequencer of events")
        await sequence(store)


async def _wait_for_election(store: SequencerStore) -> None:
    """Return when this worker is elected; help out while the elected one does nothing."""
    while not await store.become_sequencer():
        if await store.has_waiting(longer_than=STALLED):
            logger.warning("events wait although another worker is the sequencer; helping out")
            await _give_all(store)
        await asyncio.sleep(STANDBY_SECONDS)


async def _give_all(store: SequencerStore) -> None:
    while (await store.give_positions(most=BATCH, above=0)).given == BATCH:
        pass


async def sequence(store: SequencerStore) -> None:
    """Assign positions to committed events in a loop, until cancelled."""
    start, whole_search_at = SearchStart(), time.monotonic()
    while True:
        batch, start = await give_positions(start, seconds=time.monotonic(), store=store)
        if time.monotonic() - whole_search_at > WHOLE_SEARCH_SECONDS:
            await _give_all(store)
            whole_search_at = time.monotonic()
        if batch.given < BATCH:
            await asyncio.sleep(POLL_SECONDS)
