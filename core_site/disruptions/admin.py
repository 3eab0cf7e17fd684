"""The admin pages of disruptions: the list, the page that starts one, and the reports."""

from datetime import datetime
from typing import Any, Protocol

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.text import slugify
from unfold.contrib.filters.admin import RadioFilter
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from core_site.admin_kit.changelist import ReadOnlyAdminMixin
from core_site.admin_kit.model_admin import ModelAdmin
from core_site.admin_kit.viewer_zone import drop_own_zone
from core_site.catalog.local_days import supplier_zone
from core_site.catalog.time_format import format_moment
from core_site.disruptions.models import Disruption
from core_site.disruptions.report import (
    describe_lines,
    load_departures,
    load_lines,
    load_progress,
    report_as_csv,
)
from core_site.disruptions.start_page import answer_start_page
from core_site.exports.models import Export
from core_site.exports.tables import record_download
from shared_domain.disruptions import DisruptionKind, LineOutcome

#: What the record of downloads calls a report.
_REPORTS = "Report of cancelled or moved departures"

STATE_COLOURS = {"running": "info", "done": "success", "done in part": "warning"}


class DisruptionKindFilter(RadioFilter):
    title = "what"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [(DisruptionKind.CANCEL.value, "Cancelled"), (DisruptionKind.MOVE.value, "Moved")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Disruption]:
        return queryset.filter(kind=self.value()) if self.value() else queryset


class DisruptionStateFilter(RadioFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("running", "Running"), ("over", "Over")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Disruption]:
        match self.value():
            case "running":
                return queryset.filter(finished_at=None)
            case "over":
                return queryset.exclude(finished_at=None)
        return queryset


class _CountedDisruption(Protocol):
    """A disruption with what the list's query adds."""

    finished_at: datetime | None
    bookings_count: int
    refused_count: int


@admin.register(Disruption)
class DisruptionAdmin(ReadOnlyAdminMixin, ModelAdmin):
    change_form_template = "disruptions/report.html"
    list_display = ("which", "what", "state", "bookings_count", "refused_count", "by", "started_at")
    list_display_links = ("which",)
    list_filter = (DisruptionStateFilter, DisruptionKindFilter)
    list_filter_submit = True
    list_select_related = ("requested_by",)
    list_per_page = 50
    ordering = ("-id",)
    search_fields = ("title", "reason")
    search_help_text = "Day, product, place or reason"
    fields = ("title",)
    actions_list = ("start",)

    class Media:
        css = {"all": ["disruptions/disruptions.css"]}
        js = ["disruptions/progress.js"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Disruption]:
        rows: QuerySet[Disruption] = super().get_queryset(request)
        return rows.annotate(
            bookings_count=Count("lines"),
            refused_count=Count("lines", filter=Q(lines__outcome=LineOutcome.REFUSED.value)),
        )

    @display(description="departures", ordering="title")
    def which(self, disruption: Disruption) -> str:
        return drop_own_zone(disruption.title)

    @display(description="what", ordering="kind")
    def what(self, disruption: Disruption) -> str:
        return "Moved" if disruption.kind == DisruptionKind.MOVE.value else "Cancelled"

    @display(description="state", label=STATE_COLOURS)
    def state(self, disruption: _CountedDisruption) -> str:
        if disruption.finished_at is None:
            return "running"
        return "done in part" if disruption.refused_count else "done"

    @display(description="bookings", ordering="bookings_count")
    def bookings_count(self, disruption: _CountedDisruption) -> int:
        return disruption.bookings_count

    @display(description="not done", ordering="refused_count")
    def refused_count(self, disruption: _CountedDisruption) -> int:
        return disruption.refused_count

    @display(description="by", ordering="requested_by")
    def by(self, disruption: Disruption) -> str:
        staff = disruption.requested_by
        return "–" if staff is None else staff.get_full_name() or staff.get_username()

    def has_run_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("disruptions.run_disruption")

    @action(
        description="Cancel or move departures",
        icon="event_busy",
        url_path="start",
        permissions=["run"],
        variant=ActionVariant.PRIMARY,
    )
    def start(self, request: HttpRequest) -> HttpResponse:
        return answer_start_page(request)

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                "<path:object_id>/progress/",
                self.admin_site.admin_view(self.progress_view),
                name="disruptions_disruption_progress",
            ),
            path(
                "<path:object_id>/report.csv",
                self.admin_site.admin_view(self.csv_view),
                name="disruptions_disruption_csv",
            ),
        ]
        return [*own, *super().get_urls()]

    def extend_page(
        self, request: HttpRequest, disruption: Disruption, context: dict[str, Any]
    ) -> None:
        super().extend_page(request, disruption, context)
        outcome = request.GET.get("outcome", "")
        page = load_lines(disruption, outcome=outcome, page=request.GET.get("page", "1"))
        context["title"] = self.page_name(request, disruption)
        context["progress"] = load_progress(disruption)
        context["departures"] = load_departures(disruption)
        context["page"] = page
        context["lines"] = describe_lines(disruption, list(page.object_list))
        context["outcome"] = outcome
        context["is_move"] = disruption.kind == DisruptionKind.MOVE.value
        context["by"] = self.by(disruption)
        context["started"] = format_moment(disruption.started_at, supplier_zone())

    def progress_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Return the part of the report that its page polls while the job is running."""
        disruption = self._get_viewable(request, object_id)
        context = {"progress": load_progress(disruption), "original": disruption}
        return render(request, "disruptions/progress.html", context)

    def csv_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        disruption = self._get_viewable(request, object_id)
        name = slugify(f"{disruption.pk} {disruption}")[:80]
        content, rows = report_as_csv(disruption)
        filters = {"report": str(disruption.pk)}
        record_download(request, Export.Kind.CSV, name=_REPORTS, rows=rows, filters=filters)
        return HttpResponse(
            content,
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
        )

    def _get_viewable(self, request: HttpRequest, object_id: str) -> Disruption:
        if not self.has_view_permission(request):
            raise PermissionDenied
        disruption: Disruption | None = self.get_object(request, unquote(object_id))
        if disruption is None:
            raise Http404
        return disruption
