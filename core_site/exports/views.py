"""The buttons that export a list, and the download behind them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from unfold.enums import ActionVariant

from core_site.admin_kit.django_types import ModelAdminMixin
from core_site.admin_kit.hidden_fields import reads_hidden
from core_site.exports.columns import Cell, export_columns, read_row
from core_site.exports.csv_file import csv_chunks
from core_site.exports.models import Export
from core_site.exports.xlsx import xlsx_chunks
from core_site.personal_data import may_see_personal_data

EXPORT = "exports.export_list"

#: Rows that one query reads.
ROWS_AT_ONCE = 2_000

#: Content types of the formats in which a list is exported.
LIST_TYPES = {
    Export.Kind.CSV: "text/csv; charset=utf-8",
    Export.Kind.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

#: Parameters of a list that choose no rows: page, order, everything on one page.
_OF_THE_PAGE = frozenset({"p", "o", "all", "e", "_facets"})

#: The parameter with the search text.
_SEARCH = "q"


class ListExportMixin(ModelAdminMixin):
    """Mixin of every ``ModelAdmin``: its list as CSV and XLSX, for those who may export lists.

    ``columns_of_buttons`` are columns of the list that hold links to dialogs, which no file has.
    """

    columns_of_buttons: ClassVar[frozenset[str]] = frozenset()

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.export_list)
        return [path("export/<slug:kind>/", view, name=self._export_name()), *super().get_urls()]

    def has_export_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request) and request.user.has_perm(EXPORT)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        answer: Any = super().changelist_view(request, extra_context)
        shown = getattr(answer, "context_data", None)
        if shown is not None and "actions_list" in shown and self.has_export_permission(request):
            shown["actions_list"] = [*shown["actions_list"], *self._export_buttons(request)]
        return answer  # type: ignore[no-any-return]

    def export_list(self, request: HttpRequest, kind: str) -> HttpResponseBase:
        """Stream all rows that match the filters and search in the query string, of all pages."""
        if not self.has_export_permission(request):
            raise PermissionDenied
        if kind not in LIST_TYPES:
            raise Http404("no such format")
        chosen = Export.Kind(kind)
        try:
            changelist = self.get_changelist_instance(request)
        except IncorrectLookupParameters:
            # As the list itself: it says that the filters cannot be understood.
            name = f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_changelist"
            return HttpResponseRedirect(f"{reverse(name)}?{request.GET.urlencode()}")
        found: QuerySet[Any] = changelist.queryset.order_by()
        columns = export_columns(changelist, shows_personal_data=may_see_personal_data(request))
        record = self._record_export(request, chosen)
        rows = count_rows(record, (read_row(columns, row) for row in self._read_all(found)))
        name = f"{self.opts.model_name}-{timezone.localdate()}"
        return stream_file(chosen, [column.title for column in columns], rows, name=name)

    def complete_rows(self, rows: Sequence[Any]) -> None:
        """Set on the rows of one page what their columns read and the list's query does not."""

    def signed_minor(self, row: Any, name: str) -> int | None:
        """Return a stored amount in minor units as files have it: below zero as on the page."""
        stored: int | None = getattr(row, name)
        return stored

    def _read_all(self, found: "QuerySet[Any]") -> Iterator[Model]:
        """Yield every row, the newest id first, in queries of ``ROWS_AT_ONCE``.

        No cursor and no transaction stays open while a slow reader downloads, so that the database
        can clean up behind it, and a pooler may give each query another session.
        """
        page = list(found.order_by("-pk")[:ROWS_AT_ONCE])
        while page:
            self.complete_rows(page)
            yield from page
            if len(page) < ROWS_AT_ONCE:
                return
            page = list(found.filter(pk__lt=page[-1].pk).order_by("-pk")[:ROWS_AT_ONCE])

    def _record_export(self, request: HttpRequest, kind: Export.Kind) -> Export:
        kept = {
            name: "not kept"
            if reads_hidden(self.model, name, shows_personal_data=False)
            # PostgreSQL stores no NUL, and no filter has one.
            else [value.replace("\0", "") for value in request.GET.getlist(name)]
            for name in request.GET
            if name not in _OF_THE_PAGE and name != _SEARCH
        }
        return Export.objects.create(
            by=str(request.user),
            list=str(self.opts.verbose_name_plural).capitalize(),
            kind=kind,
            filters=kept,
            is_searched=bool(request.GET.get(_SEARCH)),
            with_personal_data=may_see_personal_data(request),
        )

    def _export_buttons(self, request: HttpRequest) -> Iterator[dict[str, Any]]:
        query = request.GET.copy()
        query.pop("p", None)
        for kind in LIST_TYPES:
            address = reverse(f"{self.admin_site.name}:{self._export_name()}", args=[kind.value])
            yield {
                "title": f"Export {kind.label}",
                "icon": "download",
                "path": f"{address}?{query.urlencode()}" if query else address,
                "attrs": {},
                "variant": ActionVariant.DEFAULT,
                "dialog": None,
            }

    def _export_name(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_export"


def stream_file(
    kind: Export.Kind, titles: Sequence[str], rows: Iterable[Iterable[Cell]], *, name: str
) -> StreamingHttpResponse:
    """Return a download that is sent while its rows are read; ``name`` is without its ending."""
    write = csv_chunks if kind is Export.Kind.CSV else xlsx_chunks
    answer = StreamingHttpResponse(write(titles, rows), content_type=LIST_TYPES[kind])
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.{kind.value}"'
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


def count_rows(record: Export, rows: Iterator[Iterator[Cell]]) -> Iterator[Iterator[Cell]]:
    """Yield the rows, and record how many there were, also when the download is broken off."""
    count = 0
    is_finished = False
    try:
        for row in rows:
            count += 1
            yield row
        is_finished = True
    finally:
        record.rows = count
        record.finished_at = timezone.now() if is_finished else None
        record.save(update_fields=["rows", "finished_at"])
