"""Run the whole stack of ``deploy/up``: start its processes in order, stop them in reverse.

PostgreSQL, then migrations, roles and demo data, then the worker, Django and the edge.
"""

import argparse
import http.client
import os
import signal
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from core_site.environment import VARIABLES
from deploy import database_url, ports, processes
from deploy.console import SetupError, say, step
from deploy.data_folder import DataFolder
from deploy.embedded_postgres import EmbeddedPostgres
from deploy.gunicorn_commands import (
    DJANGO_THREADS,
    ONLY_FOR_COMMANDS,
    ONLY_FOR_DJANGO,
    django_command,
    edge_command,
    without,
)
from deploy.preparation import Preparation
from deploy.processes import Child, bytecode_cache_environment
from deploy.signals import StopRequested, StopSignals
from deploy.summary import MANAGE, Summary
from deploy.supervisor import Supervisor
from deploy.virtualenv import PYTHON, ROOT
from shared_domain.environment import adopt_former_names

#: How long a process may take to become ready, on a slow and busy machine.
PATIENCE_SECONDS = 90

#: For the demo's partners, unless it is set: the first dry runs of a process, beside all other
#: processes of a busy machine, take longer than the default allows, and a comparison that is
#: abandoned counts against the promotion.
DEMO_ROLLOUT: Mapping[str, str] = {"PORTICO_DRY_RUN_SECONDS": "2"}

_USERS_WAITING = """
    SELECT count(*) FROM endpoints_endpoint
     WHERE path_template LIKE '/v1/users%%' AND stage IN ('shadow', 'canary')
"""


def run(options: argparse.Namespace) -> int:
    """Run Portico until a signal asks it to stop, and return the command's exit status.

    A process that ends later on is restarted (``supervisor.py``).

    Raises:
        SetupError: something is missing, or a process ended at the start; no other is left.
    """
    adopt_former_names(os.environ)
    stop = StopSignals()
    stack = Stack(options, stop)
    is_ready = False
    try:
        with ExitStack() as started:
            stack.start(started)
            is_ready = True
            stack.print_summary()
            stack.supervise()
        raise AssertionError("the stack is supervised until an exception ends that")
    except StopRequested as request:
        say(f"  stopped by {request}, nothing is left running")
        return 0 if is_ready else 128 + request.signal_number


class Stack:
    """The processes of one ``deploy/up``, with their addresses, logins and environment."""

    def __init__(self, options: argparse.Namespace, stop: StopSignals) -> None:
        self._options = options
        self._stop = stop
        self._folder: DataFolder
        self._children = Supervisor(on_restart=self._remember_child)
        self._logins = database_url.Logins(owner="", django="", edge="")
        self._edge_url = ""
        self._django_url = ""
        self._demo: dict[str, Any] = {}

    def start(self, started: ExitStack) -> None:
        """Start every process, and register in ``started`` how to stop it."""
        self._folder = started.enter_context(closing(DataFolder(self._options.data)))
        started.callback(self._folder.remove_running)
        edge_port, django_port = self._open_ports(started)
        self._start_database(started)
        self._prepare_database()
        environment = self._environment() | self._start_weather_provider(started)
        self._folder.write_environment(self._shell_environment(environment))
        with step("edge, Django and worker"):
            began_at = self._query_database("SELECT now()")
            self._start(
                started,
                "worker",
                [PYTHON, MANAGE, "worker"],
                environment,
                # With SIGTERM, while its database stops too, it would wait for a minute.
                orphan_signal=signal.SIGKILL,
            )
            self._start(
                started,
                "django",
                django_command(django_port, processes=self._options.django_processes),
                environment,
                django_port,
            )
            self._start(
                started,
                "edge",
                edge_command(edge_port, processes=self._options.edge_processes),
                without(environment, *ONLY_FOR_DJANGO)
                | {"DJANGO_URL": self._django_url, **self._django_threads()},
                edge_port,
            )
            self._wait_for("django", lambda: _is_healthy(self._django_url))
            self._wait_for("edge", lambda: _is_healthy(self._edge_url))
            self._wait_for(
                "worker",
                lambda: self._query_database(
                    "SELECT count(*) FROM procrastinate_workers WHERE last_heartbeat >= %s",
                    began_at,
                ),
            )
        self._start_users_rollout(started, environment)

    def print_summary(self) -> None:
        """Print addresses and logins, as text or, with ``--json``, as one line of JSON."""
        pids = {child.name: child.pid for child in self._children}
        summary = Summary(
            edge_url=self._edge_url,
            logins=self._logins,
            demo=self._demo,
            pids={"up": os.getpid(), "postgres": None} | pids,
        )
        print(summary.as_json() if self._options.json else summary.as_text(), flush=True)

    def supervise(self) -> None:
        """Restart processes that end, until a signal asks to stop."""
        while True:
            self._children.restart_ended()
            self._stop.pause(0.25)

    def _open_ports(self, started: ExitStack) -> tuple[socket.socket, socket.socket]:
        edge_port = started.enter_context(closing(ports.listen(self._options.port)))
        self._edge_url = ports.address(edge_port)
        number = self._options.port
        django_port = started.enter_context(
            closing(ports.listen_beside(number) if number else ports.listen(0))
        )
        self._django_url = ports.address(django_port)
        return edge_port, django_port

    def _start_database(self, started: ExitStack) -> None:
        with step("PostgreSQL") as current:
            variable, given = self._given_owner()
            if not given and os.environ.get("EDGE_DATABASE_URL"):
                raise SetupError(
                    "EDGE_DATABASE_URL is given without DATABASE_URL: the edge would use another "
                    "database than Django; give both, or unset it to use the embedded one."
                )
            if given:
                current.note = database_url.check(given, variable=variable)
                owner_url = database_url.with_parts(given)
            else:
                server = EmbeddedPostgres(
                    self._options.data / "postgres",
                    log=self._folder.logs / "postgres.log",
                    on_notice=current.remarks.append,
                )
                self._children.add(server.start(), start_again=server.launch)
                started.callback(server.remove_socket_folder)
                started.callback(self._children.stop, "postgres", patience_seconds=20)
                owner_url = server.url()
                current.note = "embedded"
        self._logins = database_url.Logins.from_environment(
            owner_url, os.environ, self._folder.secret
        )
        self._remember()

    def _given_owner(self) -> tuple[str, str | None]:
        """Return the variable that gives the owner's login to an external server, and its value."""
        owner_url = os.environ.get("OWNER_DATABASE_URL")
        variable = "OWNER_DATABASE_URL" if owner_url else "DATABASE_URL"
        return variable, os.environ.get(variable)

    def _wants_demo(self) -> bool:
        """Return whether to load demo data; into an external database only with ``--demo``."""
        _, given = self._given_owner()
        return not given if self._options.demo is None else bool(self._options.demo)

    def _prepare_database(self) -> None:
        _, given = self._given_owner()
        Preparation(
            folder=self._folder,
            logins=self._logins,
            environment=self._environment(),
            stop=self._stop,
            is_embedded=not given,
            wants_demo=self._wants_demo(),
            demo_bookings=self._options.demo_bookings,
            set_passwords=self._options.set_passwords,
        ).run()
        if self._wants_demo():
            database = database_url.display_name(self._logins.owner)
            self._demo = self._folder.demo(database=database)

    def _start_weather_provider(self, started: ExitStack) -> dict[str, str]:
        """Start the demo's own weather provider, unless the environment names another."""
        if os.environ.get("PORTICO_WEATHER_URL") or not self._wants_demo():
            return {}
        port = started.enter_context(closing(ports.listen(0)))
        module = "deploy.demo_weather_provider"
        environment = {"PATH": os.environ.get("PATH", os.defpath)}
        command: list[str | Path] = [PYTHON, "-m", module, str(port.fileno())]
        self._start(started, "weather", command, environment, port)
        return {"PORTICO_WEATHER_URL": ports.address(port)}

    def _start_users_rollout(self, started: ExitStack, environment: Mapping[str, str]) -> None:
        """Bring the demo's ``/v1/users`` to stage ``edge`` in the background, once."""
        wanted = self._options.demo_rollout and self._demo
        if not wanted or not self._query_database(_USERS_WAITING):
            return
        logins = self._folder.path / "demo.json"
        command: list[str | Path] = [
            PYTHON,
            MANAGE,
            "roll_out_users",
            "--edge",
            self._edge_url,
            "--logins",
            logins,
        ]
        demo = {**environment, "PORTICO_DEMO": "1"}
        self._start(started, "rollout", command, demo, ends_by_itself=True)

    def _start(
        self,
        started: ExitStack,
        name: str,
        command: list[str | Path],
        environment: Mapping[str, str],
        port: socket.socket | None = None,
        orphan_signal: signal.Signals | None = None,
        ends_by_itself: bool = False,
    ) -> None:
        self._stop.check()
        start = partial(
            self._start_child, name, command, environment, port, orphan_signal=orphan_signal
        )
        self._children.add(start(), start_again=None if ends_by_itself else start)
        started.callback(self._children.stop, name)
        if port is not None:
            # Open until then: during a restart, callers wait in the backlog.
            started.callback(port.close)
        self._remember_child(self._children[name])

    def _start_child(
        self,
        name: str,
        command: list[str | Path],
        environment: Mapping[str, str],
        port: socket.socket | None,
        orphan_signal: signal.Signals | None,
    ) -> Child:
        return processes.start(
            name,
            command,
            log=self._folder.log(name),
            environment=environment,
            folder=ROOT,
            keep_open=[port.fileno()] if port else [],
            orphan_signal=orphan_signal,
        )

    def _remember_child(self, child: Child) -> None:
        if child.name != "postgres":
            self._folder.write_pid(child.name, child.pid)
        self._remember()

    def _remember(self) -> None:
        self._folder.write_running(self._edge_url, list(self._children))

    def _django_threads(self) -> dict[str, str]:
        threads = DJANGO_THREADS * self._options.django_processes
        return {"PORTICO_DJANGO_THREADS": os.environ.get("PORTICO_DJANGO_THREADS") or str(threads)}

    def _environment(self) -> dict[str, str]:
        return {
            **(DEMO_ROLLOUT if self._options.demo_rollout and self._wants_demo() else {}),
            **without(os.environ, *ONLY_FOR_COMMANDS),
            **bytecode_cache_environment(),
            "DATABASE_URL": self._logins.django,
            "EDGE_DATABASE_URL": self._logins.edge,
            "PORTICO_SECRET_KEY": self._folder.secret("secret_key"),
            # Both halves have it: `rollout replay` signs its requests to the edge with it.
            "PORTICO_PARITY_KEY": self._folder.secret("parity_key"),
            # Both derive the signing secrets of webhook endpoints from it.
            "PORTICO_WEBHOOK_KEY": self._folder.secret("webhook_key"),
            "PORTICO_PUBLIC_URL": os.environ.get("PORTICO_PUBLIC_URL") or self._edge_url,
            "PORTICO_WEBHOOKS_ALLOW_LOOPBACK": allow_loopback(
                os.environ, with_demo=self._wants_demo()
            ),
            "PORTICO_STATIC_ROOT": str(self._folder.static),
            "PYTHONUNBUFFERED": "1",
        }

    def _shell_environment(self, environment: Mapping[str, str]) -> dict[str, str]:
        keys_of_demo: Mapping[str, Mapping[str, str]] = self._demo.get("api_keys") or {}
        live = [by_mode["live"] for by_mode in keys_of_demo.values() if "live" in by_mode]
        # All that Django reads: a second worker that lacked the mail server would print the mails.
        given = {name: environment[name] for name in VARIABLES if environment.get(name)}
        demo = {
            # API keys of the demo's partners; the first of them sees every product.
            "PORTICO_REPLAY_KEY": self._demo.get("api_key") or "",
            "PORTICO_DEMO_KEYS": " ".join(live),
        }
        return {
            **given,
            # `manage.py migrate` and the like are done as the owner.
            "OWNER_DATABASE_URL": self._logins.owner,
            **{name: keys for name, keys in demo.items() if keys},
        }

    def _query_database(self, question: str, *parameters: object) -> Any:
        with psycopg.connect(self._logins.django, connect_timeout=5) as connection:
            [(value,)] = connection.execute(question, parameters)
            return value

    def _wait_for(self, name: str, is_ready: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not is_ready():
            self._children.check_start()
            if time.monotonic() > deadline:
                log = self._children[name].log
                raise SetupError(
                    f"{name} gives no answer after {PATIENCE_SECONDS} s; its log is {log}"
                )
            self._stop.pause(0.05)


def _is_healthy(address: str) -> bool:
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=5)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def allow_loopback(environment: Mapping[str, str], *, with_demo: bool) -> str:
    """Return whether webhooks may go to programs on this machine, where it is not set: yes or no.

    With a demo, to try them. Not with a public address: a caller with one of the demo's keys could
    have the machine's own services called, and read what they answer.
    """
    is_private = not environment.get("PORTICO_PUBLIC_URL")
    default = "yes" if with_demo and is_private else "no"
    return environment.get("PORTICO_WEBHOOKS_ALLOW_LOOPBACK") or default
