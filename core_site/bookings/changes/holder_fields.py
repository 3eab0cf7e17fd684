"""Form fields for what is known of the guests of single tickets, by which staff correct it.

They are named by the ticket's uuid and not by its place in the list, which another party changes.
"""

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from django import forms
from unfold.widgets import UnfoldAdminTextInputWidget

from core_site.bookings.admin_forms import (
    CHANGED_CONTACT_FIELDS,
    CONTACT_LABELS,
    contact_field,
)
from core_site.checked_texts import CheckedText
from shared_domain import contact_data
from shared_domain.bookings import Booking, Contact, UnitItem
from shared_domain.catalog import ContactField

#: Tickets of a larger group have no fields: the page would be endless.
MOST_NAMED_TICKETS = 60

FULL_NAME = "full_name"

_PREFIX = "holder."

_NAMES = frozenset({ContactField.FIRST_NAME, ContactField.LAST_NAME})


def full_name_field(label: str) -> forms.Field:
    """Return the field of a name that was given as a whole."""
    return CheckedText(
        contact_data.normalise_line,
        label=label,
        required=False,
        max_length=contact_data.LONGEST_LINE,
        widget=UnfoldAdminTextInputWidget(),
    )


def declare_holder_fields(booking: Booking) -> Iterator[tuple[str, forms.Field]]:
    """Yield a field for each detail that a ticket's guest has; none for large groups."""
    if len(booking.unit_items) > MOST_NAMED_TICKETS:
        return
    for item in booking.unit_items:
        required = frozenset(item.unit.required_contact_fields)
        if item.contact.full_name:
            field = full_name_field(f"{item.supplier_reference}: name")
            field.required = bool(required & _NAMES)
            yield _name_field(item, FULL_NAME), field
        for known in CHANGED_CONTACT_FIELDS:
            if getattr(item.contact, known.attribute):
                label = CONTACT_LABELS[known]
                label = f"{item.supplier_reference}: {label[:1].lower()}{label[1:]}"
                field = contact_field(known, label)
                field.required = known in required
                yield _name_field(item, known.attribute), field


def read_holders(booking: Booking, names: Iterable[str]) -> dict[str, str]:
    """Return the stored texts of these fields; empty where the ticket is gone."""
    contacts = {item.uuid: item.contact for item in booking.unit_items}
    stored = {}
    for name in filter(is_of_holder, names):
        uuid, attribute = _parse(name)
        value = getattr(contacts.get(uuid, Contact()), attribute)
        stored[name] = ", ".join(value) if isinstance(value, tuple) else value or ""
    return stored


def find_corrections(booking: Booking, cleaned: dict[str, Any]) -> dict[UUID, dict[str, Any]]:
    """Return what was typed and differs from what is stored, by the ticket's uuid."""
    contacts = {item.uuid: item.contact for item in booking.unit_items}
    corrected: dict[UUID, dict[str, Any]] = {}
    for name in filter(is_of_holder, cleaned):
        uuid, attribute = _parse(name)
        stored = getattr(contacts[uuid], attribute)
        if cleaned[name] != (stored if isinstance(stored, tuple) else stored or ""):
            corrected.setdefault(uuid, {})[attribute] = cleaned[name]
    return corrected


def is_of_holder(name: str) -> bool:
    """Return whether this is the name of a field of a ticket's guest."""
    return name.startswith(_PREFIX)


def _name_field(item: UnitItem, attribute: str) -> str:
    return f"{_PREFIX}{item.uuid}.{attribute}"


def _parse(name: str) -> tuple[UUID, str]:
    uuid, _, attribute = name.removeprefix(_PREFIX).partition(".")
    return UUID(uuid), attribute
