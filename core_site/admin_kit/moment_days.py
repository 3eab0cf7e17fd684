"""An admin filter by a range of days, for columns that hold instants."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import DateField
from django.http import HttpRequest
from unfold.contrib.filters.admin import RangeDateFilter

from core_site.admin_kit.viewer_zone import ViewerClock


class MomentDaysFilter(RangeDateFilter):
    """Filters rows by a range of days, both ends included, in the viewer's time zone.

    Unfold's filter compares with the midnight at which the last day begins, and so excludes that
    day.
    """

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Any]") -> "QuerySet[Any] | None":
        column = self.field_path
        try:
            first, last = self._day("from"), self._day("to")
            if first is not None:
                queryset = queryset.filter(**{f"{column}__gte": _midnight(first)})
            if last is not None:
                after = _midnight(last + timedelta(days=1))
                queryset = queryset.filter(**{f"{column}__lt": after})
        except (ValidationError, OverflowError):
            return None
        return queryset

    def _day(self, end: str) -> date | None:
        typed = self.used_parameters.get(f"{self.field_path}_{end}")
        day: date | None = DateField(required=False).clean(typed)
        return day


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), ViewerClock())
