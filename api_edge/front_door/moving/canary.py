"""A canary: the edge answers, and when it cannot, Django does, in the same request.

Django may answer only when the edge has certainly stored nothing: before its COMMIT, or when a
commit in doubt was found out to be none (``trial.FencedTransaction``). The partner never hears of
the edge's failure.
"""

import logging
import traceback

from starlette.types import ASGIApp, Message, Scope, Send

from api_edge.database import Fate, Pool
from api_edge.front_door.moving.bodies import Taken
from api_edge.front_door.moving.trial import FencedTransaction

logger = logging.getLogger("api_edge")

#: A longer answer is sent as it comes: from then on it is the edge's, whatever happens.
MOST_HELD_BYTES = 4 * 1024 * 1024


class HeldBack:
    """An answer that the partner sees none of until it is all there."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._messages: list[Message] = []
        self._length = 0
        self.status = 0
        self.is_whole = False
        self.is_let_go = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        else:
            self._length += len(message.get("body", b""))
            self.is_whole = not message.get("more_body", False)
        if self.is_let_go:
            await self._send(message)
            return
        self._messages.append(message)
        if self._length > MOST_HELD_BYTES and self.status < 500:
            await self.let_go()

    async def let_go(self) -> None:
        """Send what is here."""
        self.is_let_go = True
        for message in self._messages:
            await self._send(message)
        self._messages.clear()


async def answer_by_edge(
    app: ASGIApp, scope: Scope, taken: Taken, send: Send, *, pool: Pool, is_read: bool
) -> tuple[HeldBack, bool]:
    """Let the edge answer, and return its answer, still held back, and whether Django must.

    Raises:
        Exception: whatever broke, when something is stored all the same, or may be.
    """
    held = HeldBack(send)
    request_id: str = scope["state"]["request_id"]
    transaction = None if is_read else FencedTransaction(pool, request_id=request_id)
    if transaction is not None:
        scope["state"]["transaction"] = transaction
    broken: Exception | None = None
    try:
        await app(scope, taken.receive(), held)
    except Exception as unexpected:
        broken = unexpected
        logger.error(
            "request %s: the canary: %s\n%s",
            request_id,
            type(unexpected).__qualname__,
            "".join(traceback.format_tb(unexpected.__traceback__)),
        )
    if broken is None and held.is_whole and held.status < 500:
        return held, False
    is_nothing_stored = transaction is None or transaction.fate is Fate.NOTHING
    if is_nothing_stored and not held.is_let_go:
        return held, True
    if broken is not None:
        raise broken
    return held, False
