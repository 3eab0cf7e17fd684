"""Forms on some tickets or on a hold: cancel tickets, send them, extend the hold, move, note."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple, cast
from uuid import UUID

from django import forms
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from core_site.admin_kit.money_format import money
from core_site.admin_kit.stale_pages.dialogs import FormOfStoredValues
from core_site.bookings.changes.effects import ChangedValue
from core_site.bookings.redeem_forms import NO_CHOICE_NOW
from core_site.bookings.refund_texts import is_paid_for, name_initiators
from core_site.catalog.time_format import format_moment
from core_site.checked_texts import CheckedText
from shared_domain import bookings, contact_data
from shared_domain.bookings import Booking, Initiator, RefundChoice
from shared_domain.quantities import format_quantity
from shared_domain.refusals import Refused

#: What a hold can be extended by, in minutes.
EXTENSIONS = (15, 30, 60, 120, 24 * 60)

_REFUNDS = {
    RefundChoice.BY_THE_RULES: "By the rules",
    RefundChoice.FULL: "In full",
    RefundChoice.NONE: "None",
}


class CancelTicketsForm(forms.Form):
    """Which tickets to cancel, who cancels them, and their refund."""

    tickets = forms.MultipleChoiceField(
        label="Tickets to cancel",
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        error_messages={
            "required": "Choose at least one ticket.",
            "invalid_choice": NO_CHOICE_NOW,
        },
    )
    initiator = forms.ChoiceField(
        label="Who cancels",
        initial=Initiator.PARTNER.value,
        widget=UnfoldAdminRadioSelectWidget,
    )
    refund = forms.ChoiceField(
        choices=[(choice.value, words) for choice, words in _REFUNDS.items()],
        initial=RefundChoice.BY_THE_RULES.value,
        widget=UnfoldAdminRadioSelectWidget,
        help_text="The next page shows the amount before anything happens.",
    )

    def __init__(
        self, booking: Booking, data: Mapping[str, Any] | None, *, is_own_sale: bool
    ) -> None:
        super().__init__(data)
        initiator = cast(forms.ChoiceField, self.fields["initiator"])
        names = name_initiators(is_own_sale=is_own_sale)
        initiator.choices = [(each.value, words) for each, words in names.items()]
        self._count = len(booking.unit_items)
        tickets = cast(forms.MultipleChoiceField, self.fields["tickets"])
        tickets.choices = [(str(item.uuid), _ticket_label(item)) for item in booking.unit_items]
        if not is_paid_for(booking):
            # Nothing is billed for a hold, so there is nothing to decide about.
            del self.fields["initiator"], self.fields["refund"]

    def clean_tickets(self) -> frozenset[UUID]:
        chosen = frozenset(map(UUID, self.cleaned_data["tickets"]))
        if len(chosen) == self._count:
            raise forms.ValidationError("To cancel all of them, use Cancel on the booking's page.")
        return chosen

    @property
    def decision(self) -> dict[str, Any]:
        """The cleaned data as keyword arguments of the service."""
        cleaned = self.cleaned_data
        return {
            "tickets": cleaned["tickets"],
            "initiator": Initiator(cleaned.get("initiator", Initiator.PARTNER)),
            "refund": RefundChoice(cleaned.get("refund", RefundChoice.BY_THE_RULES)),
        }


class ExtendForm(FormOfStoredValues):
    """By how long to extend a hold; ``effects`` lists the new expiry for each choice."""

    minutes = forms.TypedChoiceField(
        label="Hold it for longer", coerce=int, widget=UnfoldAdminRadioSelectWidget
    )

    def __init__(
        self, booking: Booking, data: Mapping[str, Any] | None, *, max_minutes: int, now: datetime
    ) -> None:
        super().__init__(data, stored=stored_expiry(booking))
        extensions = find_extensions(booking, max_minutes=max_minutes, now=now)
        minutes = cast(forms.TypedChoiceField, self.fields["minutes"])
        minutes.choices = [(extension.minutes, extension.label) for extension in extensions]
        if extensions:
            self.initial["minutes"] = extensions[0].minutes
        self.effects = tuple(
            ChangedValue(f"Held until: {each.label}", each.before, each.after)
            for each in extensions
        )


def stored_expiry(booking: Booking) -> dict[str, str]:
    """Return the stored expiry of a hold, for the check of stale pages."""
    return {"held until": str(booking.hold_expires_at)}


class Extension(NamedTuple):
    """A choice to extend a hold by ``minutes``, with its expiry ``before`` and ``after`` that."""

    minutes: int
    label: str
    before: str
    after: str


def find_extensions(booking: Booking, *, max_minutes: int, now: datetime) -> list[Extension]:
    """Return the extensions that change the expiry of a hold; empty if none is allowed.

    An extension beyond the longest allowed hold ends there.
    """
    found: dict[datetime | None, Extension] = {}
    for minutes in EXTENSIONS:
        try:
            extended = bookings.extend_hold(booking, minutes, max_minutes=max_minutes, now=now)
        except Refused:
            return []
        ends_at = booking.expires_at
        if (
            extended.hold_expires_at == booking.hold_expires_at
            or extended.expires_at is None
            or ends_at is None
        ):
            continue
        is_cut = extended.expires_at < ends_at + timedelta(minutes=minutes)
        label = "As long as it may last" if is_cut else f"{_in_words(minutes)} more"
        before, after = (
            format_moment(moment, booking.product.time_zone)
            for moment in (ends_at, extended.expires_at)
        )
        found.setdefault(extended.hold_expires_at, Extension(minutes, label, before, after))
    return list(found.values())


class ResendForm(forms.Form):
    """The form that resends tickets: to the guest, or this once to another address."""

    to = forms.ChoiceField(label="Send them to", widget=UnfoldAdminRadioSelectWidget)
    recipient = CheckedText(
        contact_data.normalise_email,
        label="Another address",
        required=False,
        max_length=contact_data.LONGEST_EMAIL,
        widget=UnfoldAdminTextInputWidget({"autocomplete": "off", "inputmode": "email"}),
        help_text="As in guest@example.com. The booking keeps the guest's own address.",
    )

    def __init__(
        self, booking: Booking, data: Mapping[str, Any] | None, *, shows_guest: bool
    ) -> None:
        super().__init__(data)
        own = booking.contact.email_address
        choices = [("another", "Another address, this once")]
        if own:
            choices.insert(0, ("guest", f"The guest: {own}" if shows_guest else "The guest"))
        cast(forms.ChoiceField, self.fields["to"]).choices = choices
        self.fields["to"].required = False
        self.initial["to"] = choices[0][0]

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.cleaned_data.get("to") == "another" and self.cleaned_data.get("recipient") == "":
            self.add_error("recipient", "Type the address to send the tickets to.")
        if self.cleaned_data.get("to") == "guest" and self.cleaned_data.get("recipient"):
            self.add_error("to", "Choose the other address, or leave it empty.")
        return cleaned

    @property
    def chosen(self) -> str | None:
        """The e-mail address of another recipient; None for the guest."""
        if self.cleaned_data["to"] == "another":
            return str(self.cleaned_data["recipient"])
        return None


#: What a move does to the price: the new slot's, or the one that the booking has.
NEW_PRICE, KEPT_PRICE = "new", "kept"


class MoveForm(forms.Form):
    """The slot that was chosen on the calendar, and whether the booking keeps its price."""

    availability_id = forms.CharField(max_length=255, widget=forms.HiddenInput)
    price = forms.CharField(max_length=8, required=False, widget=forms.HiddenInput)

    def __init__(self, data: Mapping[str, Any] | None, *, may_keep_price: bool) -> None:
        super().__init__(data)
        self._may_keep_price = may_keep_price

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.keeps_price and not self._may_keep_price:
            raise forms.ValidationError("You may not keep the price of a booking that moves.")
        return cleaned

    @property
    def keeps_price(self) -> bool:
        return self.cleaned_data.get("price") == KEPT_PRICE


class NoteForm(FormOfStoredValues):
    internal_note = CheckedText(
        contact_data.normalise_note,
        required=False,
        max_length=contact_data.LONGEST_NOTE,
        widget=UnfoldAdminTextareaWidget({"rows": 5, "autofocus": True}),
        help_text="For staff only: partners never see it. Leave it empty to delete it.",
    )

    def __init__(self, booking: Booking, data: Mapping[str, Any] | None) -> None:
        super().__init__(data, stored=stored_note(booking))


def stored_note(booking: Booking) -> dict[str, str]:
    return {"internal_note": booking.internal_note or ""}


def _ticket_label(item: bookings.UnitItem) -> str:
    price = f", {money(item.price.retail_minor, item.price.currency)}" if item.price else ""
    return f"{item.supplier_reference}, {item.unit.internal_name}{price}"


def _in_words(minutes: int) -> str:
    if minutes < 60:
        return format_quantity(minutes, "minute")
    hours = minutes // 60
    return "1 day" if hours == 24 else format_quantity(hours, "hour")
