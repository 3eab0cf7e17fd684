"""The version of an admin page: the stored values behind its form and its inline rows, signed.

A page that is opened carries this along, signed, and brings it back when it is saved, so that the
save can tell what was changed by others meanwhile. Only what the page can edit is in it: whatever
else happens to a row does not stand in its way, and it is not overwritten either.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core import signing
from django.db.models import Model
from django.forms.models import InlineForeignKeyField

from core_site.admin_kit.django_types import InlineFormSet, ModelForm

#: Salt of the signature, so that no other signed value passes for a version.
_SALT = "core_site.admin_kit.stale_pages.versions"

#: The hidden field of a form that carries the version.
FIELD = "page_version"

#: A stored value as text, or as texts for a field that holds several.
Value = str | list[str]
Values = dict[str, Value]

#: The values of the rows of one inline, by their ids.
Rows = dict[str, Values]


class PageVersionField(forms.CharField):
    """Carries the version of a page; no change of the row, so the log does not name it."""

    def __init__(self) -> None:
        super().__init__(required=False, widget=forms.HiddenInput)

    def has_changed(self, initial: object, data: object) -> bool:
        return False


@dataclass(frozen=True)
class PageVersion:
    """The values of the page's own row, and its inline rows by the prefix of their formset."""

    own: Values
    rows: dict[str, Rows]

    def sign(self, row: Model) -> str:
        return signing.dumps([_name(row), self.own, self.rows], salt=_SALT, compress=True)

    @staticmethod
    def of_signed(text: str, row: Model) -> "PageVersion":
        """Return the version that a page of this row brought back.

        Raises:
            signing.BadSignature: it is none of ours, or of another row.
        """
        name, own, rows = signing.loads(text, salt=_SALT)
        if name != _name(row):
            raise signing.BadSignature(f"a version of {name}")
        return PageVersion(own, rows)


def _name(row: Model) -> str:
    return f"{row._meta.label_lower}:{row.pk}"


def stored_rows(formset: InlineFormSet) -> Rows:
    """Return what is stored in the rows of an unbound formset, on all its pages.

    Paging shows other rows, with the same version.
    """
    if hasattr(formset, "paginator") and formset.paginator.num_pages > 1:
        formset = without_paging(formset)
    return {str(form.instance.pk): stored_values(form) for form in formset.initial_forms}


def without_paging(formset: InlineFormSet) -> InlineFormSet:
    """Return the same formset, unbound and with all its rows, as they are stored now."""
    return type(formset)(
        instance=formset.instance, prefix=formset.prefix, queryset=formset.queryset
    )


def stored_values(form: ModelForm) -> Values:
    """Return what is stored in the fields that the form can edit."""
    return {
        name: as_value(form_field, form.get_initial_for_field(form_field, name))
        for name, form_field in editable_fields(form)
    }


def typed_values(form: ModelForm) -> Values:
    """Return what was typed into a bound form, comparable with what is stored.

    What the field cannot read is kept as it was typed.
    """
    values: Values = {}
    for name, form_field in editable_fields(form):
        typed = form[name].data
        try:
            values[name] = as_value(form_field, _read(form_field, typed))
        except forms.ValidationError:
            values[name] = str(typed)
    return values


def _read(form_field: forms.Field, typed: Any) -> Any:
    # A field of several parts, such as a date and a time, puts them together in ``clean``.
    is_made_of_parts = isinstance(form_field, forms.MultiValueField)
    return form_field.clean(typed) if is_made_of_parts else form_field.to_python(typed)


def editable_fields(form: ModelForm) -> Iterator[tuple[str, forms.Field]]:
    """Yield the fields of a form that change its row."""
    of_formset = {form._meta.model._meta.pk.name, "DELETE", "ORDER", FIELD}
    for name, form_field in form.fields.items():
        is_fixed = form_field.disabled or isinstance(form_field, InlineForeignKeyField)
        if name not in of_formset and not is_fixed:
            yield name, form_field


def as_value(form_field: forms.Field, value: Any) -> Value:
    """Return a field's value as it is compared and signed."""
    prepared = form_field.prepare_value(value)
    if prepared is None:
        return ""
    if isinstance(prepared, list | tuple | set):
        # The boxes that are ticked have no order.
        return sorted(str(part) for part in prepared)
    return str(prepared)
