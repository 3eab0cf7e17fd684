"""Endpoints of events: read them by cursor, and acknowledge them."""

import asyncio
import contextlib
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any, TypeVar

from fastapi import Query, Request, Response
from starlette.requests import ClientDisconnect

from api_edge.auth.authentication import CallerWithAnyKey, authenticate_again
from api_edge.request_state import request_state
from api_edge.v1.events.bodies import OctoEventBodies
from api_edge.v1.events.examples import EXAMPLE_POSITION
from api_edge.v1.events.feed import EventFeed
from api_edge.v1.events.schemas import Acknowledged, EventList, EventsAfter, EventsDealtWith
from api_edge.v1.openapi_responses import AGE_IS_TEXT, NOT_A_PARAMETER, problem_responses
from api_edge.v1.route import WITHOUT_PARAMETERS, v1_router
from api_edge.wiring import WriteEvents, current_time, read_database
from shared_domain import events
from shared_domain.events import CursorExpired, CursorFromFuture, StartingPoint
from shared_domain.events.sql_store import SqlEventStore
from shared_domain.partners import Scope

Result = TypeVar("Result")

router = v1_router("Events", is_edge_only=True)

#: With programs, which a test runs.
GUIDE = Path(__file__).with_name("GUIDE.md").read_text("utf-8")

AFTER_IS_TEXT = AGE_IS_TEXT | {"field": "after"}

FROM_FUTURE = CursorFromFuture(after=EXAMPLE_POSITION + 1, last_position=EXAMPLE_POSITION)


@router.get(
    "/events",
    summary="What happened",
    description=GUIDE,
    response_model=EventList,
    responses=problem_responses(
        CursorExpired(after=12, expired_to=4_711),
        FROM_FUTURE,
        scope=Scope.BOOKINGS_READ,
        example=NOT_A_PARAMETER,
    ),
)
async def list_events(
    asked: Annotated[EventsAfter, Query()], caller: CallerWithAnyKey, request: Request
) -> Response:
    """Return a page of events, or wait for one by long poll; ``GUIDE.md`` describes it."""
    kinds = asked.wanted_types
    events.check_readable(sorted(kinds), caller.scopes)
    app, database = request.app, read_database(request)
    feed = EventFeed(
        access=caller.access,
        types=kinds or events.readable_types(caller.scopes),
        limit=asked.limit,
        database=database,
        bodies=OctoEventBodies(app.state.product_memory),
        read_seconds=app.state.settings.call_seconds,
    )
    after = asked.after
    if isinstance(after, StartingPoint):
        store = SqlEventStore(database)
        # In turn, as what follows is: thousands may come at once.
        async with app.state.log_watcher.reading if asked.wait else contextlib.nullcontext():
            after = await events.find_start(after, access=caller.access, store=store)
    if not asked.wait:
        page = await feed.read(after)
    else:
        began_at = time.monotonic()
        with app.state.rollout.leave_waiting_uncounted():
            page = await _unless_disconnected(
                feed.read_or_wait(after, seconds=asked.wait, watcher=app.state.log_watcher), request
            )
        request_state(request.scope)["waited_seconds"] = time.monotonic() - began_at
        caller = await authenticate_again(request)
        events.check_readable(sorted(feed.types), caller.scopes)
    return Response(
        page.to_json(), media_type="application/json", headers={"Cache-Control": "no-store"}
    )


@router.post(
    "/events/acknowledge",
    summary="Acknowledge events",
    dependencies=WITHOUT_PARAMETERS,
    responses=problem_responses(
        FROM_FUTURE, scope=Scope.BOOKINGS_READ, example=AFTER_IS_TEXT, has_body=True
    ),
)
async def acknowledge_events(
    dealt_with: EventsDealtWith, caller: CallerWithAnyKey, store: WriteEvents
) -> Acknowledged:
    """Store the cursor up to which you have processed events: `after=acknowledged` continues there.

    For programs that have no place to keep a cursor. There is one for all your live keys, and one
    for your test keys. It never goes back: a lower cursor than the stored one changes nothing, and
    is safe to repeat. To read events again, ask with an earlier `after`.
    """
    kept = await events.acknowledge(
        dealt_with.after, access=caller.access, now=current_time(), store=store
    )
    return Acknowledged(after=kept)


async def _unless_disconnected(work: Coroutine[Any, Any, Result], request: Request) -> Result:
    """Return the result of ``work``, which is cancelled when the caller hangs up.

    Raises:
        ClientDisconnect: it did.
    """
    working = asyncio.create_task(work)
    both = (working, asyncio.create_task(_hear_disconnect(request)))
    try:
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise ClientDisconnect
        return working.result()
    finally:
        for task in both:
            task.cancel()
        await asyncio.gather(*both, return_exceptions=True)


async def _hear_disconnect(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
