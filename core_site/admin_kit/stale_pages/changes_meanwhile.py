"""Describe what others changed since a page was opened, by whom and when.

The changes are found by comparing values. Actor and time are read from the audit trail or, for
tables without one (staff users and groups), from the admin's log.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any, cast

from django import forms
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Field, Model

from core_site.admin_kit.django_types import ModelForm
from core_site.admin_kit.stale_pages.versions import (
    Rows,
    Value,
    Values,
    editable_fields,
    stored_values,
)
from core_site.admin_kit.viewer_zone import format_instant
from core_site.row_history import EMPTY, RowChange, load_changes

#: How many of the latest versions of a row are searched for the actor of a change.
VERSIONS_LOOKED_AT = 20


def changes_of_values(form: ModelForm, before: Values) -> Iterator[str]:
    """Yield a line for each field whose stored value differs from ``before``: old and new value.

    ``form`` is that of the row as it is stored now.
    """
    now = stored_values(form)
    changed = [
        (name, form_field)
        for name, form_field in editable_fields(form)
        if name in before and now[name] != before[name]
    ]
    # Most rows of most pages have not changed: their history is not read.
    history = _load_history(type(form.instance), form.instance.pk) if changed else []
    for name, form_field in changed:
        label = form_field.label or name.replace("_", " ").capitalize()
        earlier, current = (format_value(form_field, values[name]) for values in (before, now))
        yield f"{label}: {earlier} → {current}{_by_whom(history, partial(_names, name=name))}"


def changes_of_columns(row: Model, before: dict[str, str], now: dict[str, str]) -> Iterator[str]:
    """Yield a line for each column of a row whose value differs between ``before`` and ``now``."""
    changed = [name for name, value in now.items() if name in before and value != before[name]]
    history = _load_history(type(row), row.pk) if changed else []
    for name in changed:
        label = str(cast("Field[Any, Any]", row._meta.get_field(name)).verbose_name).capitalize()
        by = _by_whom(history, partial(_names, name=name))
        yield f"{label}: {before[name] or EMPTY} → {now[name] or EMPTY}{by}"


def changes_of_rows(
    model: type[Model], before: Rows, forms_now: Sequence[ModelForm]
) -> Iterator[str]:
    """Yield a line for each row of an inline that was changed, added or deleted."""
    kind = str(model._meta.verbose_name).capitalize()
    now = {str(form.instance.pk): form for form in forms_now}
    for pk, form in now.items():
        if pk not in before:
            history = _load_history(model, pk)
            by = _by_whom(history, lambda change: change.kind == "Added")
            yield f"{kind} “{form.instance}” was added{by}"
        else:
            for line in changes_of_values(form, before[pk]):
                yield f"{kind} “{form.instance}”, {line}"
    for pk in before.keys() - now.keys():
        history = _load_history(model, pk)
        name = next((f"“{change.row}”" for change in history), pk)
        by = _by_whom(history, lambda change: change.kind == "Deleted")
        yield f"{kind} {name} was deleted{by}"


def deleted_by(model: type[Model], pk: object) -> str:
    """Return in brackets who deleted a row and when; empty if no record of the deletion exists."""
    return _by_whom(_load_history(model, pk), lambda change: change.kind == "Deleted").rstrip(".")


def _load_history(model: type[Model], pk: object) -> list[RowChange]:
    return load_changes(model, pgh_obj_id=pk, limit=VERSIONS_LOOKED_AT) or list(
        _log_entries(model, pk)
    )


def _log_entries(model: type[Model], pk: object) -> Iterator[RowChange]:
    """Yield the admin's own log of a row, the newest first."""
    entries = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(model), object_id=str(pk)
    )
    for entry in entries.select_related("user").order_by("-pk")[:VERSIONS_LOOKED_AT]:
        kind = "Deleted" if entry.is_deletion() else "Added" if entry.is_addition() else "Changed"
        yield RowChange(
            at=entry.action_time,
            kind=kind,
            row=entry.object_repr,
            fields=(),
            who=f"Staff: {entry.user}",
            request_id="",
            version=entry,
        )


def _names(change: RowChange, name: str) -> bool:
    """Return whether this change may be that of the field; the admin's log names no columns."""
    return not change.fields or any(field.name == name for field in change.fields)


def _by_whom(history: Iterable[RowChange], is_it: Callable[[RowChange], bool]) -> str:
    change = next((change for change in history if is_it(change)), None)
    return f" ({change.who}, {_moment(change.at)})." if change else "."


def _moment(at: datetime) -> str:
    return format_instant(at, "%Y-%m-%d %H:%M:%S")


def format_value(form_field: forms.Field, value: Value) -> str:
    """Return a value for display: the label of a choice, the name of a row, yes or no."""
    if value in ("", []):
        return EMPTY
    if isinstance(form_field, forms.BooleanField):
        return "yes" if value == "True" else "no"
    values = value if isinstance(value, list) else [value]
    if isinstance(form_field, forms.ModelChoiceField) and form_field.queryset is not None:
        rows = form_field.queryset.model._base_manager.in_bulk(values)
        found = {str(pk): str(row) for pk, row in rows.items()}
    else:
        found = dict(_flat(getattr(form_field, "choices", ())))
    return ", ".join(found.get(part, part) for part in values)


def _flat(choices: Iterable[tuple[object, object]]) -> Iterator[tuple[str, str]]:
    for value, label in choices:
        if isinstance(label, list | tuple):
            yield from _flat(label)
        else:
            yield str(value), str(label)
