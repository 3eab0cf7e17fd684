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

    ``facts`` are shown as a list of name and value, ``refusal`` instead of the button: why it
    cannot be done at all. ``effects`` are what it does: a label, the value before and after.
    ``more`` are other ways to go on from here, each a label and an address. ``reviewed`` is sent
    back with the form, whose fields are then hidden: its effects were shown to be confirmed.
    A form of many short fields ``has_columns`` where the screen is wide. ``row`` is what the page
    is about: the breadcrumbs lead back to it.
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
    """Show the form; with status 400 when it comes back with errors.

    ``chosen`` are the rows of a bulk action, which the page sends back with the answer; each is
    listed as ``describe`` calls it.
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
    """A form without fields: pressing the button confirms."""
