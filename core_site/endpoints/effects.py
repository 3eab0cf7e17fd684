"""Record which rows a request writes, for the door to compare them with its dry run's.

Triggers on every table (``effects.sql``) note each written row while the setting
``portico.effects`` is on, which it is for no other request. The door asks for it with
``X-Portico-Effects``: a token of the key that both share, and the edge's role, which must not
learn of columns that it may not read. The answer tells the rows in the same header: zlib and base64
of one JSON object per line. The header is missing where they cannot be told: another database than
PostgreSQL, no triggers, or a transaction pooler, which keeps no settings of a session.
"""

import base64
import hmac
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from django.db import Error, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import HttpRequest

from shared_domain.endpoints import TOO_MANY_EFFECTS, effects_token

HEADER = "X-Portico-Effects"

#: Beyond it the rows are not told. The door reads header fields of 128 KiB at most.
MOST_HEADER_BYTES = 96 * 1024

_TRIGGERS = Path(__file__).with_name("effects.sql")

_BEGIN = """
    SELECT set_config('portico.effects', 'session', false),
           set_config('portico.effects_reader', %s, false),
           set_config('portico.effects_seen', '', false),
           to_regproc('endpoints_note_effect') IS NOT NULL
"""

_END = """
    SELECT current_setting('portico.effects_seen'),
           set_config('portico.effects', '', false), set_config('portico.effects_seen', '', false)
"""


def make_triggers(*, using: str, plan: Any = None, **_: object) -> None:
    """Make the triggers of all tables after ``migrate``; ``flush`` sends no plan."""
    connection = connections[using]
    if plan is None or connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        # Another app alone may have been migrated, or back to before this one.
        cursor.execute("SELECT to_regclass('endpoints_endpoint') IS NOT NULL")
        if cursor.fetchone()[0]:
            cursor.execute(_TRIGGERS.read_text())


class Effects:
    """What the request has written, as far as it is known."""

    def __init__(self) -> None:
        self.lines: str | None = None

    def as_header(self) -> str | None:
        """Return the value of the header, None where nothing can be told."""
        if self.lines is None:
            return None
        packed = base64.b64encode(zlib.compress(self.lines.encode())).decode()
        return packed if len(packed) <= MOST_HEADER_BYTES else TOO_MANY_EFFECTS


@contextmanager
def recorded_effects(request: HttpRequest) -> Iterator[Effects | None]:
    """Record what is written inside, on every database of the site; None when nobody asks."""
    reader = _reader(request)
    if reader is None:
        yield None
        return
    effects = Effects()
    recording = [connection for connection in connections.all() if _begin(connection, reader)]
    try:
        yield effects
    finally:
        told = [_end(connection) for connection in recording]
        if told and None not in told:
            effects.lines = TOO_MANY_EFFECTS if TOO_MANY_EFFECTS in told else "".join(told)


def _reader(request: HttpRequest) -> str | None:
    """Return the role for which effects are asked, None unless by the key of the door."""
    token, _, reader = request.META.get("HTTP_X_PORTICO_EFFECTS", "").partition(" ")
    key = os.environ.get("PORTICO_PARITY_KEY")
    if not key or not hmac.compare_digest(token.encode(), effects_token(key).encode()):
        return None
    return unquote(reader)


def _begin(connection: BaseDatabaseWrapper, reader: str) -> bool:
    is_pooled = connection.settings_dict.get("DISABLE_SERVER_SIDE_CURSORS", False)
    if connection.vendor != "postgresql" or is_pooled:
        return False
    try:
        with connection.cursor() as cursor:
            cursor.execute(_BEGIN, [reader])
            return bool(cursor.fetchone()[-1])
    except Error:
        # The view will meet the same trouble, and say so.
        return False


def _end(connection: BaseDatabaseWrapper) -> str | None:
    """Return what was noted, and note no more; None when the connection is lost."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(_END)
            return str(cursor.fetchone()[0])
    except Error:
        # Another request must not find it on.
        connection.close()
        return None
