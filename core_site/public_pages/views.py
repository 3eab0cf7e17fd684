"""Views of the landing page and of the icon that browsers ask every host for."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from shared_domain.plain_page import ICON_SVG


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    """Say what Portico is, with links for partners, staff users and developers."""
    return render(request, "public_pages/landing.html", {"edge": settings.EDGE_PREFIX})


@require_safe
@cache_control(public=True, max_age=24 * 60 * 60)
def icon(request: HttpRequest) -> HttpResponse:
    """Answer ``/favicon.ico``, with SVG: browsers go by the content type."""
    return HttpResponse(ICON_SVG, content_type="image/svg+xml")
