"""The response to saving a row that was deleted meanwhile: 410, with everything that was typed.

Django redirects to the admin's index, and what was typed is lost. This page (RFC 9110, section
15.5.11) says who deleted the row and shows every field as it was sent, to copy from. It leaves out
passwords, hidden fields, and parameters that belong to no field.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib.admin.utils import flatten_fieldsets, unquote
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.core.exceptions import ValidationError
from django.core.signing import BadSignature
from django.db.models import Model
from django.db.models.options import Options
from django.forms.formsets import ManagementForm
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from core_site.admin_kit.django_types import ModelAdminMixin, ModelForm
from core_site.admin_kit.row_counts import check_row_counts
from core_site.admin_kit.stale_pages.changes_meanwhile import deleted_by, format_value
from core_site.admin_kit.stale_pages.versions import (
    FIELD,
    PageVersion,
    Values,
    editable_fields,
    typed_values,
)
from core_site.row_history import EMPTY


@dataclass(frozen=True)
class TypedField:
    """A field as it was sent; ``before`` is its value on the opened page, empty if unknown."""

    label: str
    before: str
    typed: str


@dataclass(frozen=True)
class TypedRow:
    """The typed fields of the page's own row, or of a row of one of its inlines."""

    name: str
    fields: Sequence[TypedField]


class DeletedRowMixin(ModelAdminMixin):
    """Mixin of a ``ModelAdmin``: answers 410, with what was typed, to the save of a deleted row."""

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: "Options[Any]", object_id: str
    ) -> HttpResponse:
        if request.method != "POST" or FIELD not in request.POST:
            return super()._get_obj_does_not_exist_redirect(request, opts, object_id)
        row = self.model()
        try:
            row.pk = self.model._meta.pk.to_python(unquote(object_id))
        except ValidationError:
            return super()._get_obj_does_not_exist_redirect(request, opts, object_id)
        add_url = f"admin:{opts.app_label}_{opts.model_name}_add"
        context = {
            **self.admin_site.each_context(request),
            "opts": opts,
            "title": f"This {opts.verbose_name} no longer exists",
            "deleted_by": deleted_by(self.model, row.pk),
            "rows": list(self._typed_rows(request, row)),
            "add_url": reverse(add_url) if self.has_add_permission(request) else None,
        }
        return TemplateResponse(request, "portico/gone.html", context, status=410)

    def _typed_rows(self, request: HttpRequest, row: Model) -> Iterator[TypedRow]:
        fields = flatten_fieldsets(self.get_fieldsets(request, row))
        form = self.get_form(request, row, change=True, fields=fields)(request.POST, instance=row)
        before = _read_version(request, row)
        yield TypedRow(str(self.opts.verbose_name).capitalize(), _typed_fields(form, before.own))
        for inline in self.get_inline_instances(request, row):
            if not inline.has_change_permission(request, row):
                continue
            formset = inline.get_formset(request, row)
            prefix = formset.get_default_prefix()
            kind = str(inline.opts.verbose_name).capitalize()
            for form in _sent_forms(formset, request, prefix):
                shown_then = before.rows.get(prefix, {}).get(_row_key(form), {})
                typed = _typed_fields(form, shown_then)
                if any(field.typed != EMPTY for field in typed):
                    yield TypedRow(kind, typed)


def _read_version(request: HttpRequest, row: Model) -> PageVersion:
    try:
        return PageVersion.from_signed(request.POST[FIELD], row)
    except BadSignature:
        return PageVersion({}, {})


def _sent_forms(
    formset: "type[BaseInlineFormSet[Any, Any, Any]]", request: HttpRequest, prefix: str
) -> Iterator[ModelForm]:
    """Yield the forms of the rows as they were sent, none of which is stored any more."""
    check_row_counts(request, prefix)
    management = ManagementForm(request.POST, prefix=prefix)
    if not management.is_valid():
        return
    for number in range(management.cleaned_data["TOTAL_FORMS"] or 0):
        yield formset.form(request.POST, prefix=f"{prefix}-{number}")


def _row_key(form: ModelForm) -> Any:
    return form.data.get(form.add_prefix(form._meta.model._meta.pk.name))


def _typed_fields(form: ModelForm, before: Values) -> list[TypedField]:
    typed = typed_values(form)
    return [
        TypedField(
            label=str(form_field.label or name.replace("_", " ").capitalize()),
            before=format_value(form_field, before[name]) if name in before else "",
            typed=format_value(form_field, typed[name]),
        )
        for name, form_field in editable_fields(form)
        if not _is_secret(form_field)
    ]


def _is_secret(form_field: forms.Field) -> bool:
    widget = form_field.widget
    widget = widget.widget if isinstance(widget, RelatedFieldWidgetWrapper) else widget
    return widget.is_hidden or getattr(widget, "input_type", "") == "password"
