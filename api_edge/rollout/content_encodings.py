"""Undo a response's content encoding, so that bodies are compared, not their compression."""

import zlib
from collections.abc import Callable
from importlib import import_module
from typing import Any

from shared_domain.rollout import Response

_zstd: Any
try:
    _zstd = import_module("compression.zstd")  # Python 3.14 and newer
except ImportError:
    _zstd = None


class TooLarge(Exception):
    """The decoded body is longer than what is compared."""


class NotDecodable(Exception):
    """The response's encoding has no decoder here; a read is repeated, accepting no encoding."""


def decode(response: Response, *, most_bytes: int) -> Response:
    """Return the response without its content encoding; unchanged where that is broken.

    Raises:
        TooLarge: it would be longer than ``most_bytes``.
        NotDecodable: an encoding such as ``br``, for which there is no decoder.
    """
    encoding = (response.header("content-encoding") or "identity").strip().lower()
    if encoding == "identity" or not response.body:
        return response
    if encoding in ("gzip", "x-gzip", "deflate"):
        body = _decompress_zlib(response.body, most_bytes, is_deflate=encoding == "deflate")
    elif encoding == "zstd" and _zstd is not None:
        body = _decompress(_zstd.ZstdDecompressor, response.body, most_bytes)
    else:
        raise NotDecodable(encoding)
    if body is None:
        return response
    headers = tuple(header for header in response.headers if header[0] != "content-encoding")
    return Response(response.status, headers, body)


def _decompress_zlib(body: bytes, most_bytes: int, *, is_deflate: bool) -> bytes | None:
    # Exactly the format that the header names: a client that is told gzip cannot read zlib.
    wbits = zlib.MAX_WBITS if is_deflate else 16 + zlib.MAX_WBITS
    found = _decompress(lambda: zlib.decompressobj(wbits=wbits), body, most_bytes)
    if found is None and is_deflate:
        # RFC 9110, section 8.4.1.2: some send "deflate" without the zlib wrapper.
        found = _decompress(lambda: zlib.decompressobj(wbits=-zlib.MAX_WBITS), body, most_bytes)
    return found


def _decompress(new_decoder: Callable[[], Any], body: bytes, most_bytes: int) -> bytes | None:
    """Return the body of all members, one after another; None when it is broken or has no end."""
    found = b""
    while body:
        decoder = new_decoder()
        try:
            found += decoder.decompress(body, most_bytes + 1 - len(found))
        except Exception:
            return None
        if len(found) > most_bytes:
            raise TooLarge
        if not decoder.eof:
            return None
        body = decoder.unused_data
    return found
