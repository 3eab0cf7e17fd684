"""Source: REST framework's tutorial part 3, "Class-based views"."""

import hashlib
from typing import Any
from uuid import UUID

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView, exception_handler

from tests.bench.peers import django_data, rules
from tests.bench.peers.rest_framework_peer.serializers import (
    BookingSerializer,
    CalendarQuestionSerializer,
    DaySerializer,
    ReservationSerializer,
)


class OneBooking(APIView):
    scopes = {"GET": "bookings:read"}

    def get(self, request: Request, uuid: UUID) -> Response:
        now = rules.now_utc()
        found = django_data.bookings_of(request.auth, now).filter(uuid=uuid)
        if not found:
            raise rules.Refused("uuid is not one of your bookings")
        (booking,) = django_data.completed(found)
        return Response(BookingSerializer(booking, context={"now": now}).data)


class Bookings(APIView):
    scopes = {"GET": "bookings:read", "POST": "bookings:write"}

    def get(self, request: Request) -> Response:
        now = rules.now_utc()
        reference = request.query_params["resellerReference"]
        found = django_data.bookings_of(request.auth, now).filter(reseller_reference=reference)
        bookings = django_data.completed(found.order_by("-id"))
        return Response(BookingSerializer(bookings, many=True, context={"now": now}).data)

    def post(self, request: Request) -> Response:
        now = rules.now_utc()
        wish = ReservationSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        fingerprint = hashlib.sha256(repr(wish.validated_data).encode()).digest()
        booking = django_data.reserve(request.auth, wish.as_columns(), fingerprint, now=now)
        return Response(BookingSerializer(booking, context={"now": now}).data)


class Calendar(APIView):
    scopes = {"POST": "catalog:read"}

    def post(self, request: Request) -> Response:
        now = rules.now_utc()
        question = CalendarQuestionSerializer(data=request.data)
        question.is_valid(raise_exception=True)
        asked = question.validated_data
        product = django_data.products_of(request.auth).filter(code=asked["productId"]).first()
        if product is None:
            raise rules.Refused("productId is not one of your products")
        option = rules.find_option(product, asked["optionId"])
        first, last = asked["localDateStart"], asked["localDateEnd"]
        departures = list(django_data.departures_of(option, first, last, now))
        days = rules.calendar(option, product, departures, first=first, last=last, now=now)
        return Response(DaySerializer(days, many=True).data)


def answer_refusal(error: Exception, context: dict[str, Any]) -> Response | None:
    if isinstance(error, rules.Refused):
        return Response({"error": "BAD_REQUEST", "errorMessage": str(error)}, status=error.status)
    return exception_handler(error, context)
