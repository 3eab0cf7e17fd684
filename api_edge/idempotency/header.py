"""The header Idempotency-Key, which makes a repeated request safe."""

from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError

from shared_domain.idempotency import KEPT_FOR, LONGEST_KEY, InvalidKey, KeyProblem, parse_key

NAME = "Idempotency-Key"

#: The response header of an answer that is sent again.
REPLAYED = "Idempotency-Replayed"

_RAW_NAME = NAME.lower().encode()

#: For the ``openapi_extra`` of an endpoint that writes. The header is read by the transaction, not
#: as a dependency: requests without one pay nothing for it.
TAKES_IDEMPOTENCY_KEY: dict[str, Any] = {
    "parameters": [
        {
            "name": NAME,
            "in": "header",
            "required": False,
            "description": "A text of your own that names this request, such as a UUID: at most "
            f"{LONGEST_KEY} characters, no comma, in quotes or not. Repeated with the same key and "
            "content, the request has no further effect, and is answered as it was the first time, "
            f"with `{REPLAYED}: true`. An answer that shows a secret, or is longer than 1 MiB, is "
            "not kept: the repeat is told that the request was carried out (409, under `/octo` "
            "400). The same key with other content is refused. A refused request has used no key: "
            "correct it, and send it again. A key counts for one path, "
            f"and for {KEPT_FOR.days} days.",
            "schema": {
                "type": "string",
                "examples": ["8e03978e-40d5-43dd-bc93-6894a57f9324"],
                "title": NAME,
            },
        }
    ]
}

#: What would be right, in words that follow the name of the header.
KEY_WORDS = {
    KeyProblem.EMPTY: "must not be empty",
    KeyProblem.TOO_LONG: f"must have at most {LONGEST_KEY} characters",
    KeyProblem.NOT_ASCII: "must consist of printable ASCII characters",
    KeyProblem.COMMA: "must be sent once, and must have no comma",
    KeyProblem.OPEN_QUOTE: 'must end where its quotes end: "…", or have none',
}


def idempotency_key(request: Request) -> str | None:
    """Return the key of a request, or None when the caller sent none.

    Raises:
        RequestValidationError: the header cannot be a key, or was sent twice.
    """
    values = [value for name, value in request.scope["headers"] if name == _RAW_NAME]
    if not values:
        return None
    text = values[0].decode("latin-1")
    if len(values) > 1:
        raise _invalid("sent_twice", KEY_WORDS[KeyProblem.COMMA], text)
    try:
        return parse_key(text)
    except InvalidKey as invalid:
        raise _invalid("idempotency_key", KEY_WORDS[invalid.problem], text) from None


def _invalid(rule: str, message: str, text: str) -> RequestValidationError:
    return RequestValidationError(
        [{"type": rule, "loc": ("header", NAME), "msg": message, "input": text}]
    )
