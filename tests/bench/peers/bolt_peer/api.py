"""Source: django-bolt's guides "Async Django ORM" and "Headers"."""

import hashlib
from typing import Annotated
from uuid import UUID

from asgiref.sync import sync_to_async
from django_bolt import BoltAPI
from django_bolt.exceptions import HTTPException
from django_bolt.param_functions import Header

from core_site.partners.models import ApiKey
from tests.bench.peers import building, django_data, rules
from tests.bench.peers.bolt_peer import schemas

# Neither its access log nor its compression, which no other server of the bench has either.
api = BoltAPI(enable_logging=False, compression=False)

#: Declared by the handlers themselves: only then does the server hand the header over.
Authorization = Annotated[str, Header("authorization")]


async def usable_key(authorization: str, *, scope: str) -> ApiKey:
    try:
        digest = rules.key_digest(authorization)
        key = await django_data.keys().filter(digest=digest).afirst()
        rules.check_key(key, scope=scope, now=rules.now_utc())
    except rules.Refused as refusal:
        raise HTTPException(status_code=refusal.status, detail=str(refusal)) from refusal
    return key


@api.get("/octo/bookings/{uuid}")
async def get_booking(uuid: str, authorization: Authorization) -> schemas.Booking:
    key = await usable_key(authorization, scope="bookings:read")
    now = rules.now_utc()
    found = django_data.bookings_of(key, now).filter(uuid=UUID(uuid))
    bookings = [booking async for booking in found]
    if not bookings:
        raise HTTPException(status_code=400, detail="uuid is not one of your bookings")
    (booking,) = django_data.completed(bookings)
    return building.booking(schemas, booking, now=now)


@api.get("/octo/bookings")
async def find_bookings(
    resellerReference: str, authorization: Authorization
) -> list[schemas.Booking]:
    key = await usable_key(authorization, scope="bookings:read")
    now = rules.now_utc()
    found = django_data.bookings_of(key, now).filter(reseller_reference=resellerReference)
    bookings = [booking async for booking in found.order_by("-id")]
    return [
        building.booking(schemas, booking, now=now) for booking in django_data.completed(bookings)
    ]


@api.post("/octo/bookings")
async def reserve(
    reservation: schemas.Reservation, authorization: Authorization
) -> schemas.Booking:
    key = await usable_key(authorization, scope="bookings:write")
    now = rules.now_utc()
    wish = reservation.as_columns()
    fingerprint = hashlib.sha256(repr(wish).encode()).digest()
    try:
        # Django has no transactions in async code: its documentation says to use a thread.
        booking = await sync_to_async(django_data.reserve)(key, wish, fingerprint, now=now)
    except rules.Refused as refusal:
        raise HTTPException(status_code=refusal.status, detail=str(refusal)) from refusal
    return building.booking(schemas, booking, now=now)


@api.post("/octo/availability/calendar")
async def show_calendar(
    question: schemas.CalendarQuestion, authorization: Authorization
) -> list[schemas.CalendarDay]:
    key = await usable_key(authorization, scope="catalog:read")
    now = rules.now_utc()
    product = await django_data.products_of(key).filter(code=question.product_id).afirst()
    if product is None:
        raise HTTPException(status_code=400, detail="productId is not one of your products")
    option = rules.find_option(product, question.option_id)
    first, last = question.local_date_start, question.local_date_end
    found = django_data.departures_of(option, first, last, now)
    departures = [departure async for departure in found]
    days = rules.calendar(option, product, departures, first=first, last=last, now=now)
    return building.days(schemas, days)
