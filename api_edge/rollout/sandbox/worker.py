"""The main loops of the fork server and of the sandbox processes, which never return.

The fork server is forked while the edge process starts, when it has no thread and no connection
yet. A process that was forked later would inherit locks that other threads hold.
"""

import asyncio
import contextlib
import gc
import os
import pickle
import resource
import signal
import socket
from dataclasses import replace
from datetime import datetime
from typing import NoReturn

from psycopg import Error
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import TransactionStatus

from api_edge.postgresql.database import (
    Connection,
    PsycopgDatabase,
    configure_connection,
    connection_arguments,
)
from api_edge.rollout.dry_run import DryRunTransaction
from api_edge.rollout.edge_endpoints import EdgeApplication
from api_edge.rollout.observations import Observation, call_edge
from api_edge.rollout.sandbox.guard import RefusedPool, SandboxGuard
from api_edge.rollout.sandbox.kernel import refuse_sockets_and_programs
from api_edge.rollout.sandbox.messages import (
    CloseSnapshot,
    DryRunRequest,
    DryRunResult,
    Ready,
    send,
)
from api_edge.settings import Settings
from shared_domain import partners, postgres
from shared_domain.partners import ApiKey
from shared_domain.partners.sql_store import SqlKeyStore
from shared_domain.rollout import Outcome, Response
from shared_domain.rollout.dry_run_sql_store import BACKEND_PID
from shared_domain.rollout.wire import Verdict
from shared_domain.rows import only_value

#: After its time limit, a dry run has this long to stop by itself; then its process is ended.
STOPPING_SECONDS = 0.1

#: The application_name of dry runs and shadow requests in pg_stat_activity.
DRY_RUN_APPLICATION_NAME = "portico-edge-dry-run"

_IGNORED_SIGNALS = (
    signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2,
    signal.SIGWINCH, signal.SIGCHLD,
)  # fmt: skip


def serve_forks(control: socket.socket, edge_app: EdgeApplication, settings: Settings) -> NoReturn:
    """Fork a sandbox process for each socket that arrives, until the edge process has ended."""
    try:
        signal.set_wakeup_fd(-1)
        for number in _IGNORED_SIGNALS:
            # The socket ends with the edge process. An ignored SIGCHLD lets no zombie remain.
            signal.signal(number, signal.SIG_IGN)
        _replace_inherited_descriptors(keep=control.fileno())
        # Objects of the edge process are never collected here, nor copied for it.
        gc.freeze()
        while True:
            message, descriptors, _, _ = socket.recv_fds(control, 1, 1)
            if not message:
                os._exit(0)
            # Where none can be forked, the edge process finds the socket closed.
            with (
                socket.socket(fileno=descriptors[0]) as channel,
                contextlib.suppress(BlockingIOError),
            ):
                if os.fork() == 0:
                    control.close()
                    _serve_dry_runs(channel, edge_app, settings)
    finally:
        os._exit(1)


def _replace_inherited_descriptors(*, keep: int) -> None:
    """Put /dev/null in the place of every descriptor but the standard ones and ``keep``.

    They are replaced and not closed, so that no later socket gets the number of one which an
    inherited object still believes to be its own.
    """
    null = os.open(os.devnull, os.O_RDWR)
    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        known = [int(name) for name in os.listdir("/dev/fd")]
    except OSError:
        known = list(range(3, min(most, 65_536)))
    for number in known:
        if number > 2 and number not in (keep, null):
            with contextlib.suppress(OSError):
                os.fstat(number)
                os.dup2(null, number, inheritable=False)


def _serve_dry_runs(
    channel: socket.socket, edge_app: EdgeApplication, settings: Settings
) -> NoReturn:
    try:
        # Its default action ends the process, also in the middle of a call that blocks.
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        # Not uvloop: its sockets are opened in C, where no audit event is raised.
        loop = asyncio.SelectorEventLoop()
        asyncio.set_event_loop(loop)
        sandbox = loop.run_until_complete(open_sandbox(edge_app, settings))
        send(channel, Ready(sandbox.backend_pid))
        messages = channel.makefile("rb")
        while True:
            dry_run: DryRunRequest | CloseSnapshot = pickle.load(messages)  # noqa: S301 (see messages)
            if isinstance(dry_run, CloseSnapshot):
                loop.run_until_complete(sandbox.end_snapshot())
                continue
            signal.setitimer(signal.ITIMER_REAL, dry_run.within_seconds + STOPPING_SECONDS)
            ended = loop.run_until_complete(sandbox.run(dry_run))
            signal.setitimer(signal.ITIMER_REAL, 0)
            send(channel, ended)
    except (EOFError, Error, OSError):
        # The edge process has ended, or closed the socket; or the database is away.
        pass
    finally:
        os._exit(0)


async def open_sandbox(edge_app: EdgeApplication, settings: Settings) -> "Sandbox":
    """Connect to PostgreSQL, and refuse every other way out for as long as this process lives.

    With ``has_foreign_database`` only the edge's pools are refused: reads are compared there, and
    their endpoints reach their data by themselves.

    Raises:
        Error: PostgreSQL is away.
    """
    parts = postgres.connection_parameters(conninfo_to_dict(settings.database_url))
    connection = await Connection.connect(
        make_conninfo(**parts),
        **connection_arguments() | {"application_name": DRY_RUN_APPLICATION_NAME},
    )
    await configure_connection(connection, settings)
    row = await (await connection.execute(BACKEND_PID)).fetchone()
    guard = SandboxGuard()
    state = edge_app.fastapi.state
    state.pool = state.read_pool = RefusedPool(guard)
    state.keys = UncachedKeys(connection)
    if not settings.has_foreign_database:
        guard.engage()
        refuse_sockets_and_programs()
    return Sandbox(edge_app, connection, guard, backend_pid=only_value(row) or 0)


class Sandbox:
    """Makes one dry run after the other, on the one connection of this process."""

    def __init__(
        self,
        edge_app: EdgeApplication,
        connection: Connection,
        guard: SandboxGuard,
        *,
        backend_pid: int,
    ) -> None:
        self._edge_app = edge_app
        self._connection = connection
        self._guard = guard
        self.backend_pid = backend_pid
        self._kept: DryRunTransaction | None = None

    async def run(self, dry_run: DryRunRequest) -> DryRunResult:
        """Return what the edge would answer and write; it is always rolled back."""
        self._guard.begin()
        dry_run_transaction = self._kept or DryRunTransaction(
            self._connection,
            is_read=dry_run.is_read,
            within_seconds=dry_run.within_seconds,
        )
        scope = {**dry_run.scope, "app": self._edge_app.fastapi}
        observation: Observation | Verdict
        try:
            async with asyncio.timeout(dry_run.within_seconds):
                observation = await call_edge(
                    self._edge_app, scope, dry_run.body, dry_run_transaction=dry_run_transaction
                )
        except TimeoutError:
            observation = Verdict.ABANDONED
            await dry_run_transaction.end()
        self._kept = dry_run_transaction
        if observation is Verdict.ABANDONED or not dry_run.keeps_snapshot:
            await self.end_snapshot()
        await self._guard.cancel_leftover_tasks()
        ways_out = self._guard.ways_out
        if ways_out and not isinstance(observation, Observation):
            # It has no response, perhaps because something was refused to it.
            observation = Observation(Outcome(Response(500, (), b"")), 0.0, has_failed=True)
        if isinstance(observation, Observation):
            outcome = replace(observation.outcome, ways_out=ways_out)
            observation = replace(observation, outcome=outcome)
        return DryRunResult(
            observation=observation,
            has_lost_connection=self._connection.closed,
            is_one_snapshot=dry_run_transaction.times_begun <= 1,
        )

    async def end_snapshot(self) -> None:
        """Roll back the transaction that was kept open for another dry run."""
        dry_run_transaction, self._kept = self._kept, None
        if dry_run_transaction is not None:
            await dry_run_transaction.end()
        if self._connection.info.transaction_status is not TransactionStatus.IDLE:
            # The next dry run would begin in a transaction that was left open.
            await self._connection.close()


class UncachedKeys:
    """Looks up each API key: without notifications, this process must not cache any."""

    def __init__(self, connection: Connection) -> None:
        self._store = SqlKeyStore(PsycopgDatabase(connection))

    async def find(self, secret: str, *, now: datetime) -> ApiKey:
        """Return the key, or refuse it as ``KeyCache.find`` does."""
        return await partners.authenticate(secret, now=now, store=self._store)
