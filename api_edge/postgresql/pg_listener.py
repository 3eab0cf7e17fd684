"""The one connection of this process that does nothing but listen for notices.

Whoever remembers something of the database subscribes to a channel, and may believe what it
remembers only while ``is_listening``::

    listener = PgListener(settings.database_url)
    listener.subscribe(API_KEY_CHANNEL, on_notify=…, on_reconnect=…)
    await listener.start()

- ``on_reconnect()`` is called each time the connection stands anew, because notices may have been
  missed, and once more when it breaks.
- ``on_notify(payload)`` is called for each notice.
- Nothing is believed while the connection is down, or has given no sign of life for a while.
"""

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Callable

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from api_edge.postgresql.database import connection_arguments
from api_edge.postgresql.outage import OutageLog
from api_edge.postgresql.pool import Connection, StaleSession
from shared_domain import deadline, postgres

#: What pg_stat_activity calls the connection.
LISTENER = "portico-edge-listener"

#: A silent connection is asked for a sign of life this often, and given as long to answer.
HEARTBEAT_SECONDS = 5.0

FIRST_RETRY_SECONDS = 0.1
LONGEST_RETRY_SECONDS = 2.0

logger = logging.getLogger(__name__)


class PgListener:
    """Keeps the connection, and tells the subscribers."""

    def __init__(self, database_url: str, *, heartbeat_seconds: float = HEARTBEAT_SECONDS) -> None:
        parts = postgres.connection_parameters(conninfo_to_dict(database_url))
        self._address, self._wants_primary = make_conninfo(**parts), postgres.wants_primary(parts)
        self._heartbeat_seconds = heartbeat_seconds
        self._heed: dict[str, Callable[[str], None]] = {}
        self._begin: list[Callable[[], None]] = []
        self._listens_until = 0.0
        self._retry_seconds = FIRST_RETRY_SECONDS
        self._outage = OutageLog(logger, "no notices from PostgreSQL")
        self._task: asyncio.Task[None] | None = None

    @property
    def is_listening(self) -> bool:
        """Whether every notice up to this moment has come through, as far as anybody can tell."""
        return time.monotonic() < self._listens_until

    def subscribe(
        self, channel: str, *, on_notify: Callable[[str], None], on_reconnect: Callable[[], None]
    ) -> None:
        """Hear of a channel's notices; to be called before ``start``."""
        self._heed[channel] = on_notify
        self._begin.append(on_reconnect)

    async def start(self) -> None:
        """Begin to listen. Returns at once, before the connection stands."""
        self._task = asyncio.create_task(self._listen_until_stopped(), name="listener")

    async def stop(self) -> None:
        """Stop listening; the subscribers are told to forget."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _listen_until_stopped(self) -> None:
        while True:
            try:
                await self._listen()
            except (psycopg.Error, OSError) as error:
                self._outage.record_failure(error)
            finally:
                self._listens_until = 0.0
                self._begin_anew()
            # Not all processes at once, when a restarted server has to take them back.
            await asyncio.sleep(self._retry_seconds * random.uniform(0.5, 1.0))
            self._retry_seconds = min(self._retry_seconds * 2, LONGEST_RETRY_SECONDS)

    async def _listen(self) -> None:
        """Pass notices on until the connection fails."""
        arguments = connection_arguments() | {"application_name": LISTENER}
        connection = await Connection.connect(self._address, **arguments)
        async with connection:
            for channel in self._heed:
                await connection.execute(f"LISTEN {channel}")
            # What was read before this moment may have missed a notice.
            self._begin_anew()
            self._retry_seconds = FIRST_RETRY_SECONDS
            self._outage.record_success()
            logger.info("listening for notices from PostgreSQL")
            while True:
                # Set ahead, not taken back: giving a dead connection up may take long.
                self._listens_until = time.monotonic() + 2 * self._heartbeat_seconds
                async for notice in connection.notifies(timeout=self._heartbeat_seconds):
                    self._heed[notice.channel](notice.payload)
                with deadline.within(self._heartbeat_seconds):
                    await connection.execute("SELECT 1")
                if self._wants_primary and connection.is_read_only:
                    # Notices are sent where rows are changed.
                    raise StaleSession

    def _begin_anew(self) -> None:
        for on_reconnect in self._begin:
            on_reconnect()
