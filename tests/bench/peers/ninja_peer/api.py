"""Source: django-ninja's guides "Response schema" and "Authentication" (HTTP bearer)."""

import hashlib
from collections.abc import Sequence
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.security import HttpBearer

from core_site.bookings.models import Booking
from core_site.partners.models import ApiKey
from tests.bench.peers import django_data, rules
from tests.bench.peers.ninja_peer.requests import CalendarQuestion, Reservation
from tests.bench.peers.ninja_peer.schemas import BookingAnswer, CalendarDay


class RequiresScope(HttpBearer):
    """Lets in callers whose key has one scope; the key is ``request.auth``."""

    def __init__(self, scope: str) -> None:
        super().__init__()
        self.scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> ApiKey | None:
        digest = hashlib.sha256(token.encode()).digest()
        key = django_data.keys().filter(digest=digest).first()
        request.now = rules.now_utc()
        rules.check_key(key, scope=self.scope, now=request.now)
        return key


api = NinjaAPI(title="OCTO")


@api.exception_handler(rules.Refused)
def answer_refusal(request: HttpRequest, error: rules.Refused) -> HttpResponse:
    body = {"error": "BAD_REQUEST", "errorMessage": str(error)}
    return api.create_response(request, body, status=error.status)


@api.get(
    "/bookings/{uuid:uuid}",
    auth=RequiresScope("bookings:read"),
    response=BookingAnswer,
    by_alias=True,
    exclude_unset=True,
)
def get_booking(request: HttpRequest, uuid: UUID) -> Booking:
    found = django_data.bookings_of(request.auth, request.now).filter(uuid=uuid)
    if not found:
        raise rules.Refused("uuid is not one of your bookings")
    return django_data.completed(found)[0]


@api.get(
    "/bookings",
    auth=RequiresScope("bookings:read"),
    response=list[BookingAnswer],
    by_alias=True,
    exclude_unset=True,
)
def find_bookings(request: HttpRequest, resellerReference: str) -> Sequence[Booking]:
    found = django_data.bookings_of(request.auth, request.now)
    return django_data.completed(found.filter(reseller_reference=resellerReference).order_by("-id"))


@api.post(
    "/bookings",
    auth=RequiresScope("bookings:write"),
    response=BookingAnswer,
    by_alias=True,
    exclude_unset=True,
)
def reserve(request: HttpRequest, reservation: Reservation) -> Booking:
    wish = reservation.as_columns()
    fingerprint = hashlib.sha256(repr(wish).encode()).digest()
    return django_data.reserve(request.auth, wish, fingerprint, now=request.now)


@api.post(
    "/availability/calendar",
    auth=RequiresScope("catalog:read"),
    response=list[CalendarDay],
    by_alias=True,
    exclude_unset=True,
)
def show_calendar(request: HttpRequest, question: CalendarQuestion) -> list[rules.Day]:
    product = django_data.products_of(request.auth).filter(code=question.product_id).first()
    if product is None:
        raise rules.Refused("productId is not one of your products")
    option = rules.find_option(product, question.option_id)
    first, last = question.local_date_start, question.local_date_end
    departures = list(django_data.departures_of(option, first, last, request.now))
    return rules.calendar(option, product, departures, first=first, last=last, now=request.now)
