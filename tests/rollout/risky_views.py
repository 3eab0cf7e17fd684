"""A view that does, on request, what a dry run must undo or refuse."""

import socket
import threading
from collections.abc import Callable
from contextlib import suppress

import psycopg
from django.core.cache import cache
from django.core.mail import send_mail
from django.core.signals import request_finished
from django.db import IntegrityError, connection, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from core_site.rollout.dry_runs import dry_run_is_safe

#: Whatever a deed writes bears this name.
PUT = "INSERT INTO deed (name) VALUES (%s)"

#: Made before any dry run, as a pool would.
_kept: list[psycopg.Connection[tuple[object, ...]]] = []


def _own_connection() -> psycopg.Connection[tuple[object, ...]]:
    parameters = connection.get_connection_params()
    names = ("dbname", "user", "password", "host", "port")
    return psycopg.connect(
        autocommit=True, **{name: parameters[name] for name in names if name in parameters}
    )


def keep_connection() -> None:
    if not _kept:
        _kept.append(_own_connection())


def _write(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(PUT, [name])


def _in_thread(name: str) -> None:
    def write() -> None:
        _write(name)
        connection.close()

    thread = threading.Thread(target=write)
    thread.start()
    thread.join()


def _commit_raw(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("COMMIT")


def _commit_behind(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1; COMMIT")


def _swallow(name: str) -> None:
    with suppress(Exception):
        _commit_raw(name)


def _break_uniqueness(name: str) -> None:
    with suppress(IntegrityError):
        _write(name)
        _write(name)


def _durable(name: str) -> None:
    with transaction.atomic(durable=True):
        _write(f"durable {name}")


def _run(statement: str) -> Callable[[str], None]:
    def run(name: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement)

    return run


#: Undone by the rollback: the dry run is made.
HARMLESS: dict[str, Callable[[str], object]] = {
    "nothing more": lambda name: None,
    "a hook on commit": lambda name: transaction.on_commit(lambda: _write(f"hook {name}")),
    "a durable block": _durable,
    "a cache": lambda name: cache.set(f"deed-{name}", 1),
    "a notice": _run("NOTIFY deeds"),
    "a closed connection": lambda name: connection.close(),
    "the end of the request": lambda name: request_finished.send(Deeds),
    "a setting": _run("SET statement_timeout = 1234"),
}

#: Refused: by what the reason names.
REFUSED: dict[str, tuple[Callable[[str], object], str]] = {
    "a connection of its own": (lambda name: _own_connection().execute(PUT, [name]), "psycopg"),
    "a kept connection": (lambda name: _kept[0].execute(PUT, [name]), "psycopg.connection"),
    "a thread": (_in_thread, "thread"),
    "COMMIT": (_commit_raw, "the end of the transaction"),
    "COMMIT behind another": (_commit_behind, "the end of the transaction"),
    "COMMIT, swallowed": (_swallow, "the end of the transaction"),
    "a mail": (lambda name: send_mail("s", "b", "a@example.com", [f"{name}@example.com"]), "mail"),
    "a call": (lambda name: socket.create_connection(("127.0.0.1", 9)), "socket."),
    "a file": (lambda name: open(f"/tmp/deed-{name}", "w").close(), "open-for-writing"),
    "a caught error": (_break_uniqueness, "transaction.atomic()"),
}

#: Past Django, where nothing can refuse it.
ENDING: dict[str, Callable[[str], object]] = {
    "a commit of the driver's": lambda name: connection.connection.execute("COMMIT"),
}

WAITING: dict[str, Callable[[str], object]] = {
    "a slow statement": _run("SELECT pg_sleep(3)"),
    "a lock": _run("SELECT FROM deed WHERE name = 'locked' FOR UPDATE"),
}

ALL = {**HARMLESS, **{name: does for name, (does, _) in REFUSED.items()}, **WAITING, **ENDING}


@method_decorator(csrf_exempt, name="dispatch")
class Deeds(View):
    def post(self, request: HttpRequest) -> HttpResponseBase:
        name, deed = request.headers["X-Name"], request.headers["X-Deed"]
        keep_connection()
        _write(name)
        if deed == "a stream":
            return StreamingHttpResponse([b"a", b"b"])
        ALL[deed](name)
        answer = HttpResponse(f"done: {cache.get(f'deed-{name}')}")
        answer.set_cookie("seen", "yes")
        return answer


@dry_run_is_safe("a test looks at each of its deeds")
class AllowedDeeds(Deeds):
    pass


@dry_run_is_safe("it is not, which a test looks at")
class EndingDeeds(Deeds):
    """Commits past Django, once more each time that it is asked."""


class InheritedDeeds(AllowedDeeds):
    """Its parent's word does not stand for it."""
