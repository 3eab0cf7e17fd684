"""Buffer a response until it is decided whether it goes out to the caller."""

import time
from collections.abc import Callable

from starlette.types import Message, Send


class BufferedResponse:
    """An ASGI ``send`` that buffers a response until ``flush``, so that another one can be sent.

    After each message, ``must_flush`` tells whether to send the response at once, and all that
    follows as it comes: there is no other response then.
    """

    def __init__(
        self, send: Send, must_flush: Callable[["BufferedResponse"], bool] = lambda _: False
    ) -> None:
        self._send = send
        self._must_flush = must_flush
        self.messages: list[Message] = []
        self.begun_at = 0.0
        self.status = 0
        self.length = 0
        self.is_flushed = False

    async def __call__(self, message: Message) -> None:
        if self.is_flushed:
            await self._send(message)
            return
        if message["type"] == "http.response.start":
            self.begun_at = time.monotonic()
            self.status = message["status"]
        self.length += len(message.get("body", b""))
        self.messages.append(message)
        if self._must_flush(self):
            await self.flush()

    async def flush(self, send: Send | None = None) -> None:
        """Send what is buffered, and all that follows as it comes, to ``send`` if it is given."""
        self._send = send or self._send
        self.is_flushed = True
        for message in self.messages:
            await self._send(message)
        self.messages.clear()
