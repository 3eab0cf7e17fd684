"""Canary: the edge answers; if it fails, Django answers instead, in the same request.

Django may answer only when the edge has certainly stored nothing: before its COMMIT, or when a
commit in doubt was found not to have happened (``Transaction.resolve_outcome``). The partner does
not notice the edge's failure.
"""

import asyncio
import logging
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Send

from api_edge.postgresql.commit_outcome import OutcomeUnknown
from api_edge.postgresql.database import Pool, Transaction
from api_edge.rollout.call import Call
from shared_domain.idempotency import CommitOutcome
from shared_domain.tracebacks import format_without_values

logger = logging.getLogger("api_edge")

#: A longer response is streamed: from then on there is no falling back to Django.
MOST_BUFFERED_BYTES = 4 * 1024 * 1024

#: A canary that has not answered by then has failed; Django still has time to answer.
EDGE_TIMEOUT_SECONDS = 15.0


class IncompleteResponse(RuntimeError):
    """The edge's response broke off, or had another length than its Content-Length."""


class WroteOutsideTransaction(RuntimeError):
    """A write reported success without having used the transaction that it was given.

    Use the store that ``api_edge.wiring`` hands to the endpoint (``write_transaction``). What a
    connection of its own has written can neither be compared, nor rolled back, nor be left to
    Django.
    """

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class BufferedResponse:
    """Buffers a response until it is complete, so that Django can still answer instead."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._messages: list[Message] = []
        self._length = 0
        self._declared: bytes | None = None
        self._is_whole = False
        self.status = 0
        self.is_flushed = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self._declared = dict(message["headers"]).get(b"content-length")
        else:
            self._length += len(message.get("body", b""))
            self._is_whole = not message.get("more_body", False)
        if self.is_flushed:
            await self._send(message)
            return
        self._messages.append(message)
        if self._length > MOST_BUFFERED_BYTES and self.status < 500:
            await self.flush()

    @property
    def is_complete(self) -> bool:
        """Whether the response has ended, with the length that its Content-Length says."""
        declared = self._declared
        return self._is_whole and (declared is None or declared == str(self._length).encode())

    async def flush(self) -> None:
        """Send what is buffered, and all that follows as it comes."""
        self.is_flushed = True
        for message in self._messages:
            await self._send(message)
        self._messages.clear()


@dataclass(frozen=True, slots=True)
class CanaryAttempt:
    """The edge's response, not sent yet unless it was long, or the need to ask Django."""

    response: BufferedResponse
    has_failed: bool
    must_fall_back: bool


async def try_edge(app: ASGIApp, call: Call, send: Send, *, pool: Pool) -> CanaryAttempt:
    """Let the edge answer a call, and return its response, and whether Django must answer instead.

    Raises:
        OutcomeUnknown: something may be stored, and it could not be found out.
        Exception: what broke, when something is stored all the same.
    """
    response = BufferedResponse(send)
    # A read begins no transaction; should it write after all, its outcome is looked up as well.
    transaction = call.state.setdefault("transaction", Transaction(pool))
    broken: Exception | None = None
    try:
        async with asyncio.timeout(EDGE_TIMEOUT_SECONDS):
            await app(call.edge_scope(), call.receive(), response)
    except Exception as unexpected:
        broken = unexpected
        # Without its message, which may repeat what was sent.
        logger.error(
            "request %s: the canary:\n%s",
            call.state["request_id"],
            format_without_values(unexpected),
        )
    if broken is None and not response.is_complete:
        broken = IncompleteResponse()
    if response.is_complete and response.status < 500:
        return CanaryAttempt(response, has_failed=broken is not None, must_fall_back=False)
    if call.wrote_outside_transaction(response.status):
        # It began to report success, and nothing tells what it did: Django would do it twice.
        raise WroteOutsideTransaction(response.status) from broken
    if not response.is_flushed:
        outcome = await transaction.resolve_outcome()
        if outcome is CommitOutcome.NOT_STORED:
            return CanaryAttempt(response, has_failed=True, must_fall_back=True)
        if outcome is CommitOutcome.UNKNOWN:
            call.state["database_unavailable"] = True
            raise OutcomeUnknown from broken
    if broken is not None:
        raise broken
    return CanaryAttempt(response, has_failed=True, must_fall_back=False)
