"""An endpoint that is called by its plan answers, byte for byte, as FastAPI's handler does."""

import asyncio
import json
import threading
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Annotated, Any, NamedTuple

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import AfterValidator, BaseModel

from api_edge.app import create_app
from api_edge.http.answer_check import AnswerCheck
from api_edge.http.direct_calls import plan_call
from api_edge.http.request_with_body import SHORT_BODY_BYTES, RequestWithBody
from api_edge.octo import route as octo_route
from api_edge.proxy.limits import Limits
from api_edge.settings import Settings
from tests.harness.clients import a_slot, a_uuid
from tests.octo.edge import Edge

#: What takes the place of each value of a body in turn.
REPLACEMENTS: tuple[object, ...] = (None, 7, "", "x", "\0", [], {}, True, [None])


#: All requests are one caller's, as fast as the machine can.
UNLIMITED = Limits(calls_per_second_per_key=0, calls_per_second_per_address=0)


class Asked(NamedTuple):
    method: str
    path: str
    body: bytes = b""
    headers: Mapping[str, str] = {}


def well_formed(slot: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Requests with a body, in an order in which each can be carried out, and repeated."""
    uuid, day = a_uuid(), slot[:10]
    option = {"productId": "river-kayak", "optionId": "DEFAULT"}
    contact = {"firstName": "Clara", "lastName": "Duarte", "emailAddress": "clara@example.com"}
    booking = f"/octo/bookings/{uuid}"
    return [
        ("POST", "/octo/availability", {**option, "localDate": day}),
        (
            "POST",
            "/octo/availability/calendar",
            {**option, "localDateStart": day, "localDateEnd": day},
        ),
        (
            "POST",
            "/octo/bookings",
            {**option, "uuid": uuid, "availabilityId": slot, "unitItems": [{"unitId": "adult"}]},
        ),
        ("POST", f"{booking}/confirm", {"contact": contact}),
        ("PATCH", booking, {"notes": "by the window"}),
        ("POST", f"{booking}/cancel", {"reason": "rain"}),
        ("POST", f"{booking}/extend", {"expirationMinutes": 5}),
    ]


def requests(edge: Edge) -> Iterator[Asked]:
    key = {"authorization": f"Bearer {edge.keys.live}"}
    priced = key | {"octo-capabilities": "octo/pricing", "octo-env": "live"}
    bodies = well_formed(a_slot())
    for method, path, body in bodies:
        yield Asked(method, path, json.dumps(body).encode(), priced)
        yield Asked(method, path, json.dumps(body).encode())
        yield Asked(method, path, json.dumps(body)[:-1].encode(), key)
        yield Asked(method, path, b"", key)
        yield Asked(method, path, b"[" * 100_000, key)
        for name in body:
            without = {other: value for other, value in body.items() if other != name}
            # Without a uuid, each reservation is another one.
            if name != "uuid":
                yield Asked(method, path, json.dumps(without).encode(), key)
            for value in REPLACEMENTS:
                if (name, value) == ("uuid", None):
                    continue
                yield Asked(method, path, json.dumps({**body, name: value}).encode(), key)
    uuid = bodies[2][2]["uuid"]
    for path in chain(
        (f"/octo/bookings/{uuid}", "/octo/bookings/none", "/octo/products", "/octo/products/x"),
        ("/octo/products/river-kayak", "/octo/products/%00", "/octo/supplier"),
        ("/octo/capabilities", "/octo/bookings?_capabilities=pricing", "/octo/bookings?x=1"),
        ("/octo/bookings?resellerReference=A", "/octo/bookings?resellerReference=A&productId="),
        ("/octo/bookings?resellerReference=A&resellerReference=B", "/octo/bookings?localDate=x"),
        ("/octo/bookings?localDateStart=2026-07-01", "/octo/bookings?supplier_reference=A"),
    ):
        yield Asked("GET", path, headers=priced)
        yield Asked("GET", path)


async def ask(app: FastAPI, asked: Asked) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    path, _, query = asked.path.partition("?")
    headers = {"host": "localhost", "content-length": str(len(asked.body)), **asked.headers}
    scope: dict[str, Any] = {
        "type": "http", "http_version": "1.1", "method": asked.method, "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": query.encode(), "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80), "state": {},
    }  # fmt: skip
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": asked.body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start, *bodies = sent
    told = dict(start["headers"])
    # Each request has an id of its own, which errors repeat.
    request_id = told.pop(b"x-request-id")
    body = b"".join(message.get("body", b"") for message in bodies)
    return start["status"], sorted(told.items()), body.replace(request_id, b"")


def test_both_answer_the_same(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(
        database_url=edge.database.edge_url, call_seconds=90, statement_seconds=80,
        pool_wait_seconds=60, check_answers=True, limits=UNLIMITED,
    )  # fmt: skip
    direct = create_app(settings)
    monkeypatch.setattr(octo_route, "call_directly", lambda route, handle, finish: handle)
    ordinary = create_app(settings)

    async def compare() -> list[int]:
        statuses = []
        async with (
            direct.router.lifespan_context(direct),
            ordinary.router.lifespan_context(ordinary),
        ):
            for asked in requests(edge):
                expected = await ask(ordinary, asked)
                assert await ask(direct, asked) == expected, asked
                statuses.append(expected[0])
        return statuses

    statuses = asyncio.run(compare())
    assert len(statuses) > 200
    assert {200, 400, 401} <= set(statuses)


@pytest.mark.parametrize("is_direct", [True, False], ids=["by its plan", "by FastAPI"])
def test_an_answer_that_is_not_as_documented_is_not_committed(
    edge: Edge, monkeypatch: pytest.MonkeyPatch, is_direct: bool
) -> None:
    if not is_direct:
        monkeypatch.setattr(octo_route, "call_directly", lambda route, handle, finish: handle)
    settings = Settings(
        database_url=edge.database.edge_url, call_seconds=90, statement_seconds=80,
        pool_wait_seconds=60, check_answers=True,
    )  # fmt: skip
    _, path, body = well_formed(a_slot())[2]
    key = {"authorization": f"Bearer {edge.keys.live}"}

    reserve = Asked("POST", path, json.dumps(body).encode(), key)

    async def reserve_and_look() -> list[int]:
        app = create_app(settings)
        async with app.router.lifespan_context(app):
            with monkeypatch.context() as flawed:
                flawed.setattr(AnswerCheck, "_flaws", lambda *_: "secret: extra_forbidden")
                answers = [await ask(app, reserve)]
            answers.append(await ask(app, Asked("GET", f"{path}/{body['uuid']}", headers=key)))
            answers.append(await ask(app, reserve))
        return [status for status, _, _ in answers]

    assert asyncio.run(reserve_and_look()) == [500, 400, 200]


def test_every_endpoint_of_octo_has_a_plan() -> None:
    app = create_app(Settings(database_url="postgresql://unused@/nothing"))
    endpoints = [
        route.endpoint
        for route in app.routes
        if isinstance(route, APIRoute) and route.path.startswith("/octo/")
    ]

    assert len(endpoints) > 10
    for endpoint in endpoints:
        plan_call(endpoint)


def test_a_long_body_is_validated_beside_the_event_loop() -> None:
    """A thousand e-mail addresses take half a second, in which no other caller is answered."""
    threads: list[threading.Thread] = []

    def note_thread(text: str) -> str:
        threads.append(threading.current_thread())
        return text

    class Named(BaseModel):
        name: Annotated[str, AfterValidator(note_thread)]

    for length in (1, SHORT_BODY_BYTES):
        body = json.dumps({"name": "x" * length}).encode()
        request = RequestWithBody({"type": "http"}, body, Named)
        named = Named.model_validate(asyncio.run(request.json()))

        assert len(named.name) == length
    assert [thread is threading.main_thread() for thread in threads] == [True, False]
