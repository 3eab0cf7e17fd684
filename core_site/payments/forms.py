"""The forms by which staff record payments, refunds and write-offs, and reverse an entry."""

from collections.abc import Mapping
from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from core_site.admin_kit.money_fields import MoneyField
from core_site.admin_kit.money_format import AmountUnreadable, minor_units, money, typed_money
from core_site.admin_kit.stale_pages.dialogs import FormOfStoredValues
from core_site.admin_kit.submit_once import SubmissionField
from core_site.checked_texts import CheckedText
from shared_domain.contact_data import normalise_line, normalise_note
from shared_domain.payments import (
    HIGHEST_ENTRY_MINOR,
    LONGEST_REFERENCE,
    Balance,
    Method,
    Payment,
)

#: In characters.
LONGEST_PAYMENT_NOTE = 500

METHODS = [(method.value, method.value.replace("_", " ").capitalize()) for method in Method]


class LedgerForm(FormOfStoredValues):
    """A form about a booking's ledger: idempotent, and refused if the balance has changed."""

    submission = SubmissionField()
    note = CheckedText(
        normalise_note,
        required=False,
        max_length=LONGEST_PAYMENT_NOTE,
        widget=UnfoldAdminTextareaWidget({"rows": 2}),
        help_text="For colleagues; guests and partners do not see it.",
    )

    def __init__(self, data: Mapping[str, Any] | None, *, balance: Balance) -> None:
        super().__init__(data, stored=shown_sums(balance))
        self.currency = balance.currency


class ReversalForm(LedgerForm):
    """The form that reverses an entry, with the reason."""

    def __init__(self, data: Mapping[str, Any] | None, *, balance: Balance) -> None:
        super().__init__(data, balance=balance)
        note = self.fields["note"]
        note.label, note.required = "What was wrong", True


class AmountForm(LedgerForm):
    """The form for an amount in the booking's currency; ``suggested_minor`` is filled in."""

    amount = MoneyField()
    field_order = ("amount", "method", "reference", "note")

    def __init__(
        self, data: Mapping[str, Any] | None, *, balance: Balance, suggested_minor: int
    ) -> None:
        super().__init__(data, balance=balance)
        self.suggested_minor = suggested_minor
        self.fields["amount"].label = f"Amount in {balance.currency}"
        if suggested_minor:
            self.initial["amount"] = typed_money(suggested_minor, balance.currency)

    def clean_amount(self) -> int:
        try:
            return minor_units(
                self.cleaned_data["amount"], self.currency, highest_minor=HIGHEST_ENTRY_MINOR
            )
        except AmountUnreadable as problem:
            raise forms.ValidationError(str(problem)) from None

    @property
    def payment(self) -> Payment:
        """The form's values, as the argument of the service."""
        typed = self.cleaned_data
        return Payment(
            amount_minor=typed["amount"],
            method=Method(typed["method"]) if "method" in typed else None,
            reference=typed.get("reference", ""),
            note=typed["note"],
        )


class MoneyForm(AmountForm):
    """The form for an amount that was paid or refunded, with method and reference."""

    method = forms.ChoiceField(
        choices=METHODS, initial=Method.CASH.value, widget=UnfoldAdminSelectWidget
    )
    reference = CheckedText(
        normalise_line,
        required=False,
        max_length=LONGEST_REFERENCE,
        widget=UnfoldAdminTextInputWidget,
        help_text="The number on the receipt or the bank statement, to find it again.",
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None,
        *,
        balance: Balance,
        suggested_minor: int,
        suggested_method: Method | None = None,
    ) -> None:
        super().__init__(data, balance=balance, suggested_minor=suggested_minor)
        if suggested_method is not None:
            self.initial["method"] = suggested_method.value


def shown_sums(balance: Balance) -> dict[str, str]:
    """Return the sums that the page shows, for the check of stale pages."""
    return {
        "received": money(balance.received_minor, balance.currency),
        "refunded": money(balance.refunded_minor, balance.currency),
        "balance": describe_balance(balance),
    }


def describe_balance(balance: Balance) -> str:
    """Return a balance as text: ``EUR 45.00 due``, ``EUR 10.00 to refund``, or ``settled``."""
    if balance.due_minor:
        return f"{money(balance.due_minor, balance.currency)} due"
    if balance.refund_due_minor:
        return f"{money(balance.refund_due_minor, balance.currency)} to refund"
    return "settled"


def say_overpaid(amount: str) -> str:
    """Return the warning that a guest has paid more than they owe, by an amount with currency."""
    return f"{amount} more than the guest owes: it is on the list of refunds due."
