"""The edge as it is, with a page that tells what the router knows, for tests to wait for.

``GET /health/rollout`` tells the stages that this process knows. With ``?settled`` it answers when
no call and no comparison is under way, and what was counted and compared is stored.

``GET /health/limits`` sets how long this process waits for what, in seconds by name (``LIMITS``,
``DRY_RUN_SECONDS``):
only a test of something that hangs need wait for a limit that suits a busy machine.
"""

import asyncio
import os
from contextlib import suppress
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api_edge import app as edge
from api_edge.postgresql import commit_outcome
from api_edge.rollout import (
    body_buffer,
    canary,
    confirmation_rounds,
    guarded_reads,
    shadow_runner,
)
from api_edge.rollout.findings_recorder import FindingsRecorder
from api_edge.rollout.router import StageRouter

#: Calls that a test holds open are not waited for any longer.
MOST_SECONDS = 5.0


#: The limits by name, each with the modules that read it.
LIMITS = {
    "BODY_TIMEOUT_SECONDS": (body_buffer,),
    "EDGE_TIMEOUT_SECONDS": (canary,),
    "GUARD_SECONDS": (guarded_reads,),
    "QUERY_SECONDS": (commit_outcome,),
    "SHADOW_SECONDS": (confirmation_rounds, shadow_runner),
}

#: How long a write may wait for the edge's dry run: PORTICO_DRY_RUN_SECONDS.
DRY_RUN_SECONDS = "DRY_RUN_SECONDS"


def create_app() -> FastAPI:
    return with_status_page(edge.create_app())


def with_status_page(app: FastAPI) -> FastAPI:
    """Add the page to an edge, which waits for a comparison however busy the machine is."""
    # Less than canary.EDGE_TIMEOUT_SECONDS: an edge that hangs is late, it has not failed.
    guarded_reads.GUARD_SECONDS, confirmation_rounds.SNAPSHOT_SECONDS = 10.0, 20.0
    for module in LIMITS["SHADOW_SECONDS"]:
        vars(module)["SHADOW_SECONDS"] = 30.0
    # Behind all others: which route takes an OPTIONS depends on their order.
    app.router.routes.append(Route("/health/rollout", show_status))
    app.router.routes.append(Route("/health/limits", set_limits))
    write, writing = FindingsRecorder.write, asyncio.Lock()

    async def write_alone(findings: FindingsRecorder) -> None:
        async with writing:
            await write(findings)

    FindingsRecorder.write = write_alone  # type: ignore[method-assign, assignment]
    return app


async def set_limits(request: Request) -> Response:
    """Set the limits of the query, and tell what they were."""
    before: dict[str, float] = {}
    for name, value in request.query_params.items():
        for holder, attribute in find_limits(request.app.state.rollout, name):
            before[name], holder[attribute] = holder[attribute], float(value)
    return JSONResponse(before)


def find_limits(router: StageRouter, name: str) -> list[tuple[dict[str, Any], str]]:
    """Return where a limit is kept: the attributes of what reads it, and the name there."""
    if name == DRY_RUN_SECONDS:
        # A setting, which an edge never changes while it runs.
        return [(vars(router._on_demand.writes.edge_dry_runs.settings), "dry_run_seconds")]
    return [(vars(module), name) for module in LIMITS[name]]


async def show_status(request: Request) -> Response:
    router: StageRouter = request.app.state.rollout
    if "settled" in request.query_params:
        with suppress(TimeoutError):
            async with asyncio.timeout(MOST_SECONDS):
                # This call is one of those under way.
                while router._shadows.active_requests > 1:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
        # A comparison ends by itself: with its result, or because it takes too long.
        while router._shadows._tasks:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        await router._findings.write()
    known = {
        endpoint.name: {
            "stage": endpoint.stage.value,
            "since": endpoint.stage_since.isoformat(),
            "pins": {str(caller): side.value for caller, side in endpoint.pins.items()},
        }
        for endpoint in router._stages._endpoints
    }
    return JSONResponse({"pid": os.getpid(), "endpoints": known})
