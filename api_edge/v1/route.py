"""How an endpoint of the house dialect reads its request."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Query
from fastapi.routing import APIRouter
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import Response

from api_edge.http.dialects import V1_PREFIX
from api_edge.octo.route import OctoRoute, UnreadableBody


class Nothing(BaseModel):
    """No parameter at all."""

    model_config = ConfigDict(extra="forbid")


async def no_parameters(_: Annotated[Nothing, Query()]) -> None:
    """Refuse every query parameter; for endpoints that have none."""


WITHOUT_PARAMETERS = [Depends(no_parameters)]


def v1_router(tag: str) -> APIRouter:
    """Return a router for one part of the house dialect."""
    return APIRouter(
        prefix=V1_PREFIX,
        tags=[tag],
        route_class=V1Route,
        generate_unique_id_function=lambda route: route.name,
    )


class V1Route(OctoRoute):
    """Checks the key first, as OCTO's endpoints do; an unreadable body has a status of its own."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
        handle = super().get_route_handler()

        async def handle_with_own_status(request: Request) -> Response:
            try:
                return await handle(request)
            except UnreadableBody as unreadable:
                unreadable.status_code = unreadable.problem_status
                raise

        return handle_with_own_status
