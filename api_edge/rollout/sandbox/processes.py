"""Start sandbox processes on demand, and send each one dry run at a time."""

import asyncio
import contextlib
import logging
import os
import pickle
import socket
from typing import Any

from api_edge.rollout.edge_endpoints import EdgeApplication
from api_edge.rollout.observations import Observation
from api_edge.rollout.sandbox.messages import (
    LENGTH,
    CloseSnapshot,
    DryRunRequest,
    DryRunResult,
)
from api_edge.rollout.sandbox.worker import STOPPING_SECONDS, serve_forks
from api_edge.settings import Settings
from shared_domain.rollout.wire import Verdict

#: A process that has been idle for so long is ended.
IDLE_SECONDS = 60.0

#: Processes that are being started at the same time.
MOST_STARTING = 4

#: How much longer than a dry run's limit its process is waited for: the kernel ends it before.
_PATIENCE_SECONDS = 2 * STOPPING_SECONDS

logger = logging.getLogger("api_edge")


class DryRunNotCompleted(Exception):
    """A dry run has no result: it was too late, or its process or its connection was lost.

    ``backend_pid`` is the PostgreSQL process that may still be busy with it, 0 for none.
    """

    def __init__(self, backend_pid: int = 0) -> None:
        super().__init__(backend_pid)
        self.backend_pid = backend_pid


class SandboxProcess:
    """One sandbox process, seen from the edge process."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._expiry: asyncio.TimerHandle | None = None
        self.backend_pid = 0
        self.was_used = False

    async def run(self, dry_run: DryRunRequest) -> DryRunResult:
        """Send a dry run, and return its result.

        Raises:
            TimeoutError: it blocks, and is being ended.
            EOFError, OSError: the process has ended.
        """
        self._send(dry_run)
        async with asyncio.timeout(dry_run.within_seconds + _PATIENCE_SECONDS):
            result: DryRunResult = await self.receive()
        self.was_used = True
        return result

    async def receive(self) -> Any:
        """Return the next message of the process; the first one is ``Ready``.

        Raises:
            EOFError: the process has ended.
        """
        (length,) = LENGTH.unpack(await self._reader.readexactly(LENGTH.size))
        return pickle.loads(await self._reader.readexactly(length))  # noqa: S301 (see messages)

    def end_snapshot(self) -> None:
        self._send(CloseSnapshot())

    def end(self) -> None:
        """End the process: an idle one ends at once, one that blocks by its own alarm."""
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

    def _send(self, message: DryRunRequest | CloseSnapshot) -> None:
        self._writer.write(pickle.dumps(message, pickle.HIGHEST_PROTOCOL))


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

    async def run(self, dry_run: DryRunRequest) -> Observation | Verdict:
        """Return what the edge would answer and write, or why that is not compared.

        Raises:
            DryRunNotCompleted: it was not done in time, or its process was lost.
        """
        process, result = await self.begin(dry_run)
        self.release(process, result)
        return result.observation

    async def begin(self, dry_run: DryRunRequest) -> tuple[SandboxProcess, DryRunResult]:
        """Make a dry run in any process, which the caller releases, and return its result.

        Raises:
            DryRunNotCompleted: it was not done in time, or its process was lost.
        """
        while True:
            process = self._take_idle() or await self._start_in_time(dry_run.within_seconds)
            was_idle = process.was_used
            result = await self.run_with(process, dry_run)
            if result is not None:
                return process, result
            if not was_idle:
                raise DryRunNotCompleted(process.backend_pid)
            # PostgreSQL was restarted since, or something ended the process.

    async def run_with(
        self, process: SandboxProcess, dry_run: DryRunRequest
    ) -> DryRunResult | None:
        """Return the result of a dry run; None when the process or its connection was lost.

        Raises:
            DryRunNotCompleted: it was not done in time.
        """
        result: DryRunResult | None = None
        try:
            result = await process.run(dry_run)
        except TimeoutError:
            raise DryRunNotCompleted(process.backend_pid) from None
        except (EOFError, OSError):
            return None
        finally:
            if result is None or result.has_lost_connection:
                process.end()
        if result.has_lost_connection:
            return None
        if result.observation is Verdict.ABANDONED:
            self.release(process, result)
            raise DryRunNotCompleted
        return result

    def release(self, process: SandboxProcess, result: DryRunResult) -> None:
        """Keep a process for the next dry run, unless something of this one may still run."""
        if isinstance(result.observation, Observation) and result.observation.outcome.ways_out:
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

    async def _start_in_time(self, within_seconds: float) -> SandboxProcess:
        """Return a new process; one that is not ready in time is kept for the next dry run."""
        if len(self._starting) >= MOST_STARTING:
            raise DryRunNotCompleted
        starting = asyncio.create_task(self._start_process())
        self._starting.add(starting)
        starting.add_done_callback(self._starting.discard)
        try:
            async with asyncio.timeout(within_seconds):
                return await asyncio.shield(starting)
        except TimeoutError:
            starting.add_done_callback(self._keep_started)
            raise DryRunNotCompleted from None
        except (EOFError, OSError) as lost:
            logger.warning("no sandbox process: %s", type(lost).__qualname__)
            raise DryRunNotCompleted from None
        except BaseException:
            starting.add_done_callback(self._keep_started)
            raise

    def _keep_started(self, starting: "asyncio.Task[SandboxProcess]") -> None:
        if not starting.cancelled() and starting.exception() is None:
            self._keep(starting.result())

    async def _start_process(self) -> SandboxProcess:
        """Let the fork server fork a process, and wait until it is connected.

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
            process.backend_pid = (await process.receive()).backend_pid
        except BaseException:
            process.end()
            raise
        return process


class SnapshotSession:
    """Makes dry runs of reads that all see the snapshot of the first."""

    def __init__(self, processes: SandboxProcesses) -> None:
        self._processes = processes
        self._process: SandboxProcess | None = None
        self._last_result: DryRunResult | None = None

    @property
    def is_one_snapshot(self) -> bool:
        """Whether all reads saw one snapshot; false after an endpoint ended its transaction."""
        return self._last_result is not None and self._last_result.is_one_snapshot

    async def ask(self, dry_run: DryRunRequest) -> Observation | Verdict:
        """Return what the edge answers to a read, or why that is not compared.

        ``dry_run`` keeps the snapshot for the next one.

        Raises:
            DryRunNotCompleted: it was not done in time, or the snapshot is lost.
        """
        process, self._process = self._process, None
        if process is None:
            process, result = await self._processes.begin(dry_run)
        elif (again := await self._processes.run_with(process, dry_run)) is None:
            raise DryRunNotCompleted
        else:
            result = again
        self._process, self._last_result = process, result
        return result.observation

    def end(self) -> None:
        """End the snapshot, and keep the process for other dry runs."""
        process, self._process = self._process, None
        if process is not None and self._last_result is not None:
            process.end_snapshot()
            self._processes.release(process, self._last_result)
