"""The columns of an exported list: first those of its page, then the stored columns of its rows.

The page's columns are formatted texts; the stored ones are numbers and times, with which a
spreadsheet can calculate. Amounts are in major units of their currency, times in UTC, as their
heading says. Columns that the staff user may not see are left out.
"""

import html
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.contrib.admin.utils import label_for_field, lookup_field
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import DateTimeField, Field, ForeignKey, GeneratedField, Model
from django.utils.html import strip_tags

from core_site.personal_data import is_hidden
from shared_domain.money import currency_precision

#: The checkbox, which is no data.
_NO_DATA = frozenset({"action_checkbox"})

#: The end of the names of columns with amounts of money.
_MONEY = "_minor"

Cell = str | int | float | Decimal | bool | date | datetime | None


@dataclass(frozen=True, slots=True)
class ExportColumn:
    """A column of the file: its heading, and the function that reads its cell from a row."""

    title: str
    read: Callable[[Any], Cell]


def export_columns(changelist: ChangeList, *, shows_personal_data: bool) -> list[ExportColumn]:
    """Return the columns of a list that the staff user may see."""
    admin: Any = changelist.model_admin
    no_data = _NO_DATA | admin.columns_of_buttons
    shown = [name for name in changelist.list_display if name not in no_data]
    columns = [_shown_column(changelist, name) for name in shown]
    model: type[Model] = changelist.model
    names, is_deferred = changelist.queryset.query.deferred_loading
    for field in model._meta.concrete_fields:
        # A deferred column would need a query for each row.
        is_loaded = (field.name in names) is not is_deferred
        is_shown = not is_hidden(model, field.name, shows_personal_data=shows_personal_data)
        if is_loaded and is_shown:
            columns.append(_stored_column(changelist, field))
    return columns


def read_row(columns: Sequence[ExportColumn], row: Model) -> Iterator[Cell]:
    return (column.read(row) for column in columns)


def _shown_column(changelist: ChangeList, name: Any) -> ExportColumn:
    admin = changelist.model_admin
    title = str(label_for_field(name, changelist.model, admin))
    fields = {field.name: field for field in changelist.model._meta.concrete_fields}
    zone = _name_zone(fields[name]) if name in fields else ""
    words = dict(fields[name].flatchoices) if name in fields else {}

    def read(row: Model) -> Cell:
        try:
            _, _, value = lookup_field(name, row, admin)
        except ObjectDoesNotExist:
            return None
        # A choice in the words of its page; its own column has it as it is stored.
        return _plain(words.get(value, value) if words else value)

    return ExportColumn(f"{title[:1].upper()}{title[1:]}{zone}", read)


def _stored_column(changelist: ChangeList, field: "Field[Any, Any]") -> ExportColumn:
    if field.name.endswith(_MONEY):
        admin: Any = changelist.model_admin
        return ExportColumn(
            f"{field.name.removesuffix(_MONEY)} (amount)",
            lambda row: _amount(admin.signed_minor(row, field.name), getattr(row, "currency", "")),
        )
    if isinstance(field, ForeignKey):
        return ExportColumn(f"{field.name} (id)", lambda row: _plain(getattr(row, field.attname)))
    title = f"{field.name}{_name_zone(field)}"
    return ExportColumn(title, lambda row: _plain(getattr(row, field.attname)))


def _name_zone(field: "Field[Any, Any]") -> str:
    """Return what the heading of a column of times ends with: a file has no viewer's clock."""
    stored = field.output_field if isinstance(field, GeneratedField) else field
    return " (UTC)" if isinstance(stored, DateTimeField) else ""


def amount_cell(minor: int, currency: str) -> Decimal:
    """Return an amount as a number in major units of its currency: ``Decimal("45.00")``."""
    return Decimal(minor).scaleb(-currency_precision(currency))


def _amount(minor: int | None, currency: str) -> Cell:
    return minor if minor is None or not currency else amount_cell(minor, currency)


def _plain(value: Any) -> Cell:
    """Return a value as a cell: markup becomes its text, everything odd becomes text."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
    if value is None or isinstance(value, bool | int | float | Decimal | date):
        return value
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, list | tuple | set):
        return ", ".join(str(_plain(part)) for part in value)
    text = str(value)
    if hasattr(value, "__html__"):
        return " ".join(html.unescape(strip_tags(text.replace("<br>", " "))).split())
    return text
