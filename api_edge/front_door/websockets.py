"""WebSockets are refused, in words: neither half of Portico speaks them."""

from uuid import uuid4

from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

#: Source: RFC 9110, section 15.6.2.
NOT_IMPLEMENTED = 501


async def refuse_websocket(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer the handshake with a problem, or with what the server makes of a refusal."""
    await receive()
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008})
        return
    request_id = str(uuid4())
    answer = JSONResponse(
        {
            "type": "about:blank",
            "title": "Not Implemented",
            "status": NOT_IMPLEMENTED,
            "detail": f"there is no WebSocket at {scope['path']}, nor anywhere else here",
            "requestId": request_id,
        },
        NOT_IMPLEMENTED,
        {"X-Request-Id": request_id},
        media_type="application/problem+json",
    )
    # Starlette's responses know how to answer a handshake.
    await answer(scope, receive, send)
