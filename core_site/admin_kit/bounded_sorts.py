"""Sorting of changelists: a long list by indexed columns only, a short one by every column."""

from typing import Any, Literal

from django.contrib import messages
from django.contrib.admin.views.main import ORDER_VAR
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from core_site.admin_kit.changelist import COUNTED_TO, BoundedPaginator
from core_site.admin_kit.django_types import ModelAdminMixin, ModelChangeList

#: Places of columns in the list, each with its direction.
SortedColumns = dict[int, Literal["asc", "desc"]]


class BoundedSortMixin(ModelAdminMixin):
    """Mixin of every ``ModelAdmin``: a click on a heading never sorts a whole large table.

    ``indexed_sorts`` maps the ``ordering`` of a column to the columns of an index; a list of any
    length can be sorted by these, and always by the id. Other columns sort lists of at most
    ``COUNTED_TO`` rows. A longer list keeps its usual order, with a message that says how to
    narrow it.
    """

    indexed_sorts: dict[str, tuple[str, ...]] = {}

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ModelChangeList]:
        return BoundedSortChangeList

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        answer = super().changelist_view(request, extra_context)
        changelist = (getattr(answer, "context_data", None) or {}).get("cl")
        if getattr(changelist, "is_sort_refused", False):
            messages.info(
                request,
                f"More than {COUNTED_TO:,} {self.opts.verbose_name_plural} keep their usual order: "
                "narrow the list with search and filters to sort it by this column.",
            )
        return answer

    def get_indexed_rows(self, queryset: "QuerySet[Any]", ordering: str) -> "QuerySet[Any]":
        """Return the rows with the joins that the index of ``ordering`` needs.

        A hook: an admin class overrides it for an index on a related table.
        """
        return queryset


class BoundedSortChangeList(ModelChangeList):
    """A changelist that falls back to its usual order when a sort has no index for a long list."""

    #: True when the list was too long to be sorted as the address asks.
    is_sort_refused = False

    #: The columns that the list is sorted by, where they are not those of the address.
    _shown_sort: SortedColumns | None = None

    def get_results(self, request: HttpRequest) -> None:
        asked = super().get_ordering_field_columns() if self.params.get(ORDER_VAR) else {}
        if asked:
            usual = self.model_admin.get_ordering(request) or self._get_default_ordering()
            in_usual_order = self.queryset.order_by(*self._get_deterministic_ordering(usual))
            if BoundedPaginator(in_usual_order, 1).is_cut:
                self._sort_by_index(in_usual_order, asked)
        super().get_results(request)

    def get_ordering_field_columns(self) -> SortedColumns:
        if self._shown_sort is not None:
            return self._shown_sort
        columns: SortedColumns = super().get_ordering_field_columns()
        return columns

    def _sort_by_index(self, in_usual_order: "QuerySet[Any]", asked: SortedColumns) -> None:
        first, direction = next(iter(asked.items()))
        field = self.get_ordering_field(self.list_display[first])
        indexed = {"id": ("id",), **self.model_admin.indexed_sorts}
        index = indexed.get(field) if isinstance(field, str) else None
        if index is None:
            self._shown_sort = {}
            self.queryset = in_usual_order
            self.is_sort_refused = True
            return
        self._shown_sort = {first: direction}
        rows = self.model_admin.get_indexed_rows(self.queryset, field)
        prefix = "-" if direction == "desc" else ""
        self.queryset = rows.order_by(*(f"{prefix}{name}" for name in index))
