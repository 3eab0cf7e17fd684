"""Admin filters by what was sold: the day of sale and the currency, as revenue adds them up."""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import RadioFilter, RangeDateFilter

from core_site.bookings.models import Booking
from core_site.catalog.models import Price


class SaleDateFilter(RangeDateFilter):
    """The bookings that revenue counts, by their local day of sale: ever confirmed, and no tests.

    These are the conditions of the index ``booking_sales``, without which a list of days long ago
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


class CurrencyFilter(RadioFilter):
    """Bookings by the currency of their prices; the currencies of the catalogue are offered."""

    title = "currency"
    parameter_name = "currency"

    def lookups(self, request: HttpRequest, model_admin: object) -> Iterable[tuple[str, str]]:
        offered = set(Price.objects.order_by().values_list("currency", flat=True).distinct())
        # Of a price that is gone there are bookings still.
        chosen = request.GET.get(self.parameter_name)
        return [(name, name) for name in sorted({*offered, *([chosen] if chosen else [])})]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Booking]") -> "QuerySet[Booking]":
        return queryset.filter(currency=self.value()) if self.value() else queryset
