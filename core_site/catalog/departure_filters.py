"""Admin filters of departures; the tiles of the first page link to them and count the same rows."""

import re
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RadioFilter

from core_site.catalog.departure_states import FILTERABLE_STATES, IS_FULL, RUNS
from core_site.catalog.local_days import LocalToday
from core_site.catalog.models import Departure

_A_YEAR_AND_MORE = re.compile(r"\d{4}-")


class TimeFilter(RadioFilter):
    """Admin filter by day, in the time zone of each product.

    By default it shows today and later days, but every day if another filter or the search names a
    date.
    """

    title = "time, by the clock of each product"
    parameter_name = "time"
    all_option = None

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [
            ("ahead", "Today and later"),
            ("today", "Today"),
            ("tomorrow", "Tomorrow"),
            ("all", "All"),
        ]

    def value(self) -> str:
        value = super().value()
        return value if value in dict(self.lookup_choices) else "ahead"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Departure]) -> QuerySet[Departure]:
        match self.value():
            case "today":
                return LocalToday.at(timezone.now()).filter_departures(queryset, ahead=0)
            case "tomorrow":
                return LocalToday.at(timezone.now()).filter_departures(queryset, ahead=1)
            case "ahead" if not _names_a_date(request):
                return LocalToday.at(timezone.now()).today_and_later(queryset)
        return queryset


def _names_a_date(request: HttpRequest) -> bool:
    dates = (request.GET.get(f"local_date_{end}") for end in ("from", "to"))
    return any(dates) or any(map(_A_YEAR_AND_MORE.match, request.GET.get("q", "").split()))


class DepartureStateFilter(RadioFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [(state.value, state.value.capitalize()) for state in FILTERABLE_STATES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Departure]:
        return queryset.filter(state_now=self.value()) if self.value() else queryset


class PlacesFilter(RadioFilter):
    title = "places"
    parameter_name = "places"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("left", "Some left"), ("none", "None left"), ("taken", "Some taken")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Departure]:
        match self.value():
            case "left":
                return queryset.exclude(IS_FULL)
            case "none":
                return queryset.filter(IS_FULL)
            case "taken":
                return queryset.filter(taken__gt=0)
        return queryset


class ResourceFilter(AutocompleteSelectFilter):
    """Admin filter by a guide, boat, vehicle or equipment that a departure is given."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.title = "guide or boat"


class RunsFilter(RadioFilter):
    """Admin filter by whether guests can be on a departure: it is open, or places are taken.

    A closed weekday of opening hours is an example of one without.
    """

    title = "open or with guests"
    parameter_name = "runs"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("yes", "Open, or with guests"), ("no", "Closed and without guests")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Departure]) -> QuerySet[Departure]:
        match self.value():
            case "yes":
                return queryset.filter(RUNS)
            case "no":
                return queryset.exclude(RUNS)
        return queryset
