"""Form fields for the pick-up of a booking's guests: the place and the time."""

from collections.abc import Mapping

from django import forms
from unfold.widgets import UnfoldAdminTextInputWidget

from core_site.checked_texts import CheckedText
from shared_domain import contact_data


def make_pickup_fields(attributes: Mapping[str, str] | None = None) -> dict[str, forms.Field]:
    """Return the fields, named as the attributes of the services' requests are."""
    return {
        "pickup_hotel": CheckedText(
            contact_data.normalise_line,
            label="Pick-up place",
            required=False,
            max_length=contact_data.LONGEST_LINE,
            widget=UnfoldAdminTextInputWidget(
                {**(attributes or {}), "placeholder": "Hotel or address"}
            ),
        ),
        "pickup_time": CheckedText(
            contact_data.normalise_time,
            label="Pick-up time",
            required=False,
            max_length=5,
            widget=UnfoldAdminTextInputWidget({**(attributes or {}), "type": "time"}),
        ),
    }
