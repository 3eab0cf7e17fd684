"""A request's body, taken in whole so that both halves can be given it."""

import asyncio

from starlette.types import Message, Receive

#: A body that takes longer is passed on as it comes: only the way to Django gives a caller up.
PATIENCE_SECONDS = 10.0


class Taken:
    """What has come of a body so far; ``receive`` gives it again, and then what follows."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._parts: list[bytes] = []
        self.is_whole = False
        self.has_gone = False

    async def up_to(self, most_bytes: int) -> bool:
        """Take the body in, and return whether all of it came in time, and was not too long."""
        length = 0
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not self.is_whole and not self.has_gone and length <= most_bytes:
                    length += await self._take_part()
        except TimeoutError:
            return False
        return self.is_whole and length <= most_bytes

    async def _take_part(self) -> int:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self.has_gone = True
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
            if self.has_gone:
                return {"type": "http.disconnect"}
            return await self._receive()

        return receive
