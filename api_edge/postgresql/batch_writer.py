"""Write what a process keeps in memory to PostgreSQL: at intervals, and when the process stops."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

import psycopg

from api_edge.postgresql.outage import OutageLog
from api_edge.postgresql.pool import is_transient


class BatchWriter:
    """Calls ``write`` every ``seconds`` in one background task, and once more when it stops.

    No request waits for it. After a transient error ``write`` has kept its records, and is called
    again; after any other error it has dropped them. Both are logged, and ``what`` names the
    records. A process that is killed loses what it recorded since the last call.
    """

    def __init__(
        self,
        write: Callable[[], Awaitable[None]],
        *,
        seconds: float,
        what: str,
        logger: logging.Logger,
    ) -> None:
        self._write = write
        self._seconds = seconds
        self._what = what
        self._logger = logger
        self._outage = OutageLog(logger, f"{what} wait to be written")
        self._task: asyncio.Task[None] | None = None
        self._is_stopping = asyncio.Event()

    async def start(self) -> None:
        self._task = asyncio.create_task(self._write_until_stopped(), name=self._what)

    async def stop(self) -> None:
        """Write what is left."""
        self._is_stopping.set()
        if self._task is not None:
            await self._task

    async def _write_until_stopped(self) -> None:
        is_last = False
        while not is_last:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._seconds):
                    await self._is_stopping.wait()
            is_last = self._is_stopping.is_set()
            try:
                await self._write()
                self._outage.record_success()
            # Of any kind: a task that ended would never write again, and nothing would say so.
            except Exception as trouble:
                name = type(trouble).__qualname__
                if isinstance(trouble, psycopg.Error) and is_transient(trouble):
                    self._outage.record_failure(name)
                else:
                    self._logger.error("%s are lost: %s", self._what, name)
