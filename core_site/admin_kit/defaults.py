"""A form that adds a row shows the model's defaults, whatever its fields are made of.

Django fills in the defaults of the fields that it makes from the model. A field that a form
declares itself starts empty, although saving without it would store the default.
"""

from copy import copy
from typing import Any

from django import forms
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest


class ShowsDefaults:
    """Mixed into a ``ModelAdmin``."""

    def get_form(
        self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm]:
        return with_defaults(super().get_form(request, obj, change=change, **kwargs))


class ShowsDefaultsInRows:
    """Mixed into an inline: the row that is added starts with the defaults."""

    def get_formset(
        self, request: HttpRequest, obj: Model | None = None, **kwargs: Any
    ) -> type[BaseInlineFormSet]:
        formset = super().get_formset(request, obj, **kwargs)
        with_defaults(formset.form)
        return formset


def with_defaults(form: type[forms.ModelForm]) -> type[forms.ModelForm]:
    """Give the fields of a form class that begin empty the default of their column."""
    for name, field in form.base_fields.items():
        default = _default_of(form._meta.model, name)
        if field.initial is None and default is not None:
            # Declared fields are shared between form classes.
            form.base_fields[name] = copy(field)
            form.base_fields[name].initial = default
    return form


def _default_of(model: type[Model], name: str) -> Any:
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    # Callable defaults stay callable: a form calls them for each new row.
    return field.default if field.concrete and field.has_default() else None
