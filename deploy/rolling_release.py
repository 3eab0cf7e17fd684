"""gunicorn with rolling releases: ``python -m deploy.rolling_release APPLICATION [options]``.

The options are gunicorn's. Its own SIGHUP starts all new workers and ends all old ones at once:
until the new ones have imported their code no process accepts connections (measured: 4 to 16 s),
and requests of an old one are cut off after ``--timeout``. Here SIGHUP starts a rolling release:

- One new worker at a time is started, and an old one drained when the new one is ready.
- A draining worker stops accepting, finishes its requests and ends, within
  ``--graceful-timeout`` seconds.
- A new worker that cannot start ends the release; the old ones go on serving.
- A worker that dies is replaced at once; one that dies before it was ready, with exponential
  backoff.

SIGTERM stops everything within ``STOP_SECONDS``. The code of this process and of the worker class
is not renewed; all that the application imports is.
"""

import signal
import sys
import time

from gunicorn.app.wsgiapp import WSGIApplication
from gunicorn.arbiter import Arbiter
from gunicorn.errors import HaltServer
from gunicorn.workers import gthread
from gunicorn.workers.base import Worker

#: How long running requests may take after SIGTERM.
STOP_SECONDS = 8

#: How long a new worker may take to become ready, on a slow and busy machine.
START_SECONDS = 120.0

#: Draining workers per serving one; the oldest beyond that are stopped, so that releases in quick
#: succession do not fill the memory.
MAX_DRAINING_PER_WORKER = 4

FIRST_PAUSE_SECONDS, MAX_PAUSE_SECONDS = 0.5, 30.0

#: How often a release checks whether a worker is ready.
POLL_SECONDS = 0.05

# A draining thread worker closes idle connections after this time. The edge has closed its own by
# then (KEEPALIVE_SECONDS in api_edge/proxy/upstream.py): no request is sent to a closing one.
gthread.STOP_KEEPALIVE_LINGER = 70.0


class RollingArbiter(Arbiter):
    """gunicorn's master process, with rolling releases.

    A worker class may name the signal that drains it in ``drain_signal``; its ``is_replacement``
    is set to whether a release starts the worker.
    """

    def __init__(self, app: WSGIApplication) -> None:
        #: Workers up to this age have old code; 0 while there is no release.
        self._outdated_age = 0
        self._draining: set[int] = set()
        self._began_at: dict[int, float] = {}
        self._failed_starts = 0
        self._failed_age = 0
        self._next_start_at = 0.0
        super().__init__(app)

    def reload(self) -> None:
        """Begin a release; new workers of one in progress become outdated as well."""
        self.app.reload()
        self.setup(self.app)
        self.cfg.on_reload(self)
        self._outdated_age = self.worker_age
        self._next_start_at = 0.0
        self.log.info("Release: workers are replaced one after the other")

    def wait_for_signals(self, timeout: float = 1.0) -> list[int]:
        return super().wait_for_signals(POLL_SECONDS if self._outdated_age else timeout)

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
            self._note_failed_start(worker)

    def stop(self, graceful: bool = True) -> None:
        """End all workers within ``STOP_SECONDS``, draining ones too."""
        self.cfg.set("graceful_timeout", min(STOP_SECONDS, self.cfg.graceful_timeout))
        super().stop(graceful)

    def _serving(self) -> list[Worker]:
        """Return the workers that are not draining, oldest first."""
        serving = [self.WORKERS[pid] for pid in self.WORKERS.keys() - self._draining]
        return sorted(serving, key=lambda worker: worker.age)

    def _start(self, count: int) -> None:
        if time.monotonic() < self._next_start_at:
            return
        self.worker_class.is_replacement = self._outdated_age > 0
        for _ in range(count):
            self._began_at[self.spawn_worker()] = time.monotonic()

    def _drain(self, worker: Worker) -> None:
        self._draining.add(worker.pid)
        self.log.info("Worker (pid:%s) finishes what it does", worker.pid)
        self.kill_worker(worker.pid, getattr(worker, "drain_signal", signal.SIGTERM))

    def _note_progress(
        self, serving: list[Worker], starting: list[Worker], outdated: list[Worker]
    ) -> None:
        if self._outdated_age and not outdated and not starting:
            self._outdated_age = 0
            self.log.info("Release: finished")
        if serving and not starting and serving[-1].age > self._failed_age:
            self._failed_starts = 0
            self._began_at.clear()

    def _note_failed_start(self, worker: Worker) -> None:
        pause = min(FIRST_PAUSE_SECONDS * 2**self._failed_starts, MAX_PAUSE_SECONDS)
        self._next_start_at = time.monotonic() + pause
        self._failed_starts = min(self._failed_starts + 1, 10)
        self._failed_age = worker.age
        if self._outdated_age:
            self._outdated_age = 0
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


class RollingApplication(WSGIApplication):
    """gunicorn's command line, with ``RollingArbiter``."""

    def run(self) -> None:
        try:
            RollingArbiter(self).run()
        except RuntimeError as error:
            sys.exit(f"\nError: {error}\n")


def _is_ready(worker: Worker) -> bool:
    """Return whether a worker has sent its first heartbeat, which it does when it listens.

    Until then its heartbeat file has the wall-clock time of its creation, which is far above the
    monotonic clock.
    """
    return bool(worker.tmp.last_update() <= time.monotonic())


if __name__ == "__main__":
    RollingApplication("%(prog)s [OPTIONS] [APP_MODULE]").run()
