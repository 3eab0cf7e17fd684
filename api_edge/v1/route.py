"""The route class of ``/v1`` endpoints: the API key first, then strict validation."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends, Query
from fastapi.routing import APIRouter
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request
from starlette.responses import Response

from api_edge.http.compression import compress_long_answers
from api_edge.http.dialects import V1_PREFIX
from api_edge.http.direct_calls import Handler
from api_edge.idempotency.header import TAKES_IDEMPOTENCY_KEY
from api_edge.octo.route import OctoRoute, UnreadableBody

#: Source: RFC 9110, section 9.2.1.
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


class NoParameters(BaseModel):
    """A query without parameters."""

    model_config = ConfigDict(extra="forbid")


async def no_parameters(_: Annotated[NoParameters, Query()]) -> None:
    """FastAPI dependency that refuses every query parameter, for endpoints that have none."""


WITHOUT_PARAMETERS = [Depends(no_parameters)]


def v1_router(tag: str, *, is_edge_only: bool = False) -> APIRouter:
    """Return a FastAPI router for one resource of ``/v1``.

    Long answers are compressed where ``is_edge_only`` says that Django never answers instead: it
    compresses nothing.
    """
    return APIRouter(
        prefix=V1_PREFIX,
        tags=[tag],
        route_class=CompressingV1Route if is_edge_only else V1Route,
        generate_unique_id_function=lambda route: route.name,
    )


class V1Route(OctoRoute):
    """Checks the API key first, as ``OctoRoute`` does, and answers unreadable bodies by status.

    Every unsafe method takes an idempotency key.
    """

    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Any],
        *,
        methods: set[str] | list[str] | None = None,
        openapi_extra: dict[str, Any] | None = None,
        **options: Any,
    ) -> None:
        if set(methods or ()) - SAFE_METHODS:
            openapi_extra = {**TAKES_IDEMPOTENCY_KEY, **(openapi_extra or {})}
        super().__init__(path, endpoint, methods=methods, openapi_extra=openapi_extra, **options)

    def get_route_handler(self) -> Handler:  # type: ignore[override]
        handle = super().get_route_handler()

        async def handle_with_own_status(request: Request) -> Response:
            try:
                return await handle(request)
            except UnreadableBody as unreadable:
                unreadable.status_code = unreadable.problem_status
                raise

        return handle_with_own_status


class CompressingV1Route(V1Route):
    """Compresses long answers with gzip for callers that accept it."""

    def get_route_handler(self) -> Handler:  # type: ignore[override]
        return compress_long_answers(super().get_route_handler())
