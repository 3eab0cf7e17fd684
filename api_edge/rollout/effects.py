"""The rows that each side wrote, as PostgreSQL's triggers record them (``core_site/rollout``).

A dry run reads them before it is rolled back. Django reads them after its view, and sends them in a
header that no caller receives.
"""

import base64
import binascii
import json
import zlib
from urllib.parse import quote

from psycopg.conninfo import conninfo_to_dict

from shared_domain.rollout import TOO_MANY_EFFECTS, Effect
from shared_domain.rollout.wire import Purpose, token

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
    """Return the edge's role, empty for unknown; Django reports no column that it may not read."""
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
    rows = (json.loads(line) for line in lines.splitlines())
    return tuple(
        Effect(row["table"], row["action"], row["row"], tuple(row["hidden"])) for row in rows
    )
