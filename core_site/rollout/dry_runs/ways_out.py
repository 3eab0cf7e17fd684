"""Block side effects that a rollback cannot undo, in the thread of a dry run.

These *ways out* are connections, sockets, threads, programs, files and mails. The first dry run of
a process installs the hooks, which stay; in other threads each hook only reads a thread-local
variable.
"""

import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from django.core import mail
from django.db.backends.signals import connection_created

from shared_domain.ways_out import classify_way_out

#: Methods that send over a connection that was opened before.
_SENDING = (
    (socket.socket, ("send", "sendall", "sendto", "sendmsg", "sendfile")),
    (ssl.SSLSocket, ("send", "sendall", "write")),
)


class WayOutBlocked(RuntimeError):
    """A view tried, during a dry run, to cause an effect that a rollback cannot undo.

    It opened a connection, sent something, started a thread or a program, wrote a file, sent a
    mail, or ended the transaction. Do it by ``transaction.on_commit``, or take
    ``dry_run_is_safe`` off the view. Do not catch this error.
    """


class _Thread(threading.local):
    #: The ways out that were tried; None without a dry run.
    refused: list[str] | None = None
    #: The driver's connections of the dry run.
    connections: tuple[object, ...] = ()


_here = _Thread()
_lock = threading.Lock()
_is_installed = False


@contextmanager
def block_ways_out(*connections: object) -> Iterator[list[str]]:
    """Block this thread's ways out, except by these connections; yield the names of those tried."""
    _install()
    refused: list[str] = []
    _here.refused, _here.connections = refused, connections
    try:
        yield refused
    finally:
        _here.refused, _here.connections = None, ()


@contextmanager
def allow_ways_out() -> Iterator[None]:
    """Allow ways out within a block that only reads, such as from a shared cache."""
    refused, _here.refused = _here.refused, None
    try:
        yield
    finally:
        _here.refused = refused


def refuse(way_out: str) -> None:
    """Block a way out, if this thread carries out a dry run.

    Raises:
        WayOutBlocked: this thread carries out a dry run.
    """
    refused = _here.refused
    if refused is not None:
        refused.append(way_out)
        raise WayOutBlocked(f"a dry run may use nothing that outlasts a rollback, not {way_out}")


def _install() -> None:
    global _is_installed
    with _lock:
        if _is_installed:
            return
        # A module that is imported late must not fail for want of a cache.
        sys.dont_write_bytecode = True
        for kind, names in _SENDING:
            for name in names:
                setattr(kind, name, _refusing(getattr(kind, name), f"socket.{name}"))
        # Before Python 3.12 there is no audit event for a new thread.
        threading.Thread.start = _refusing(threading.Thread.start, "thread")  # type: ignore[method-assign]
        mail.get_connection = _refusing(mail.get_connection, "mail")
        mail.EmailMessage.send = _refusing(mail.EmailMessage.send, "mail")  # type: ignore[method-assign]
        _refuse_own_connections()
        connection_created.connect(_refuse_new_connection, dispatch_uid="endpoints.dry_runs")
        sys.addaudithook(_audit)
        _is_installed = True


def _refuse_own_connections() -> None:
    """Block statements on connections of psycopg that are not the dry run's.

    psycopg waits in one method for everything that it sends on an open connection.
    """
    try:
        import psycopg
    except ImportError:
        return
    wait = psycopg.Connection.wait

    @wraps(wait)
    def wait_of_own(connection: Any, *arguments: Any, **more: Any) -> Any:
        if _here.refused is not None and not any(own is connection for own in _here.connections):
            refuse("psycopg.connection")
        return wait(connection, *arguments, **more)

    psycopg.Connection.wait = wait_of_own  # type: ignore[method-assign, assignment]


def _refuse_new_connection(**_: object) -> None:
    refuse("django.db.connection")


def _refusing(function: Callable[..., Any], way_out: str) -> Callable[..., Any]:
    @wraps(function)
    def call(*arguments: Any, **more: Any) -> Any:
        if _here.refused is not None:
            refuse(way_out)
        return function(*arguments, **more)

    return call


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if _here.refused is not None:
        way_out = classify_way_out(event, arguments)
        if way_out is not None:
            refuse(way_out)
