"""Initial values of add forms: the model's defaults, also for fields that a form declares itself.

Django fills in the defaults of the fields that it makes from the model. A field that a form
declares itself starts empty, although a row saved without it would get the default.
"""

from copy import copy
from typing import Any

from django.core.exceptions import BadRequest, FieldDoesNotExist, ValidationError
from django.db import DataError, transaction
from django.db.models import Model
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.utils.text import capfirst

from core_site.admin_kit.django_types import (
    InlineAdminMixin,
    ModelAdminMixin,
    ModelForm,
)


class FormDefaultsMixin(ModelAdminMixin):
    """Mixin of a ``ModelAdmin``: its add form starts with the model's defaults.

    Parameters in the query string of the add page come before the defaults.
    """

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Return the initial values in the query string, as in ``add/?product=7``.

        Raises:
            BadRequest: a column cannot hold its value.
        """
        initial = super().get_changeform_initial_data(request)
        for name, value in initial.items():
            try:
                _check_can_hold(self.model, name, value)
            except (DataError, OverflowError, TypeError, ValueError, ValidationError) as problem:
                raise BadRequest(f"the column {name} cannot hold this value") from problem
        return initial

    def get_form(
        self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any
    ) -> type[ModelForm]:
        return with_defaults(super().get_form(request, obj, change=change, **kwargs))


class InlineDefaultsMixin(InlineAdminMixin):
    """Mixin of an inline: an added row starts with the model's defaults."""

    def get_formset(
        self, request: HttpRequest, obj: Model | None = None, **kwargs: Any
    ) -> "type[BaseInlineFormSet[Any, Any, Any]]":
        formset = super().get_formset(request, obj, **kwargs)
        with_defaults(formset.form)
        return formset


def with_defaults(form: type[ModelForm]) -> type[ModelForm]:
    """Give each declared field of a form class the label and the default of its column.

    A label or an initial value that the field has already stays.
    """
    for name, field in form.base_fields.items():
        if field.label is None and (words := _column_name(form._meta.model, name)):
            form.base_fields[name] = field = copy(field)
            field.label = words
        default = _column_default(form._meta.model, name)
        if field.initial is None and default is not None:
            # Declared fields are shared between form classes.
            form.base_fields[name] = copy(field)
            form.base_fields[name].initial = default
    return form


def _check_can_hold(model: type[Model], name: str, value: Any) -> None:
    """Raise what Django or PostgreSQL raises for a value that a column of ``model`` cannot hold."""
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return
    if field.related_model and (field.many_to_one or field.many_to_many):
        values = value if isinstance(value, list) else [value]
        # A savepoint where a transaction is open, which the error would spoil otherwise.
        with transaction.atomic():
            field.related_model._base_manager.filter(pk__in=values).exists()


def _column_name(model: type[Model], name: str) -> str:
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return ""
    return capfirst(str(field.verbose_name)) if field.concrete else ""


def _column_default(model: type[Model], name: str) -> Any:
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    # Callable defaults stay callable: a form calls them for each new row.
    return field.default if field.concrete and field.has_default() else None
