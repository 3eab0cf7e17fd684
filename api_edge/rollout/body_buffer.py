"""Buffer a request's body, so that it can be sent to Django and to the edge."""

import asyncio
from collections.abc import Iterable

from starlette.types import Message, Receive

from api_edge.http.body_memory import BodyMemoryLease

#: A body that takes longer is streamed to Django as it comes; the proxy has its own time-out.
BODY_TIMEOUT_SECONDS = 10.0


class BufferedBody:
    """A request's body, buffered as far as it was read; ``receive`` replays that, then reads on.

    ``lease`` counts the bytes against ``BODY_MEMORY``, the limit of the whole process.
    """

    def __init__(
        self, receive: Receive, headers: Iterable[tuple[bytes, bytes]], lease: BodyMemoryLease
    ) -> None:
        self._lease = lease
        self._has_body = any(
            name == b"transfer-encoding" or (name == b"content-length" and value != b"0")
            for name, value in headers
        )
        self._receive = receive
        self._parts: list[bytes] = []
        self._length = 0
        self._is_late = False
        self.is_whole = False
        #: Whether a reader has been told that the caller is gone.
        self.is_disconnected = False
        #: Whether a reader was given more than may be kept, so that no other can follow.
        self.is_lost = False

    async def read_up_to(self, most_bytes: int) -> bool:
        """Read the body, and return whether all of it came in time and has ``most_bytes`` at most.

        False also when ``BODY_MEMORY`` is used up. ``receive`` replays in any case what was read.
        """
        if self._is_late:
            return False
        has_room = self._length <= most_bytes
        try:
            async with asyncio.timeout(BODY_TIMEOUT_SECONDS):
                while has_room and not self.is_whole and not self.is_disconnected:
                    part_length = await self._read_part()
                    self._length += part_length
                    has_room = self._lease.take(part_length) and self._length <= most_bytes
        except TimeoutError:
            self._is_late = True
            return False
        return self.is_whole and has_room

    async def _read_part(self) -> int:
        message = await self._receive_next()
        if self.is_disconnected:
            return 0
        part: bytes = message.get("body", b"")
        self._parts.append(part)
        self.is_whole = not message.get("more_body", False)
        return len(part)

    async def _receive_next(self) -> Message:
        message = await self._receive()
        self.is_disconnected = self.is_disconnected or message["type"] == "http.disconnect"
        return message

    @property
    def body(self) -> bytes:
        return b"".join(self._parts)

    def receive(self, *, keeps_bytes: int = 0) -> Receive:
        """Return an ASGI ``receive`` of the body from its beginning, for one reader.

        With ``keeps_bytes``, another reader may follow: what this one reads is buffered, up to that
        length. A longer body is given to this reader alone, and ``is_lost``.
        """
        is_given = not self._parts and not self.is_whole and not self.is_disconnected
        if is_given and not keeps_bytes:
            return self._receive_next

        async def receive() -> Message:
            nonlocal is_given
            if not is_given:
                is_given = True
                return {
                    "type": "http.request",
                    "body": self.body,
                    "more_body": not self.is_whole,
                }
            if self.is_disconnected:
                return {"type": "http.disconnect"}
            message = await self._receive_next()
            if keeps_bytes and message["type"] == "http.request" and not self.is_lost:
                self._keep(message.get("body", b""), keeps_bytes)
                self.is_whole = not (self.is_lost or message.get("more_body", False))
            return message

        return receive

    def _keep(self, part: bytes, most_bytes: int) -> None:
        self._parts.append(part)
        self._length += len(part)
        if not self._lease.take(len(part)) or self._length > most_bytes:
            self.is_lost = True
            self._parts.clear()

    async def read_if_any(self, most_bytes: int) -> None:
        """Read the body if the request has one by its headers; without one, nothing is awaited."""
        if self._has_body:
            await self.read_up_to(most_bytes)
        else:
            self.is_whole = True

    def copy(self) -> "BufferedBody":
        """Return a copy for a second reader at the same time, without disconnects of the caller."""
        return BufferedBody(replay_body(self.body), (), self._lease)


def replay_body(body: bytes) -> Receive:
    """Return an ASGI ``receive`` that replays ``body`` and never disconnects."""
    parts = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        if parts:
            return parts.pop()
        await asyncio.Event().wait()
        raise AssertionError("the event is never set")

    return receive
