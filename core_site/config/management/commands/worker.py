"""``manage.py worker``: run background work, in any number of processes.

A worker runs the jobs of procrastinate, the sequencer of events, the delivery of webhooks and that
of OCTO notifications. procrastinate's own command ends when it loses its connection to the
database. This one runs the same worker, and starts it again when the database is back. See Note
[What happens to running jobs].
"""

import asyncio
import logging
import os
import random
import signal
import sys
from argparse import ArgumentParser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, LiteralString

import uvloop
from django.core.management.base import BaseCommand
from procrastinate.contrib.django import app
from procrastinate.contrib.django.utils import connector_params
from procrastinate.exceptions import ConnectorException
from procrastinate.psycopg_connector import PsycopgConnector
from psycopg import AsyncConnection, Error, OperationalError
from psycopg.errors import ReadOnlySqlTransaction

from core_site.events.sequencer import run_sequencer
from core_site.notifications.sending.notifier import run_notifier
from core_site.webhooks.sending.deliverer import run_deliverer
from shared_domain.descriptor_limit import raise_descriptor_limit

logger = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 5.0

#: How long to wait for a connection while stopping: without a database there is nothing to tell.
CONNECTION_SECONDS = 2.0

#: How long a query about jobs may take. A server that is frozen answers none, for as long as it is.
QUERY_SECONDS = 30.0


class Command(BaseCommand):
    help = (
        "Run the jobs until SIGTERM or SIGINT; wait for the database while it is away. "
        "SIGHUP finishes the running jobs and starts anew, with new code."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--graceful-seconds",
            type=float,
            default=8.0,
            metavar="N",
            help="how long running jobs may take when it is asked to stop (default 8)",
        )

    def handle(self, *arguments: Any, **options: Any) -> None:
        for handler in logging.getLogger().handlers:
            handler.addFilter(_is_worth_logging)
        # An attempt without a descriptor looks like a failed one, and a thousand and more sockets
        # are open at once where partners hang.
        raise_descriptor_limit()
        requests = uvloop.run(_work_until_stopped(options["graceful_seconds"]))
        if requests == {signal.SIGHUP}:
            os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606


async def _work_until_stopped(graceful_seconds: float) -> set[signal.Signals]:
    """Run worker after worker, and return the signals that asked to stop."""
    stop, requests = asyncio.Event(), set[signal.Signals]()

    def note(sent: signal.Signals) -> None:
        requests.add(sent)
        stop.set()

    for sent in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(sent, note, sent)
    await _unless(stop, _wait_for_database(), graceful_seconds)
    lasting = [asyncio.create_task(run()) for run in (run_sequencer, run_deliverer, run_notifier)]
    for task in lasting:
        # It ends by itself only by a fault of its own; the supervisor then starts this worker anew.
        task.add_done_callback(lambda _: stop.set())
    await _work_again_and_again(stop, graceful_seconds)
    for task in lasting:
        task.cancel()
    for task in lasting:
        with suppress(asyncio.CancelledError):
            await task
    logger.info("the worker has stopped")
    return requests


async def _work_again_and_again(stop: asyncio.Event, graceful_seconds: float) -> None:
    """Run worker after worker until ``stop``, with exponential backoff while each ends at once.

    Each does where the database takes connections and refuses the work: it is read-only, or full.
    """
    loop = asyncio.get_running_loop()
    pause_seconds, is_known = FIRST_PAUSE_SECONDS, False
    logger.info("the worker works")
    while not stop.is_set():
        began_at, connector = loop.time(), _Connector()
        await _unless(stop, _work(connector, graceful_seconds), graceful_seconds)
        if stop.is_set():
            return
        if loop.time() - began_at > LONGEST_PAUSE_SECONDS:
            pause_seconds, is_known = FIRST_PAUSE_SECONDS, False
        if not is_known:
            logger.warning(
                "the worker has lost its database (%s) and goes on when that is back",
                connector.reason,
            )
            is_known = True
        pause = asyncio.sleep(pause_seconds * random.uniform(0.5, 1.0))
        await _unless(stop, pause, graceful_seconds)
        pause_seconds = min(pause_seconds * 2, LONGEST_PAUSE_SECONDS)
        await _unless(stop, _wait_for_database(is_known=True), graceful_seconds)


async def _unless(stop: asyncio.Event, doing: Any, graceful_seconds: float) -> None:
    """Run a coroutine to its end, or cancel it on ``stop`` and wait for it as long as allowed."""
    task, stopped = asyncio.create_task(doing), asyncio.create_task(stop.wait())
    await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=graceful_seconds + CONNECTION_SECONDS + 1)
    if task.done() and not task.cancelled():
        task.result()


async def _wait_for_database(*, is_known: bool = False) -> None:
    """Return when the database takes connections; log once that it does not, unless known."""
    pause_seconds = FIRST_PAUSE_SECONDS
    parameters = connector_params() | {"connect_timeout": 5}
    while True:
        try:
            connection = await AsyncConnection.connect(**parameters)
            await connection.close()
        except (Error, OSError) as problem:
            if not is_known:
                reason = (str(problem).splitlines() or [type(problem).__name__])[0]
                logger.warning("the worker waits for its database: %s", reason)
                is_known = True
        else:
            return
        await asyncio.sleep(pause_seconds * random.uniform(0.5, 1.0))
        pause_seconds = min(pause_seconds * 2, LONGEST_PAUSE_SECONDS)


async def _work(connector: "_Connector", graceful_seconds: float) -> None:
    """Run one worker until it is cancelled, or a query of it has lost its connection."""
    with (
        suppress(ConnectorException, OperationalError),
        app.replace_connector(connector) as connected,
    ):
        async with connected.open_async():
            ending = asyncio.create_task(_end_when_lost(connector.lost, asyncio.current_task()))
            try:
                await connected.run_worker_async(
                    install_signal_handlers=False, shutdown_graceful_timeout=graceful_seconds
                )
            finally:
                ending.cancel()


async def _end_when_lost(lost: asyncio.Event, working: "asyncio.Task[None] | None") -> None:
    await lost.wait()
    if working is not None:
        working.cancel()


class _Connector(PsycopgConnector):
    """The connections of one worker.

    ``lost`` is set when a query has lost its connection, found none, had no answer in time, or met
    another error that passes; ``reason`` is the kind of the last error. procrastinate ends a worker
    that cannot fetch a job, but not one that could not write that a job has ended: that job would
    stay "doing" for as long as its worker lives.
    """

    def __init__(self) -> None:
        super().__init__(kwargs=connector_params(), timeout=CONNECTION_SECONDS)
        self.lost = asyncio.Event()
        self.reason = "no connection"

    async def execute_query_async(self, query: LiteralString, **arguments: Any) -> None:
        async with self._noting_a_loss():
            await super().execute_query_async(query, **arguments)

    async def execute_query_one_async(
        self, query: LiteralString, **arguments: Any
    ) -> dict[str, Any]:
        async with self._noting_a_loss():
            row: dict[str, Any] = await super().execute_query_one_async(query, **arguments)
        return row

    async def execute_query_all_async(
        self, query: LiteralString, **arguments: Any
    ) -> list[dict[str, Any]]:
        async with self._noting_a_loss():
            rows: list[dict[str, Any]] = await super().execute_query_all_async(query, **arguments)
        return rows

    @asynccontextmanager
    async def _noting_a_loss(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(QUERY_SECONDS):
                yield
        except TimeoutError as silence:
            self.reason = type(silence).__name__
            self.lost.set()
            raise ConnectorException from silence
        except ConnectorException as problem:
            cause = problem.__cause__ or problem
            self.reason = type(cause).__name__
            # Read-only, as a server that was the primary, is no OperationalError.
            if isinstance(cause, OperationalError | ReadOnlySqlTransaction):
                self.lost.set()
            raise


def _is_worth_logging(record: logging.LogRecord) -> bool:
    """Logging filter: drop the traceback of each task of procrastinate that lost the connection."""
    problem = record.exc_info[1] if record.exc_info else None
    return not (record.name == "psycopg.pool" or isinstance(problem, ConnectorException))


# Note [What happens to running jobs]
# -----------------------------------
# A job that runs while its database goes away fails, and its row stays "doing": nothing could be
# written. The same is left by a worker that was killed. A minute later `retry_stalled_jobs`
# (core_site/config/jobs.py) queues it again, since its worker has ended: see `_Connector`. Hence
# every job must be safe to run twice.
