"""The format of API keys: ``pk_live_`` or ``pk_test_``, 32 random characters, 6 of checksum.

The checksum lets a mistyped or truncated key be refused without a query. It is no protection, as
anyone can compute it; the 190 random bits are.
"""

import re
import secrets
import zlib
from collections.abc import Callable
from hashlib import sha256
from typing import Final

LIVE: Final = "pk_live_"
TEST: Final = "pk_test_"
RANDOM_CHARACTERS: Final = 32

#: 62 to the 6th is more than 2 to the 32nd, so every CRC-32 fits.
CHECKSUM_CHARACTERS: Final = 6

KEY_LENGTH: Final = len(LIVE) + RANDOM_CHARACTERS + CHECKSUM_CHARACTERS

#: Enough to recognise a key by in a list, and far too little to guess the rest.
PREFIX_LENGTH: Final = 14

BASE62: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

_SHAPE = re.compile(f"(?:{LIVE}|{TEST})[0-9A-Za-z]{{{RANDOM_CHARACTERS + CHECKSUM_CHARACTERS}}}")


def new_secret(*, is_test: bool, draw: Callable[[int], int] = secrets.randbelow) -> str:
    """Return a new key. ``draw(n)`` returns an unpredictable number from 0 to n - 1."""
    random_part = "".join(BASE62[draw(len(BASE62))] for _ in range(RANDOM_CHARACTERS))
    body = (TEST if is_test else LIVE) + random_part
    return body + _checksum(body)


def is_well_formed(text: str) -> bool:
    """Return whether a text has the shape and the checksum of a key.

    Any single changed character, and any mix-up of live and test, is detected.
    """
    if _SHAPE.fullmatch(text) is None:
        return False
    return _checksum(text[:-CHECKSUM_CHARACTERS]) == text[-CHECKSUM_CHARACTERS:]


def key_prefix(secret: str) -> str:
    """Return the beginning of a key, by which staff users and partners recognise it."""
    return secret[:PREFIX_LENGTH]


def key_digest(secret: str) -> bytes:
    """Return the SHA-256 digest that is stored in place of the key.

    A plain digest is enough because a key is 190 random bits, which cannot be guessed as passwords
    can. It costs a request half a microsecond.
    """
    return sha256(secret.encode()).digest()


def _checksum(body: str) -> str:
    number = zlib.crc32(body.encode())
    digits = []
    for _ in range(CHECKSUM_CHARACTERS):
        number, digit = divmod(number, len(BASE62))
        digits.append(BASE62[digit])
    return "".join(reversed(digits))
