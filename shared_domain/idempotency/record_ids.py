"""Ids of idempotency records: the first bits say in which partition of the table a record lies.

Both kinds are UUIDs of version 8 (RFC 9562) that begin with the time in milliseconds, as version 7
does, so that ids grow and one index page after the other fills. Of a record without a key the first
bit is set: those lie in a partition of their own, and the others in one for each day (UTC).
"""

import secrets
import time
from uuid import UUID

_WITHOUT_KEY = 1 << 127
_VERSION_8, _VARIANT = 8 << 76, 2 << 62
_RANDOM_BITS = ~((0xFFFFFFFFFFFF << 80) | (0xF << 76) | (3 << 62)) & ((1 << 128) - 1)


def id_with_key() -> UUID:
    """Return the id of the record of an idempotent call."""
    return UUID(int=_new_number())


def id_without_key() -> UUID:
    """Return the id of a record that settles a commit and nothing else."""
    return UUID(int=_WITHOUT_KEY | _new_number())


def _new_number() -> int:
    milliseconds = time.time_ns() // 1_000_000
    random_bits = secrets.randbits(128) & _RANDOM_BITS
    return milliseconds << 80 | _VERSION_8 | _VARIANT | random_bits
