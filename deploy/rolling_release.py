"""gunicorn with rolling releases: ``python -m deploy.rolling_release APPLICATION [options]``.

The options are gunicorn's. Its own SIGHUP starts all new workers and ends all old ones at once:
until the new ones have imported their code no process accepts connections (measured: 4 to 16 s),
and requests of an old one are cut off after ``--timeout``. Here SIGHUP starts a rolling release:

- A new fork server imports the code (``fork_server.py``). One new worker at a time is forked from
  it, and an old one drained when the new one is ready.
- A draining worker stops accepting, finishes its requests and ends, within
  ``--graceful-timeout`` seconds.
- Code that cannot be imported, or a new worker that cannot start, ends the release; the old
  workers go on serving, and one of them that dies is replaced by one with the old code.
- A worker that dies is replaced at once; one that dies before it was ready, with exponential
  backoff.

SIGTERM stops everything within ``STOP_SECONDS``. The code of this process and of the worker class
is not renewed; all that the application imports is.
"""

import os
import signal
import sys
import time

from gunicorn.app.base import BaseApplication
from gunicorn.app.wsgiapp import WSGIApplication
from gunicorn.arbiter import Arbiter
from gunicorn.errors import HaltServer
from gunicorn.workers import gthread
from gunicorn.workers.base import Worker

from deploy import fork_server
from deploy.fork_server import ForkServerEnded, ReleaseForkServer, State

#: How long running requests may take after SIGTERM.
STOP_SECONDS = 8

#: How long a new worker may take to become ready, on a slow and busy machine.
START_SECONDS = 120.0

#: Draining workers per serving one; the oldest beyond that are stopped, so that releases in quick
#: succession do not fill the memory.
MAX_DRAINING_PER_WORKER = 4

FIRST_PAUSE_SECONDS, MAX_PAUSE_SECONDS = 0.5, 30.0

#: How often a release checks whether its code is imported and a worker is ready.
POLL_SECONDS = 0.05

# A draining thread worker closes idle connections after this time. The edge has closed its own by
# then (KEEPALIVE_SECONDS in api_edge/proxy/upstream.py): no request is sent to a closing one.
gthread.STOP_KEEPALIVE_LINGER = 70.0


class RollingArbiter(Arbiter):
    """gunicorn's master process, with rolling releases.

    A worker class may name the signal that drains it in ``drain_signal``; its ``is_replacement``
    is set to whether a release starts the worker. ``preloaded_modules`` are imported by the fork
    server beside the application's module.
    """

    def __init__(self, app: BaseApplication) -> None:
        #: Workers up to this age have old code; 0 while there is no release.
        self._outdated_age = 0
        self._draining: set[int] = set()
        self._began_at: dict[int, float] = {}
        self._failed_starts = 0
        self._failed_age = 0
        self._next_start_at = 0.0
        self._fork_server: ReleaseForkServer | None = None
        #: That of the code which the old workers have, until a release has finished.
        self._earlier_fork_server: ReleaseForkServer | None = None
        super().__init__(app)

    def reload(self) -> None:
        """Begin a release; new workers of one in progress become outdated as well."""
        self.app.reload()
        self.setup(self.app)
        self.cfg.on_reload(self)
        if not self._outdated_age:
            self._earlier_fork_server, self._fork_server = self._fork_server, None
        self._close_fork_server()
        self._outdated_age = self.worker_age
        self._next_start_at = 0.0
        self.log.info("Release: workers are replaced one after the other")

    def wait_for_signals(self, timeout: float = 1.0) -> list[int]:
        is_starting = self._outdated_age or len(self._serving()) < self.num_workers
        return super().wait_for_signals(POLL_SECONDS if is_starting else timeout)

    def manage_workers(self) -> None:
        """Take the next step towards the configured number of workers with the new code."""
        serving = self._serving()
        starting = [worker for worker in serving if not _is_ready(worker)]
        outdated = [worker for worker in serving if worker.age <= self._outdated_age]
        self._note_progress(serving, starting, outdated)
        if len(serving) < self.num_workers:
            self._start(self.num_workers - len(serving))
        elif starting:
            self._kill_late(starting)
        elif len(serving) > self.num_workers:
            self._drain((outdated or serving)[0])
        elif outdated:
            self._start(1)
        self._end_oldest_draining()

    def reap_workers(self) -> None:
        """Remove workers that have ended; a failed start halts only when no worker is ready."""
        starting = [worker for worker in self.WORKERS.values() if not _is_ready(worker)]
        while True:
            try:
                super().reap_workers()
                break
            except HaltServer:
                if not any(map(_is_ready, self._serving())):
                    raise
        self._draining.intersection_update(self.WORKERS)
        failed = [worker for worker in starting if worker.pid not in self.WORKERS]
        for worker in failed:
            self._began_at.pop(worker.pid, None)
            worker.tmp.close()
            self._note_failed_start(worker.age)

    def stop(self, graceful: bool = True) -> None:
        """End all workers within ``STOP_SECONDS``, draining ones too."""
        self._close_fork_server()
        self._end_release()
        self.cfg.set("graceful_timeout", min(STOP_SECONDS, self.cfg.graceful_timeout))
        super().stop(graceful)

    def spawn_worker(self) -> int:
        """Start a worker, and return its process id.

        Raises:
            ForkServerEnded: the fork server cannot fork it.
        """
        if self._fork_server is None:
            return super().spawn_worker()
        self.worker_age += 1
        worker = self.worker_class(
            *(self.worker_age, self.pid, self.LISTENERS, self.app, self.timeout / 2.0),
            *(self.cfg, self.log),
        )
        try:
            worker.pid, heartbeat = self._fork_server.fork_worker(
                age=self.worker_age,
                is_replacement=self._outdated_age > 0,
                timeout_seconds=START_SECONDS,
            )
        except ForkServerEnded:
            worker.tmp.close()
            raise
        # The file that the worker touches, in place of the one that was made here.
        os.dup2(heartbeat, worker.tmp.fileno(), inheritable=False)
        os.close(heartbeat)
        self.WORKERS[worker.pid] = worker
        return int(worker.pid)

    def _serving(self) -> list[Worker]:
        """Return the workers that are not draining, oldest first."""
        serving = [self.WORKERS[pid] for pid in self.WORKERS.keys() - self._draining]
        return sorted(serving, key=lambda worker: worker.age)

    def _start(self, count: int) -> None:
        if time.monotonic() < self._next_start_at or not self._can_fork():
            return
        self.worker_class.is_replacement = self._outdated_age > 0
        try:
            for _ in range(count):
                self._began_at[self.spawn_worker()] = time.monotonic()
        except ForkServerEnded:
            self.log.exception("The fork server has forked no worker")
            self._close_fork_server()
            self._note_failed_start(self.worker_age)

    def _can_fork(self) -> bool:
        """Return whether the code is imported; begin to import it if nothing does yet.

        Raises:
            HaltServer: it cannot be imported, and no worker serves.
        """
        if not fork_server.IS_SUPPORTED or self.cfg.preload_app:
            return True
        if self._fork_server is None or self._fork_server.poll() is State.ENDED:
            self._close_fork_server()
            modules = getattr(self.worker_class, "preloaded_modules", ())
            self._fork_server = ReleaseForkServer(
                self,
                [self.app.app_uri.partition(":")[0], *modules],
                close_inherited=self._close_inherited,
            )
        if self._fork_server.poll() is State.FAILED:
            self._close_fork_server()
            if not any(map(_is_ready, self._serving())):
                raise HaltServer("The application cannot be imported.", self.WORKER_BOOT_ERROR)
            self._note_failed_start(self.worker_age)
            return False
        return self._fork_server.poll() is State.READY

    def _close_fork_server(self) -> None:
        if self._fork_server is not None:
            self._fork_server.close()
            self._fork_server = None

    def _close_inherited(self) -> None:
        """Close in a new fork server what belongs to this process."""
        if self._earlier_fork_server is not None:
            self._earlier_fork_server.close()
        for worker in self.WORKERS.values():
            worker.tmp.close()
        self.WORKERS.clear()

    def _end_release(self) -> None:
        self._outdated_age = 0
        if self._earlier_fork_server is not None:
            self._earlier_fork_server.close()
            self._earlier_fork_server = None

    def _drain(self, worker: Worker) -> None:
        self._draining.add(worker.pid)
        self.log.info("Worker (pid:%s) finishes what it does", worker.pid)
        self.kill_worker(worker.pid, getattr(worker, "drain_signal", signal.SIGTERM))

    def _note_progress(
        self, serving: list[Worker], starting: list[Worker], outdated: list[Worker]
    ) -> None:
        if self._outdated_age and not outdated and not starting:
            self._end_release()
            self.log.info("Release: finished")
        if serving and not starting and serving[-1].age > self._failed_age:
            self._failed_starts = 0
            self._began_at.clear()

    def _note_failed_start(self, age: int) -> None:
        pause = min(FIRST_PAUSE_SECONDS * 2**self._failed_starts, MAX_PAUSE_SECONDS)
        self._next_start_at = time.monotonic() + pause
        self._failed_starts = min(self._failed_starts + 1, 10)
        self._failed_age = age
        if self._outdated_age:
            self._close_fork_server()
            self._fork_server, self._earlier_fork_server = self._earlier_fork_server, None
            self._end_release()
            self.log.error("Release: given up, a new worker could not start; the old ones go on")

    def _kill_late(self, starting: list[Worker]) -> None:
        for worker in starting:
            if time.monotonic() - self._began_at.get(worker.pid, time.monotonic()) > START_SECONDS:
                self.log.error("Worker (pid:%s) is not ready in time", worker.pid)
                self.kill_worker(worker.pid, signal.SIGKILL)

    def _end_oldest_draining(self) -> None:
        too_many = len(self._draining) - MAX_DRAINING_PER_WORKER * self.num_workers
        oldest = sorted(self._draining, key=lambda pid: self.WORKERS[pid].age)
        for pid in oldest[: max(0, too_many)]:
            self.kill_worker(pid, signal.SIGTERM)


class _ArbiterRunner(BaseApplication):
    """The base of gunicorn's ``Application``, whose ``run`` reads the options before this one."""

    def run(self) -> None:
        try:
            RollingArbiter(self).run()
        except RuntimeError as error:
            sys.exit(f"\nError: {error}\n")


class RollingApplication(WSGIApplication, _ArbiterRunner):
    """gunicorn's command line, with ``RollingArbiter``."""


def _is_ready(worker: Worker) -> bool:
    """Return whether a worker has sent its first heartbeat, which it does when it listens.

    Until then its heartbeat file has the wall-clock time of its creation, which is far above the
    monotonic clock.
    """
    return bool(worker.tmp.last_update() <= time.monotonic())


if __name__ == "__main__":
    RollingApplication("%(prog)s [OPTIONS] [APP_MODULE]").run()
