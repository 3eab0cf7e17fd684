"""Changes of one or many departures by staff: the texts of each page, its form and its service."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.utils import timezone
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldBooleanSwitchWidget

from core_site import stores
from core_site.admin_kit.confirmation_page import EmptyForm
from core_site.admin_kit.stale_pages.dialogs import FormOfStoredValues
from core_site.bookings.running_holds import RunningHolds
from core_site.catalog.models import Departure
from shared_domain import availability
from shared_domain.availability import DepartureId
from shared_domain.catalog import MAX_CAPACITY
from shared_domain.run_now import run_now


class CapacityForm(FormOfStoredValues):
    capacity = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=MAX_CAPACITY,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=f"Places in all, at most {MAX_CAPACITY:,}. Empty: no limit (freesale).",
    )


class CloseForm(forms.Form):
    """Asks whether to release the running holds of the departures that are closed."""

    release_holds = forms.BooleanField(
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text="Cancel the running holds at once; their partners read that the departure was "
        "closed. A booking that is confirmed meanwhile stays.",
    )

    def ask_about(self, holds: RunningHolds, *, may_release: bool) -> None:
        """Remove the question if there are no holds, or the staff user may not release them."""
        if not holds.rows or not may_release:
            del self.fields["release_holds"]

    @property
    def releases_holds(self) -> bool:
        return bool(self.cleaned_data.get("release_holds"))


@dataclass(frozen=True, kw_only=True)
class OpenOrClose:
    """Close a departure to sale, or open it again."""

    is_open: bool
    button: str
    explanation: str
    said: str
    is_dangerous: bool = False
    form: type[forms.Form] = EmptyForm

    def form_for(self, departure: Departure, data: Mapping[str, Any] | None) -> forms.Form:
        return self.form(data)

    def run(self, departure_id: DepartureId, form: forms.Form) -> None:
        run_now(
            availability.set_departure_open(
                departure_id,
                is_open=self.is_open,
                now=timezone.now(),
                store=stores.availability(),
            )
        )


@dataclass(frozen=True, kw_only=True)
class Resize:
    """Change the capacity of a departure, but not below the number of places taken."""

    button: str
    explanation: str
    said: str
    is_dangerous: bool = False
    form = CapacityForm

    def form_for(self, departure: Departure, data: Mapping[str, Any] | None) -> forms.Form:
        return self.form(data, stored={"capacity": departure.capacity})

    def run(self, departure_id: DepartureId, form: forms.Form) -> None:
        locked = Departure.objects.select_for_update(no_key=True).order_by()
        for stored in locked.filter(pk=departure_id).values("capacity"):
            cast(CapacityForm, form).hold_against(stored)
        run_now(
            availability.set_departure_capacity(
                departure_id,
                form.cleaned_data["capacity"],
                now=timezone.now(),
                store=stores.availability(),
            )
        )


Change = OpenOrClose | Resize

CLOSE = OpenOrClose(
    is_open=False,
    button="Close to sale",
    explanation="Nothing more can be booked. The bookings that are there stay, and a hold that is "
    "running may still be confirmed until it ends, though it gets no more time. Its schedule "
    "leaves it alone from now on.",
    said="closed",
    is_dangerous=True,
    form=CloseForm,
)
REOPEN = OpenOrClose(
    is_open=True,
    button="Reopen for sale",
    explanation="It can be booked again, as far as places are left and the cut-off allows.",
    said="reopened",
)
RESIZE = Resize(
    button="Change the capacity",
    explanation="It cannot fall below the places that are taken. Its schedule leaves the "
    "departure alone from now on.",
    said="given the new capacity",
)
