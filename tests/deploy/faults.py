"""Faults of a running ``deploy/up``, and the wait until all of it works again."""

import http.client
import random
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import psycopg

from tests.harness.deploy_up import RunningUp, wait_until_gone
from tests.harness.servers import gunicorn_workers
from tests.harness.waiting import ANSWER_SECONDS, eventually

#: How long anything may take to come back, on a slow and busy machine.
BACK_SECONDS = 120

#: A job worker's row in procrastinate's table; a new one after each start of the worker.
NEWEST_WORKER = "SELECT max(id) FROM procrastinate_workers"


#: The name of sessions that are not Portico's.
STRANGER = "stranger"


@dataclass(frozen=True)
class Stack:
    """A running ``deploy/up``, its data folder, and the address of its database."""

    up: RunningUp
    data: Path
    owner_url: str

    @property
    def port(self) -> int:
        return int(urlsplit(self.up.summary["edge"]).port or 0)

    def master(self, name: str) -> psutil.Process:
        """Return the process of ``edge``, ``django``, ``worker``, or the embedded ``postgres``."""
        if name == "postgres":
            return next(
                process
                for process in psutil.Process(self.up.process.pid).children()
                if str(self.data / "postgres") in process.cmdline()
            )
        return psutil.Process(int((self.data / f"{name}.pid").read_text()))

    def answer(self, path: str) -> int:
        """Return the status of one call; 0 when there was none."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS)
        with suppress(OSError, http.client.HTTPException):
            # Django looks for the session in the database.
            connection.request("GET", path, headers={"Cookie": "sessionid=" + "a" * 32})
            return connection.getresponse().status
        return 0

    def ask(self, question: str) -> object:
        """Return the answer of the database; None while it is away."""
        with (
            suppress(psycopg.OperationalError),
            psycopg.connect(self.owner_url, autocommit=True) as connection,
        ):
            row = connection.execute(question).fetchone()
            return row and row[0]
        return None

    def is_whole(self, *, earlier_worker: object = None) -> bool:
        """Return whether edge and Django have the database, and a worker, or a newer one, works."""
        return (
            self.answer("/health/ready") == 200
            and self.answer("/admin/login/") == 200
            and self.ask(NEWEST_WORKER) not in (None, earlier_worker)
        )

    def wait_until_whole(self, *, earlier_worker: object = None) -> None:
        """Wait until everything works; ``deploy/up`` itself must not end meanwhile."""

        def is_whole() -> bool:
            assert self.up.process.poll() is None, self.up.progress.read_text()
            return self.is_whole(earlier_worker=earlier_worker)

        assert eventually(is_whole, seconds=BACK_SECONDS), self.up.progress.read_text()


def kill_master(stack: Stack, name: str) -> None:
    _wait_for_the_end(stack, name, signal.SIGKILL)


def kill_one_worker(stack: Stack, name: str) -> None:
    worker = random.choice(gunicorn_workers(stack.master(name)))
    worker.kill()
    assert wait_until_gone([worker], seconds=BACK_SECONDS) == []


def release(stack: Stack, name: str) -> None:
    """Give ``edge`` or ``django`` new code, and wait until all their workers have it."""
    log = stack.data / "logs" / f"{name}.log"
    finished = log.read_text().count("Release: finished")
    stack.master(name).send_signal(signal.SIGHUP)
    assert eventually(
        lambda: log.read_text().count("Release: finished") > finished, seconds=BACK_SECONDS
    ), log.read_text()[-3000:]


def end_postgresql(stack: Stack, sent: signal.Signals) -> None:
    """End PostgreSQL, by its fast shutdown (SIGINT) or without one (SIGQUIT)."""
    _wait_for_the_end(stack, "postgres", sent)


def _wait_for_the_end(stack: Stack, name: str, sent: signal.Signals) -> None:
    master = stack.master(name)
    master.send_signal(sent)
    assert wait_until_gone([master], seconds=BACK_SECONDS) == []


def kill_job_worker(stack: Stack) -> None:
    worker = stack.ask(NEWEST_WORKER)
    kill_master(stack, "worker")
    stack.wait_until_whole(earlier_worker=worker)


def release_job_worker(stack: Stack) -> None:
    """Give the job worker new code, and wait until the new one works."""
    worker = stack.ask(NEWEST_WORKER)
    stack.master("worker").send_signal(signal.SIGHUP)
    stack.wait_until_whole(earlier_worker=worker)


def crash_a_session(stack: Stack) -> None:
    """Kill a session's process, after which PostgreSQL ends all others and recovers."""
    session = stack.ask(
        "SELECT pid FROM pg_stat_activity"
        " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() LIMIT 1"
    )
    assert isinstance(session, int)
    killed = psutil.Process(session)
    killed.kill()
    assert wait_until_gone([killed], seconds=BACK_SECONDS) == []


def end_sessions(stack: Stack) -> None:
    stack.ask(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )


@contextmanager
def suspended(master: psutil.Process) -> Iterator[None]:
    """Stop a process and its children in their tracks (SIGSTOP) until the block ends."""
    stopped = [master, *master.children(recursive=True)]
    for process in stopped:
        with suppress(psutil.NoSuchProcess):
            process.suspend()
    try:
        yield
    finally:
        for process in stopped:
            with suppress(psutil.NoSuchProcess):
                process.resume()


@contextmanager
def taken_connections(django_url: str) -> Iterator[int]:
    """Take every connection that PostgreSQL gives to Django's role, until the block ends.

    What others give back meanwhile is taken as well.
    """
    taken: list[psycopg.Connection[tuple[object, ...]]] = []
    is_over = threading.Event()
    has_taken_all = threading.Event()

    def take() -> None:
        while not is_over.is_set():
            try:
                taken.append(psycopg.connect(django_url, application_name=STRANGER))
            except psycopg.OperationalError:
                has_taken_all.set()
                is_over.wait(0.02)

    thread = threading.Thread(target=take)
    thread.start()
    try:
        assert has_taken_all.wait(BACK_SECONDS)
        yield len(taken)
    finally:
        is_over.set()
        thread.join()
        for connection in taken:
            connection.close()


#: Faults after which every process of edge and Django is the same as before.
FAULTS_OF_POSTGRESQL: dict[str, Callable[[Stack], None]] = {
    "restart of PostgreSQL": lambda stack: end_postgresql(stack, signal.SIGINT),
    "crash of a session": crash_a_session,
    "all sessions ended": end_sessions,
    "end of PostgreSQL without a shutdown": lambda stack: end_postgresql(stack, signal.SIGQUIT),
    "kill of the job worker": kill_job_worker,
}

FAULTS: dict[str, Callable[[Stack], None]] = {
    "kill of a worker of the edge": lambda stack: kill_one_worker(stack, "edge"),
    "kill of a worker of Django": lambda stack: kill_one_worker(stack, "django"),
    "release of the edge": lambda stack: release(stack, "edge"),
    "release of Django": lambda stack: release(stack, "django"),
    "release of the job worker": release_job_worker,
    "kill of the edge": lambda stack: kill_master(stack, "edge"),
    "kill of Django": lambda stack: kill_master(stack, "django"),
    **FAULTS_OF_POSTGRESQL,
}
