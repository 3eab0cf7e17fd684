"""Portico's edge, the upstream behind it and its peers: processes of one worker, on loopback."""

import http.client
import os
import secrets
import socket
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy import ports, processes
from deploy.console import SetupError
from deploy.gunicorn_commands import ONLY_FOR_DJANGO, edge_command, without
from deploy.virtualenv import ROOT
from tests.bench import nginx
from tests.bench.cases import ONLY_LIMIT, PASSED, REPEATED
from tests.harness.databases import CommittedDatabase

EDGE, NGINX = "edge", "nginx"

#: The tuned peer without a framework, which the edge's aims are relative to.
LIMIT = "tuned_asgi"

#: Peers tuned by hand, by name, with the module of their ASGI application; ninja has threads.
TUNED = {
    LIMIT: "asgi_app",
    "tuned_litestar": "litestar_app",
    "tuned_fastapi": "fastapi_app",
    "tuned_ninja": None,
}

#: Peers as the documentation of their frameworks teaches.
DOCUMENTED = ("rest_framework", "ninja", "bolt", "sqlalchemy")

NAMES = {
    EDGE: "Portico's edge",
    LIMIT: "bare ASGI, tuned",
    "tuned_litestar": "Litestar, tuned",
    "tuned_fastapi": "FastAPI, tuned",
    "tuned_ninja": "django-ninja, tuned",
    "rest_framework": "REST framework, documented",
    "ninja": "django-ninja, documented",
    "bolt": "django-bolt, documented",
    "sqlalchemy": "SQLAlchemy, documented",
    NGINX: "nginx",
}

PEERS = tuple(name for name in NAMES if name != EDGE)

#: What a command may name together.
GROUPS = {"tuned": tuple(TUNED), "documented": DOCUMENTED}

DEFAULT_PEERS = ("tuned", NGINX)

#: These open their port themselves.
OPENS_ITS_PORT = ("bolt", NGINX)

PATIENCE_SECONDS = 30


@dataclass(frozen=True, kw_only=True)
class Server:
    """A server that answers."""

    name: str
    child: processes.Child
    port: int

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(ports.HOST, self.port, timeout=60)


def serving(case: str, names: Iterable[str]) -> list[str]:
    """Return which of the servers take part in a case: nginx in passing on, its only trade."""
    if case in PASSED:
        beside = {NGINX}
    elif case in REPEATED:
        beside = set()
    elif case in ONLY_LIMIT:
        beside = {LIMIT}
    else:
        beside = {*TUNED, *DOCUMENTED}
    return [name for name in names if name == EDGE or name in beside]


def choose_peers(asked_for: Iterable[str] | None) -> list[str]:
    """Return the peers of these names and groups, in the order of the report."""
    chosen = {peer for name in asked_for or DEFAULT_PEERS for peer in GROUPS.get(name, (name,))}
    return [peer for peer in PEERS if peer in chosen]


@contextmanager
def running(
    names: list[str],
    database: CommittedDatabase,
    folder: Path,
    *,
    pause: Callable[[float], None] = time.sleep,
) -> Iterator[dict[str, Server]]:
    """Start the servers, and an upstream for those that pass on; wait until all answer.

    All are gone when the block ends.

    Raises:
        SetupError: one of them does not start.
    """
    with ExitStack() as started:
        servers: dict[str, Server] = {}
        django_port = started.enter_context(running_cheap_upstream(folder))
        for name in names:
            servers[name] = _start(name, database, folder, django_port)
            started.callback(servers[name].child.stop)
        for server in servers.values():
            wait_for(server, pause)
        yield servers


@contextmanager
def running_cheap_upstream(folder: Path) -> Iterator[int]:
    """Start the cheap upstream, and yield its port."""
    with ports.listen(0) as opened:
        port: int = opened.getsockname()[1]
        child = processes.start(
            "upstream",
            [sys.executable, "-m", "tests.bench.cheap_upstream", str(opened.fileno())],
            log=folder / "upstream.log",
            folder=ROOT,
            keep_open=[opened.fileno()],
        )
    try:
        yield port
    finally:
        child.stop()


def _start(name: str, database: CommittedDatabase, folder: Path, django_port: int) -> Server:
    opened = ports.listen(0)
    port = opened.getsockname()[1]
    with opened:
        if name in OPENS_ITS_PORT:
            opened.close()
        if name == NGINX:
            command = nginx.command(folder / name, port=port, django_port=django_port)
        else:
            command = _command(name, opened, port)
        child = processes.start(
            name,
            command,
            log=folder / f"{name}.log",
            environment=_environment(name, database, django_port),
            folder=ROOT,
            keep_open=[] if name in OPENS_ITS_PORT else [opened.fileno()],
        )
    return Server(name=name, child=child, port=port)


def _command(name: str, opened: socket.socket, port: int) -> list[str | Path]:
    """Return what starts a server: the edge as ``deploy/up``, a peer as its documentation does."""
    if name == "bolt":
        # Source: its guide "Deployment": processes instead of gunicorn.
        return [
            *(sys.executable, "-m", "django", "runbolt", "--no-admin"),
            *(f"--host={ports.HOST}", f"--port={port}", "--processes=1", "--workers=1"),
        ]
    if name == EDGE:
        return edge_command(opened, processes=1)
    gunicorn = [
        *(sys.executable, "-m", "gunicorn", f"--bind=fd://{opened.fileno()}", "--workers=1"),
        *("--keep-alive=75", "--graceful-timeout=3", "--no-control-socket"),
    ]
    module = "sqlalchemy_peer.app" if name == "sqlalchemy" else TUNED.get(name)
    if module is not None:
        package = "tests.bench.peers.tuned" if name in TUNED else "tests.bench.peers"
        worker = "--worker-class=uvicorn_worker.UvicornWorker"
        return [*gunicorn, worker, f"{package}.{module}:app"]
    threads = ["--worker-class=gthread", "--threads=8"]
    return [*gunicorn, *threads, "tests.bench.peers.django_wsgi:application"]


def _environment(name: str, database: CommittedDatabase, django_port: int) -> Mapping[str, str]:
    common = {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    environment = dict(os.environ) | common
    if name == NGINX:
        return environment
    if name == EDGE:
        return without(environment, *ONLY_FOR_DJANGO) | {
            # Both derive secrets from keys of the data folder.
            "PORTICO_PARITY_KEY": secrets.token_urlsafe(40),
            "PORTICO_WEBHOOK_KEY": secrets.token_urlsafe(40),
            "EDGE_DATABASE_URL": database.edge_url,
            "DJANGO_URL": f"http://{ports.HOST}:{django_port}",
        }
    return environment | {
        "DATABASE_URL": database.owner_url,
        "SQLALCHEMY_URL": database.owner_url.replace("://", "+asyncpg://", 1),
        "DJANGO_SETTINGS_MODULE": "tests.bench.peers.django_settings",
        "PORTICO_SECRET_KEY": secrets.token_urlsafe(40),
        "PORTICO_BENCH_PEER": name,
    }


def wait_for(server: Server, pause: Callable[[float], None]) -> None:
    """Wait for any answer: without a key, every server refuses a booking.

    Raises:
        SetupError: none comes.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        connection = server.connect()
        try:
            connection.request("GET", "/octo/bookings/0b6f2a54-8c1e-4d37-9a60-5e2f7c3b9d18")
            connection.getresponse().read()
            return
        except (OSError, http.client.HTTPException):
            if not server.child.is_running() or time.monotonic() > deadline:
                reason = (server.child.last_lines(1) or ["no output"])[-1]
                raise SetupError(f"{NAMES[server.name]} gives no answer: {reason}") from None
        finally:
            connection.close()
        pause(0.05)
