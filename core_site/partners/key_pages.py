"""The page that shows the secret of a key that was just issued.

The secret is in one response, which no cache may store, and nowhere else: not in a message, which
Django would store in the session, and not in the admin's log.
"""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from core_site.partners.models import ApiKey, Partner
from shared_domain.partners import IssuedKey


def show_secret(request: HttpRequest, issued: IssuedKey, *, old_key_note: str) -> HttpResponse:
    """Render the secret of a key that was just issued; it is never shown again."""
    context = {
        **admin.site.each_context(request),
        "opts": ApiKey._meta,
        "title": "API key issued",
        "issued": issued,
        "partner": Partner.objects.get(pk=issued.partner_id),
        "old_key_note": old_key_note,
        "back_url": reverse("admin:partners_apikey_change", args=[issued.id]),
    }
    response = render(request, "partners/key_issued.html", context)
    response["Cache-Control"] = "no-store"
    return response
