"""Admin filters by days, each with the order of its index: days of travel, and days of sale.

Bookings are made in the order of time, so that PostgreSQL, which takes days for evenly spread,
would look for those of one day among all. A list of days is therefore in the order of the days.
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

#: The column by whose name staff's links filter the days of travel.
TRAVEL_DAY = "departure__local_date"


class TravelDateFilter(RangeDateFilter):
    """Bookings by the local day of their departure, which is kept with their search terms."""

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
            # A booking without a date has a day behind all others among the terms.
            return queryset.filter(departure__isnull=False, **days) if days else queryset
        except ValidationError:
            return None


class SaleDateFilter(RangeDateFilter):
    """The bookings that revenue counts, by their local day of sale: ever confirmed, and no tests.

    These are the conditions of the index ``booking_sold``, without which a list of days long ago
    would be looked for among all bookings.
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
    """Bookings by the currency of their prices; the currencies of the catalogue are offered.

    Offered beside days of sale only: for a rare currency alone, all bookings would be read.
    """

    title = "currency"
    parameter_name = "currency"

    def lookups(self, request: HttpRequest, model_admin: object) -> Iterable[tuple[str, str]]:
        chosen = request.GET.get(self.parameter_name)
        # Of a price that is gone there are bookings still.
        names = {chosen} if chosen else set()
        if is_by_sale(request):
            offered = Price.objects.order_by().values_list("currency", flat=True).distinct()
            names.update(offered)
        return [(name, name) for name in sorted(names)]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Booking]") -> "QuerySet[Booking]":
        return queryset.filter(currency=self.value()) if self.value() else queryset
