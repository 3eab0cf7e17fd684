"""The form by which staff confirm a booking; its rules are in ``shared_domain.bookings``.

Its fields have the names by which ``staff_messages`` refers to them, so that a refusal is shown
beside the field at fault.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from core_site.checked_texts import CheckedLocales, CheckedText
from core_site.staff_messages import contact_field_name
from shared_domain import contact_data
from shared_domain.bookings import Booking, BookingChange, UnitItemRequest
from shared_domain.catalog import ContactField

CONTACT_LABELS = {
    ContactField.FIRST_NAME: "First name",
    ContactField.LAST_NAME: "Last name",
    ContactField.EMAIL_ADDRESS: "E-mail address",
    ContactField.PHONE_NUMBER: "Telephone",
    ContactField.COUNTRY: "Country",
    ContactField.NOTES: "Notes",
    ContactField.LOCALES: "Languages",
    ContactField.POSTAL_CODE: "Postal code",
}

#: What staff change of a contact, in the order of the form; notes have a field of their own.
CHANGED_CONTACT_FIELDS = (
    ContactField.FIRST_NAME,
    ContactField.LAST_NAME,
    ContactField.EMAIL_ADDRESS,
    ContactField.PHONE_NUMBER,
    ContactField.LOCALES,
    ContactField.COUNTRY,
    ContactField.POSTAL_CODE,
)


class ConfirmForm(forms.Form):
    """A field for each contact detail that the option or a unit requires and the booking lacks."""

    def __init__(self, booking: Booking, data: Mapping[str, Any] | None) -> None:
        super().__init__(data)
        self._booking = booking
        for field in booking.contact.missing(booking.option.required_contact_fields):
            self.fields[contact_field_name(field.attribute)] = contact_field(
                field, CONTACT_LABELS[field]
            )
        for position, item in enumerate(booking.unit_items):
            for field in item.contact.missing(item.unit.required_contact_fields):
                label = f"Ticket {position + 1}, {item.unit.internal_name}: {CONTACT_LABELS[field]}"
                name = contact_field_name(field.attribute, position)
                self.fields[name] = contact_field(field, label)

    def change(self) -> BookingChange:
        """Return the cleaned data as the ``BookingChange`` of the service."""
        items = tuple(
            UnitItemRequest(
                unit_code=item.unit.code,
                uuid=item.uuid,
                contact=self._filled_in(contact_field_name("", position)),
            )
            for position, item in enumerate(self._booking.unit_items)
        )
        return BookingChange(
            contact=self._filled_in(contact_field_name("")),
            unit_items=items if any(item.contact for item in items) else None,
        )

    def _filled_in(self, prefix: str) -> dict[str, Any]:
        return {
            name.removeprefix(prefix): value
            for name, value in self.cleaned_data.items()
            if name.startswith(prefix)
        }


#: For each field that is not a plain line of text: its rule, its limit in characters, its help.
_RULES: Mapping[ContactField, tuple[Callable[[str], str], int, str]] = {
    ContactField.EMAIL_ADDRESS: (
        contact_data.normalise_email,
        contact_data.LONGEST_EMAIL,
        "As in guest@example.com.",
    ),
    ContactField.PHONE_NUMBER: (
        contact_data.normalise_telephone,
        contact_data.LONGEST_LINE,
        "As in +351 210 000 000, or as it is dialled in the guest's country.",
    ),
    ContactField.COUNTRY: (contact_data.normalise_country, contact_data.LONGEST_LINE, "As in PT."),
    ContactField.NOTES: (contact_data.normalise_note, contact_data.LONGEST_NOTE, ""),
}

_LINE = (contact_data.normalise_line, contact_data.LONGEST_LINE, "")


def contact_field(field: ContactField, label: str) -> forms.Field:
    """Return the form field for a contact's attribute: it validates by ``contact_data``'s rule."""
    if field is ContactField.LOCALES:
        return CheckedLocales(
            label=label, widget=UnfoldAdminTextInputWidget(), help_text="As in pt-PT, en."
        )
    rule, longest, help_text = _RULES.get(field, _LINE)
    is_long = field is ContactField.NOTES
    widget = UnfoldAdminTextareaWidget({"rows": 3}) if is_long else UnfoldAdminTextInputWidget()
    return CheckedText(rule, label=label, widget=widget, help_text=help_text, max_length=longest)
