"""The confirmation page of an admin action: facts, a form, one button and a link back."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


@dataclass(frozen=True, kw_only=True)
class ConfirmationPage:
    """The texts of a confirmation page around its form.

    ``facts`` are shown as a list of names and values. ``refusal`` is shown instead of the button:
    the reason why the action is impossible. ``effects`` list what the action changes: a label, the
    value before, and the value after. ``more`` are links to other actions, each a label and a URL.
    ``reviewed`` is the digest of the effects that are shown for confirmation; the form sends it
    back, and its fields are hidden. ``has_columns`` lays out a form of many short fields in columns
    on a wide screen. ``row`` is the subject of the page; the breadcrumbs lead back to it.
    """

    title: str
    button: str
    explanation: str = ""
    facts: tuple[tuple[str, object], ...] = ()
    effects: tuple[tuple[str, str, str], ...] = ()
    refusal: str = ""
    is_dangerous: bool = False
    more: tuple[tuple[str, str], ...] = ()
    has_columns: bool = False
    back_url: str
    row: Model | None = None
    reviewed: str = ""


def render_confirmation(
    request: HttpRequest,
    confirmation: ConfirmationPage,
    form: forms.Form,
    *,
    about: type[Model],
    chosen: Iterable[Model] = (),
    describe: Callable[[Any], str] = str,
) -> HttpResponse:
    """Render the page with its form; the status is 400 when the form has errors, else 200.

    ``chosen`` are the rows of a bulk action, listed with the names that ``describe`` returns; the
    page sends their ids back with the form.
    """
    rows = [(row.pk, describe(row)) for row in chosen]
    context = {
        **admin.site.each_context(request),
        "opts": about._meta,
        "object": confirmation.row,
        "title": confirmation.title,
        "confirmation": confirmation,
        "form": form,
        "button_variant": "danger" if confirmation.is_dangerous else "primary",
        "chosen": rows,
        "action": request.POST.get("action", "") if rows else "",
        "action_checkbox_name": ACTION_CHECKBOX_NAME,
    }
    return render(request, "portico/confirm.html", context, status=400 if form.errors else 200)


class EmptyForm(forms.Form):
    """A form without fields, for an action that only has to be confirmed."""
