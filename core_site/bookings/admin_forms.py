"""What staff fill in to confirm, cancel or redeem. The rules are in ``shared_domain.bookings``.

The fields that a confirmation lacks are named as the service names them when it refuses
(``contact.firstName``, ``unitItems[0].contact.emailAddress``), so a refusal lands on its field.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.core.validators import RegexValidator
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from core_site.catalog.validation import locale
from shared_domain.bookings import Booking, Change, ItemWish, UnitItem
from shared_domain.catalog import ContactField

LONGEST_REASON = 1_000

_country = RegexValidator(r"^[A-Z]{2}\Z", "Use the ISO 3166 code of two capital letters, as in PT.")

_LABELS = {
    ContactField.FIRST_NAME: "First name",
    ContactField.LAST_NAME: "Last name",
    ContactField.EMAIL_ADDRESS: "E-mail address",
    ContactField.PHONE_NUMBER: "Telephone",
    ContactField.COUNTRY: "Country",
    ContactField.NOTES: "Notes",
    ContactField.LOCALES: "Languages",
    ContactField.POSTAL_CODE: "Postal code",
}


class ConfirmForm(forms.Form):
    """Asks for the contact fields that option and units require and the booking lacks."""

    def __init__(self, booking: Booking, data: Mapping[str, Any] | None) -> None:
        super().__init__(data)
        self._booking = booking
        for field in booking.contact.missing(booking.option.required_contact_fields):
            self.fields[f"contact.{field}"] = _contact_field(field, _LABELS[field])
        for position, item in enumerate(booking.unit_items):
            for field in item.contact.missing(item.unit.required_contact_fields):
                label = f"Ticket {position + 1}, {item.unit.internal_name}: {_LABELS[field]}"
                name = f"unitItems[{position}].contact.{field}"
                self.fields[name] = _contact_field(field, label)

    def change(self) -> Change:
        """Return what was filled in, as the service takes it."""
        items = tuple(
            ItemWish(
                unit_code=item.unit.code,
                uuid=item.uuid,
                contact=self._filled_in(f"unitItems[{position}].contact."),
            )
            for position, item in enumerate(self._booking.unit_items)
        )
        return Change(
            contact=self._filled_in("contact."),
            unit_items=items if any(item.contact for item in items) else None,
        )

    def _filled_in(self, prefix: str) -> dict[str, Any]:
        return {
            _attribute(name.removeprefix(prefix)): value
            for name, value in self.cleaned_data.items()
            if name.startswith(prefix)
        }


def _contact_field(field: ContactField, label: str) -> forms.CharField:
    widget = UnfoldAdminTextInputWidget()
    match field:
        case ContactField.EMAIL_ADDRESS:
            return forms.EmailField(label=label, widget=widget)
        case ContactField.COUNTRY:
            return forms.CharField(
                label=label, widget=widget, validators=[_country], help_text="As in PT."
            )
        case ContactField.LOCALES:
            return _LocalesField(label=label, widget=widget, help_text="As in pt-PT, en.")
    return forms.CharField(label=label, widget=widget, max_length=255)


class _LocalesField(forms.CharField):
    def to_python(self, value: object) -> tuple[str, ...]:
        tags = tuple(tag for tag in re.split(r"[,\s]+", super().to_python(value)) if tag)
        for tag in tags:
            locale(tag)
        return tags


def _attribute(name: str) -> str:
    return re.sub(r"[A-Z]", lambda capital: f"_{capital[0].lower()}", name)


class CancelForm(forms.Form):
    reason = forms.CharField(
        max_length=LONGEST_REASON,
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
        help_text="The partner sees it.",
    )


class RedeemForm(forms.Form):
    """The whole booking by its voucher, or the tickets that are there."""

    admit = forms.ChoiceField(
        label="Who is here",
        choices=[("all", "Everybody: the whole booking"), ("some", "Only these tickets:")],
        widget=UnfoldAdminRadioSelectWidget,
    )
    tickets = forms.MultipleChoiceField(
        required=False, widget=UnfoldAdminCheckboxSelectMultipleWidget
    )

    def __init__(
        self,
        unused: Iterable[UnitItem],
        data: Mapping[str, Any] | None,
        *,
        scanned: str | None = None,
    ) -> None:
        super().__init__(data)
        choices = [
            (str(item.uuid), f"{item.supplier_reference}, {item.unit.internal_name}")
            for item in unused
        ]
        self.fields["tickets"].choices = choices
        is_one_of_them = scanned in dict(choices)
        self.initial = {
            "admit": "some" if is_one_of_them else "all",
            "tickets": [scanned] if is_one_of_them else [],
        }

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.cleaned_data.get("admit") == "some" and self.cleaned_data.get("tickets") == []:
            self.add_error("tickets", "Choose at least one ticket.")
        return cleaned

    @property
    def chosen(self) -> frozenset[UUID] | None:
        """The tickets to redeem; None is the whole booking."""
        if self.cleaned_data["admit"] == "all":
            return None
        return frozenset(UUID(uuid) for uuid in self.cleaned_data["tickets"])


class CodeForm(forms.Form):
    """A voucher's or ticket's code, scanned or typed; a booking's reference does as well."""

    code = forms.CharField(
        max_length=64,
        widget=UnfoldAdminTextInputWidget({"autofocus": True, "autocomplete": "off"}),
        help_text="Scan or type the code of a voucher or ticket, or a booking's reference.",
    )

    def clean_code(self) -> str:
        # Source: Crockford's base 32: who reads O or I off a ticket means 0 or 1.
        code = re.sub(r"\s", "", self.cleaned_data["code"]).upper()
        if code.startswith("PT-"):
            return code
        return code.replace("-", "").translate(str.maketrans("OIL", "011"))
