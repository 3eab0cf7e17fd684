"""An edge whose endpoints fail on purpose, each time as the header ``X-Fail`` says.

Headers reach both halves; Django does not know this one.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextvars import ContextVar
from typing import Any

from fastapi import FastAPI
from psycopg import Error
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api_edge import app as edge
from api_edge.auth.authentication import CallerWithUsersRead
from api_edge.rollout import body_buffer, canary, findings_recorder, stage_cache
from api_edge.v1 import users as users_of_the_edge
from shared_domain import users
from tests.rollout.edge_with_status import with_status_page

#: How many requests hang now.
hanging = 0

#: How the request under way is to fail.
way: ContextVar[str] = ContextVar("way", default="")

START: Message = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"application/json"), (b"content-length", b"100")],
}
PART: Message = {"type": "http.response.body", "body": b'{"items": [', "more_body": True}

create_user = users.create_user


class Broken(RuntimeError):
    """What this edge is here for."""


async def fail_after_the_rows(*, store: Any, **wish: Any) -> users.User:
    """Write a user, and fail before anything is committed."""
    user = await create_user(store=store, **wish)
    if way.get() == "exception after the rows":
        raise Broken
    if way.get() == "500 after the rows":
        raise HTTPException(500)
    if way.get() == "hang after the rows":
        await asyncio.sleep(60)
    if way.get() == "exception in a second transaction":
        await store._database.commit()
        await store._database.close()
        await create_user(store=store, **wish | {"email": f"second-{wish['email']}"})
        raise Broken
    if way.get() == "swallowed error":
        try:
            await store._database.execute("SELECT 1 / 0", {})
        except Error:
            return user
    return user


async def one_statement(month: int, caller: CallerWithUsersRead) -> int:
    """Say something else than Django; for months that are numbers."""
    return month


class Failing:
    """Between the edge and the routes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope.get("headers", ()))
        told = headers.get(b"x-fail", b"").decode()
        way.set(told)
        how = IN_THE_PLACE_OF_THE_ENDPOINT.get(told)
        if told == "streams":
            await StreamingResponse(speak_until_cancelled())(scope, receive, send)
        elif scope["type"] == "http" and how is not None:
            await how(send)
        else:
            spoil = OF_THE_ANSWER.get(told)
            await self._app(scope, receive, spoil(send) if spoil else send)


async def raise_at_once(send: Send) -> None:
    raise Broken


async def say_500(send: Send) -> None:
    await send({**START, "status": 500, "headers": []})
    await send({"type": "http.response.body", "body": b"broken"})


async def say_nothing(send: Send) -> None:
    pass


async def hang(send: Send) -> None:
    global hanging
    await send(START)
    hanging += 1
    try:
        await asyncio.sleep(60)
    finally:
        hanging -= 1


async def show_hanging(request: Request) -> Response:
    return JSONResponse(hanging)


async def speak_until_cancelled() -> AsyncIterator[bytes]:
    """Say more than is held back, and wait until the caller is gone."""
    yield b"x" * (canary.MOST_BUFFERED_BYTES + 1)
    await asyncio.Event().wait()


async def stop_early(send: Send) -> None:
    await send(START)
    await send(PART)


async def break_off(send: Send) -> None:
    await stop_early(send)
    raise Broken


async def say_less_than_declared(send: Send) -> None:
    await send(START)
    await send({**PART, "more_body": False})


async def say_more_than_declared(send: Send) -> None:
    await send(START)
    await send({**PART, "body": b"x" * 101, "more_body": False})


async def break_off_late(send: Send) -> None:
    """Fail when more has been said than anybody holds back."""
    await send({**START, "headers": []})
    for _ in range(6):
        await send({**PART, "body": b"x" * 1024 * 1024})
    raise Broken


def raising(send: Send) -> Send:
    async def send_nothing(message: Message) -> None:
        raise Broken

    return send_nothing


def saying_500(send: Send) -> Send:
    async def send_500(message: Message) -> None:
        await send({**message, "status": 500})

    return send_500


def cutting(send: Send) -> Send:
    async def send_half(message: Message) -> None:
        body = message.get("body", b"")
        await send({**message, "body": body[: len(body) // 2]})

    return send_half


def raising_at_the_end(send: Send) -> Send:
    async def send_and_raise(message: Message) -> None:
        await send(message)
        if message["type"] == "http.response.body" and not message.get("more_body"):
            raise Broken

    return send_and_raise


def misspelling(send: Send) -> Send:
    async def send_other_names(message: Message) -> None:
        body = message.get("body", b"")
        body = body.replace(b'"items"', b'"itemz"').replace(b'"email"', b'"emaiL"')
        await send({**message, "body": body})

    return send_other_names


def dawdling(send: Send) -> Send:
    async def send_late(message: Message) -> None:
        if message["type"] == "http.response.start":
            await asyncio.sleep(0.15)
        await send(message)

    return send_late


IN_THE_PLACE_OF_THE_ENDPOINT: dict[str, Callable[[Send], Awaitable[None]]] = {
    "exception": raise_at_once,
    "500": say_500,
    "nothing": say_nothing,
    "hang": hang,
    "no end": stop_early,
    "exception in the middle": break_off,
    "too short": say_less_than_declared,
    "too long": say_more_than_declared,
    "late": break_off_late,
}

#: The endpoint has done its work, and committed it, when these see its answer.
OF_THE_ANSWER: dict[str, Callable[[Send], Send]] = {
    "exception after the commit": raising,
    "500 after the commit": saying_500,
    "cut after the commit": cutting,
    "exception after the answer": raising_at_the_end,
    "wrong": misspelling,
    "slow": dawdling,
}


def create_app() -> FastAPI:
    """Build the edge, with what fails nearest to the routes."""
    users.create_user = fail_after_the_rows
    # However busy the machine is; a test of what hangs sets its own (``stack.limits``).
    canary.EDGE_TIMEOUT_SECONDS, body_buffer.BODY_TIMEOUT_SECONDS = 30.0, 30.0
    stage_cache.POLL_SECONDS, findings_recorder.FLUSH_SECONDS = 2.0, 0.1
    # Django takes any text here.
    users_of_the_edge.router.add_api_route("/statements/{month:int}", one_statement)
    app = edge.create_app()
    app.user_middleware.append(Middleware(Failing))
    app.router.routes.append(Route("/health/hanging", show_hanging))
    return with_status_page(app)
