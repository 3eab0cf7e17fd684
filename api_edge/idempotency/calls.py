"""Read a request's idempotency key into its transaction, and answer a repeated call."""

from starlette.requests import Request
from starlette.responses import Response

from api_edge.http.dialects import is_octo
from api_edge.http.request_with_body import RequestWithBody
from api_edge.idempotency.header import REPLAYED, idempotency_key
from api_edge.idempotency.transactions import CallInTransaction
from api_edge.postgresql.database import Transaction
from api_edge.request_state import request_state
from shared_domain.idempotency import Replayed, build_call


def idempotent_call(request: Request, transaction: Transaction) -> CallInTransaction | None:
    """Hook a request's idempotency key into its transaction; None without a key.

    A key is stored for a partner. For a caller without a Portico API key, as in a shop that names
    its own callers, the header has no effect at any stage, and Django gets it unchanged.
    """
    key = idempotency_key(request)
    if key is None:
        return None
    state = request_state(request.scope)
    caller = state.get("caller")
    if caller is None:
        return None
    call = build_call(
        key,
        access=caller.access,
        method=request.method,
        path=request.scope["path"],
        query=request.scope["query_string"].decode("latin-1"),
        body=request.whole_body if isinstance(request, RequestWithBody) else b"",
    )
    # OCTO has no status for a call that is still running: its repeat waits, as for any lock.
    waits = is_octo(request.scope["path"])
    hooked = state["idempotent_call"] = CallInTransaction(call, transaction, waits=waits)
    return hooked


async def handle_replayed(request: Request, replayed: Replayed) -> Response:
    """Answer a repeated call as it was answered the first time."""
    answer = replayed.answer
    return Response(answer.body, answer.status, {**answer.headers, REPLAYED: "true"})
