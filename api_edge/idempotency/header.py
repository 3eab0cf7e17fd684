"""The header Idempotency-Key, which makes a repeated request safe."""

from typing import Annotated

from fastapi import Depends, Header, Request
from fastapi.exceptions import RequestValidationError

from api_edge.request_state import request_state
from shared_domain.idempotency import KEPT_FOR, LONGEST_KEY, InvalidKey, parse_key

NAME = "Idempotency-Key"

#: The response header of an answer that is sent again.
REPLAYED = "Idempotency-Replayed"

_DESCRIPTION = (
    f"A text of your own that names this request, such as a UUID: at most {LONGEST_KEY} characters,"
    " in quotes or not. Repeated with the same key and content, the request has no further effect,"
    f" and is answered as it was the first time, with `{REPLAYED}: true`. The same key with other"
    " content is refused. A request that was refused has used no key: correct it, and send it"
    f" again. A key counts for one path, and for {KEPT_FOR.days} days."
)


async def idempotency_key(
    request: Request,
    key: Annotated[
        str | None,
        Header(
            alias=NAME,
            description=_DESCRIPTION,
            examples=["8e03978e-40d5-43dd-bc93-6894a57f9324"],
        ),
    ] = None,
) -> None:
    """Note the key of a request, if the caller sent one, for the transaction of the endpoint."""
    if key is None:
        return
    if len(request.headers.getlist(NAME)) > 1:
        raise _invalid("sent_twice", "must be sent once", key)
    try:
        request_state(request.scope)["idempotency_key"] = parse_key(key)
    except InvalidKey as invalid:
        raise _invalid("idempotency_key", str(invalid), key) from None


def _invalid(rule: str, message: str, key: str) -> RequestValidationError:
    return RequestValidationError(
        [{"type": rule, "loc": ("header", NAME), "msg": message, "input": key}]
    )


#: For the ``dependencies`` of an endpoint that writes.
TAKES_IDEMPOTENCY_KEY = Depends(idempotency_key)
