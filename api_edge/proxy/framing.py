"""HTTP/1 framing: absolute-form targets, chunks, and responses to HTTP/1.0 without them."""

import re
from collections.abc import Callable

#: ``http://shop.example/path?query`` (RFC 9112, section 3.2.2), without user and fragment.
ABSOLUTE = re.compile(rb"https?://([^/?#@]+)([/?][^#]*)?", re.IGNORECASE)

#: Source: RFC 3986, section 3.2.2, whose registered names may be empty and have no other letters.
HOST = re.compile(
    rb"(?:\[[0-9a-fA-F:.]+\]|(?:[\w.~!$&'()*+,;=-]|%[0-9a-fA-F]{2})*)(?::[0-9]*)?", re.ASCII
)


def is_host(value: bytes) -> bool:
    """Return whether a header Host is valid; any other is refused (RFC 9112, section 3.2)."""
    return HOST.fullmatch(value) is not None


def origin_form(target: bytes, method: bytes) -> tuple[bytes, bytes] | None:
    """Return path and host of a target in absolute form; None for any other, and without a host.

    This host takes precedence over the header Host (RFC 9112, section 3.2.2). ``OPTIONS`` without
    a path asks for the whole server (section 3.2.4).
    """
    absolute = ABSOLUTE.fullmatch(target)
    if absolute is None or not is_host(absolute[1]):
        return None
    host, path = absolute[1], absolute[2] or b""
    if not path:
        path = b"*" if method == b"OPTIONS" else b"/"
    return (path if path[:1] in b"/*" else b"/" + path), host


class UnchunkedWriter:
    """Removes the chunked coding that uvicorn writes even to HTTP/1.0 callers.

    HTTP/1.0 has none: the end of the connection ends the body (RFC 9112, section 6.3).
    """

    HEADER = b"\r\ntransfer-encoding: chunked\r\n"

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self._write = write
        self._is_head_written = self._is_chunked = False

    def write(self, data: bytes) -> None:
        if not self._is_head_written:
            if data.startswith(b"HTTP/1.1 100 "):
                # Never sent to HTTP/1.0 (RFC 9110, section 10.1.1).
                return
            self._is_head_written, self._is_chunked = True, self.HEADER in data
            self._write(data.replace(self.HEADER, b"\r\n", 1))
        elif self._is_chunked:
            # uvicorn writes each part as one chunk, the last one with the terminating chunk.
            length, _, rest = data.partition(b"\r\n")
            if length:
                self._write(rest[: int(length, 16)])
        else:
            self._write(data)


#: Ends a chunked body (RFC 9112, section 7.1); sent twice, it would begin the next request.
LAST_CHUNK = b"0\r\n\r\n"


def encode_chunk(part: bytes) -> bytes:
    """Return one chunk (RFC 9112, section 7.1), and nothing for an empty part."""
    return b"%x\r\n%b\r\n" % (len(part), part) if part else b""
