"""Sites and doors as real processes on free ports of this machine."""

import http.client
import os
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy import processes
from deploy.processes import Child
from tests.harness.databases import ROOT

#: What gunicorn is told in tests: to be there at once, and gone at once.
GUNICORN = (
    "-m",
    "deploy.rolling_release",
    "--no-control-socket",
    "--graceful-timeout=1",
    "--keep-alive=5",
)

#: How long a process may take to start on a slow and busy machine.
START_SECONDS = 180


@dataclass(frozen=True)
class Running:
    """A process, where it listens, and its log."""

    child: Child
    port: int
    log: Path


@contextmanager
def running(
    name: str,
    arguments: Sequence[str],
    *,
    log: Path,
    environment: Mapping[str, str] | None = None,
    listening: socket.socket | None = None,
) -> Iterator[Running]:
    """Run ``python`` with the arguments, in which ``{fd}`` is a socket that already listens."""
    with listening or socket.create_server(("127.0.0.1", 0), backlog=512) as opened:
        child = processes.start(
            name,
            [sys.executable, *(part.replace("{fd}", str(opened.fileno())) for part in arguments)],
            log=log,
            environment=dict(os.environ) | dict(environment or {}),
            folder=ROOT,
            keep_open=[opened.fileno()],
        )
        address = opened.getsockname()
        port = address[1] if isinstance(address, tuple) else 0
    # Only the process has the socket now: when it ends, nobody listens.
    try:
        yield Running(child, port, log)
    finally:
        child.stop()


@contextmanager
def running_door(
    django_url: str,
    log: Path,
    *,
    workers: int = 1,
    options: Sequence[str] = (),
    app: str = "api_edge.app:create_app()",
    **environment: str,
) -> Iterator[Running]:
    """Run the edge the way ``deploy/up`` does, in front of ``django_url``."""
    with running(
        "edge",
        [
            *(*GUNICORN, "--bind=fd://{fd}", f"--workers={workers}"),
            *options,
            *("--worker-class=api_edge.proxy.worker.EdgeWorker", app),
        ],
        log=log,
        environment={"DJANGO_URL": django_url} | environment,
    ) as door:
        wait_until_there(door)
        yield door


@contextmanager
def running_recorder(log: Path, listening: socket.socket | None = None) -> Iterator[Running]:
    arguments = ["-m", "tests.harness.recording_upstream", "{fd}"]
    with running("recorder", arguments, log=log, listening=listening) as site:
        if site.port:
            wait_until_there(site)
        yield site


@contextmanager
def running_gunicorn(application: str, log: Path, **environment: str) -> Iterator[Running]:
    """Run a WSGI application in gunicorn, with threads."""
    arguments = [*GUNICORN, "--bind=fd://{fd}", "--threads=4", application]
    with running(application, arguments, log=log, environment=environment) as site:
        wait_until_there(site)
        yield site


def wait_until_there(server: Running) -> None:
    """Wait for an answer, whatever it is."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=START_SECONDS)
    try:
        connection.request("GET", "/openapi.json")
        connection.getresponse().read()
    except OSError as gone:
        raise AssertionError(server.log.read_text()) from gone
    finally:
        connection.close()
