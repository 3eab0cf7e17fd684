"""The forms of partners and their keys; the rules are in ``shared_domain.partners``."""

import re
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from core_site.admin_kit.django_types import ModelForm
from core_site.admin_kit.stale_pages.dialogs import FormOfStoredValues
from core_site.admin_kit.submit_once import FormSubmittedOnce
from core_site.checked_texts import normalise_by
from core_site.partners.models import Partner
from shared_domain import contact_data, partners

SCOPE_TITLES = {
    partners.Scope.CATALOG_READ: "Read the catalogue: supplier, products, availability",
    partners.Scope.BOOKINGS_READ: "Read its own bookings",
    partners.Scope.BOOKINGS_WRITE: "Make, change and cancel bookings",
    partners.Scope.USERS_READ: "Read its own users",
    partners.Scope.USERS_WRITE: "Make and change its own users",
    partners.Scope.WEBHOOKS_READ: "Read its webhook endpoints and their deliveries",
    partners.Scope.WEBHOOKS_WRITE: "Make and change its webhook endpoints, replay deliveries",
}

LONGEST_OVERLAP_HOURS = partners.LONGEST_OVERLAP // timedelta(hours=1)


#: The most addresses of testers that a partner may have.
MOST_TEST_MAIL_ADDRESSES = 20


class EmailAddresses(forms.Field):
    """E-mail addresses, one per line or separated by commas; duplicates are dropped."""

    widget = UnfoldAdminTextareaWidget({"rows": 3})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:
        typed = filter(contact_data.strip_blanks, re.split(r"[,;\n]", value or ""))
        addresses: dict[str, str] = {}
        for address in typed:
            normal = normalise_by(contact_data.normalise_email, address)
            addresses.setdefault(contact_data.email_key(normal), normal)
        if len(addresses) > MOST_TEST_MAIL_ADDRESSES:
            raise forms.ValidationError(f"Give at most {MOST_TEST_MAIL_ADDRESSES} addresses.")
        return list(addresses.values())

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return self.to_python(data) != (initial or [])
        except forms.ValidationError:
            return True


class PartnerForm(ModelForm):
    """The form of a partner; an empty share of held places keeps the stored or default share."""

    test_mail_addresses = EmailAddresses(
        label="Addresses for mails of tests",
        required=False,
        help_text="One on each line. A mail about a test booking is kept under Messages, unless "
        "its guest has one of these addresses; then it is sent.",
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # Staff who may only view partners get a page without these fields.
        for name in ("max_held_percent", "kind"):
            if name in self.fields:
                self.fields[name].required = False

    def clean_kind(self) -> str:
        partner: Partner = self.instance
        chosen: str = self.cleaned_data["kind"]
        return chosen or partner.kind

    def clean_max_held_percent(self) -> int:
        chosen: int | None = self.cleaned_data["max_held_percent"]
        partner: Partner = self.instance
        return partner.max_held_percent if chosen is None else chosen


class IssueKeyForm(FormSubmittedOnce):
    partner = forms.ModelChoiceField(
        queryset=Partner.objects.filter(kind=partners.PartnerKind.RESELLER.value).order_by("name"),
        widget=UnfoldAdminSelectWidget,
    )
    label = forms.CharField(
        max_length=100,
        widget=UnfoldAdminTextInputWidget,
        help_text="What the key is for, such as 'web shop'.",
    )
    mode = forms.ChoiceField(
        choices=[("live", "Live"), ("test", "Test: makes and sees test data only")],
        initial="live",
        widget=UnfoldAdminRadioSelectWidget,
    )
    scopes = forms.MultipleChoiceField(
        choices=[(scope.value, title) for scope, title in SCOPE_TITLES.items()],
        initial=[scope.value for scope in partners.Scope],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    expires_at = forms.DateField(
        label="Last day",
        required=False,
        widget=UnfoldAdminTextInputWidget({"type": "date"}),
        help_text="The key works until the end of this day (UTC). Empty: for ever.",
    )

    def clean_expires_at(self) -> datetime | None:
        last_day = self.cleaned_data["expires_at"]
        if last_day is None:
            return None
        try:
            next_day = last_day + timedelta(days=1)
        except OverflowError:
            raise forms.ValidationError("That day is too far ahead.") from None
        return datetime.combine(next_day, time.min, tzinfo=UTC)


class RotateKeyForm(FormSubmittedOnce):
    overlap = forms.IntegerField(
        label="Overlap in hours",
        initial=24,
        min_value=0,
        max_value=LONGEST_OVERLAP_HOURS,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="For how long the old key goes on working beside the new one, "
        f"0 to {LONGEST_OVERLAP_HOURS}.",
    )


class LimitRateForm(FormOfStoredValues):
    rate_limit_per_second = forms.IntegerField(
        label="Calls in a second",
        required=False,
        min_value=1,
        max_value=partners.HIGHEST_RATE_LIMIT,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=f"1 to {partners.HIGHEST_RATE_LIMIT:,}, in the long run: a caller may be three "
        "seconds ahead. Empty: as many as every key.",
    )


class RevokeKeyForm(forms.Form):
    """A form without fields, which confirms that the key is revoked."""
