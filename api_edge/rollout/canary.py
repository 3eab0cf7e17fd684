"""Canary: the edge answers; if it fails, Django answers instead, in the same request.

Django answers only when the edge has certainly stored nothing: before its COMMIT, or when the
outcome of a commit in doubt is that nothing was stored (``Transaction.resolve_outcome``).
"""

import asyncio
import logging
import time
from dataclasses import dataclass

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp

from api_edge.postgresql.commit_outcome import OutcomeUnknown
from api_edge.postgresql.database import Pool, Transaction
from api_edge.proxy.forwarding import TruncatedResponse
from api_edge.rollout.buffered_response import BufferedResponse
from api_edge.rollout.call import Call
from api_edge.rollout.observations import ResponseCapture
from shared_domain.idempotency import CommitOutcome
from shared_domain.tracebacks import format_without_values

logger = logging.getLogger("api_edge")

#: A longer response is streamed: from then on there is no falling back to Django.
MOST_BUFFERED_BYTES = 4 * 1024 * 1024

#: How long the edge may take for a canary; Django still has time to answer after it.
EDGE_TIMEOUT_SECONDS = 15.0


class WroteOutsideTransaction(RuntimeError):
    """A write reported success without having used the transaction that it was given.

    Use the store that ``api_edge.wiring`` hands to the endpoint (``write_transaction``). What it
    wrote on another connection can neither be compared nor rolled back, nor be left to Django.
    """

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass(frozen=True, slots=True)
class CanaryAttempt:
    """The edge's response to a canary's call, buffered unless it is long, and how it ended."""

    response: BufferedResponse
    capture: ResponseCapture
    has_failed: bool
    must_fall_back: bool = False


async def try_edge(app: ASGIApp, call: Call, *, pool: Pool) -> CanaryAttempt:
    """Let the edge answer a call, and return its response, and whether Django must answer instead.

    Raises:
        ClientDisconnect: the caller has not waited for the end of the response.
        OutcomeUnknown: something may be stored, and it could not be found out.
        WroteOutsideTransaction: it failed after reporting success; what it did is unknown.
        Exception: it failed after something was stored, or a part of its response was sent.
    """
    response = BufferedResponse(
        call.send,
        lambda response: response.length > MOST_BUFFERED_BYTES and response.status < 500,
    )
    capture = ResponseCapture(response)
    # A read begins no transaction; should it write after all, its outcome is looked up as well.
    transaction = call.state.setdefault("transaction", Transaction(pool))
    broken: Exception | None = None
    began_at = time.perf_counter()
    try:
        async with asyncio.timeout(EDGE_TIMEOUT_SECONDS):
            await app(call.edge_scope(), call.receive(), capture)
            if call.body.is_disconnected and not capture.is_whole:
                raise ClientDisconnect
    except ClientDisconnect:
        raise
    except Exception as unexpected:
        broken = unexpected
        # Without its message, which may repeat what was sent.
        logger.error(
            "request %s: the canary:\n%s",
            call.state["request_id"],
            format_without_values(unexpected),
        )
    capture.milliseconds = (time.perf_counter() - began_at) * 1000
    if broken is None and not capture.is_complete:
        broken = TruncatedResponse("the edge's response broke off, or has a wrong Content-Length")
    if capture.is_complete and capture.status < 500:
        return CanaryAttempt(response, capture, has_failed=broken is not None)
    if call.wrote_outside_transaction(capture.status):
        # It began to report success, and nothing tells what it did: Django would do it twice.
        raise WroteOutsideTransaction(capture.status) from broken
    if not response.is_flushed:
        outcome = await transaction.resolve_outcome()
        if outcome is CommitOutcome.NOT_STORED:
            return CanaryAttempt(response, capture, has_failed=True, must_fall_back=True)
        if outcome is CommitOutcome.UNKNOWN:
            call.state["database_unavailable"] = True
            raise OutcomeUnknown from broken
    if broken is not None:
        raise broken
    return CanaryAttempt(response, capture, has_failed=True)
