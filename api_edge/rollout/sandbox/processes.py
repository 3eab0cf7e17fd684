"""The edge's end of the sandbox: starts processes on demand, each for one dry run at a time."""

import asyncio
import contextlib
import logging
import os
import socket
from typing import TypeVar

from starlette.types import Scope

from api_edge.rollout.edge_endpoints import EdgeApplication
from api_edge.rollout.observations import Observation
from api_edge.rollout.sandbox.messages import (
    LENGTH,
    CloseSnapshot,
    DryRunRequest,
    DryRunResult,
    Ready,
    Request,
    packed,
    plain_scope,
    unpacked,
)
from api_edge.rollout.sandbox.worker import STOPPING_SECONDS, serve_forks
from api_edge.settings import Settings
from shared_domain.rollout.wire import Verdict

#: A process that has had nothing to do for so long is ended.
IDLE_SECONDS = 60.0

#: Processes that are being started at the same time.
MOST_STARTING = 4

#: How much longer than a dry run's limit is waited for its process: the kernel ends it before.
_PATIENCE_SECONDS = 2 * STOPPING_SECONDS

logger = logging.getLogger("api_edge")

T = TypeVar("T")


class DryRunNotCompleted(Exception):
    """A dry run came to nothing: too late, or its process or its connection was lost.

    ``backend_pid`` is the PostgreSQL process that may still be busy with it, 0 for none.
    """

    def __init__(self, backend_pid: int = 0) -> None:
        super().__init__(backend_pid)
        self.backend_pid = backend_pid


class SandboxProcess:
    """One process, and how to talk to it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._expiry: asyncio.TimerHandle | None = None
        self.backend_pid = 0
        self.was_used = False

    async def wait_until_ready(self) -> None:
        """Wait for its connection.

        Raises:
            EOFError: it has none, and has ended.
        """
        self.backend_pid = (await self._receive(Ready)).backend_pid

    async def run(self, dry_run: DryRunRequest) -> DryRunResult:
        """Have it carried out.

        Raises:
            TimeoutError: it blocks, and is being ended.
            EOFError, OSError: the process has ended.
        """
        self._writer.write(packed(Request(dry_run)))
        async with asyncio.timeout(dry_run.within_seconds + _PATIENCE_SECONDS):
            ended = await self._receive(DryRunResult)
        self.was_used = True
        return ended

    def end_snapshot(self) -> None:
        self._writer.write(packed(Request(CloseSnapshot())))

    def end(self) -> None:
        """Let it end: an idle process does at once, one that blocks by its own alarm."""
        self.take()
        self._writer.close()

    def take(self) -> None:
        if self._expiry is not None:
            self._expiry.cancel()

    def end_later(self) -> None:
        self._expiry = asyncio.get_running_loop().call_later(IDLE_SECONDS, self.end)

    @property
    def has_ended(self) -> bool:
        return self._writer.is_closing() or self._reader.at_eof()

    async def _receive(self, kind: type[T]) -> T:
        (length,) = LENGTH.unpack(await self._reader.readexactly(LENGTH.size))
        return unpacked(await self._reader.readexactly(length), kind)


class SandboxProcesses:
    """Every sandbox process of this edge process; started when there is something to compare."""

    def __init__(self) -> None:
        self._control: socket.socket | None = None
        self._fork_server_pid = 0
        self._idle: list[SandboxProcess] = []
        self._starting: set[asyncio.Task[SandboxProcess]] = set()

    def start(self, edge_app: EdgeApplication, settings: Settings) -> None:
        """Fork the fork server; to be called before this process has threads or connections."""
        self._control, control_of_child = socket.socketpair()
        self._fork_server_pid = os.fork()
        if self._fork_server_pid == 0:
            serve_forks(control_of_child, edge_app, settings)
        control_of_child.close()

    async def stop(self) -> None:
        """End every process, and wait for the fork server."""
        if self._control is None:
            return
        for starting in self._starting:
            starting.cancel()
        await asyncio.gather(*self._starting, return_exceptions=True)
        for process in self._idle:
            process.end()
        self._control.close()
        with contextlib.suppress(ChildProcessError):
            await asyncio.to_thread(os.waitpid, self._fork_server_pid, 0)

    async def run(
        self, scope: Scope, body: bytes, *, is_read: bool, within_seconds: float
    ) -> Observation | Verdict:
        """Return what the edge would do, or why its answer is not compared.

        Raises:
            DryRunNotCompleted: it was not done in time, or its process was lost.
        """
        dry_run = DryRunRequest(
            scope=plain_scope(scope), body=body, is_read=is_read, within_seconds=within_seconds
        )
        process, ended = await self.begin(dry_run)
        self.release(process, ended)
        return _in_time(ended)

    async def begin(self, dry_run: DryRunRequest) -> tuple[SandboxProcess, DryRunResult]:
        """Have it carried out by any process, which the caller releases.

        Raises:
            DryRunNotCompleted: it was not done in time, or its process was lost.
        """
        while True:
            process = self._take_idle() or await self._started(dry_run.within_seconds)
            was_idle = process.was_used
            ended = await self.run_with(process, dry_run)
            if ended is not None:
                return process, ended
            if not was_idle:
                raise DryRunNotCompleted(process.backend_pid)
            # PostgreSQL was restarted since, or something ended the process.

    async def run_with(
        self, process: SandboxProcess, dry_run: DryRunRequest
    ) -> DryRunResult | None:
        """Return what came of it; None when the process or its connection was lost.

        Raises:
            DryRunNotCompleted: it was not done in time.
        """
        ended: DryRunResult | None = None
        try:
            ended = await process.run(dry_run)
        except TimeoutError:
            raise DryRunNotCompleted(process.backend_pid) from None
        except (EOFError, OSError):
            return None
        finally:
            if ended is None or ended.has_lost_connection:
                process.end()
        if ended.has_lost_connection:
            return None
        if ended.is_late:
            self.release(process, ended)
            raise DryRunNotCompleted
        return ended

    def release(self, process: SandboxProcess, ended: DryRunResult) -> None:
        """Keep a process for the next dry run, unless something of this one may go on."""
        if isinstance(ended.asked, Observation) and ended.asked.outcome.ways_out:
            process.end()
        else:
            self._keep(process)

    def _take_idle(self) -> SandboxProcess | None:
        while self._idle:
            process = self._idle.pop()
            process.take()
            if not process.has_ended:
                return process
        return None

    def _keep(self, process: SandboxProcess) -> None:
        process.end_later()
        self._idle.append(process)

    async def _started(self, within_seconds: float) -> SandboxProcess:
        """Return a new process; one that is not ready in time is kept for the next dry run."""
        if len(self._starting) >= MOST_STARTING:
            raise DryRunNotCompleted
        starting = asyncio.create_task(self._start_process())
        self._starting.add(starting)
        starting.add_done_callback(self._starting.discard)
        try:
            async with asyncio.timeout(within_seconds):
                return await asyncio.shield(starting)
        except (EOFError, OSError) as lost:
            logger.warning("no sandbox process: %s", type(lost).__qualname__)
            raise DryRunNotCompleted from None
        except BaseException as gave_up:
            starting.add_done_callback(self._keep_started)
            if isinstance(gave_up, TimeoutError):
                raise DryRunNotCompleted from None
            raise

    def _keep_started(self, starting: "asyncio.Task[SandboxProcess]") -> None:
        if not starting.cancelled() and starting.exception() is None:
            self._keep(starting.result())

    async def _start_process(self) -> SandboxProcess:
        """Have a process forked.

        Raises:
            EOFError: it could not connect to PostgreSQL, and has ended.
            OSError: the fork server has ended.
        """
        if self._control is None:
            raise BrokenPipeError
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self._control, [b"+"], [theirs.fileno()])
        reader, writer = await asyncio.open_unix_connection(sock=ours)
        process = SandboxProcess(reader, writer)
        try:
            await process.wait_until_ready()
        except BaseException:
            process.end()
            raise
        return process


class SnapshotSession:
    """Asks the edge about reads that all see the database as the first of them did."""

    def __init__(self, processes: SandboxProcesses, *, within_seconds: float) -> None:
        self._processes = processes
        self._within_seconds = within_seconds
        self._process: SandboxProcess | None = None
        self._ended: DryRunResult | None = None

    @property
    def is_one(self) -> bool:
        """Whether no answer has seen a second snapshot, as where an endpoint ended its own."""
        return self._ended is not None and self._ended.is_one_snapshot

    async def ask(self, scope: Scope, body: bytes) -> Observation | Verdict:
        """Return what the edge answers, or why that is not compared.

        Raises:
            DryRunNotCompleted: it was not done in time, or the snapshot is lost.
        """
        dry_run = DryRunRequest(
            scope=plain_scope(scope),
            body=body,
            is_read=True,
            within_seconds=self._within_seconds,
            keeps_snapshot=True,
        )
        if self._process is None:
            self._process, self._ended = await self._processes.begin(dry_run)
            return _in_time(self._ended)
        process, self._process = self._process, None
        ended = await self._processes.run_with(process, dry_run)
        if ended is None:
            raise DryRunNotCompleted
        self._process, self._ended = process, ended
        return _in_time(ended)

    def end(self) -> None:
        """Let go of it."""
        process, self._process = self._process, None
        if process is not None and self._ended is not None:
            process.end_snapshot()
            self._processes.release(process, self._ended)


def _in_time(ended: DryRunResult) -> Observation | Verdict:
    if ended.asked is None:
        raise DryRunNotCompleted
    return ended.asked
