"""How a shop without Portico's keys may name its callers: by a header of its own."""

from starlette.requests import Request


def identify(request: Request) -> str | None:
    return request.headers.get("shop-caller")
