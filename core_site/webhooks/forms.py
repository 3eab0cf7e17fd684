"""Forms of staff's actions on webhook endpoints: add, change, rotate, sample, replay, enable."""

from django import forms
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from core_site.admin_kit.submit_once import FormSubmittedOnce
from core_site.partners.models import Partner
from shared_domain.events import PublishedType
from shared_domain.partners import PartnerKind
from shared_domain.webhooks import (
    DEFAULT_OVERLAP,
    LONGEST_DESCRIPTION,
    LONGEST_OVERLAP,
    LONGEST_REPLAY,
    LONGEST_URL,
)

TYPE_CHOICES = [
    (kind.value, kind.value.replace("_", " ").replace(".", " ").capitalize())
    for kind in PublishedType
]

_HOURS = 3600


class EndpointForm(FormSubmittedOnce):
    url = forms.CharField(
        label="URL",
        max_length=LONGEST_URL,
        widget=UnfoldAdminTextInputWidget,
        help_text="https, with a host of the public internet.",
    )
    description = forms.CharField(
        required=False, max_length=LONGEST_DESCRIPTION, widget=UnfoldAdminTextInputWidget
    )
    types = forms.MultipleChoiceField(
        label="Events",
        required=False,
        choices=TYPE_CHOICES,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="None chosen: events of every type.",
    )

    def chosen_types(self) -> tuple[PublishedType, ...]:
        return tuple(map(PublishedType, self.cleaned_data["types"]))


class NewEndpointForm(EndpointForm):
    partner = forms.ModelChoiceField(
        queryset=Partner.objects.filter(kind=PartnerKind.RESELLER.value).order_by("name"),
        widget=UnfoldAdminSelectWidget,
    )
    mode = forms.ChoiceField(
        choices=[("live", "Live"), ("test", "Test: events of test bookings")],
        initial="live",
        widget=UnfoldAdminRadioSelectWidget,
    )

    field_order = ("partner", "mode", "url", "description", "types")


class RotateSecretForm(FormSubmittedOnce):
    overlap = forms.IntegerField(
        label="Overlap in hours",
        initial=int(DEFAULT_OVERLAP.total_seconds() // _HOURS),
        min_value=0,
        max_value=int(LONGEST_OVERLAP.total_seconds() // _HOURS),
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="So long deliveries are signed by the old secret as well, 0 to "
        f"{int(LONGEST_OVERLAP.total_seconds() // _HOURS)}.",
    )


class SampleForm(FormSubmittedOnce):
    type = forms.ChoiceField(
        label="Event",
        choices=TYPE_CHOICES,
        initial=PublishedType.BOOKING_CONFIRMED.value,
        widget=UnfoldAdminSelectWidget,
        help_text="The documented example of it is sent, signed as every other.",
    )


class ReplayForm(FormSubmittedOnce):
    after = forms.IntegerField(
        label="After position",
        min_value=0,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="The list of events has the positions.",
    )
    until = forms.IntegerField(
        label="Up to position",
        min_value=1,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=f"At most {LONGEST_REPLAY:,} positions.",
    )


class EnableForm(FormSubmittedOnce):
    skips_backlog = forms.BooleanField(
        label="Pass over what happened meanwhile",
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text="It can be replayed later. Otherwise all of it is sent now.",
    )
