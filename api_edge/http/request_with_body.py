"""A request whose body has been read before its endpoint is called."""

from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Scope

from shared_domain.strict_json import RepeatedName, parse_json

#: The name of the error of a member or parameter that was sent more than once.
SENT_TWICE = "sent_twice"


class RepeatedMember(HTTPException):
    """The body has two members of one name. FastAPI lets no other exception of a body through."""

    def __init__(self, repeated: RepeatedName) -> None:
        super().__init__(400)
        self.path = repeated.path

    def validation_error(self) -> RequestValidationError:
        """Return it as FastAPI reports what is wrong with a member of the body."""
        return RequestValidationError([sent_twice("body", *self.path)])


class RequestWithBody(Request):
    """A request with its body in memory, and a Content-Type that FastAPI parses as JSON."""

    def __init__(self, scope: Scope, body: bytes) -> None:
        super().__init__(scope)
        self.whole_body = body

    async def body(self) -> bytes:
        return self.whole_body

    async def json(self) -> Any:
        """Return the body's value.

        Raises:
            RepeatedMember: an object in it has two members of one name.
            ValueError: it is no JSON.
            RecursionError: it is nested too deep.
        """
        try:
            return parse_json(self.whole_body)
        except RepeatedName as repeated:
            raise RepeatedMember(repeated) from None


def sent_twice(*loc: str | int) -> dict[str, Any]:
    """Return the error of a member or parameter that was sent more than once."""
    return {"type": SENT_TWICE, "loc": loc, "msg": "must be sent once", "input": ""}
