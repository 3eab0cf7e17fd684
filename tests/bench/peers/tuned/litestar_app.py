"""Litestar, answers returned as bytes. Source: its guide "Responses", "Returning raw responses"."""

import os
from typing import Annotated
from uuid import UUID

from litestar import Litestar, MediaType, Request, Response, get, post
from litestar.params import Parameter

from tests.bench.peers.rules import Refused
from tests.bench.peers.tuned.databases import AsyncpgDatabase
from tests.bench.peers.tuned.octo import Octo

database = AsyncpgDatabase()
octo = Octo(database)

Authorization = Annotated[str | None, Parameter(header="Authorization")]


def json_response(content: bytes) -> Response[bytes]:
    return Response(content, media_type=MediaType.JSON, status_code=200)


@get("/octo/bookings/{uuid:uuid}")
async def get_booking(uuid: UUID, authorization: Authorization = None) -> Response[bytes]:
    return json_response(await octo.get_booking(authorization, uuid))


@get("/octo/bookings")
async def find_bookings(
    resellerReference: str, authorization: Authorization = None
) -> Response[bytes]:
    return json_response(await octo.find_bookings(authorization, resellerReference))


@post("/octo/bookings")
async def reserve(request: Request, authorization: Authorization = None) -> Response[bytes]:
    return json_response(await octo.reserve(authorization, await request.body()))


@post("/octo/availability/calendar")
async def show_calendar(request: Request, authorization: Authorization = None) -> Response[bytes]:
    return json_response(await octo.show_calendar(authorization, await request.body()))


def answer_refusal(request: Request, refusal: Refused) -> Response[dict[str, str]]:
    body = {"error": "BAD_REQUEST", "errorMessage": str(refusal)}
    return Response(body, status_code=refusal.status)


async def start() -> None:
    await database.open(os.environ["DATABASE_URL"], on_key_change=octo.keys.forget)


app = Litestar(
    [get_booking, find_bookings, reserve, show_calendar],
    on_startup=[start],
    on_shutdown=[database.close],
    exception_handlers={Refused: answer_refusal},
    logging_config=None,
)
