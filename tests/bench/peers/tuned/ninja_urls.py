"""django-ninja on threads, raw SQL instead of the mapper, answers returned as bytes."""

import os
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import path
from ninja import NinjaAPI

from shared_domain.run_now import run_now
from tests.bench.peers.rules import Refused
from tests.bench.peers.tuned.databases import DjangoConnection, listen_in_thread
from tests.bench.peers.tuned.octo import Octo

octo = Octo(DjangoConnection())
listen_in_thread(os.environ["DATABASE_URL"], on_key_change=octo.keys.forget)

api = NinjaAPI(title="OCTO")


def json_response(content: bytes) -> HttpResponse:
    return HttpResponse(content, content_type="application/json")


@api.exception_handler(Refused)
def answer_refusal(request: HttpRequest, refusal: Refused) -> HttpResponse:
    body = {"error": "BAD_REQUEST", "errorMessage": str(refusal)}
    return api.create_response(request, body, status=refusal.status)


@api.get("/bookings/{uuid:uuid}")
def get_booking(request: HttpRequest, uuid: UUID) -> HttpResponse:
    return json_response(run_now(octo.get_booking(_authorization(request), uuid)))


@api.get("/bookings")
def find_bookings(request: HttpRequest, resellerReference: str) -> HttpResponse:
    return json_response(run_now(octo.find_bookings(_authorization(request), resellerReference)))


@api.post("/bookings")
def reserve(request: HttpRequest) -> HttpResponse:
    return json_response(run_now(octo.reserve(_authorization(request), request.body)))


@api.post("/availability/calendar")
def show_calendar(request: HttpRequest) -> HttpResponse:
    return json_response(run_now(octo.show_calendar(_authorization(request), request.body)))


def _authorization(request: HttpRequest) -> str | None:
    return request.META.get("HTTP_AUTHORIZATION")


urlpatterns = [path("octo/", api.urls)]
