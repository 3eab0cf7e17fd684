"""A request whose body has been read before its endpoint is called."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Scope

from shared_domain.strict_json import RepeatedName, parse_json

#: The name of the error of a member or parameter that was sent more than once.
SENT_TWICE = "sent_twice"

#: A longer body is validated in a thread: a thousand e-mail addresses take half a second, in which
#: the event loop would answer no other caller.
SHORT_BODY_BYTES = 8 * 1024

#: One thread: long bodies, of however many callers, leave the event loop half of the processor. How
#: many may wait is bounded by the memory that bodies may take (``body_memory``).
_LONG_BODIES = ThreadPoolExecutor(max_workers=1, thread_name_prefix="long-bodies")


class InvalidBody(HTTPException):
    """The body is JSON, but not valid for the endpoint's model.

    FastAPI lets no other exception through that is raised while it reads a body.
    """

    def __init__(self, errors: Sequence[Any]) -> None:
        """``errors`` are those of a ``RequestValidationError``."""
        super().__init__(400)
        self.errors = errors


class RequestWithBody(Request):
    """A request with its body in memory, and a Content-Type that FastAPI parses as JSON."""

    def __init__(self, scope: Scope, body: bytes, model: type[BaseModel] | None = None) -> None:
        """``model`` is what the endpoint takes, where that is one model."""
        super().__init__(scope)
        self.whole_body = body
        self.model = model

    async def body(self) -> bytes:
        return self.whole_body

    async def json(self) -> Any:
        """Return the body's value; of a long body the validated model, which FastAPI takes as well.

        Raises:
            InvalidBody: an object in it has two members of one name, or the model does not take it.
            ValueError: it is no JSON.
            RecursionError: it is nested too deep.
        """
        if self.model is None or len(self.whole_body) <= SHORT_BODY_BYTES:
            return _parse(self.whole_body)
        return await asyncio.get_running_loop().run_in_executor(
            _LONG_BODIES, _validate, self.model, self.whole_body
        )


def _parse(body: bytes) -> Any:
    try:
        return parse_json(body)
    except RepeatedName as repeated:
        raise InvalidBody([sent_twice("body", *repeated.path)]) from None


def _validate(model: type[BaseModel], body: bytes) -> BaseModel:
    value = _parse(body)
    try:
        return model.model_validate(value)
    except ValidationError as invalid:
        errors = invalid.errors(include_url=False)
        raise InvalidBody([{**error, "loc": ("body", *error["loc"])} for error in errors]) from None


def sent_twice(*loc: str | int) -> dict[str, Any]:
    """Return the error of a member or parameter that was sent more than once."""
    return {"type": SENT_TWICE, "loc": loc, "msg": "must be sent once", "input": ""}
