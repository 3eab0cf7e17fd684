"""The form by which staff change a booking: party, contact, language, notes, internal note."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from django import forms
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextareaWidget,
    UnfoldBooleanWidget,
)

from core_site.admin_kit.stale_pages.dialogs import FormOfStoredValues
from core_site.admin_kit.stale_pages.versions import FIELD
from core_site.bookings.admin_forms import CHANGED_CONTACT_FIELDS, CONTACT_LABELS, contact_field
from core_site.bookings.changes.holder_fields import (
    declare_holder_fields,
    find_corrections,
    full_name_field,
    read_holders,
)
from core_site.bookings.changes.pickup_fields import make_pickup_fields
from core_site.checked_texts import CheckedText
from core_site.staff_messages import contact_field_name
from shared_domain import contact_data
from shared_domain.bookings import Booking, BookingChange, BookingStatus, UnitItemRequest
from shared_domain.catalog import ContactField, Unit

#: The most tickets of one unit that a form takes; OCTO's bookings have at most 1000 in all.
MOST_TICKETS = 1000

#: Texts of a booking that staff change, by the names that the service gives them.
_TEXTS = ("notes", "pickup_hotel", "pickup_time")


class ChangeForm(FormOfStoredValues):
    """Begins with the stored values; only changed values are sent to the service.

    Without ``shows_guest`` it has the party's fields only, so that staff who may not see the guest
    cannot overwrite the guest's details.
    """

    def __init__(
        self, booking: Booking, data: Mapping[str, Any] | None, *, shows_guest: bool
    ) -> None:
        self._booking = booking
        self._shows_guest = shows_guest
        self._declared = dict(_declare_fields(booking, data, shows_guest=shows_guest))
        super().__init__(data)
        self.fields.update(self._declared)
        stored = self.read_stored(booking)
        for name, field in self._declared.items():
            if isinstance(field, CheckedText) and stored.get(name):
                # What was stored under older rules does not stop another change.
                field.rule = _accept_stored(stored[name], field.rule)
        # ``_sign`` prepares each value by its field, so the fields must be there before it.
        self.initial = {**stored, FIELD: self._sign(stored)}

    def read_stored(self, booking: Booking) -> dict[str, Any]:
        """Return the stored values of a booking by field name, for the check of stale pages."""
        counts = Counter(item.unit.code for item in booking.unit_items)
        stored: dict[str, Any] = {
            _unit_field(unit): counts[unit.code] for unit in _units(self._booking)
        }
        stored["status"] = booking.status.value
        if not self._shows_guest:
            return stored
        for field in CHANGED_CONTACT_FIELDS:
            stored[contact_field_name(field.attribute)] = _stored_text(booking, field)
        if "contact.full_name" in self._declared:
            stored["contact.full_name"] = booking.contact.full_name or ""
        return stored | {
            **read_holders(booking, self._declared),
            **{name: getattr(booking, name) or "" for name in _TEXTS},
            "internal_note": booking.internal_note or "",
            "email_receipt": booking.email_receipt,
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        names = [_unit_field(unit) for unit in _units(self._booking)]
        if all(name in cleaned for name in names):
            self._check_party(sum(cleaned[name] for name in names), names[0])
        return cleaned

    def change(self) -> BookingChange:
        """Return the changed values as the ``BookingChange`` of the service."""
        texts = {
            name: self.cleaned_data[name]
            for name in _TEXTS
            if name in self.cleaned_data
            and self.cleaned_data[name] != (getattr(self._booking, name) or "")
        }
        if "pickup_hotel" in texts:
            # The time beside it is meant for it, also where it stays: else the service drops it.
            texts["pickup_time"] = self.cleaned_data["pickup_time"]
        receipt = self.cleaned_data.get("email_receipt")
        return BookingChange(
            unit_items=self._unit_items(),
            contact=self._changed_contact(),
            email_receipt=None if receipt == self._booking.email_receipt else receipt,
            **texts,
        )

    @property
    def internal_note(self) -> str | None:
        """The internal note; None where the staff user does not see it."""
        return self.cleaned_data.get("internal_note")

    def _check_party(self, tickets: int, field: str) -> None:
        if not tickets:
            self.add_error(field, "A booking needs at least one ticket.")
        elif tickets < len(self._booking.unit_items) and _is_sold(self._booking):
            self.add_error(
                field,
                "To take tickets out, use Cancel tickets: it shows the refund first.",
            )

    def _changed_contact(self) -> dict[str, Any]:
        changed: dict[str, Any] = {}
        for name, value in self.cleaned_data.items():
            attribute = name.removeprefix("contact.")
            if attribute != name and value != _current(self._booking, attribute):
                changed[attribute] = value
        return changed

    def _unit_items(self) -> tuple[UnitItemRequest, ...] | None:
        """Return the tickets wanted; None where they are those of the booking, unchanged."""
        wanted = {unit.code: self.cleaned_data[_unit_field(unit)] for unit in _units(self._booking)}
        holders = self._ticket_contacts()
        corrected = find_corrections(self._booking, self.cleaned_data)
        has_now = Counter(item.unit.code for item in self._booking.unit_items)
        if Counter(wanted) == has_now and not holders and not corrected:
            return None
        return tuple(
            UnitItemRequest(
                unit_code=code,
                uuid=uuid,
                contact={**corrected.get(uuid, {}), **holders.get(position, {})},
            )
            for position, (code, uuid) in enumerate(plan_tickets(self._booking, wanted))
        )

    def _ticket_contacts(self) -> dict[int, dict[str, Any]]:
        contacts: dict[int, dict[str, Any]] = {}
        for name, value in self.cleaned_data.items():
            if name.startswith("tickets.") and value:
                _, position, _, attribute = name.split(".")
                contacts.setdefault(int(position), {})[attribute] = value
        return contacts


def _accept_stored(stored: str, rule: Callable[[str], str]) -> Callable[[str], str]:
    """Return a rule that takes the stored text as it is, and any other one by ``rule``."""
    return lambda text: text if text == stored else rule(text)


def plan_tickets(booking: Booking, wanted: Mapping[str, int]) -> list[tuple[str, Any]]:
    """Return unit code and uuid of each ticket of the changed party; a new ticket has no uuid.

    Surplus tickets of one unit are changed to a unit that lacks tickets; only those that are still
    left over are cancelled.
    """
    left = Counter(wanted)
    planned: list[tuple[str, Any] | None] = []
    spare: list[int] = []
    for position, item in enumerate(booking.unit_items):
        if left[item.unit.code] > 0:
            left[item.unit.code] -= 1
            planned.append((item.unit.code, item.uuid))
        else:
            spare.append(position)
            planned.append(None)
    added: list[tuple[str, Any]] = []
    for code in left.elements():
        if spare:
            position = spare.pop(0)
            planned[position] = (code, booking.unit_items[position].uuid)
        else:
            added.append((code, None))
    return [ticket for ticket in planned if ticket is not None] + added


def _declare_fields(
    booking: Booking, data: Mapping[str, Any] | None, *, shows_guest: bool
) -> Iterator[tuple[str, forms.Field]]:
    for unit in _units(booking):
        yield (
            _unit_field(unit),
            forms.IntegerField(
                label=unit.internal_name,
                min_value=0,
                max_value=MOST_TICKETS,
                widget=UnfoldAdminIntegerFieldWidget(),
            ),
        )
    if not shows_guest:
        return
    if booking.contact.full_name:
        yield "contact.full_name", full_name_field("Name")
    for field in CHANGED_CONTACT_FIELDS:
        yield contact_field_name(field.attribute), _optional(field, CONTACT_LABELS[field])
    yield from make_pickup_fields().items()
    for name, label, help_text in (
        ("notes", "Notes", "The partner sees them."),
        ("internal_note", "Internal note", "For staff only: partners never see it."),
    ):
        yield (
            name,
            CheckedText(
                contact_data.normalise_note,
                label=label,
                required=False,
                max_length=contact_data.LONGEST_NOTE,
                widget=UnfoldAdminTextareaWidget({"rows": 3}),
                help_text=help_text,
            ),
        )
    yield (
        "email_receipt",
        forms.BooleanField(
            label="Send the tickets by e-mail", required=False, widget=UnfoldBooleanWidget
        ),
    )
    yield from declare_holder_fields(booking)
    yield from _missing_holder_fields(booking, data)


def _missing_holder_fields(
    booking: Booking, data: Mapping[str, Any] | None
) -> Iterator[tuple[str, forms.Field]]:
    """Yield what the units of the wanted tickets require of their guests, and is not there yet."""
    if data is None:
        return
    wanted = {unit.code: _typed_count(data, unit) for unit in _units(booking)}
    if sum(wanted.values()) > MOST_TICKETS:
        return
    units = {unit.code: unit for unit in _units(booking)}
    contacts = {item.uuid: item.contact for item in booking.unit_items}
    for position, (code, uuid) in enumerate(plan_tickets(booking, wanted)):
        required = units[code].required_contact_fields
        known = contacts.get(uuid)
        for field in known.missing(required) if known else required:
            label = f"Ticket {position + 1}, {units[code].internal_name}: {CONTACT_LABELS[field]}"
            yield contact_field_name(field.attribute, position), _optional(field, label)


def _typed_count(data: Mapping[str, Any], unit: Unit) -> int:
    typed = str(data.get(_unit_field(unit), ""))
    return min(int(typed), MOST_TICKETS) if typed.isascii() and typed.isdigit() else 0


def _optional(field: ContactField, label: str) -> forms.Field:
    made = contact_field(field, label)
    made.required = False
    return made


def _units(booking: Booking) -> list[Unit]:
    """Return the units of the booking's option."""
    return list(booking.option.units)


def _unit_field(unit: Unit) -> str:
    return f"unit.{unit.id}"


def _is_sold(booking: Booking) -> bool:
    return booking.status is not BookingStatus.ON_HOLD


def _stored_text(booking: Booking, field: ContactField) -> str:
    value = getattr(booking.contact, field.attribute)
    return ", ".join(value) if isinstance(value, tuple) else value or ""


def _current(booking: Booking, attribute: str) -> Any:
    value = getattr(booking.contact, attribute)
    return cast(Any, value) if isinstance(value, tuple) else value or ""
