"""FastAPI, answers returned as bytes. Source: its guide "Return a Response Directly"."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated
from uuid import UUID

from fastapi import FastAPI, Header, Request, Response
from fastapi.responses import JSONResponse

from tests.bench.peers.rules import Refused
from tests.bench.peers.tuned.databases import AsyncpgDatabase
from tests.bench.peers.tuned.octo import Octo

database = AsyncpgDatabase()
octo = Octo(database)

Authorization = Annotated[str | None, Header()]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    await database.open(os.environ["DATABASE_URL"], on_key_change=octo.keys.forget)
    yield
    await database.close()


app = FastAPI(lifespan=lifespan)


def json_response(content: bytes) -> Response:
    return Response(content, media_type="application/json")


@app.exception_handler(Refused)
async def answer_refusal(request: Request, refusal: Refused) -> JSONResponse:
    body = {"error": "BAD_REQUEST", "errorMessage": str(refusal)}
    return JSONResponse(body, status_code=refusal.status)


@app.get("/octo/bookings/{uuid}")
async def get_booking(uuid: UUID, authorization: Authorization = None) -> Response:
    return json_response(await octo.get_booking(authorization, uuid))


@app.get("/octo/bookings")
async def find_bookings(resellerReference: str, authorization: Authorization = None) -> Response:
    return json_response(await octo.find_bookings(authorization, resellerReference))


@app.post("/octo/bookings")
async def reserve(request: Request, authorization: Authorization = None) -> Response:
    return json_response(await octo.reserve(authorization, await request.body()))


@app.post("/octo/availability/calendar")
async def show_calendar(request: Request, authorization: Authorization = None) -> Response:
    return json_response(await octo.show_calendar(authorization, await request.body()))
