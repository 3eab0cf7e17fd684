"""Fill in the admin's forms as a browser does: what the page shows, with a few changes."""

from typing import Any

from django.forms import BaseForm
from django.test import Client

from tests.harness.responses import ClientResponse


def filled_in(page: ClientResponse) -> dict[str, Any]:
    """Return what a browser would send if nothing was changed on this page."""
    forms = [page.context["adminform"].form]
    for inline in page.context["inline_admin_formsets"]:
        formset = inline.formset
        forms += [formset.management_form, *formset.initial_forms, *formset.extra_forms]
    return {name: value for form in forms for name, value in _values(form)}


def _values(form: BaseForm) -> list[tuple[str, Any]]:
    values: list[tuple[str, Any]] = []
    for bound in form:
        value = bound.field.prepare_value(bound.value())
        if value is True:
            values.append((bound.html_name, "on"))
        elif isinstance(value, list):
            values.append((bound.html_name, [str(choice) for choice in value]))
        elif value is not None and value is not False and value != "":
            values.append((bound.html_name, str(value)))
    return values


def save(client: Client, path: str, **changes: Any) -> ClientResponse:
    """Open a page, change these fields and save; None takes a field off the form."""
    form = filled_in(client.get(path)) | changes
    return client.post(path, {name: value for name, value in form.items() if value is not None})


def errors_on(page: ClientResponse) -> str:
    """Return every message of a form that came back."""
    form = page.context["adminform"].form
    said = [str(form.errors)]
    for inline in page.context["inline_admin_formsets"]:
        said += [str(form.errors) for form in inline.formset.forms]
        said.append(str(inline.formset.non_form_errors()))
    return " ".join(said)
