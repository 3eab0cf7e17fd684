"""The bytes of an export, made while they are sent, and the response that sends them."""

import asyncio
import logging
import time
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from http import HTTPStatus

from psycopg import Error
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api_edge.request_state import request_state
from api_edge.v1.booking_export.lines import NDJSON, Lines
from api_edge.v1.booking_export.schemas import EndOfExport
from shared_domain.booking_export import ExportedBooking
from shared_domain.partners import KeyRefused

#: A caller that takes no bytes for so long loses the snapshot, and is told where to go on.
MOST_IDLE_SECONDS = 60.0

#: zlib's own format is that of ``deflate``; this adds the header of gzip (zlib's manual,
#: deflateInit2).
_GZIP_WINDOW = 16 + zlib.MAX_WBITS
_GZIP_LEVEL = 5

logger = logging.getLogger("api_edge")


async def export_chunks(
    parts: AsyncIterator[list[ExportedBooking]], lines: Lines, *, most_seconds: float
) -> AsyncGenerator[bytes, None]:
    """Yield the export's bytes: its beginning with the first part, the other parts, the last line.

    It ends after ``most_seconds``, with its connection, or with the key, and the last line says so.

    Raises:
        Refused, Error: before the first bytes only.
    """
    began_at, count, last = time.monotonic(), 0, None
    head, has_begun, is_complete = lines.begin(), False, True
    try:
        async for part in parts:
            yield head + lines.bookings(part)
            head, has_begun = b"", True
            count += len(part)
            last = part[-1].uuid if part else last
            if time.monotonic() - began_at > most_seconds:
                is_complete = False
                break
    except (Error, KeyRefused) as trouble:
        if not has_begun:
            raise
        # The server ends the session of a caller that takes nothing; it may also have stopped.
        logger.warning("an export ended before its end: %s", type(trouble).__qualname__)
        is_complete = False
    after = None if is_complete or last is None else str(last)
    yield head + lines.end(
        EndOfExport(end=True, bookings=count, is_complete=is_complete, after=after)
    )


async def compress(chunks: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """Yield the chunks compressed, as one gzip file."""
    gzip = zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, _GZIP_WINDOW)
    async with aclosing(chunks):
        async for chunk in chunks:
            if compressed := gzip.compress(chunk):
                yield compressed
    yield gzip.flush()


class ExportResponse(Response):
    """Sends chunks while they are made; what makes them is stopped when the caller hangs up.

    Starlette's own notices that only between two chunks, once the status is sent. What is refused
    before the first chunk is answered as any refusal is. HEAD ends with the first chunk, since the
    server would drop all the others.
    """

    media_type = NDJSON

    def __init__(
        self, chunks: AsyncGenerator[bytes, None], *, media_type: str, headers: Mapping[str, str]
    ) -> None:
        self.chunks = chunks
        self.status_code = HTTPStatus.OK
        self.media_type = media_type
        self.background = None
        self.init_headers(headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_head = request_state(scope).get("is_head", False)
        sending = asyncio.create_task(self._send_all(send, is_head=is_head))
        hang_up = asyncio.create_task(_wait_for_hang_up(receive))
        tasks = (sending, hang_up)
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if not sending.cancelled():
            sending.result()

    async def _send_all(self, send: Send, *, is_head: bool) -> None:
        start = {
            "type": "http.response.start",
            "status": self.status_code,
            "headers": self.raw_headers,
        }
        async with aclosing(self.chunks) as chunks:
            chunk = await anext(chunks)
            if not is_head:
                await send(start)
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
                async for chunk in chunks:
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
        if is_head:
            # After the export has ended: another one of the partner may begin at once.
            await send(start)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _wait_for_hang_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
