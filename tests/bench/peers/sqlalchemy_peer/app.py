"""Source: FastAPI's tutorial ("Response model", "Dependencies") and SQLAlchemy's "Asyncio"."""

import hashlib
import os
from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import Depends, FastAPI, Header, Request
from fastapi.responses import JSONResponse
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from tests.bench.peers import building, rules
from tests.bench.peers.sqlalchemy_peer import data, schemas
from tests.bench.peers.sqlalchemy_peer.tables import ApiKey, Booking

engine = create_async_engine(os.environ["SQLALCHEMY_URL"], pool_size=10)
# Objects stay usable after the commit, as "Asyncio" recommends.
sessions = async_sessionmaker(engine, expire_on_commit=False)

app = FastAPI(title="OCTO")


async def new_session() -> AsyncIterator[AsyncSession]:
    async with sessions() as session:
        yield session


Session = Annotated[AsyncSession, Depends(new_session)]


class KeyWith:
    """The dependency that lets in callers whose key has one scope."""

    def __init__(self, scope: str) -> None:
        self.scope = scope

    async def __call__(
        self, session: Session, authorization: Annotated[str | None, Header()] = None
    ) -> ApiKey:
        key = await data.find_key(session, rules.key_digest(authorization))
        rules.check_key(key, scope=self.scope, now=rules.now_utc())
        return key


BookingsReader = Annotated[ApiKey, Depends(KeyWith("bookings:read"))]
BookingsWriter = Annotated[ApiKey, Depends(KeyWith("bookings:write"))]
CatalogReader = Annotated[ApiKey, Depends(KeyWith("catalog:read"))]


@app.exception_handler(rules.Refused)
async def answer_refusal(request: Request, refusal: rules.Refused) -> JSONResponse:
    body = {"error": "BAD_REQUEST", "errorMessage": str(refusal)}
    return JSONResponse(body, status_code=refusal.status)


@app.get("/octo/bookings/{uuid}", response_model_exclude_unset=True)
async def get_booking(uuid: UUID, key: BookingsReader, session: Session) -> schemas.Booking:
    now = rules.now_utc()
    found = await data.find_bookings(session, key, now, Booking.uuid == uuid)
    if not found:
        raise rules.Refused("uuid is not one of your bookings")
    return building.booking(schemas, found[0], now=now)


@app.get("/octo/bookings", response_model_exclude_unset=True)
async def find_bookings(
    resellerReference: str, key: BookingsReader, session: Session
) -> list[schemas.Booking]:
    now = rules.now_utc()
    matches = Booking.reseller_reference == resellerReference
    found = await data.find_bookings(session, key, now, matches)
    return [building.booking(schemas, booking, now=now) for booking in found]


@app.post("/octo/bookings", response_model_exclude_unset=True)
async def reserve(
    reservation: schemas.Reservation, key: BookingsWriter, session: Session
) -> schemas.Booking:
    now = rules.now_utc()
    wish = reservation.as_columns()
    fingerprint = hashlib.sha256(repr(wish).encode()).digest()
    booking = await data.reserve(session, key, wish, fingerprint, now=now)
    await session.commit()
    return building.booking(schemas, booking, now=now)


@app.post("/octo/availability/calendar", response_model_exclude_unset=True)
async def show_calendar(
    question: schemas.CalendarQuestion, key: CatalogReader, session: Session
) -> list[schemas.CalendarDay]:
    now = rules.now_utc()
    product = await data.find_product(session, key, question.product_id)
    option = rules.find_option(product, question.option_id)
    first, last = question.local_date_start, question.local_date_end
    departures = await data.find_departures(session, option, first, last, now)
    days = rules.calendar(option, product, departures, first=first, last=last, now=now)
    return building.days(schemas, days)
