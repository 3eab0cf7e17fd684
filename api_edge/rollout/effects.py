"""The rows that each side wrote, as PostgreSQL's triggers record them (``core_site/rollout``).

A dry run reads them before it is rolled back. Django reads them after its view, and sends them in a
header that no caller receives.
"""

import base64
import binascii
import json
import zlib
from urllib.parse import quote

from psycopg import Error
from psycopg.conninfo import conninfo_to_dict

from api_edge.postgresql.database import Connection, Transaction
from shared_domain.rollout import TOO_MANY_EFFECTS, Effect
from shared_domain.rollout.dry_run_sql_store import (
    CHECK_CONSTRAINTS,
    READ_EFFECTS,
    RECORD_EFFECTS,
)
from shared_domain.rollout.wire import Purpose, token
from shared_domain.rows import only_value

#: The most that Django's header holds when it is unpacked: the triggers record no more than 1 MB.
MOST_BYTES = 8 * 1024 * 1024


class TooManyEffects(Exception):
    """More rows were written than the triggers record: they are not compared."""


def effects_question(parity_key: bytes, database_url: str) -> bytes:
    """Return ``RequestState.effects_question``, which asks Django for the rows that it writes."""
    role = quote(database_role(database_url))
    return f"{token(Purpose.EFFECTS, parity_key.decode())} {role}".encode()


def unpack_effects(packed: bytes | None) -> str | None:
    """Return ``RequestState.django_effects`` for ``parse_effects``; None where it is unreadable."""
    if packed is None:
        return None
    if packed == TOO_MANY_EFFECTS.encode():
        return TOO_MANY_EFFECTS
    try:
        return zlib.decompressobj().decompress(base64.b64decode(packed), MOST_BYTES).decode()
    except (binascii.Error, zlib.error, UnicodeDecodeError):
        return None


def database_role(database_url: str) -> str:
    """Return the edge's role in PostgreSQL, empty if the URL names none.

    Django reports no column that this role may not read.
    """
    return str(conninfo_to_dict(database_url).get("user") or "")


def parse_effects(lines: str | None) -> tuple[Effect, ...] | None:
    """Return the rows that the triggers recorded, one JSON object a line; None for no recording.

    Raises:
        TooManyEffects: there are more than the triggers record.
    """
    if lines is None:
        return None
    if lines == TOO_MANY_EFFECTS:
        raise TooManyEffects
    # Not splitlines(): PostgreSQL leaves U+2028, U+0085 and other breaks of lines as they are.
    rows = (json.loads(line) for line in lines.split("\n") if line)
    return tuple(
        Effect(row["table"], row["action"], row["row"], tuple(row["hidden"])) for row in rows
    )


class RecordedTransaction(Transaction):
    """Transaction that reads the effects which triggers recorded, in the same trip as COMMIT.

    ``recorded`` is for ``parse_effects``: empty while nothing is committed, None where no trigger
    records rows or the answer to COMMIT was lost.
    """

    recorded: str | None = ""
    _after_begin = f"{RECORD_EFFECTS}; "

    async def _send_commit(self, connection: Connection, statement: str) -> None:
        before, self.recorded = self.recorded, None
        # Triggers that wait for COMMIT write rows as well.
        sent = await connection.execute(
            f"{CHECK_CONSTRAINTS}; {READ_EFFECTS}; {statement}", prepare=False
        )
        # From here on it is stored, and nothing may say otherwise.
        try:
            sent.nextset()
            noted = only_value(await sent.fetchone())
        except Error:
            return
        if noted is not None and before is not None:
            is_too_much = TOO_MANY_EFFECTS in (before, noted)
            self.recorded = TOO_MANY_EFFECTS if is_too_much else before + noted
