"""Whether this process can do its work."""

from fastapi import APIRouter, Request
from psycopg import Error
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

router = APIRouter(tags=["Operation"])


class Health(BaseModel):
    """``ok`` when the database answers, ``unavailable`` otherwise."""

    status: str


@router.get(
    "/health",
    summary="Health",
    response_model=Health,
    responses={
        200: {"content": {"application/json": {"examples": {"ok": {"value": {"status": "ok"}}}}}},
        503: {
            "model": Health,
            "description": "The database does not answer.",
            "content": {
                "application/json": {
                    "examples": {"unavailable": {"value": {"status": "unavailable"}}}
                }
            },
        },
    },
)
async def health(request: Request) -> Response:
    """Answer 200 when the database answers, 503 otherwise. Needs no API key."""
    try:
        async with request.app.state.pool.connection(timeout=1.0) as connection:
            await connection.execute("SELECT 1")
    except Error:
        return JSONResponse({"status": "unavailable"}, 503, {"Retry-After": "1"})
    return JSONResponse({"status": "ok"})
