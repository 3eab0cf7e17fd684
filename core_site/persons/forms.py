from typing import Any
from uuid import UUID

from django import forms
from unfold.widgets import (
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from shared_domain.persons import Person

KINDS = [
    ("email", "E-mail address"),
    ("reference", "Booking reference: everyone on it"),
    ("user_id", "User id"),
]


class PersonForm(forms.Form):
    """The search form; ``cleaned_data["person"]`` is the ``Person`` to find."""

    kind = forms.ChoiceField(label="Find by", choices=KINDS, widget=UnfoldAdminSelectWidget)
    value = forms.CharField(
        label="The address, reference or id",
        max_length=320,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )

    def clean(self) -> dict[str, Any]:
        super().clean()
        cleaned = self.cleaned_data
        if {"kind", "value"} <= cleaned.keys():
            kind, value = cleaned["kind"], cleaned["value"]
            try:
                cleaned["person"] = _person(kind, value)
            except ValueError:
                self.add_error("value", "A user id looks like 0f8e2c4a-…, 32 digits or letters.")
        return cleaned


def _person(kind: str, value: str) -> Person:
    """Return the person to find.

    Raises:
        ValueError: the value is no user id.
    """
    match kind:
        case "email":
            return Person(email=value)
        case "reference":
            return Person(reference=value)
        case _:
            return Person(user_id=UUID(value))


STEPS = [("export", "Download everything as a file"), ("erase", "Erase")]


class FoundForm(PersonForm):
    """The form after the search: export or erase what was found."""

    kind = forms.ChoiceField(choices=KINDS, widget=forms.HiddenInput)
    value = forms.CharField(max_length=320, widget=forms.HiddenInput)
    step = forms.ChoiceField(
        label="What to do", choices=STEPS, initial="export", widget=UnfoldAdminRadioSelectWidget
    )
    also_ahead = forms.BooleanField(
        label="Also bookings that are still ahead",
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text="Their guests can no longer be reached.",
    )
