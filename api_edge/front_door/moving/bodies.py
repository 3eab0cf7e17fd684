"""A request's body, taken in whole so that both halves can be given it."""

from starlette.types import Message, Receive


class Taken:
    """What has come of a body so far; ``receive`` gives it again, and then what follows."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._parts: list[bytes] = []
        self.is_whole = False
        self.has_gone = False

    async def up_to(self, most_bytes: int) -> bool:
        """Take the body in, and return whether all of it came and was not longer than that."""
        length = 0
        while not self.is_whole and not self.has_gone and length <= most_bytes:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                self.has_gone = True
            else:
                part = message.get("body", b"")
                length += len(part)
                self._parts.append(part)
                self.is_whole = not message.get("more_body", False)
        return self.is_whole and length <= most_bytes

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
