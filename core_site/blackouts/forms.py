"""The form that adds a blackout period: the first POST previews its effect, the second adds it."""

from collections.abc import Mapping
from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from core_site.admin_kit.submit_once import FormSubmittedOnce
from core_site.catalog.models import Product
from core_site.checked_texts import CheckedText
from shared_domain.availability import BlackoutPlan
from shared_domain.catalog import ProductId
from shared_domain.contact_data import normalise_line

#: Places that the list offers.
MOST_PLACES = 500


def _day(label: str, help_text: str = "") -> forms.DateField:
    widget = UnfoldAdminTextInputWidget({"type": "date"})
    return forms.DateField(label=label, widget=widget, help_text=help_text)


class BlackoutForm(FormSubmittedOnce):
    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    product = forms.ModelChoiceField(
        Product.objects.order_by("internal_name"),
        required=False,
        empty_label="Every product of a place",
        widget=UnfoldAdminSelectWidget,
    )
    place = forms.ChoiceField(
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="Places stand on the products' pages.",
    )
    first = _day("From")
    last = _day("Until", "This day included.")
    reason = CheckedText(
        normalise_line,
        max_length=200,
        widget=UnfoldAdminTextInputWidget,
        help_text="For staff, as in: the boat is on the slip.",
    )
    release_holds = forms.BooleanField(
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text="Cancel the running holds at once. Without it, each may still be confirmed until "
        "it ends.",
    )

    def __init__(self, data: Mapping[str, Any] | None, *, may_release: bool) -> None:
        super().__init__(data)
        if not may_release:
            del self.fields["release_holds"]
        places = Product.objects.exclude(place="").order_by("place")
        named = places.values_list("place", flat=True).distinct()[:MOST_PLACES]
        self.fields["place"].choices = [  # type: ignore[attr-defined]
            ("", "–"),
            *((place, place) for place in named),
        ]

    @property
    def plan(self) -> BlackoutPlan:
        cleaned = self.cleaned_data
        product = cleaned["product"]
        return BlackoutPlan(
            product_id=None if product is None else ProductId(product.pk),
            place=cleaned["place"],
            first_date=cleaned["first"],
            last_date=cleaned["last"],
            reason=cleaned["reason"],
        )

    def show_again(self, seen: str) -> None:
        """Put the digest of the shown effect into the form, for the POST that confirms it."""
        data = self.data.copy()  # type: ignore[attr-defined]
        data["seen"] = seen
        self.data = data
