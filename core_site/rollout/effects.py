"""Record which rows a request writes, for the edge to compare them with its dry run's.

Triggers on every table (``effects.sql``) record each written row while the session's setting
``portico.effects`` is on, which it is only for such a request. The edge requests it with
``EFFECTS_HEADER``: a token of the shared key, and the edge's database role, so that no column is
sent that this role may not read. The response has the rows in the same header: zlib and base64 of
one JSON object per line. The header is missing if the rows are unknown: the database is not
PostgreSQL, has no triggers, or is behind a transaction pooler, which loses settings of a session.

The evidence names what the triggers cannot record (``untracked_writes``); sequences and large
objects have no triggers at all.
"""

import base64
import logging
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from django.db import DEFAULT_DB_ALIAS, Error, ProgrammingError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.transaction import atomic
from django.http import HttpRequest
from django.http.request import HttpHeaders

from core_site.environment import env
from core_site.rollout.database import registry_alias
from shared_domain.rollout import TOO_MANY_EFFECTS, Endpoint, ParityStats
from shared_domain.rollout.django_dry_run_sql_store import (
    CREATE_EFFECT_TRIGGERS,
    FORGET_EFFECTS_OF_SESSION,
    HAS_EFFECT_FUNCTIONS,
    HAS_REGISTRY,
    RECORD_EFFECTS_OF_SESSION,
    TABLES_WITHOUT_EFFECTS,
)
from shared_domain.rollout.dry_run_sql_store import READ_EFFECTS
from shared_domain.rollout.wire import EFFECTS_HEADER, Purpose, is_token

#: Larger effects are not sent: the edge reads header fields of 128 KiB at most.
MAX_HEADER_BYTES = 96 * 1024

logger = logging.getLogger(__name__)

_EFFECTS_META = HttpHeaders.to_wsgi_name(EFFECTS_HEADER)

_FUNCTIONS = Path(__file__).with_name("effects.sql")


def create_triggers(*, using: str, plan: Any = None, **_: object) -> None:
    """Create the triggers of all tables after ``migrate``; ``flush`` sends no plan."""
    connection = connections[using]
    if plan is None or connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        # Only another app may have been migrated, or this one back to before its first migration.
        cursor.execute(HAS_REGISTRY)
        (has_registry,) = cursor.fetchone()
        if not has_registry:
            return
        cursor.execute(_FUNCTIONS.read_text())
        cursor.execute(TABLES_WITHOUT_EFFECTS)
        for table, left_out in cursor.fetchall():
            if not left_out:
                _create_triggers(connection, table)


def _create_triggers(connection: BaseDatabaseWrapper, table: str) -> None:
    """Create the triggers of one table, in a transaction of its own: each locks its table."""
    try:
        with atomic(using=connection.alias), connection.cursor() as cursor:
            cursor.execute(CREATE_EFFECT_TRIGGERS.format(table=table))
    except ProgrammingError as refusal:
        # Another role's table, such as an extension's: ``migrate`` must not fail because of it.
        logger.warning("%s: no trigger records what is written: %s", table, type(refusal).__name__)


class RecordedEffects:
    """The rows that a request has written, as JSON ``lines``; None if they are unknown."""

    def __init__(self) -> None:
        self.lines: str | None = None

    def as_header(self) -> str | None:
        """Return the value of the header; None if the rows are unknown."""
        if self.lines is None:
            return None
        packed = base64.b64encode(zlib.compress(self.lines.encode())).decode()
        return packed if len(packed) <= MAX_HEADER_BYTES else TOO_MANY_EFFECTS


@contextmanager
def record_effects(request: HttpRequest) -> Iterator[RecordedEffects | None]:
    """Record the rows that the block writes, on every database; yield None unless requested."""
    reader = _reader(request)
    if reader is None:
        yield None
        return
    effects = RecordedEffects()
    written = [connection for connection in connections.all() if holds_project_data(connection)]
    recording = [connection for connection in written if _begin(connection, reader)]
    try:
        yield effects
    finally:
        lines = [_end(connection) for connection in recording]
        if len(recording) == len(written):
            effects.lines = join_effects(lines)


def join_effects(by_database: Iterable[str | None]) -> str | None:
    """Return the rows of all databases; None if those of any database are unknown."""
    lines = list(by_database)
    if None in lines:
        return None
    return TOO_MANY_EFFECTS if TOO_MANY_EFFECTS in lines else "".join(map(str, lines))


def _reader(request: HttpRequest) -> str | None:
    """Return the edge's role in the request's header; None without a valid token."""
    token, _, reader = request.META.get(_EFFECTS_META, "").partition(" ")
    key = env("PORTICO_PARITY_KEY") or ""
    return unquote(reader) if is_token(token, Purpose.EFFECTS, key) else None


def holds_project_data(connection: BaseDatabaseWrapper) -> bool:
    """Return whether a database has other tables than those of the rollout."""
    return connection.alias != registry_alias() or connection.alias == DEFAULT_DB_ALIAS


def _begin(connection: BaseDatabaseWrapper, reader: str) -> bool:
    is_pooled = connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS", False)
    if connection.vendor != "postgresql" or is_pooled:
        return False
    try:
        with connection.cursor() as cursor:
            cursor.execute(RECORD_EFFECTS_OF_SESSION, {"reader": reader})
            *_, has_triggers = cursor.fetchone()
            return bool(has_triggers)
    except Error:
        # The view will meet the same error, and report it.
        return False


def _end(connection: BaseDatabaseWrapper) -> str | None:
    """Stop recording, and return the recorded lines; None when the connection is lost."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(READ_EFFECTS)
            (noted,) = cursor.fetchone()
            cursor.execute(FORGET_EFFECTS_OF_SESSION)
            return None if noted is None else str(noted)
    except Error:
        # Another request must not be recorded.
        connection.close()
        return None


def _untracked_tables() -> dict[str, list[str]]:
    """Return the tables without a trigger for written rows, by the reason.

    Empty if no table has one, so that only responses are compared.
    """
    connection = connections[registry_alias()]
    with connection.cursor() as cursor:
        cursor.execute(HAS_EFFECT_FUNCTIONS)
        (has_functions,) = cursor.fetchone()
        if not has_functions:
            return {}
        cursor.execute(TABLES_WITHOUT_EFFECTS)
        found = cursor.fetchall()
    unseen: dict[str, list[str]] = {}
    for table, why in found:
        unseen.setdefault(why or "no trigger, `migrate` makes it", []).append(table)
    return unseen


def untracked_writes(endpoint: Endpoint, seen: ParityStats) -> dict[str, Any]:
    """Return what comparisons of a write do not cover: tables by the reason, and columns."""
    if endpoint.is_read:
        return {"tables": {}, "columns": []}
    return {"tables": _untracked_tables(), "columns": list(seen.unseen_columns)}


def describe_untracked(endpoint: Endpoint, seen: ParityStats) -> str:
    """Return ``untracked_writes`` as a sentence; empty if there are none."""
    unseen = untracked_writes(endpoint, seen)
    columns = ", ".join(unseen["columns"])
    return "; ".join(
        [
            *(f"{why}: {', '.join(tables)}" for why, tables in unseen["tables"].items()),
            *([f"columns that the edge may not read: {columns}"] if columns else []),
        ]
    )
