"""Which rows each half has written: PostgreSQL's triggers note them (``core_site/rollout``).

A dry run reads what they noted before it is rolled back. The site reads it after its view, and
tells it in a header that no caller sees.
"""

import base64
import binascii
import json
import zlib
from urllib.parse import quote

from psycopg.conninfo import conninfo_to_dict

from shared_domain.rollout import TOO_MANY_EFFECTS, Effect
from shared_domain.rollout.wire import Purpose, token

#: What the site's header holds when it is unpacked: the triggers note no more than 1 MB.
MOST_BYTES = 8 * 1024 * 1024


class TooManyEffects(Exception):
    """More rows were written than are noted: they are not compared."""


class DjangoEffects:
    """Has the site tell what it writes."""

    def __init__(self, parity_key: bytes, database_url: str) -> None:
        role = quote(database_role(database_url))
        #: With it Django says which rows it has written: ``RequestState.effects_question``.
        self.question = f"{token(Purpose.EFFECTS, parity_key.decode())} {role}".encode()

    def unpack(self, packed: bytes | None) -> tuple[Effect, ...] | None:
        """Return the rows in the header ``RequestState.django_effects``; None where it has none.

        Raises:
            TooManyEffects: they are more than a header holds.
        """
        if packed is None:
            return None
        if packed == TOO_MANY_EFFECTS.encode():
            raise TooManyEffects
        unpacking = zlib.decompressobj()
        try:
            lines = unpacking.decompress(base64.b64decode(packed), MOST_BYTES).decode()
        except (binascii.Error, zlib.error, UnicodeDecodeError):
            return None
        return parse_effects(lines)


def database_role(database_url: str) -> str:
    """Return the edge's role, which is told of no column that it may not read; empty: unknown."""
    return str(conninfo_to_dict(database_url).get("user") or "")


def parse_effects(lines: str | None) -> tuple[Effect, ...] | None:
    """Return the rows that stand in ``RECORDED``; None where nothing was recorded.

    Raises:
        TooManyEffects: they are more than the triggers note.
    """
    if lines is None:
        return None
    if lines == TOO_MANY_EFFECTS:
        raise TooManyEffects
    found = (json.loads(line) for line in lines.splitlines())
    return tuple(
        Effect(one["table"], one["action"], one["row"], tuple(one["hidden"])) for one in found
    )
