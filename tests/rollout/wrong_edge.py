"""An edge whose endpoints are wrong on purpose, each time as the header ``X-Be-Wrong`` says.

Headers reach both halves; Django does not know this one. ``wrong_writes`` has the writes.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from typing import Annotated, Any
from uuid import uuid4

from fastapi import FastAPI, Header, HTTPException, Query
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api_edge import app as edge
from api_edge.auth.authentication import CallerWithUsersRead
from api_edge.rollout.edge_endpoints import parity_rules
from api_edge.v1 import users as right
from api_edge.v1.django_differences import REST_FRAMEWORKS_WORDS
from api_edge.v1.route import v1_router
from api_edge.v1.user_schemas import ListOfUsers, User
from api_edge.wiring import ReadUsers
from shared_domain import users
from shared_domain.rollout import Match, Rule, Rules
from tests.parity.catalogue import CATALOGUE, EQUAL, RIGHT
from tests.rollout.edge_with_status import with_status_page
from tests.rollout.restless import restless_answer
from tests.rollout.ways_out import take

router = v1_router("Wrong")

#: Longer than a write may wait for its dry run, shorter than a shadow may take.
SLOW_SECONDS = 3.2

Wrong = Annotated[str, Header(alias="X-Be-Wrong")]
WayOut = Annotated[str, Header(alias="X-Way-Out")]
Body = dict[str, Any]

# fmt: off
SPOILED: dict[str, Callable[[Body], Body]] = {
    "one more": lambda body: body | {"age": body["age"] + 1},
    "missing field": lambda body: {key: it for key, it in body.items() if key != "age"},
    "missing token": lambda body: {key: it for key, it in body.items() if key != "token"},
    "extra field": lambda body: body | {"nickname": "Flo"},
    "text for number": lambda body: body | {"age": str(body["age"])},
    "null": lambda body: body | {"email": None},
    "other address": lambda body: body | {"email": f"x{body['email']}"},
    "address as key": lambda body: body | {body["email"]: 1},
    "other order": lambda body: body | {"items": body["items"][::-1]},
    "one fewer": lambda body: body | {"items": body["items"][:-1]},
    "one item off": lambda body: (
        body | {"items": [SPOILED["one more"](item) for item in body["items"]]}
    ),
    "much more": lambda body: (
        body | {f"more_{n}": dict.fromkeys((f"{'x' * 36}_{k}" for k in range(50)), 1)
                for n in range(40)}
    ),
    "one cent": lambda body: body | {"price": body["price"] + 1},
}
# fmt: on


def shown(user: users.User) -> Body:
    body: Body = User(
        id=user.id,
        email=user.email,
        age=user.age,
        created_at=user.created_at,
        updated_at=user.updated_at,
    ).model_dump(mode="json", by_alias=True)
    return body


def answer(body: Body, wrong: str, status: int = 200, **headers: str) -> Response:
    """Return the answer, spoiled as told."""
    spoiled = SPOILED[wrong](body) if wrong in SPOILED else body
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    if wrong == "other header":
        sent["Cache-Control"] = "public"
    return JSONResponse(spoiled, status + (wrong == "other status"), sent)


#: How often each wrong edge of the catalogue was asked, by query.
_asked: Counter[tuple[str, str]] = Counter()

#: How often each id was read, wrongly: an edge that depends on more than its question.
_reads: Counter[tuple[str, str]] = Counter()


def is_unstable_now(wrong: str, user_id: str) -> bool:
    """Tell whether an edge that is wrong at times is wrong this time."""
    _reads[wrong, user_id] += 1
    return (wrong == "cold cache" and _reads[wrong, user_id] == 1) or (
        wrong == "every other time" and _reads[wrong, user_id] % 2 == 1
    )


async def be_slow(wrong: str) -> None:
    """Take long, in one way or another."""
    if wrong == "slow":
        await asyncio.sleep(SLOW_SECONDS)
    elif wrong == "slow in a thread":
        await run_in_threadpool(time.sleep, SLOW_SECONDS)
    elif wrong == "stubborn":
        for _ in range(int(SLOW_SECONDS * 100)):
            try:
                await asyncio.sleep(0.01)
            except asyncio.CancelledError:
                continue


@router.get("/users")
@parity_rules(REST_FRAMEWORKS_WORDS)
async def list_users(
    asked: Annotated[ListOfUsers, Query()],
    caller: CallerWithUsersRead,
    store: ReadUsers,
    wrong: Wrong = "",
) -> Response:
    page = await users.list_users(
        access=caller.access, cursor=asked.cursor, limit=asked.limit, store=store
    )
    items = [shown(user) for user in page.users]
    return answer({"items": items, "nextCursor": page.next_cursor}, wrong)


@router.get("/users/{id}")
@parity_rules(Rules(rules=REST_FRAMEWORKS_WORDS.rules, public=frozenset({"/age"})))
async def get_user(
    request: Request,
    id: right.UserId,
    caller: CallerWithUsersRead,
    store: ReadUsers,
    wrong: Wrong = "",
    way: WayOut = "",
) -> Response:
    if way:
        await take(way, request.app, "")
    if wrong == "blocks":
        time.sleep(3600)  # noqa: ASYNC251
    if wrong == "hangs":
        await asyncio.Event().wait()
    if wrong == "late":
        await asyncio.sleep(0.5)
    await be_slow(wrong)
    user_id = users.parse_user_id(id)
    if wrong == "writes":
        await store._database.execute(
            "UPDATE users_user SET age = 7 WHERE id = %(id)s", {"id": user_id}
        )
    try:
        user = await users.get_user(user_id, access=caller.access, store=store)
    except users.UserNotFound:
        if wrong == "forgives":
            return answer({"id": id}, wrong)
        if wrong == "other refusal":
            return answer({"detail": "no user"}, wrong, 404)
        raise
    if wrong == "breaks":
        raise RuntimeError(f"cannot show {user.email}")
    if is_unstable_now(wrong, id):
        return answer(SPOILED["one more"](shown(user)), wrong)
    if wrong == "fails at times" and is_unstable_now("every other time", id):
        return answer({"detail": "broken"}, wrong, 500)
    if wrong == "unavailable":
        raise HTTPException(503)
    if wrong == "breaks off":
        return Response(
            b'{"id": ', headers={"Content-Length": "400"}, media_type="application/json"
        )
    if wrong == "huge":
        return answer(shown(user) | {"more": "x" * 300_000}, wrong)
    return answer(shown(user), wrong)


@router.get("/feed")
async def feed(caller: CallerWithUsersRead, wrong: Wrong = "") -> Response:
    return answer(restless_answer(), wrong, X_Ticket=uuid4().hex)


#: When an edge of the catalogue is wrong, if not always. A dry run may be told by its state.
FOR_SOME: dict[str, Callable[[Request], bool]] = {
    "who accept gzip": lambda request: "gzip" in request.headers.get("accept-encoding", ""),
    "on the second page": lambda request: "cursor" in request.query_params,
    "with many rows": lambda request: int(request.query_params.get("limit", "0")) > 50,
    "with a test key": lambda request: request.scope["state"]["caller"].test_mode,
    "who have the page already": lambda request: "if-none-match" in request.headers,
    "who ask for a language": lambda request: "accept-language" in request.headers,
    "but not when it is tried": lambda request: "dry_run_transaction" not in request.scope["state"],
    "where it has a pool": lambda request: type(request.app.state.pool).__name__ != "RefusedPool",
}


@router.get("/catalogue")
async def catalogue(
    request: Request,
    caller: CallerWithUsersRead,
    number: Annotated[int | None, Header(alias="X-Fault")] = None,
    some: Annotated[str, Header(alias="X-For-Some")] = "",
    equal: Annotated[int | None, Header(alias="X-Equal")] = None,
) -> Response:
    """Answer as one edge of the catalogue does; it counts its calls in each process."""
    spoiled = RIGHT.response if equal is None else EQUAL[equal].spoil(RIGHT, 0).response
    if number is not None and (not some or FOR_SOME[some](request)):
        fault = CATALOGUE[number]
        asked = (fault.wrong, request.url.query)
        spoiled = fault.spoil(RIGHT, _asked[asked]).response
        _asked[asked] += 1
    response = Response(spoiled.body, spoiled.status)
    declared = [one for one in response.raw_headers if one[0] == b"content-length"]
    given = [(name.encode(), value.encode()) for name, value in spoiled.headers]
    response.raw_headers = declared + given
    return response


@router.get("/packed")
@parity_rules(
    Rules(
        rules=(Rule(path="/detail", match=Match.IGNORED, reason="a refusal in words of its own"),)
    )
)
async def packed(rows: int, caller: CallerWithUsersRead, wrong: Wrong = "") -> Response:
    body = {"rows": [{"number": number} for number in range(rows)]}
    if wrong == "one more":
        body["rows"][3]["number"] += 1
    return answer(body, "")


@router.get("/blind")
@parity_rules(
    Rules(rules=(Rule(path="/", match=Match.IGNORED, reason="the test compares nothing"),))
)
async def blind(caller: CallerWithUsersRead, wrong: Wrong = "") -> Response:
    return answer({"price": 1999}, wrong, X_Heard="False")


class WrongAllow:
    """Middleware that lists a method more in the header ``Allow``, where that is asked for."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_wrong = scope["type"] == "http" and Headers(scope=scope).get("x-be-wrong")

        async def send_wrongly(message: Message) -> None:
            if message["type"] == "http.response.start" and is_wrong == "other Allow":
                MutableHeaders(scope=message)["Allow"] += ", TRACE"
            await send(message)

        await self._app(scope, receive, send_wrongly)


def create_app() -> FastAPI:
    """Make the edge with these endpoints in the place of its own."""
    from tests.rollout import wrong_writes

    unspoiled = [
        route
        for route in right.router.routes
        if isinstance(route, APIRoute) and route.endpoint is right.delete_user
    ]
    right.router.routes[:] = [*router.routes, *wrong_writes.router.routes, *unspoiled]
    app = edge.create_app()
    # Innermost, so that it spoils what the routes answer and nothing of the edge's.
    app.user_middleware.append(Middleware(WrongAllow))
    return with_status_page(app)
