"""The forms of statements and revenue: a partner's payment, and a range of days."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminTextInputWidget

from core_site.admin_kit.money_fields import MoneyField
from core_site.admin_kit.money_format import AmountUnreadable, minor_units, money, typed_money
from core_site.admin_kit.stale_pages.dialogs import FormOfStoredValues
from core_site.admin_kit.submit_once import SubmissionField
from core_site.checked_texts import CheckedText
from shared_domain.contact_data import normalise_line
from shared_domain.payments import HIGHEST_ENTRY_MINOR, LONGEST_REFERENCE
from shared_domain.settlements import Direction
from shared_domain.statements import InvalidMonth, Month

#: The longest range that the page of revenue shows; the chart of more days could not be read.
LONGEST_RANGE = timedelta(days=184)


class PartnerPaymentForm(FormOfStoredValues):
    """The form for a partner's payment; the open amount and its direction are filled in."""

    submission = SubmissionField()
    direction = forms.ChoiceField(
        choices=[
            (Direction.RECEIVED.value, "Received from the partner"),
            (Direction.RETURNED.value, "Returned to the partner"),
        ],
        widget=UnfoldAdminRadioSelectWidget,
    )
    amount = MoneyField()
    reference = CheckedText(
        normalise_line,
        required=False,
        max_length=LONGEST_REFERENCE,
        widget=UnfoldAdminTextInputWidget,
        help_text="As on the bank statement, to find it again.",
    )

    def __init__(
        self, data: Mapping[str, Any] | None, *, open_minor: int, paid_minor: int, currency: str
    ) -> None:
        super().__init__(data, stored=shown_amounts(paid_minor, currency))
        self.currency = currency
        self.fields["amount"].label = f"Amount in {currency}"
        self.initial["direction"] = (
            Direction.RECEIVED if open_minor >= 0 else Direction.RETURNED
        ).value
        if open_minor:
            self.initial["amount"] = typed_money(abs(open_minor), currency)

    def clean_amount(self) -> int:
        try:
            return minor_units(
                self.cleaned_data["amount"], self.currency, highest_minor=HIGHEST_ENTRY_MINOR
            )
        except AmountUnreadable as problem:
            raise forms.ValidationError(str(problem)) from None


def shown_amounts(paid_minor: int, currency: str) -> dict[str, str]:
    """Return the amounts that the dialog shows, for the check of stale pages."""
    return {"paid so far": money(paid_minor, currency)}


class UntilForm(forms.Form):
    """The last month of the page of what is open; empty for the last one that is over.

    Firefox and Safari have no picker of months on a desktop: there the month is typed.
    """

    until = forms.CharField(
        label="Months to", required=False, widget=forms.TextInput({"type": "month"})
    )

    def clean_until(self) -> Month | None:
        typed: str = self.cleaned_data["until"]
        try:
            return Month.from_text(typed) if typed else None
        except InvalidMonth:
            raise forms.ValidationError("Write the month like 2026-07.") from None


class RangeForm(forms.Form):
    """The range of days of the page of revenue, both ends included."""

    first = forms.DateField(label="From", widget=forms.DateInput({"type": "date"}))
    last = forms.DateField(label="To", widget=forms.DateInput({"type": "date"}))

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or self.cleaned_data
        first, last = typed.get("first"), typed.get("last")
        if isinstance(first, date) and isinstance(last, date):
            if last < first:
                raise forms.ValidationError("The last day must not be before the first.")
            if last - first > LONGEST_RANGE:
                raise forms.ValidationError("Choose at most half a year.")
        return typed
