"""The pages on which staff issue, rotate and revoke keys: one that asks, one that shows.

The secret goes into one answer, which nobody may store, and nowhere else: not into a
message (those wait in the session), not into the admin's log.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from django import forms
from django.contrib import admin
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from core_site.partners.models import ApiKey, Partner
from shared_domain.partners import IssuedKey
from shared_domain.refusals import Refused

Outcome = TypeVar("Outcome")


@dataclass(frozen=True, kw_only=True)
class Question:
    """What the asking page says around its form."""

    title: str
    button: str
    explanation: str = ""
    is_dangerous: bool = False
    back_url: str


def carry_out(form: forms.Form, change: Callable[[], Outcome]) -> Outcome | None:
    """Return what ``change`` did, or None after writing its refusal into the form."""
    try:
        with transaction.atomic():
            return change()
    except Refused as refusal:
        field = refusal.field if refusal.field in form.fields else None
        form.add_error(field, str(refusal))
        return None


def ask(request: HttpRequest, question: Question, form: forms.Form) -> HttpResponse:
    """Show the form; with status 400 when it comes back with errors."""
    context = {
        **admin.site.each_context(request),
        "opts": ApiKey._meta,
        "title": question.title,
        "explanation": question.explanation,
        "form": form,
        "button": question.button,
        "button_variant": "danger" if question.is_dangerous else "primary",
        "back_url": question.back_url,
    }
    return render(request, "partners/ask.html", context, status=400 if form.errors else 200)


def show_secret(request: HttpRequest, issued: IssuedKey, *, old_key_note: str) -> HttpResponse:
    """Show the key that was just issued, for the first and last time."""
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
