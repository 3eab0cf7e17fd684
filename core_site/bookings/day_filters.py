"""Admin filters of bookings by day of travel and day of sale, each with the order of its index.

PostgreSQL assumes that a day's bookings are spread evenly over the table, while they were made at
about the same time. Sorted by id, a list of one day would be looked for among all bookings; so a
list that is filtered by days is sorted by days.
"""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import DateField
from django.http import HttpRequest
from unfold.contrib.filters.admin import RadioFilter, RangeDateFilter

from core_site.bookings.models import Booking
from core_site.catalog.models import Price

#: The parameter prefix of the filter by days of travel in links.
TRAVEL_DAY = "departure__local_date"


class TravelDateFilter(RangeDateFilter):
    """Filters bookings by the local day of departure, by the copy among their search terms."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.title = "day of travel"

    def queryset(
        self, request: HttpRequest, queryset: "QuerySet[Booking]"
    ) -> "QuerySet[Booking] | None":
        typed = {
            "gte": self.used_parameters.get(f"{TRAVEL_DAY}_from"),
            "lte": self.used_parameters.get(f"{TRAVEL_DAY}_to"),
        }
        try:
            days = {
                f"search_terms__day__{lookup}": DateField().clean(day)
                for lookup, day in typed.items()
                if day
            }
            # Among the search terms a booking without a date has the last day there is.
            return queryset.filter(departure__isnull=False, **days) if days else queryset
        except ValidationError:
            return None


class SaleDateFilter(RangeDateFilter):
    """Filters bookings by local day of sale; only those that revenue counts: confirmed, no tests.

    Bookings that were confirmed once and cancelled later count as well. These conditions are those
    of the index ``booking_sold``; without them all bookings would be searched.
    """

    title = "day of sale, without tests"

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.title = type(self).title

    def queryset(
        self, request: HttpRequest, queryset: "QuerySet[Booking]"
    ) -> "QuerySet[Booking] | None":
        if not any(self.used_parameters.values()):
            return queryset
        found: QuerySet[Booking] | None = super().queryset(request, queryset)
        if found is None:
            return None
        return found.filter(confirmed_at__isnull=False, test_mode=False)


def order_by_days(request: HttpRequest) -> tuple[str, ...] | None:
    """Return the order of a list that is filtered by days; None for one that is not."""
    first, last = (request.GET.get(f"{TRAVEL_DAY}_{end}") for end in ("from", "to"))
    if first:
        return ("search_terms__day", "departure__starts_at", "id")
    if last:
        return ("-search_terms__day", "-departure__starts_at", "-id")
    if is_by_sale(request):
        return ("-sale_date", "-id")
    return None


def is_by_sale(request: HttpRequest) -> bool:
    """Return whether a list is filtered by the day of sale."""
    return any(request.GET.get(f"sale_date_{end}") for end in ("from", "to"))


class CurrencyFilter(RadioFilter):
    """Filters bookings by currency; offers the currencies of the catalogue's prices.

    It is offered only together with days of sale, since a filter by a rare currency alone would
    read all bookings.
    """

    title = "currency"
    parameter_name = "currency"

    def lookups(self, request: HttpRequest, model_admin: object) -> Iterable[tuple[str, str]]:
        chosen = request.GET.get(self.parameter_name)
        # Bookings may have a currency in which the catalogue has no price any more.
        names = {chosen} if chosen else set()
        if is_by_sale(request):
            offered = Price.objects.order_by().values_list("currency", flat=True).distinct()
            names.update(offered)
        return [(name, name) for name in sorted(names)]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Booking]") -> "QuerySet[Booking]":
        return queryset.filter(currency=self.value()) if self.value() else queryset
