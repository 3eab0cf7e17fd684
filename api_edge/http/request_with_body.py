"""A request whose body has been read before its endpoint is called."""

from starlette.requests import Request
from starlette.types import Scope


class RequestWithBody(Request):
    """A request with its body in memory, and a Content-Type that FastAPI parses as JSON."""

    def __init__(self, scope: Scope, body: bytes) -> None:
        super().__init__(scope)
        self.whole_body = body

    async def body(self) -> bytes:
        return self.whole_body
