"""Views of the landing page and of ``/favicon.ico``."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from shared_domain.plain_page import ICON_SVG


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    """Show the landing page, with links for partners, staff users and developers."""
    return render(request, "public_pages/landing.html", {"edge": settings.EDGE_PREFIX})


@require_safe
@cache_control(public=True, max_age=24 * 60 * 60)
def icon(request: HttpRequest) -> HttpResponse:
    """Return ``/favicon.ico`` as SVG, since browsers go by the content type."""
    return HttpResponse(ICON_SVG, content_type="image/svg+xml")
