"""Show a refused page again with what was typed, after its rows were changed by others.

What was typed stays. Fields that the user left alone take the values that are stored now, so that
saving again does not undo the changes of others. A row of an inline that was deleted meanwhile
becomes a new row if it was edited, and is left out otherwise.
"""

from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.http import QueryDict

from core_site.admin_kit.django_types import InlineFormSet, ModelForm
from core_site.admin_kit.stale_pages.versions import (
    Rows,
    Values,
    as_value,
    editable_fields,
    typed_values,
)


def follow_what_is_stored(form: ModelForm, before: Values) -> None:
    """Set the fields of a bound form that the user left alone to the values stored now."""
    typed = typed_values(form)
    data = cast(QueryDict, form.data).copy()
    for name, form_field in editable_fields(form):
        stored = form_field.prepare_value(form.get_initial_for_field(form_field, name))
        if name in before and typed[name] == before[name] != as_value(form_field, stored):
            _fill(data, form_field.widget, form.add_prefix(name), stored)
    form.data = data


def _fill(data: QueryDict, widget: forms.Widget, name: str, value: Any) -> None:
    """Put a value into the data of a form as a browser would send it."""
    if isinstance(widget, forms.MultiWidget):
        contents = widget.decompress(value) or ()
        names = widget.widgets_names  # type: ignore[attr-defined]  # django-stubs lacks it
        parts = zip(widget.widgets, names, contents, strict=True)
        for part, suffix, content in parts:
            _fill(data, part, name + suffix, content)
        return
    shown = widget.format_value(value)
    data.pop(name, None)
    if isinstance(widget, forms.CheckboxInput):
        if value:
            data[name] = "on"
    elif isinstance(shown, list | tuple):
        data.setlist(name, [str(part) for part in shown])
    else:
        data[name] = "" if shown is None else str(shown)


def without_deleted_rows(data: QueryDict, formset: InlineFormSet, before: Rows) -> QueryDict:
    """Return the data of a formset without the rows that others deleted meanwhile.

    Those of them that the user edited are kept as new rows.
    """
    there, anew = [], []
    for number, form in enumerate(formset.initial_forms):
        if form.instance.pk is not None:
            there.append(number)
        elif _was_edited(form, before):
            anew.append(number)
    added = range(formset.initial_form_count(), formset.total_form_count())
    return _renumber(data, formset, [*there, *anew, *added], initial=len(there), anew=anew)


def has_deleted_rows(formset: InlineFormSet) -> bool:
    return any(form.instance.pk is None for form in formset.initial_forms)


def _was_edited(form: ModelForm, before: Rows) -> bool:
    pk = str(form[form._meta.model._meta.pk.name].data)
    is_dropped = "DELETE" in form.fields and form["DELETE"].data
    return not is_dropped and typed_values(form) != before.get(pk)


def _renumber(
    data: QueryDict, formset: InlineFormSet, order: list[int], *, initial: int, anew: list[int]
) -> QueryDict:
    pk_name = formset.model._meta.pk.name
    renumbered = data.copy()
    rows: dict[int, Mapping[str, list[str]]] = {}
    for old in range(formset.total_form_count()):
        start = f"{formset.add_prefix(old)}-"
        names = [name for name in data if name.startswith(start)]
        rows[old] = {name.removeprefix(start): renumbered.pop(name) for name in names}
    for new, old in enumerate(order):
        for name, values in rows[old].items():
            is_gone = old in anew and name == pk_name
            renumbered.setlist(f"{formset.add_prefix(new)}-{name}", [""] if is_gone else values)
    renumbered[f"{formset.prefix}-TOTAL_FORMS"] = str(len(order))
    renumbered[f"{formset.prefix}-INITIAL_FORMS"] = str(initial)
    return renumbered
