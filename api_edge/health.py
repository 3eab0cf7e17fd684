"""Health checks as in Kubernetes: liveness and readiness of this process.

A process that fails the first is restarted, one that fails the second gets no requests. Liveness
does not depend on PostgreSQL: an outage of it must not restart every process.
"""

from typing import Any

from fastapi import APIRouter, Request
from psycopg import Error
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from api_edge.postgresql.database import AutocommitDatabase
from api_edge.postgresql.pool import PING
from shared_domain import deadline

#: How long the database may take to answer a process that is ready.
READY_WITHIN_SECONDS = 1.0

#: For the OpenAPI document: these need no API key.
NO_SECURITY: dict[str, Any] = {"security": []}

router = APIRouter(tags=["Operation"])


class Health(BaseModel):
    """The result of a health check: `ok`, or `unavailable` when the database does not answer."""

    status: str


def _example(status: str) -> dict[str, Any]:
    return {"content": {"application/json": {"examples": {status: {"value": {"status": status}}}}}}


@router.get(
    "/health",
    operation_id="get_liveness",
    summary="Liveness",
    response_model=Health,
    responses={200: _example("ok")},
    openapi_extra=NO_SECURITY,
)
async def health() -> Response:
    """Answer 200 as long as this process runs; the database is not queried. Needs no API key."""
    return JSONResponse({"status": "ok"})


@router.get(
    "/health/ready",
    operation_id="get_readiness",
    summary="Readiness",
    response_model=Health,
    responses={
        200: _example("ok"),
        503: {
            "model": Health,
            "description": "The database does not answer.",
            **_example("unavailable"),
        },
    },
    openapi_extra=NO_SECURITY,
)
async def ready(request: Request) -> Response:
    """Answer 200 when the database answers within a second, 503 otherwise. Needs no API key."""
    try:
        with deadline.within(READY_WITHIN_SECONDS):
            # Tries another connection where the server has ended an idle one.
            await AutocommitDatabase(request.app.state.pool).fetch_one(PING, {})
    except Error:
        return JSONResponse({"status": "unavailable"}, 503, {"Retry-After": "1"})
    return JSONResponse({"status": "ok"})
