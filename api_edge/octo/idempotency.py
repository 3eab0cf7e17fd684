"""The header Idempotency-Key, which makes a repeated request safe."""

from typing import Annotated

from fastapi import Depends, Header, Request
from fastapi.exceptions import RequestValidationError

from api_edge.http.strict_models import PRINTABLE_ASCII

NAME = "Idempotency-Key"

LONGEST_KEY = 255


async def idempotency_key(
    request: Request,
    key: Annotated[
        str | None,
        Header(
            alias=NAME,
            min_length=1,
            max_length=LONGEST_KEY,
            pattern=PRINTABLE_ASCII,
            description="A text of your own, such as a UUID, that names this request. Repeated "
            "with the same key and content, it has no further effect and returns the booking as it "
            "is by then; the same key with other content is refused. A booking remembers the "
            "latest 20 keys.",
        ),
    ] = None,
) -> str | None:
    """Return the key of a request, or None when the caller sent none."""
    if len(request.headers.getlist(NAME)) > 1:
        twice = {"type": "sent_twice", "loc": ("header", NAME), "msg": "must be sent once"}
        raise RequestValidationError([twice])
    return key


IdempotencyKey = Annotated[str | None, Depends(idempotency_key)]
