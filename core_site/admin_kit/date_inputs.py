"""Date fields that the browser draws: of a page with many rows, calendars would be most of it."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db import models
from unfold.widgets import UnfoldAdminTextInputWidget


class DateInput(UnfoldAdminTextInputWidget):
    """An ``<input type="date">``, which every browser fills in by keyboard, mouse and touch."""

    input_type = "date"

    def format_value(self, value: Any) -> str | None:
        return forms.DateInput(format="%Y-%m-%d").format_value(value)


#: For ``formfield_overrides``.
BROWSER_DATES: "Mapping[type[models.Field[Any, Any]], Mapping[str, Any]]" = {
    models.DateField: {"widget": DateInput}
}
