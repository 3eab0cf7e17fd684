"""Every address of the site."""

from django.contrib import admin
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.urls import include, path
from django.views.generic import RedirectView


def health(request: HttpRequest) -> JsonResponse:
    """Answer 200 while the site can reach its database; anything else means it cannot work."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})


urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("health", health),
    path("v1/", include("core_site.partner_api.urls")),
]

handler404 = "core_site.partner_api.problems.answer_not_found"
