"""The version of an admin page: the stored values behind its form and its inline rows, signed.

A page carries its version in a hidden field and sends it back when it is saved, so that the save
can tell what others have changed meanwhile. The version holds only the fields that the page can
edit: a save neither overwrites nor is refused for other columns.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core import signing
from django.db.models import Model
from django.forms.models import InlineForeignKeyField

from core_site.admin_kit.django_types import InlineFormSet, ModelForm

#: Salt of the signature, so that no other signed value is accepted as a version.
_SALT = "core_site.admin_kit.stale_pages.versions"

#: The hidden field of a form that carries the version.
FIELD = "page_version"

#: A stored value as text, or as texts for a field that holds several.
Value = str | list[str]
Values = dict[str, Value]

#: The values of the rows of one inline, by their ids.
Rows = dict[str, Values]


class PageVersionField(forms.CharField):
    """The hidden field with a page's version; it never counts as changed, so no log names it."""

    def __init__(self) -> None:
        super().__init__(required=False, widget=forms.HiddenInput)

    def has_changed(self, initial: object, data: object) -> bool:
        return False


@dataclass(frozen=True)
class PageVersion:
    """The values of a page's row, and those of its inline rows by the prefix of the formset."""

    own: Values
    rows: dict[str, Rows]

    def sign(self, row: Model) -> str:
        return signing.dumps([_name(row), self.own, self.rows], salt=_SALT, compress=True)

    @staticmethod
    def from_signed(text: str, row: Model) -> "PageVersion":
        """Return the version in the signed text that a page of this row sent back.

        Raises:
            signing.BadSignature: the signature is invalid, or the version is that of another row.
        """
        name, own, rows = signing.loads(text, salt=_SALT)
        if name != _name(row):
            raise signing.BadSignature(f"a version of {name}")
        return PageVersion(own, rows)


def _name(row: Model) -> str:
    return f"{row._meta.label_lower}:{row.pk}"


def stored_rows(formset: InlineFormSet) -> Rows:
    """Return the stored values of the rows of an unbound formset, on all of its pages.

    So the version of a page is the same whichever page of its inline is shown.
    """
    if hasattr(formset, "paginator") and formset.paginator.num_pages > 1:
        formset = without_paging(formset)
    return {str(form.instance.pk): stored_values(form) for form in formset.initial_forms}


def without_paging(formset: InlineFormSet) -> InlineFormSet:
    """Return an unbound copy of the formset with all of its rows, as they are stored now."""
    return type(formset)(
        instance=formset.instance, prefix=formset.prefix, queryset=formset.queryset
    )


def stored_values(form: ModelForm) -> Values:
    """Return the stored values of the fields that the form can edit."""
    return {
        name: as_value(form_field, form.get_initial_for_field(form_field, name))
        for name, form_field in editable_fields(form)
    }


def typed_values(form: ModelForm) -> Values:
    """Return the values that were typed into a bound form, comparable with stored values.

    A value that its field cannot parse is kept as the text that was typed.
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
    """Yield the name and the field of each form field that can change the row."""
    of_formset = {form._meta.model._meta.pk.name, "DELETE", "ORDER", FIELD}
    for name, form_field in form.fields.items():
        is_fixed = form_field.disabled or isinstance(form_field, InlineForeignKeyField)
        if name not in of_formset and not is_fixed:
            yield name, form_field


def as_value(form_field: forms.Field, value: Any) -> Value:
    """Return a field's value as text, or as a sorted list of texts, to compare and to sign."""
    prepared = form_field.prepare_value(value)
    if prepared is None:
        return ""
    if isinstance(prepared, list | tuple | set):
        # The boxes that are ticked have no order.
        return sorted(str(part) for part in prepared)
    return str(prepared)
