"""The typed part of the desk's form: the guest, the channel, and the reason of an exemption."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from core_site.admin_kit.money_format import AmountUnreadable, minor_units
from core_site.bookings.changes.pickup_fields import make_pickup_fields
from core_site.checked_texts import CheckedText
from core_site.payments.forms import METHODS
from core_site.staff_messages import contact_field_name
from shared_domain import booking_desk, contact_data
from shared_domain.bookings import DESK_CHANNELS, Channel, ContactChange
from shared_domain.catalog import ContactField, Option, Unit
from shared_domain.money import Price
from shared_domain.payments import HIGHEST_ENTRY_MINOR, LONGEST_REFERENCE, Method, Payment

#: Asked of every guest, in this order; the rest is asked where option or unit require it.
_ALWAYS = (
    ContactField.FIRST_NAME,
    ContactField.LAST_NAME,
    ContactField.PHONE_NUMBER,
    ContactField.EMAIL_ADDRESS,
    ContactField.LOCALES,
)

_LABELS = {
    ContactField.FIRST_NAME: "First name",
    ContactField.LAST_NAME: "Last name",
    ContactField.EMAIL_ADDRESS: "E-mail",
    ContactField.PHONE_NUMBER: "Telephone",
    ContactField.COUNTRY: "Country",
    ContactField.POSTAL_CODE: "Postal code",
    ContactField.LOCALES: "Language",
    ContactField.NOTES: "Notes of the guest",
}

_HINTS = {
    ContactField.PHONE_NUMBER: "+351 912 345 678",
    ContactField.COUNTRY: "PT",
    ContactField.LOCALES: "en, de, pt",
}

#: Browsers offer what they know of the person at the keyboard, who is not the guest.
_NO_AUTOFILL = {"autocomplete": "off", "data-1p-ignore": "", "data-lpignore": "true"}

CHANNEL_NAMES = {
    Channel.TELEPHONE: "Telephone",
    Channel.WALK_IN: "Walk-in",
    Channel.EMAIL: "E-mail",
}

HOLD_MINUTES = ((30, "30 minutes"), (120, "2 hours"), (480, "8 hours"), (1440, "1 day"))

#: How many tickets get fields for details of their own; those of more come by e-mail instead.
MOST_NAMED_TICKETS = 60


class GuestForm(forms.Form):
    """The guest's details that the option and its units require, payment, and the exemption.

    A field has the name by which ``staff_messages`` refers to it, so that a refusal is shown beside
    it. A hold needs no details, so only :meth:`check_complete` demands the required ones.
    """

    channel = forms.ChoiceField(
        choices=[(channel.value, CHANNEL_NAMES[channel]) for channel in DESK_CHANNELS],
        initial=Channel.TELEPHONE.value,
    )
    notes = forms.CharField(
        label="Notes for the booking",
        required=False,
        max_length=contact_data.LONGEST_NOTE,
        widget=UnfoldAdminTextareaWidget({"rows": 2}),
    )
    reseller_reference = forms.CharField(
        label="Partner's reference",
        required=False,
        max_length=contact_data.LONGEST_LINE,
        widget=UnfoldAdminTextInputWidget(_NO_AUTOFILL),
    )
    email_receipt = forms.BooleanField(
        label="E-mail the tickets to the guest",
        required=False,
        initial=True,
        widget=UnfoldBooleanWidget,
    )
    hold_minutes = forms.ChoiceField(
        label="Hold for",
        required=False,
        choices=[(str(minutes), name) for minutes, name in HOLD_MINUTES],
        widget=UnfoldAdminSelectWidget,
    )
    paid_by = forms.ChoiceField(
        label="Paid now",
        required=False,
        choices=[("", "Not paid yet"), *METHODS],
        widget=UnfoldAdminSelectWidget,
    )
    paid_amount = forms.CharField(
        label="Amount",
        required=False,
        max_length=40,
        widget=UnfoldAdminTextInputWidget({**_NO_AUTOFILL, "placeholder": "the whole price"}),
    )
    paid_reference = CheckedText(
        contact_data.normalise_line,
        label="Reference",
        required=False,
        max_length=LONGEST_REFERENCE,
        widget=UnfoldAdminTextInputWidget({**_NO_AUTOFILL, "placeholder": "of the receipt"}),
    )
    reason = forms.CharField(
        label="Reason to book all the same",
        required=False,
        max_length=booking_desk.LONGEST_REASON,
        widget=UnfoldAdminTextInputWidget(_NO_AUTOFILL),
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None,
        *,
        initial: dict[str, Any],
        option: Option | None,
        tickets: list[Unit],
    ) -> None:
        super().__init__(data, initial=initial)
        self.fields.update(make_pickup_fields(_NO_AUTOFILL))
        self._required: list[str] = []
        self._contact = self._add_contact(option.required_contact_fields if option else (), None)
        self._tickets = [
            self._add_contact(unit.required_contact_fields, ticket, unit)
            for ticket, unit in enumerate(tickets[:MOST_NAMED_TICKETS])
        ]

    @property
    def guest_fields(self) -> list[forms.BoundField]:
        return [self[name] for name, _ in self._contact]

    @property
    def ticket_fields(self) -> list[forms.BoundField]:
        return [self[name] for fields in self._tickets for name, _ in fields]

    @property
    def shape(self) -> str:
        """A key of the form's fields: two forms with equal keys have the same fields."""
        return " ".join([*self.fields, *sorted(self._required)])

    def contact(self) -> ContactChange:
        """Return the guest's details as they were typed; the services normalise them."""
        return self._typed(self._contact)

    def ticket_contacts(self) -> list[ContactChange]:
        return [self._typed(fields) for fields in self._tickets]

    @property
    def payment_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in ("paid_by", "paid_amount", "paid_reference")]

    def payment(self, price: Price) -> Payment | None:
        """Return the guest's payment at the desk: the typed amount, or else the whole price.

        None if nothing is paid. None with an error in the form if the amount cannot be parsed or is
        zero, or an amount or a reference was typed without a method.
        """
        typed = self.cleaned_data
        amount, reference = typed["paid_amount"].strip(), typed["paid_reference"]
        if not typed["paid_by"]:
            if amount or reference:
                self.add_error("paid_by", "Choose how it was paid, or empty amount and reference.")
            return None
        try:
            minor = (
                minor_units(amount, price.currency, highest_minor=HIGHEST_ENTRY_MINOR)
                if amount
                else price.retail_minor
            )
        except AmountUnreadable as problem:
            self.add_error("paid_amount", str(problem))
            return None
        if not minor:
            if amount:
                self.add_error("paid_amount", "Write what was paid, above zero, or leave it empty.")
            else:
                self.add_error("paid_by", "It costs nothing: choose “Not paid yet”.")
            return None
        return Payment(amount_minor=minor, method=Method(typed["paid_by"]), reference=reference)

    def mark_errors(self) -> None:
        """Set the focus on the first invalid field, and refer each one to its message (ARIA)."""
        wrong = [self[name] for name in self.fields if name in self.errors]
        for field in wrong:
            attributes = field.field.widget.attrs
            attributes["aria-describedby"] = f"{field.id_for_label}_error"
        if wrong:
            wrong[0].field.widget.attrs["autofocus"] = True

    def check_complete(self) -> bool:
        """Add an error to each required field that is blank; return whether the form is valid."""
        for name in self._required:
            if contact_data.is_blank(str(self.cleaned_data.get(name) or "")):
                self.add_error(name, "Required to confirm.")
        return self.is_valid()

    def _add_contact(
        self, required: Iterable[ContactField], ticket: int | None, unit: Unit | None = None
    ) -> list[tuple[str, ContactField]]:
        asked = dict.fromkeys((*(_ALWAYS if ticket is None else ()), *required))
        added = []
        for field in asked:
            name = contact_field_name(field.attribute, ticket)
            label = _LABELS[field]
            if unit is not None and ticket is not None:
                label = f"Ticket {ticket + 1}, {unit.internal_name}: {label.lower()}"
            self.fields[name] = forms.CharField(
                label=label,
                required=False,
                max_length=contact_data.LONGEST_LINE,
                widget=UnfoldAdminTextInputWidget(
                    {**_NO_AUTOFILL, "placeholder": _HINTS.get(field, "")}
                ),
            )
            if field in required:
                self._required.append(name)
                self.fields[name].widget.attrs["data-required"] = ""
            added.append((name, field))
        return added

    def clean_reason(self) -> str:
        reason: str = self.cleaned_data["reason"]
        return reason.strip()

    def _typed(self, fields: Iterable[tuple[str, ContactField]]) -> ContactChange:
        typed: dict[str, Any] = {}
        for name, field in fields:
            text = self.cleaned_data.get(name) or ""
            if field is ContactField.LOCALES:
                typed[field.attribute] = tuple(text.replace(",", " ").split())
            elif text:
                typed[field.attribute] = text
        return typed
