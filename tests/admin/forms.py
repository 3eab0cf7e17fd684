"""Fill in the admin's forms as a browser does: what the page shows, with a few changes."""

from collections.abc import Mapping
from typing import Any

from django.forms import BaseForm
from django.test import Client

from tests.harness.pages import PageContext, context_of, not_rendered
from tests.harness.responses import ClientResponse


def filled_in(page: ClientResponse) -> dict[str, Any]:
    """Return what a browser would send if nothing was changed on this page."""
    return _fields_of(page.context)


def open_form(client: Client, path: str) -> dict[str, Any]:
    """Open a page, and return what a browser would send if nothing was changed on it."""
    return _fields_of(context_of(client, path))


def save(client: Client, path: str, **changes: Any) -> ClientResponse:
    """Open a page, change these fields and save; None takes a field off the form."""
    return client.post(path, changed(open_form(client, path), **changes))


def changed(form: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """Return what a browser sends of a form with these fields changed or, with None, taken off."""
    return {name: value for name, value in {**form, **changes}.items() if value is not None}


def errors_of(client: Client, path: str, form: Mapping[str, Any]) -> str:
    """Send a form that is refused, and return every message with which it comes back."""
    with not_rendered():
        page = client.post(path, form)
    assert page.status_code == 200, (path, page.status_code)
    return errors_on(page)


def errors_on(page: ClientResponse) -> str:
    """Return every message of a form that came back."""
    form = page.context["adminform"].form
    said = [str(form.errors)]
    for inline in page.context["inline_admin_formsets"]:
        said += [str(form.errors) for form in inline.formset.forms]
        said.append(str(inline.formset.non_form_errors()))
    return " ".join(said)


def _fields_of(context: PageContext) -> dict[str, Any]:
    forms = [context["adminform"].form]
    for inline in context["inline_admin_formsets"]:
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
