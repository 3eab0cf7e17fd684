"""A request's body, taken in whole so that both halves can be given it."""

import asyncio

from starlette.types import Message, Receive, Scope

from api_edge.http.body_memory import BodyMemoryLease

#: A body that takes longer is passed on as it comes: only the way to Django gives a caller up.
PATIENCE_SECONDS = 10.0


class BufferedBody:
    """What has come of a body so far; ``receive`` gives it again, and then what follows.

    What it holds in memory is counted by ``scope["state"]["body_memory"]``.
    """

    def __init__(self, receive: Receive, scope: Scope) -> None:
        self._held: BodyMemoryLease = scope["state"]["body_memory"]
        self._receive = receive
        self._parts: list[bytes] = []
        self.is_whole = False
        self.is_disconnected = False

    async def read_up_to(self, most_bytes: int) -> bool:
        """Take the body in, and return whether all of it came in time and found room.

        There is room for ``most_bytes`` at most, and for what ``BODY_MEMORY`` has left.
        """
        length, has_room = 0, True
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while has_room and not self.is_whole and not self.is_disconnected:
                    part_length = await self._take_part()
                    length += part_length
                    has_room = self._held.take(part_length) and length <= most_bytes
        except TimeoutError:
            return False
        return self.is_whole and has_room

    async def _take_part(self) -> int:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self.is_disconnected = True
            return 0
        part: bytes = message.get("body", b"")
        self._parts.append(part)
        self.is_whole = not message.get("more_body", False)
        return len(part)

    @property
    def body(self) -> bytes:
        return b"".join(self._parts)

    def receive(self) -> Receive:
        """Return what gives the body from its beginning; for one reader at a time."""
        is_given = False

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
            return await self._receive()

        return receive


class ReplayableReceive:
    """Receives a body for one reader, and keeps what was read for another one after it."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._read: list[Message] = []

    async def __call__(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._read.append(message)
        return message

    def replay(self) -> Receive:
        """Return what gives the body from its beginning."""
        read = iter(self._read)

        async def receive() -> Message:
            for message in read:
                return message
            return await self._receive()

        return receive


async def buffer_read_body(scope: Scope, receive: Receive, *, most_bytes: int) -> BufferedBody:
    """Return a read's body, which both halves are given; most have none, which takes no time."""
    taken = BufferedBody(receive, scope)
    if _has_body(scope):
        await taken.read_up_to(most_bytes)
    else:
        taken.is_whole = True
    return taken


def _has_body(scope: Scope) -> bool:
    """Return whether a request brings a body."""
    return any(
        name == b"transfer-encoding" or (name == b"content-length" and value != b"0")
        for name, value in scope["headers"]
    )
