"""Read a response body for comparison: decompressed, and parsed as exact JSON where it is JSON.

Exact means lossless: numbers with a point are decimals, and NaN or a duplicate key are not JSON. A
body that cannot be parsed is compared as bytes.
"""

import json
import zlib
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Final
from uuid import UUID

from shared_domain.parity.outcomes import Response

#: A body that decompresses to more is compared compressed: it may be a decompression bomb.
MOST_DECOMPRESSED_BYTES = 32 * 1024 * 1024

#: zlib's window bits for each Content-Encoding: a client expects exactly the format it names.
_WBITS = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}


class Unreadable(Enum):
    """The result for a body that is not exact JSON; None would be the JSON ``null``."""

    UNREADABLE = "unreadable"


UNREADABLE: Final = Unreadable.UNREADABLE


def decompress_body(response: Response) -> bytes:
    """Return the body without its gzip or deflate encoding, unchanged when it cannot be decoded."""
    if not _is_packed(response):
        return response.body
    body, rest = b"", response.body
    while rest:
        # A client unpacks all members: RFC 1952, section 2.2.
        unpacking = zlib.decompressobj(wbits=_WBITS[_encoding(response)])
        try:
            body += unpacking.decompress(rest, MOST_DECOMPRESSED_BYTES + 1 - len(body))
        except zlib.error:
            return response.body
        if not unpacking.eof or len(body) > MOST_DECOMPRESSED_BYTES:
            return response.body
        rest = unpacking.unused_data
    return body


def is_broken(response: Response) -> bool:
    """Return whether a body is not in the encoding that its Content-Encoding header names."""
    return (
        _is_packed(response) and bool(response.body) and decompress_body(response) is response.body
    )


def _is_packed(response: Response) -> bool:
    return _encoding(response) in _WBITS


def _encoding(response: Response) -> str:
    return (response.header("content-encoding") or "").strip().lower()


def exact_json(body: bytes) -> object:
    """Parse a JSON body without loss; return UNREADABLE when it is not exact JSON."""
    try:
        return _EXACT.decode(body.decode("utf-8"))
    except (ValueError, ArithmeticError, RecursionError):
        # A number of thousands of digits, one beyond any decimal, brackets a thousand deep.
        return UNREADABLE


def as_json(value: object) -> object:
    """Return a column's value as exact JSON represents it: floats as decimals, dates as text."""
    if value is None or isinstance(value, bool | str | Decimal):
        return value
    if isinstance(value, Enum):
        return as_json(value.value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, Mapping):
        return {str(key): as_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(item) for item in value]
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    return str(value)


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a key stands twice in an object")
    return members


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


_EXACT = json.JSONDecoder(
    parse_float=Decimal, parse_constant=_no_constant, object_pairs_hook=_object
)
