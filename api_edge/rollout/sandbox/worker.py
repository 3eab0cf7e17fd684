"""What runs in the fork server and in the sandbox processes; none of it returns to its caller.

The fork server is forked while the edge process starts, when it has no thread and no connection
yet. A process that was forked later would inherit locks that other threads hold.
"""

import asyncio
import contextlib
import gc
import os
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
    receive,
    send,
)
from api_edge.settings import Settings
from shared_domain import partners, postgres
from shared_domain.partners import ApiKey
from shared_domain.partners.sql_store import SqlKeyStore
from shared_domain.rollout import Outcome, Response
from shared_domain.rollout.dry_run_sql_store import BACKEND_PID
from shared_domain.rollout.wire import Verdict

#: After its time limit, a dry run has this long to stop by itself; then its process is ended.
STOPPING_SECONDS = 0.1

#: What pg_stat_activity calls the connections of dry runs and shadows.
DRY_RUN_APPLICATION_NAME = "portico-edge-dry-run"

_IGNORED_SIGNALS = (
    signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2,
    signal.SIGWINCH, signal.SIGCHLD,
)  # fmt: skip


def serve_forks(control: socket.socket, edge_app: EdgeApplication, settings: Settings) -> NoReturn:
    """Fork a sandbox process for each socket that comes, until the edge process has ended."""
    try:
        signal.set_wakeup_fd(-1)
        for number in _IGNORED_SIGNALS:
            # The edge's end is told by the socket. An ignored SIGCHLD lets no zombie remain.
            signal.signal(number, signal.SIG_IGN)
        _replace_inherited_descriptors(keep=control.fileno())
        # Objects of the edge process are never collected here, nor copied for it.
        gc.freeze()
        while True:
            message, descriptors, _, _ = socket.recv_fds(control, 1, 1)
            if not message:
                os._exit(0)
            # Where no process can be had, the edge hears of it as the socket is closed.
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
    status = 1
    try:
        # Its default action ends the process, also in the middle of a call that blocks.
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        # Not uvloop: its sockets are opened in C, where no audit event is raised.
        loop = asyncio.SelectorEventLoop()
        asyncio.set_event_loop(loop)
        sandbox = loop.run_until_complete(open_sandbox(edge_app, settings))
        send(channel, Ready(sandbox.backend_pid))
        while (dry_run := receive(channel)) is not None:
            if isinstance(dry_run, CloseSnapshot):
                loop.run_until_complete(sandbox.end_snapshot())
                continue
            signal.setitimer(signal.ITIMER_REAL, dry_run.within_seconds + STOPPING_SECONDS)
            ended = loop.run_until_complete(sandbox.run(dry_run))
            signal.setitimer(signal.ITIMER_REAL, 0)
            send(channel, ended)
        status = 0
    except (Error, OSError):
        # The database is away, or the edge process has ended.
        pass
    finally:
        os._exit(status)


async def open_sandbox(edge_app: EdgeApplication, settings: Settings) -> "Sandbox":
    """Connect, and refuse every other way out for as long as this process lives.

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
    state.pool = RefusedPool(guard)
    state.keys = UncachedKeys(connection)
    if not settings.has_foreign_database:
        guard.engage()
        refuse_sockets_and_programs()
    return Sandbox(edge_app, connection, guard, backend_pid=row[0] if row else 0)


class Sandbox:
    """Carries out one dry run after the other on the one connection of this process."""

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
        """Return what the edge would answer and write; nothing of it lasts."""
        self._guard.begin()
        dry_run_transaction = self._kept or DryRunTransaction(
            self._connection,
            is_read=dry_run.is_read,
            within_seconds=dry_run.within_seconds,
        )
        scope = {**dry_run.scope, "app": self._edge_app.fastapi}
        asked: Observation | Verdict | None = None
        is_late = False
        try:
            async with asyncio.timeout(dry_run.within_seconds):
                asked = await call_edge(
                    self._edge_app, scope, dry_run.body, dry_run_transaction=dry_run_transaction
                )
        except TimeoutError:
            is_late = True
            await dry_run_transaction.end()
        self._kept = dry_run_transaction
        if is_late or not dry_run.keeps_snapshot:
            await self.end_snapshot()
        await self._guard.cancel_leftover_tasks()
        ways_out = self._guard.refused
        if ways_out and not isinstance(asked, Observation):
            # That it came to nothing may well be because it was refused something.
            asked = Observation(Outcome(Response(500, (), b"")), 0.0, has_failed=True)
        if isinstance(asked, Observation):
            asked = replace(asked, outcome=replace(asked.outcome, ways_out=ways_out))
        return DryRunResult(
            asked=asked,
            is_late=is_late and not ways_out,
            has_lost_connection=self._connection.closed,
            is_one_snapshot=dry_run_transaction.times_begun <= 1,
        )

    async def end_snapshot(self) -> None:
        """Roll back what was kept open."""
        dry_run_transaction, self._kept = self._kept, None
        if dry_run_transaction is not None:
            await dry_run_transaction.end()
        if self._connection.info.transaction_status is not TransactionStatus.IDLE:
            # Whatever left a transaction open: in it the next dry run would see what is past.
            await self._connection.close()


class UncachedKeys:
    """Looks each key up, since a process that hears no notices may remember none."""

    def __init__(self, connection: Connection) -> None:
        self._store = SqlKeyStore(PsycopgDatabase(connection))

    async def find(self, secret: str, *, now: datetime) -> ApiKey:
        """Return the key; refuse it as ``KeyCache.find`` does."""
        return await partners.authenticate(secret, now=now, store=self._store)
