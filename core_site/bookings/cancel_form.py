"""The form by which staff cancel a booking: reason, initiator and refund."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from django import forms
from unfold.widgets import (
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldBooleanWidget,
)

from core_site.admin_kit.stale_pages.dialogs import FormOfStoredValues
from core_site.bookings import models
from core_site.bookings.refund_texts import describe_effect, is_paid_for, name_initiators
from core_site.checked_texts import CheckedText
from core_site.messages.office.guest_notices import tell_of_cancellation
from shared_domain.bookings import Booking, Initiator, RefundChoice
from shared_domain.contact_data import LONGEST_NOTE, normalise_note
from shared_domain.refusals import Refused


class CancelForm(FormOfStoredValues):
    """Reason, initiator and refund of a cancellation; each refund is shown as an amount.

    A hold, for which nothing is billed, has no choice of refund.
    """

    initiator = forms.ChoiceField(
        label="Who cancels",
        required=False,
        initial=Initiator.PARTNER.value,
        widget=UnfoldAdminRadioSelectWidget,
        help_text="We do when it cannot take place: wind, a broken boat, too few guests.",
    )
    refund = forms.ChoiceField(required=False, widget=UnfoldAdminRadioSelectWidget)
    reason = CheckedText(
        normalise_note,
        max_length=LONGEST_NOTE,
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
        help_text="The partner sees it.",
    )

    tells_guest = forms.BooleanField(
        label="E-mail the guest that it is cancelled, with the refund",
        required=False,
        initial=True,
        widget=UnfoldBooleanWidget,
    )
    words = CheckedText(
        normalise_note,
        label="Our words to the guest",
        max_length=LONGEST_NOTE,
        required=False,
        widget=UnfoldAdminTextareaWidget({"rows": 2}),
        help_text="Stand in the e-mail as they are. Empty: it says what was cancelled and what "
        "comes back.",
    )

    def __init__(
        self,
        booking: Booking,
        data: Mapping[str, Any] | None,
        *,
        now: datetime,
        held_minor: int | None,
        may_tell_guest: bool,
    ) -> None:
        super().__init__(data, stored=shown_amounts(booking, now, held_minor=held_minor))
        is_own_sale = held_minor is not None
        initiator = cast(forms.ChoiceField, self.fields["initiator"])
        names = name_initiators(is_own_sale=is_own_sale)
        initiator.choices = [(each.value, words) for each, words in names.items()]
        if is_own_sale:
            self.fields["reason"].help_text = "For colleagues."
        if not may_tell_guest or not is_paid_for(booking):
            # Guests of most partners hear it from their partner; a hold was promised to no guest.
            del self.fields["tells_guest"], self.fields["words"]
        if is_paid_for(booking):
            refund = cast(forms.ChoiceField, self.fields["refund"])
            refund.choices = _refund_choices(booking, now, held_minor)
            self.initial["refund"] = RefundChoice.BY_THE_RULES.value
        else:
            del self.fields["refund"]

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.cleaned_data.get("words") and not self.cleaned_data.get("tells_guest"):
            self.add_error("words", "Tick the box above to send this, or leave it empty.")
        return cleaned

    def tell_guest(self, row: models.Booking) -> None:
        """Queue the cancellation e-mail to the guest, unless staff have cleared the checkbox."""
        if self.cleaned_data.get("tells_guest"):
            tell_of_cancellation(row, words=self.cleaned_data["words"])

    @property
    def decision(self) -> dict[str, Any]:
        """The cleaned data as keyword arguments of the service."""
        initiator = self.cleaned_data["initiator"]
        refund = self.cleaned_data.get("refund")
        return {
            "reason": self.cleaned_data["reason"],
            "initiator": Initiator(initiator) if initiator else Initiator.PARTNER,
            "refund": RefundChoice(refund) if refund else RefundChoice.BY_THE_RULES,
        }


def shown_amounts(booking: Booking, now: datetime, *, held_minor: int | None) -> dict[str, str]:
    """Return the amounts that the page shows, for the check of stale pages.

    They differ when the form is sent if the cut-off has passed meanwhile, the partner has cancelled
    tickets, the guest has paid, or the option's terms were changed.
    """
    if not is_paid_for(booking):
        return {"refund by the rules": "nothing is billed"}

    def effect(choice: RefundChoice) -> str:
        return _effect(booking, choice, Initiator.PARTNER, now, held_minor)

    return {
        "refund by the rules": effect(RefundChoice.BY_THE_RULES),
        "full refund": effect(RefundChoice.FULL),
    }


def _refund_choices(
    booking: Booking, now: datetime, held_minor: int | None
) -> list[tuple[str, str]]:
    def effect(choice: RefundChoice, initiator: Initiator = Initiator.PARTNER) -> str:
        return _effect(booking, choice, initiator, now, held_minor)

    by_the_rules, by_us = (effect(RefundChoice.BY_THE_RULES, each) for each in Initiator)
    rules = f"By the rules: {by_the_rules}"
    if by_us != by_the_rules:
        rules += f"; when we cancel, {by_us}"
    return [
        (RefundChoice.BY_THE_RULES.value, rules),
        (RefundChoice.FULL.value, f"In full: {effect(RefundChoice.FULL)}"),
        (RefundChoice.NONE.value, f"None: {effect(RefundChoice.NONE)}"),
    ]


def _effect(
    booking: Booking,
    choice: RefundChoice,
    initiator: Initiator,
    now: datetime,
    held_minor: int | None,
) -> str:
    try:
        cancelled = booking.cancel(
            reason=None,
            force=True,
            by_staff=True,
            refund=choice,
            initiator=initiator,
            now=now,
        )
    except Refused:
        # The page says why it cannot be cancelled, and shows no form.
        return "–"
    return describe_effect(cancelled, held_minor=held_minor)
