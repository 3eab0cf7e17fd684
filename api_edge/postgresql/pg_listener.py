"""Listen for PostgreSQL notifications (LISTEN/NOTIFY), on one connection of this process.

A cache of database rows subscribes to a channel, and may use its entries only while
``is_listening``::

    listener = PgListener(settings.database_url)
    listener.subscribe(API_KEY_CHANNEL, on_notify=…, on_reconnect=…)
    await listener.start()

- ``on_notify(payload)`` is called for each notification.
- ``on_reconnect()`` is called when the connection is established anew, because notifications may
  have been missed, and when it breaks.
- ``is_listening`` is false while the connection is down or has not answered for a while.
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
from api_edge.postgresql.pool import PING, Connection, StaleSession
from shared_domain import deadline, postgres

#: The connection's application_name in pg_stat_activity.
APPLICATION_NAME = "portico-edge-listener"

#: How often the connection is checked, and how long PostgreSQL may take to answer.
HEARTBEAT_SECONDS = 5.0

FIRST_RETRY_SECONDS = 0.1
MAX_RETRY_SECONDS = 2.0

logger = logging.getLogger(__name__)


class PgListener:
    """Keeps a connection that listens, reconnects it, and calls the subscribers."""

    def __init__(self, database_url: str, *, heartbeat_seconds: float = HEARTBEAT_SECONDS) -> None:
        parts = postgres.connection_parameters(conninfo_to_dict(database_url))
        self._address, self._wants_primary = make_conninfo(**parts), postgres.wants_primary(parts)
        self._heartbeat_seconds = heartbeat_seconds
        self._on_notify: dict[str, Callable[[str], None]] = {}
        self._on_reconnect: list[Callable[[], None]] = []
        self._listens_until = 0.0
        self._retry_seconds = FIRST_RETRY_SECONDS
        self._outage = OutageLog(logger, "no notices from PostgreSQL")
        self._task: asyncio.Task[None] | None = None

    @property
    def is_listening(self) -> bool:
        """Whether every notification up to now was received, as far as this process can know."""
        return time.monotonic() < self._listens_until

    def subscribe(
        self, channel: str, *, on_notify: Callable[[str], None], on_reconnect: Callable[[], None]
    ) -> None:
        """Subscribe to a channel; to be called before ``start``."""
        self._on_notify[channel] = on_notify
        self._on_reconnect.append(on_reconnect)

    async def start(self) -> None:
        """Start listening in the background; return before the connection is established."""
        self._task = asyncio.create_task(self._listen_until_stopped(), name="listener")

    async def stop(self) -> None:
        """Stop listening, and call every ``on_reconnect`` once more."""
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
                self._call_on_reconnect()
            # Jitter: a restarted server should not get all processes at once.
            await asyncio.sleep(self._retry_seconds * random.uniform(0.5, 1.0))
            self._retry_seconds = min(self._retry_seconds * 2, MAX_RETRY_SECONDS)

    async def _listen(self) -> None:
        """Call the subscribers for each notification until the connection fails."""
        arguments = connection_arguments() | {"application_name": APPLICATION_NAME}
        connection = await Connection.connect(self._address, **arguments)
        async with connection:
            for channel in self._on_notify:
                await connection.execute(f"LISTEN {channel}")
            # What was read before this moment may have missed a notification.
            self._call_on_reconnect()
            self._retry_seconds = FIRST_RETRY_SECONDS
            self._outage.record_success()
            logger.info("listening for notices from PostgreSQL")
            while True:
                # Set ahead, not reset on failure: to notice a dead connection may take long.
                self._listens_until = time.monotonic() + 2 * self._heartbeat_seconds
                async for notice in connection.notifies(timeout=self._heartbeat_seconds):
                    self._on_notify[notice.channel](notice.payload)
                with deadline.within(self._heartbeat_seconds):
                    await connection.execute(PING)
                if self._wants_primary and connection.is_read_only:
                    # Notifications are sent on the primary.
                    raise StaleSession

    def _call_on_reconnect(self) -> None:
        for on_reconnect in self._on_reconnect:
            on_reconnect()
