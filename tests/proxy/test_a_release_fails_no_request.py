"""A release (SIGHUP) replaces the edge's workers, and no caller notices."""

import http.client
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

from tests.harness.servers import (
    Server,
    gunicorn_workers,
    running_edge,
    running_recorder,
    running_wsgi,
)
from tests.harness.waiting import ANSWER_SECONDS, eventually

#: How long a rollout may take on a slow and busy machine.
ROLLOUT_SECONDS = 120


BODY = {"GET": None, "POST": b"a body"}


@dataclass
class Load:
    """Callers with kept connections, each sending its next request when it has its answer."""

    port: int
    path: str
    callers: int
    #: A pause that costs no CPU: what counts is that calls go on, not how many.
    pause_seconds: float = 0.02
    method: str = "GET"
    waits: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @contextmanager
    def running(self) -> Iterator["Load"]:
        stop = threading.Event()
        threads = [threading.Thread(target=self._call, args=[stop]) for _ in range(self.callers)]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            stop.set()
            for thread in threads:
                thread.join()

    def _call(self, stop: threading.Event) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS)
        while not stop.is_set():
            began_at = time.monotonic()
            try:
                # It opens a new connection only where the answer before said "Connection: close".
                connection.request(self.method, self.path, BODY[self.method])
                answer = connection.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException) as failure:
                self.failures.append(repr(failure))
                connection.close()
            else:
                if answer.status != http.client.OK:
                    self.failures.append(f"{answer.status}")
            self.waits.append(time.monotonic() - began_at)
            stop.wait(self.pause_seconds)
        connection.close()


@pytest.fixture(scope="module")
def recorder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_recorder(tmp_path_factory.mktemp("release") / "upstream.log") as upstream:
        yield upstream


@contextmanager
def released_edge(recorder: Server, folder: Path, *, workers: int) -> Iterator[Server]:
    url = f"http://127.0.0.1:{recorder.port}"
    options = ["--graceful-timeout=600", "--keep-alive=75"]
    log = folder / "edge.log"
    # A download waits for its next part while a whole release goes on.
    as_long = {"PORTICO_DJANGO_READ_SECONDS": "600"}
    with running_edge(url, log, workers=workers, options=options, **as_long) as edge:
        yield edge


def worker_pids(edge: Server) -> set[int]:
    return {worker.pid for worker in gunicorn_workers(psutil.Process(edge.child.pid))}


def kill_worker(edge: Server) -> None:
    [worker] = worker_pids(edge)
    os.kill(worker, signal.SIGKILL)


def is_served(edge: Server) -> bool:
    """Return whether a request is answered, which waits in the backlog for a worker."""
    connection = http.client.HTTPConnection("127.0.0.1", edge.port, timeout=ANSWER_SECONDS)
    connection.request("GET", "/health")
    return connection.getresponse().status == http.client.OK


def read_code(edge: Server) -> bytes:
    """Return which code of the upstream answers."""
    connection = http.client.HTTPConnection("127.0.0.1", edge.port, timeout=ANSWER_SECONDS)
    connection.request("GET", "/anything")
    return connection.getresponse().read()


def release(edge: Server) -> None:
    """Ask for new code, and wait until every worker that takes connections has it."""
    rollouts = edge.log.read_text().count("Release: finished")
    os.kill(edge.child.pid, signal.SIGHUP)
    finished = lambda: edge.log.read_text().count("Release: finished") > rollouts  # noqa: E731
    assert eventually(finished, seconds=ROLLOUT_SECONDS), edge.log.read_text()


def test_requests_kept_connections_and_downloads_go_on(recorder: Server, tmp_path: Path) -> None:
    with released_edge(recorder, tmp_path, workers=1) as edge:
        before = worker_pids(edge)
        download, idle = (
            http.client.HTTPConnection("127.0.0.1", edge.port, timeout=ANSWER_SECONDS)
            for _ in range(2)
        )
        download.request("GET", "/do/drip")
        slow = download.getresponse()
        assert slow.read(5) == b"first"
        idle.request("GET", "/health")
        idle.getresponse().read()

        with (
            Load(edge.port, "/health", 2).running() as native,
            Load(edge.port, "/anything", 2).running() as passed,
        ):
            release(edge)
            assert eventually(lambda: min(len(native.waits), len(passed.waits)) > 10)

        assert native.failures + passed.failures == []
        assert before < worker_pids(edge)

        # Its worker takes no connections any more, and still answers what it has.
        idle.request("GET", "/health")
        last = idle.getresponse()
        assert (last.status, last.getheader("connection")) == (200, "close")
        last.read()

        # Kept until it is answered: the edge passes on no request of a caller that has gone.
        other = http.client.HTTPConnection("127.0.0.1", edge.port, timeout=ANSWER_SECONDS)
        other.request("GET", "/do/go-on")
        assert other.getresponse().status == http.client.OK
        assert slow.read() == b"second"
        # The head of its answer promised to keep the connection.
        download.request("GET", "/health")
        last = download.getresponse()
        assert (last.status, last.getheader("connection")) == (200, "close")
        last.read()

        assert eventually(lambda: not before & worker_pids(edge), seconds=ROLLOUT_SECONDS)


def test_code_that_cannot_start_is_not_released(recorder: Server, tmp_path: Path) -> None:
    code = tmp_path / "shop_that_breaks.py"
    code.write_text("from api_edge.app import create_app\n")
    url = f"http://127.0.0.1:{recorder.port}"
    with running_edge(
        url,
        tmp_path / "edge.log",
        app="shop_that_breaks:create_app()",
        PYTHONPATH=str(tmp_path),
    ) as edge:
        before = worker_pids(edge)
        code.write_text("this is no Python")

        os.kill(edge.child.pid, signal.SIGHUP)

        assert eventually(lambda: "Release: given up" in edge.log.read_text())
        with Load(edge.port, "/health", 1).running() as load:
            assert eventually(lambda: len(load.waits) > 3)
        assert load.failures == []
        assert worker_pids(edge) == before

        # The old code is in memory: a worker that dies is replaced.
        kill_worker(edge)
        assert eventually(lambda: worker_pids(edge) - before)
        assert is_served(edge)


def test_a_fork_server_that_dies_is_replaced(recorder: Server, tmp_path: Path) -> None:
    with released_edge(recorder, tmp_path, workers=1) as edge:
        before = worker_pids(edge)
        [fork_server] = {child.pid for child in psutil.Process(edge.child.pid).children()} - before

        os.kill(fork_server, signal.SIGKILL)
        kill_worker(edge)

        assert eventually(lambda: worker_pids(edge) - before, seconds=ROLLOUT_SECONDS)
        assert is_served(edge)


SITE = """
def application(environ, start_response):
    environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Length", "3")])
    return [b"{code}"]
"""


def test_neither_does_a_release_of_the_upstream(tmp_path: Path) -> None:
    code = tmp_path / "released_upstream.py"
    code.write_text(SITE.format(code="old"))
    log = tmp_path / "upstream.log"
    with (
        running_wsgi("released_upstream:application", log, f"--pythonpath={tmp_path}") as upstream,
        running_edge(f"http://127.0.0.1:{upstream.port}", tmp_path / "edge.log") as edge,
    ):
        with (
            Load(edge.port, "/anything", 2).running() as reads,
            Load(edge.port, "/anything", 2, method="POST").running() as writes,
        ):
            assert eventually(lambda: len(writes.waits) > 20)
            # Longer, so that it is another file for Python, whose clock counts seconds.
            code.write_text(SITE.format(code="new") + "# released")
            release(upstream)

        # On a connection that the edge has kept the old worker answers once more, and closes it.
        assert eventually(lambda: read_code(edge) == b"new")
    assert reads.failures + writes.failures == []


@pytest.mark.long
def test_no_caller_waits_longer_than_a_fifth_of_a_second(recorder: Server, tmp_path: Path) -> None:
    with (
        released_edge(recorder, tmp_path, workers=2) as edge,
        Load(edge.port, "/health", 2).running() as native,
        Load(edge.port, "/anything", 2).running() as passed,
    ):
        assert eventually(lambda: len(native.waits) > 500)
        quiet = sorted(native.waits + passed.waits)
        native.waits.clear()
        passed.waits.clear()
        release(edge)

    waits = sorted(native.waits + passed.waits)
    for name, measured in (("before", quiet), ("release", waits)):
        p99 = measured[len(measured) * 99 // 100]
        print(f"{name}: {len(measured)} requests, p99 {p99 * 1000:.0f} ms", end=", ")
        print(f"longest {measured[-1] * 1000:.0f} ms")
    assert native.failures + passed.failures == []
    # A machine that others use is slower than that without any release.
    assert waits[-1] < max(0.2, 2 * quiet[-1])
