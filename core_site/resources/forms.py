"""Forms that assign resources to departures: guides, boats, vehicles and equipment."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminRadioSelectWidget

from core_site.admin_kit.stale_pages.dialogs import FormOfStoredValues
from core_site.resources.models import Resource
from shared_domain.resources import ResourceId

#: Resources that a form offers; an operator has tens.
MOST_OFFERED = 300


class ResourcesField(forms.MultipleChoiceField):
    widget = UnfoldAdminCheckboxSelectMultipleWidget


class AssignForm(FormOfStoredValues):
    """Chooses all resources of one departure; those that are not chosen are removed.

    So it is compared with what the departure has by then (``hold_against``).
    """

    resources = ResourcesField(
        label="Guides, boats and equipment",
        required=False,
        help_text="A boat limits what can be sold to its places, on all its departures at the same "
        "time together.",
    )

    def __init__(self, data: Mapping[str, Any] | None, *, present: Sequence[Resource]) -> None:
        super().__init__(data, stored=stored_resources(present))
        ids = [resource.pk for resource in present]
        self.initial["resources"] = [str(pk) for pk in ids]
        offer_resources(self, present=ids)

    @property
    def chosen(self) -> list[ResourceId]:
        return [ResourceId(int(pk)) for pk in self.cleaned_data["resources"]]


def stored_resources(present: Sequence[Resource]) -> dict[str, str]:
    """Return the names of a departure's resources, for the check of stale pages."""
    return {"guides and boats": ", ".join(sorted(resource.name for resource in present))}


class AssignManyForm(forms.Form):
    """Adds resources to many departures, or removes them; their other resources stay.

    Of those ``present`` on the departures, one that is out of use can be removed.
    """

    change = forms.ChoiceField(
        choices=[("assign", "Give them"), ("unassign", "Take off")],
        initial="assign",
        widget=UnfoldAdminRadioSelectWidget,
    )
    resources = ResourcesField(label="Guides, boats and equipment")

    def __init__(self, data: Mapping[str, Any] | None, *, present: list[int]) -> None:
        super().__init__(data)
        offer_resources(self, present=present)

    @property
    def chosen(self) -> list[ResourceId]:
        return [ResourceId(int(pk)) for pk in self.cleaned_data["resources"]]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("change") == "assign" and cleaned.get("resources"):
            unused = Resource.objects.filter(pk__in=cleaned["resources"], is_active=False)
            if names := [resource.name for resource in unused]:
                self.add_error("resources", f"Out of use, so only taken off: {', '.join(names)}.")
        return cleaned


def offer_resources(form: forms.Form, *, present: list[int]) -> None:
    """Set the choices of a form to the active resources, and to all of those in ``present``.

    One that is present and not offered would be removed by a form that was sent as it was.
    """
    active = Resource.objects.filter(is_active=True).order_by("kind", "name")[:MOST_OFFERED]
    offered = {row.pk: row for row in (*active, *Resource.objects.filter(pk__in=present))}
    rows = sorted(offered.values(), key=lambda row: (row.kind, row.name))
    form.fields["resources"].choices = [  # type: ignore[attr-defined]
        (str(row.pk), f"{row.get_kind_display()}: {row}") for row in rows
    ]
