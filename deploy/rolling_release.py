"""gunicorn with rolling releases: ``python -m deploy.rolling_release APPLICATION [options]``.

The options are gunicorn's. Its own SIGHUP starts all new workers and ends all old ones in the
same moment: until the new ones have imported their code no process accepts connections (measured:
4 to 16 s), and what an old one does is cut off once it has given no sign of life for
``--timeout``. Here SIGHUP is a rollout:

- One new worker at a time is started, and one old one drained when it is ready.
- A worker that is drained stops accepting, finishes what it does and ends. It may take
  ``--graceful-timeout`` seconds.
- A new worker that cannot start ends the rollout; the old ones go on as if nothing had been asked.
- A worker that dies is replaced at once; one that dies before it was ready, after a pause that
  doubles each time.

SIGTERM stops everything within ``STOP_SECONDS``. The code of this process and of the worker class
stays what it was at the start; all that the application imports is new.
"""

import signal
import sys
import time

from gunicorn.app.wsgiapp import WSGIApplication
from gunicorn.arbiter import Arbiter
from gunicorn.errors import HaltServer
from gunicorn.workers import gthread
from gunicorn.workers.base import Worker

#: How long running requests may take when everything stops.
STOP_SECONDS = 8

#: How long a new worker may take until it is ready, on a slow and busy machine.
START_SECONDS = 120.0

#: Draining workers, for each one that serves: releases that follow
#: each other quickly must not fill the memory. The oldest are stopped.
MAX_DRAINING_PER_WORKER = 4

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 30.0

#: How long a rollout waits before it looks again whether a worker is ready.
LOOK_SECONDS = 0.05

# A draining thread worker closes idle connections after this time. The edge has closed its own by
# then (KEPT_SECONDS in api_edge/proxy/upstream.py), so no request is ever sent to a closing one.
gthread.STOP_KEEPALIVE_LINGER = 70.0


class RollingArbiter(Arbiter):
    """gunicorn's master process, with rollouts.

    A worker class may name the signal that drains it in ``drain_signal``, and is told in
    ``is_replacement`` whether it takes part in a rollout.
    """

    def __init__(self, app: WSGIApplication) -> None:
        #: Workers up to this age have the code of before the rollout; 0 when there is none.
        self._outdated_age = 0
        self._draining: set[int] = set()
        self._began_at: dict[int, float] = {}
        self._failed_starts = 0
        self._failed_age = 0
        self._next_start_at = 0.0
        super().__init__(app)

    def reload(self) -> None:
        """Begin a rollout; what is already new in a running one becomes outdated as well."""
        self.app.reload()
        self.setup(self.app)
        self.cfg.on_reload(self)
        self._outdated_age = self.worker_age
        self._next_start_at = 0.0
        self.log.info("Rollout: workers are replaced one after the other")

    def wait_for_signals(self, timeout: float = 1.0) -> list[int]:
        return super().wait_for_signals(LOOK_SECONDS if self._outdated_age else timeout)

    def manage_workers(self) -> None:
        """Take the next step towards the right number of workers with the right code."""
        serving = self._serving()
        starting = [worker for worker in serving if not _is_ready(worker)]
        outdated = [worker for worker in serving if worker.age <= self._outdated_age]
        self._note_progress(serving, starting, outdated)
        if len(serving) < self.num_workers:
            self._start(self.num_workers - len(serving))
        elif starting:
            self._give_up_late(starting)
        elif len(serving) > self.num_workers:
            self._drain((outdated or serving)[0])
        elif outdated:
            self._start(1)
        self._end_oldest_draining()

    def reap_workers(self) -> None:
        """Forget workers that have ended; only without any other is a failed start the end."""
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
        """End all workers; those that drain have no more time than the others."""
        self.cfg.set("graceful_timeout", min(STOP_SECONDS, self.cfg.graceful_timeout))
        super().stop(graceful)

    def _serving(self) -> list[Worker]:
        """Return the workers that do not drain, the oldest first."""
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
            self.log.info("Rollout: finished")
        if serving and not starting and serving[-1].age > self._failed_age:
            self._failed_starts = 0
            self._began_at.clear()

    def _note_failed_start(self, worker: Worker) -> None:
        pause = min(FIRST_PAUSE_SECONDS * 2**self._failed_starts, LONGEST_PAUSE_SECONDS)
        self._next_start_at = time.monotonic() + pause
        self._failed_starts = min(self._failed_starts + 1, 10)
        self._failed_age = worker.age
        if self._outdated_age:
            self._outdated_age = 0
            self.log.error("Rollout: given up, a new worker could not start; the old ones go on")

    def _give_up_late(self, starting: list[Worker]) -> None:
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
    """Return whether the worker has said that it is alive, which it does when it first listens.

    Until then the file by which it says so has the time of day of its creation, which is far
    above the monotonic clock.
    """
    return bool(worker.tmp.last_update() <= time.monotonic())


if __name__ == "__main__":
    RollingApplication("%(prog)s [OPTIONS] [APP_MODULE]").run()
