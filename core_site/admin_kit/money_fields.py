"""Form fields for money and percentages: ``45.50`` is stored as 4550 cents, ``12.5`` as 1250.

The currency is a field of the same form, so an amount is parsed only after the currency is known:
see :class:`MoneyInputMixin`.
"""

from typing import Any

from django import forms
from django.db.models import Model
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminTextInputWidget

from core_site.admin_kit.django_types import BaseAdminMixin, ModelFormMixin
from core_site.admin_kit.money_format import (
    AmountUnreadable,
    basis_points,
    minor_units,
    per_cent,
    typed_money,
)

#: In characters: long enough for the highest amount with separators, and cheap to parse.
LONGEST_TYPED = 40


class MoneyField(forms.CharField):
    """An amount in the major units of a currency; its clean value is the text that was typed.

    ``currency`` is that of the form's initial amount; ``MoneyInputMixin`` sets it.
    """

    currency = "EUR"

    def __init__(self, **kwargs: Any) -> None:
        widget = UnfoldAdminTextInputWidget({"inputmode": "decimal"})
        super().__init__(**{"max_length": LONGEST_TYPED, "widget": widget, **kwargs})

    def prepare_value(self, value: object) -> object:
        return typed_money(value, self.currency) if isinstance(value, int) else value

    def has_changed(self, initial: object, data: object) -> bool:
        if not isinstance(initial, int) or not data:
            return super().has_changed(self.prepare_value(initial), data)
        try:
            return minor_units(str(data), self.currency) != initial
        except AmountUnreadable:
            return True


class PerCentField(forms.CharField):
    """A percentage with at most two decimals. Its clean value is in basis points."""

    def __init__(self, **kwargs: Any) -> None:
        widget = UnfoldAdminTextInputWidget({"inputmode": "decimal", "suffix": "%"})
        super().__init__(**{"max_length": LONGEST_TYPED, "widget": widget, **kwargs})

    def prepare_value(self, value: object) -> object:
        return per_cent(value) if isinstance(value, int) else value

    def clean(self, value: object) -> Any:
        text = super().clean(value)
        if text in self.empty_values:
            return text
        try:
            return basis_points(text)
        except AmountUnreadable as problem:
            raise forms.ValidationError(str(problem)) from None

    def has_changed(self, initial: object, data: object) -> bool:
        try:
            return basis_points(str(data or "")) != initial
        except AmountUnreadable:
            return super().has_changed(self.prepare_value(initial), data)


class MoneyInputMixin(ModelFormMixin):
    """Mixin of a ``ModelForm`` with a field ``currency``: parses its ``MoneyField`` values.

    Amounts are in the currency of the same form. When that is invalid, which is an error of its
    own, they are parsed as euros, only to report the errors of the amounts together with it.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        began_with = self.instance.currency or self.initial.get("currency")
        for field in self._money_fields().values():
            field.currency = began_with or field.currency

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        currency = cleaned.get("currency") or MoneyField.currency
        for name in self._money_fields():
            if name not in cleaned:
                continue
            try:
                cleaned[name] = minor_units(cleaned[name], currency)
            except AmountUnreadable as problem:
                self.add_error(name, str(problem))
        return cleaned

    def _money_fields(self) -> dict[str, MoneyField]:
        return {name: field for name, field in self.fields.items() if isinstance(field, MoneyField)}


class MoneyColumnsMixin(BaseAdminMixin):
    """Mixin of an admin class: staff users who may not change a row see formatted amounts.

    ``amounts`` maps each column of money or per cent to the read-only display shown instead of it.
    """

    amounts: dict[str, str] = {}

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        fields = super().get_fields(request, obj)
        return fields if self._may_type(request, obj) else [self._shown(name) for name in fields]

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        fieldsets = super().get_fieldsets(request, obj)
        if self._may_type(request, obj):
            return fieldsets
        return [
            (name, options | {"fields": [self._shown(entry) for entry in options["fields"]]})
            for name, options in fieldsets
        ]

    def get_readonly_fields(
        self, request: HttpRequest, obj: Model | None = None
    ) -> tuple[str, ...]:
        shown = () if self._may_type(request, obj) else tuple(self.amounts.values())
        return (*super().get_readonly_fields(request, obj), *shown)

    def _may_type(self, request: HttpRequest, obj: Model | None) -> bool:
        return self.has_change_permission(request, obj) or (
            obj is None and self.has_add_permission(request)
        )

    def _shown(self, field: Any) -> Any:
        if isinstance(field, list | tuple):
            return tuple(self._shown(name) for name in field)
        return self.amounts.get(field, field)
