"""The URLconf of Django: landing page, admin, health checks and the REST API ``/v1``."""

from django.contrib import admin
from django.db import Error, connection
from django.http import HttpRequest, JsonResponse
from django.urls import include, path

from core_site.guide.views import guide_view
from core_site.postgresql.server import ping
from core_site.public_pages.views import icon, landing
from core_site.search.views import find
from shared_domain import deadline

#: How long the database may take to answer a Django that is ready.
READY_WITHIN_SECONDS = 1.0


def health(request: HttpRequest) -> JsonResponse:
    """Answer 200 as long as this process runs (liveness); does not query the database."""
    return JsonResponse({"status": "ok"})


def ready(request: HttpRequest) -> JsonResponse:
    """Answer 200 if the database answers within ``READY_WITHIN_SECONDS`` (readiness), else 503."""
    try:
        with deadline.within(READY_WITHIN_SECONDS), connection.cursor() as cursor:
            ping(cursor)
    except Error:
        return JsonResponse({"status": "unavailable"}, status=503, headers={"Retry-After": "1"})
    return JsonResponse({"status": "ok"})


urlpatterns = [
    path("", landing, name="landing"),
    path("favicon.ico", icon),
    path("admin/find/", admin.site.admin_view(find), name="find"),
    path("admin/desk/", include("core_site.booking_desk.urls")),
    path("admin/departures/", include("core_site.departure_calendar.urls")),
    path("admin/scan/", include("core_site.scan.urls")),
    path("admin/", admin.site.urls),
    path("guide/<str:token>/", guide_view, name="guide"),
    path("health", health),
    path("health/ready", ready),
    path("v1/", include("core_site.partner_api.urls")),
]

handler400 = "core_site.problem_details.answer_bad_request"
handler404 = "core_site.problem_details.answer_not_found"
handler500 = "core_site.config.unavailable.answer_server_error"
