"""The form that selects the departures to cancel or move: by days, product and place, or by ids.

The selection is in the query string of the page, so that other pages can link to it and a reload
repeats it.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django import forms
from django.db.models import QuerySet
from unfold.widgets import (
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from core_site.catalog.models import Departure, Product
from shared_domain.disruptions import MAX_DEPARTURES, DisruptionKind
from shared_domain.quantities import format_quantity

#: The longest range of days; of more, the departures would be too many as well.
MOST_DAYS = 31

#: The last day to move to: the calendar has days after it for departures of later days.
LAST_DAY = date(9000, 1, 1)

#: Products and places that the lists of the form offer.
MOST_OFFERED = 500


class DayField(forms.DateField):
    widget = UnfoldAdminTextInputWidget({"type": "date"})


class ChoiceForm(forms.Form):
    """Selects departures and the kind of disruption; sent by GET.

    With ``departures``, ids separated by commas, it has no fields for days, product and place.
    """

    kind = forms.ChoiceField(
        label="What",
        choices=[
            (DisruptionKind.CANCEL.value, "Cancel"),
            (DisruptionKind.MOVE.value, "Move to another day"),
        ],
        initial=DisruptionKind.CANCEL.value,
        widget=UnfoldAdminRadioSelectWidget,
    )
    departures = forms.CharField(required=False, max_length=4000, widget=forms.HiddenInput)
    first = DayField(label="Day", required=False)
    last = DayField(label="Until", required=False, help_text="Empty: that day only.")
    product = forms.ModelChoiceField(
        Product.objects.none(),
        required=False,
        empty_label="All products",
        widget=UnfoldAdminSelectWidget,
    )
    place = forms.ChoiceField(required=False, widget=UnfoldAdminSelectWidget)
    to = DayField(
        label="Move to the day",
        required=False,
        help_text="Of several days, the first; the others follow.",
    )

    def __init__(self, data: Mapping[str, Any] | None, *, today: date) -> None:
        super().__init__(data, initial={"first": today.isoformat()})
        products = Product.objects.order_by("internal_name")
        self.fields["product"].queryset = products  # type: ignore[attr-defined]
        places = products.order_by("place").values_list("place", flat=True)
        self.fields["place"].choices = [  # type: ignore[attr-defined]
            ("", "All places"),
            *((place, place) for place in places.exclude(place="").distinct()[:MOST_OFFERED]),
        ]
        if self.chosen_ids:
            for name in ("first", "last", "product", "place"):
                del self.fields[name]

    @property
    def chosen_ids(self) -> list[int]:
        """The ids of departures in the query string, at most ``MAX_DEPARTURES + 1``."""
        ids = str(self.data.get("departures", "")).split(",")
        return [int(pk) for pk in ids if pk.isdecimal() and len(pk) < 19][: MAX_DEPARTURES + 1]

    @property
    def kind_chosen(self) -> DisruptionKind:
        return DisruptionKind(self.cleaned_data["kind"])

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        first, last = cleaned.get("first"), cleaned.get("last")
        if not self.chosen_ids and first is None and "first" not in self.errors:
            self.add_error("first", "Choose a day.")
        if first and last and not 0 <= (last - first).days < MOST_DAYS:
            self.add_error("last", f"Choose the same day or one of the {MOST_DAYS - 1} after it.")
        to = cleaned.get("to")
        if cleaned.get("kind") == DisruptionKind.MOVE.value and to is None:
            self.add_error("to", "Choose the day to which guests are moved.")
        elif to is not None and to > LAST_DAY:
            self.add_error("to", "Choose an earlier day.")
        return cleaned

    def find_departures(self, *, now: datetime) -> list[Departure]:
        """Return the selected departures that have not ended, at most ``MAX_DEPARTURES + 1``.

        Of days, those that have not begun: guests of the others are on their way. A day of opening
        hours is among them until it closes.
        """
        rows: QuerySet[Departure] = Departure.objects.filter(ends_at__gt=now)
        if self.chosen_ids:
            rows = rows.filter(pk__in=self.chosen_ids)
        else:
            first = self.cleaned_data["first"]
            rows = rows.filter(local_date__range=(first, self.cleaned_data["last"] or first))
            rows = rows.filter(cutoffs_count_from__gt=now).exclude(is_open=False, reserved=0)
            if self.cleaned_data["product"]:
                rows = rows.filter(option__product=self.cleaned_data["product"])
            if self.cleaned_data["place"]:
                rows = rows.filter(option__product__place=self.cleaned_data["place"])
        ordered = rows.select_related("option__product").order_by("starts_at", "id")
        return list(ordered[: MAX_DEPARTURES + 1])

    def describe(self, departures: list[Departure]) -> str:
        """Return the title of the disruption: ``2026-11-24, Kayak tour, Cascais, 3 departures``."""
        if len(departures) == 1:
            return f"{departures[0]}"[:200]
        days = sorted({departure.local_date for departure in departures})
        span = f"{days[0]}" if len(days) == 1 else f"{days[0]} – {days[-1]}"
        names = [
            str(value) for name in ("product", "place") if (value := self.cleaned_data.get(name))
        ]
        return ", ".join([span, *names, format_quantity(len(departures), "departure")])[:200]
