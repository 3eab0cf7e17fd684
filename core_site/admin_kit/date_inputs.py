"""Date inputs drawn by the browser; a script's calendar in each row would make long pages heavy."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db import models
from unfold.widgets import UnfoldAdminTextInputWidget


class DateInput(UnfoldAdminTextInputWidget):
    """An ``<input type="date">``, which works by keyboard, mouse and touch in every browser."""

    input_type = "date"

    def format_value(self, value: Any) -> str | None:
        return forms.DateInput(format="%Y-%m-%d").format_value(value)


#: For ``formfield_overrides``.
BROWSER_DATES: "Mapping[type[models.Field[Any, Any]], Mapping[str, Any]]" = {
    models.DateField: {"widget": DateInput}
}
