"""The commands that start gunicorn: the edge and Django, as ``deploy/up`` runs them."""

import socket
from collections.abc import Mapping
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from core_site.environment import Environment, Variable, whole_number
from deploy.console import SetupError
from deploy.virtualenv import PYTHON

#: Threads of each process of Django.
DJANGO_THREADS = 4

#: The edge refuses heads that are too long in the dialect of the path. gunicorn would refuse far
#: shorter ones of callers of Django, in HTML: a request line of 4 kB, the 101st header.
HEAD_LIMITS = (
    "--limit-request-line=0",
    "--limit-request-fields=1100",
    "--limit-request-field_size=131072",
)

#: What the edge never holds: Django's login and its secrets.
ONLY_FOR_DJANGO = (
    *("DATABASE_URL", "PORTICO_SECRET_KEY", "PORTICO_EMAIL_URL"),
    *("PORTICO_REPLAY_KEY", "PORTICO_REPLAY_AS"),
)

#: What no process that serves holds: the owner's login, and passwords to be given to roles.
ONLY_FOR_COMMANDS = ("OWNER_DATABASE_URL", "PORTICO_DJANGO_PASSWORD", "PORTICO_EDGE_PASSWORD")

DRAIN_SECONDS = Variable(
    name="PORTICO_DRAIN_SECONDS",
    parse=whole_number(1, 3600),
    default="600",
    description="How long a worker of edge or Django that a release replaces may finish its "
    "requests.",
)


def edge_command(port: socket.socket, *, processes: int) -> list[str | Path]:
    """Return what serves the edge on a port that is open already.

    Raises:
        SetupError: ``PORTICO_DRAIN_SECONDS`` is not a number of seconds.
    """
    return [
        *_gunicorn(port, "api_edge.app:create_app()"),
        "--worker-class=api_edge.proxy.worker.EdgeWorker",
        f"--workers={processes}",
    ]


def django_command(port: socket.socket, *, processes: int) -> list[str | Path]:
    """Return what serves Django on a port that is open already.

    Raises:
        SetupError: ``PORTICO_DRAIN_SECONDS`` is not a number of seconds.
    """
    return [
        *_gunicorn(port, "core_site.config.wsgi:application"),
        *("--worker-class=gthread", f"--threads={DJANGO_THREADS}", *HEAD_LIMITS),
        f"--workers={processes}",
    ]


def without(environment: Mapping[str, str], *names: str) -> dict[str, str]:
    """Return the environment less these variables."""
    return {name: value for name, value in environment.items() if name not in names}


def _drain_seconds() -> int:
    try:
        return int(Environment({DRAIN_SECONDS.name: DRAIN_SECONDS})(DRAIN_SECONDS.name))
    except ImproperlyConfigured as mistake:
        raise SetupError(str(mistake)) from None


def _gunicorn(port: socket.socket, application: str) -> list[str | Path]:
    return [
        # Without --preload, which would keep the code of the first release in all others.
        *(PYTHON, "-m", "deploy.rolling_release", application, f"--bind=fd://{port.fileno()}"),
        *("--keep-alive=75", f"--graceful-timeout={_drain_seconds()}", "--no-control-socket"),
    ]
