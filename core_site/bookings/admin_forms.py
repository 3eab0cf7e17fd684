"""What staff fill in to confirm a booking. The rules are in ``shared_domain.bookings``.

The fields that a confirmation lacks are named as the service names them when it refuses
(``contact.firstName``, ``unitItems[0].contact.emailAddress``), so a refusal lands on its field.
"""

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from unfold.widgets import (
    UnfoldAdminTextInputWidget,
)

from core_site.catalog.validation import locale
from shared_domain.bookings import Booking, Change, ItemWish
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
