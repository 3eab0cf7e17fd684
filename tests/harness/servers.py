"""Edges, Django and other upstreams as real processes on free ports of this machine."""

import http.client
import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from deploy.fork_server import NAME as FORK_SERVER_NAME
from deploy.gunicorn_commands import HEAD_LIMITS
from deploy.processes import Child
from tests.harness import fork_server
from tests.harness.databases import CommittedDatabase

#: How long a server keeps an idle connection: as long as in production. A test that computes for
#: some seconds on a busy machine finds its connection open; uvicorn's own 5 seconds closed it.
KEEPALIVE_SECONDS = 75

#: What gunicorn is told in tests: to be there at once, and gone at once.
GUNICORN = (
    "-m",
    "deploy.rolling_release",
    "--no-control-socket",
    "--graceful-timeout=1",
    f"--keep-alive={KEEPALIVE_SECONDS}",
)

#: How long a process may take to start on a slow and busy machine.
START_SECONDS = 600


@dataclass(frozen=True)
class Server:
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
) -> Iterator[Server]:
    """Run ``python`` with the arguments, in which ``{fd}`` is a socket that already listens."""
    with listening or socket.create_server(("127.0.0.1", 0), backlog=512) as opened:
        child = fork_server.start(
            name,
            arguments,
            log=log,
            environment=dict(os.environ) | dict(environment or {}),
            listening=opened.fileno(),
        )
        address = opened.getsockname()
        port = address[1] if isinstance(address, tuple) else 0
    # Only the process has the socket now: when it ends, no process listens.
    try:
        yield Server(child, port, log)
    finally:
        child.stop()


@contextmanager
def running_edge(
    django_url: str,
    log: Path,
    *,
    database: CommittedDatabase | None = None,
    workers: int = 1,
    options: Sequence[str] = (),
    app: str = "api_edge.app:create_app()",
    **environment: str,
) -> Iterator[Server]:
    """Run the edge the way ``deploy/up`` does, in front of ``django_url``.

    What is set for all servers of a test run (see ``tests/conftest.py``) is overridden by name.
    """
    with running(
        "edge",
        [
            *(*GUNICORN, "--bind=fd://{fd}", f"--workers={workers}"),
            *options,
            *("--worker-class=api_edge.proxy.worker.EdgeWorker", app),
        ],
        log=log,
        environment=(database.environment if database else {})
        | {"DJANGO_URL": django_url}
        | environment,
    ) as edge:
        wait_until_there(edge)
        yield edge


def gunicorn_workers(master: psutil.Process) -> list[psutil.Process]:
    """Return the workers of a gunicorn, without its fork servers, those that drain included."""
    workers = []
    for child in master.children():
        with suppress(psutil.NoSuchProcess):  # One that drained has ended meanwhile.
            if child.name() != FORK_SERVER_NAME:
                workers.append(child)
    return workers


@contextmanager
def running_bare_edge(
    database: CommittedDatabase,
    log: Path,
    *,
    app: str = "api_edge.app:create_app",
    **environment: str,
) -> Iterator[int]:
    """Run an edge without Django in uvicorn, and return its port at once: connections wait."""
    arguments = ["-m", "uvicorn", app, "--factory", "--no-access-log"]
    with running(
        "edge",
        [*arguments, f"--timeout-keep-alive={KEEPALIVE_SECONDS}", "--fd", "{fd}"],
        log=log,
        environment=database.environment | environment,
    ) as edge:
        yield edge.port


@contextmanager
def running_django(database: CommittedDatabase, log: Path, *, threads: int = 8) -> Iterator[int]:
    """Run Django in gunicorn, and return its port once it answers."""
    arguments = ["-m", "gunicorn", "core_site.config.wsgi:application", "--no-control-socket"]
    arguments += [f"--threads={threads}", "--bind=fd://{fd}", *HEAD_LIMITS]
    with running("django", arguments, log=log, environment=database.environment) as django:
        wait_until_there(django)
        yield django.port


@contextmanager
def running_recorder(log: Path, listening: socket.socket | None = None) -> Iterator[Server]:
    arguments = ["-m", "tests.harness.recording_upstream", "{fd}"]
    with running("recorder", arguments, log=log, listening=listening) as upstream:
        if upstream.port:
            wait_until_there(upstream)
        yield upstream


@contextmanager
def running_wsgi(
    application: str, log: Path, *options: str, **environment: str
) -> Iterator[Server]:
    """Run a WSGI application in gunicorn, with threads."""
    arguments = [*GUNICORN, "--bind=fd://{fd}", "--threads=4", *options, application]
    with running(application, arguments, log=log, environment=environment) as upstream:
        wait_until_there(upstream)
        yield upstream


def wait_until_there(server: Server) -> None:
    """Wait for an answer, whatever it is: an edge has this page at hand.

    Its OpenAPI document is computed when it is first asked for, which takes longer than all else.
    """
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=START_SECONDS)
    try:
        connection.request("GET", "/redoc")
        connection.getresponse().read()
    except OSError as gone:
        raise AssertionError(server.log.read_text()) from gone
    finally:
        connection.close()


@contextmanager
def running_weather_provider(log: Path) -> Iterator[str]:
    """Run the weather provider of the demo, and return its address."""
    arguments = ["-m", "deploy.demo_weather_provider", "{fd}"]
    with running("weather", arguments, log=log) as provider:
        wait_until_there(provider)
        yield f"http://127.0.0.1:{provider.port}"
