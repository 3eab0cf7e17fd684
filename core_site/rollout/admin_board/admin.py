"""The admin of endpoints: a board by stage, and a page for each with its evidence.

Only the services change a stage, so no page has a form for its row: see ``actions``.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from unfold.contrib.filters.admin import RadioFilter

from core_site import stores
from core_site.admin_kit.changelist import ReadOnlyAdminMixin
from core_site.admin_kit.model_admin import ModelAdmin
from core_site.rollout.admin_board.actions import EndpointActions
from core_site.rollout.admin_board.endpoint_page import build_page
from core_site.rollout.documents.endpoint import is_django_only, load_documents
from core_site.rollout.documents.facts import WHO_ANSWERS
from core_site.rollout.models import Endpoint
from shared_domain import rollout
from shared_domain.rollout import Stage
from shared_domain.run_now import run_now

STAGE_ORDER = Case(
    *(When(stage=stage.value, then=Value(place)) for place, stage in enumerate(Stage)),
    output_field=IntegerField(),
)


def build_board(shown: Iterable[int], *, now: datetime) -> dict[str, Any]:
    """Return the board with the endpoints of these ids, grouped by stage from Django to retired.

    ``total`` of a group also counts endpoints that are not in ``shown``. The number of queries does
    not grow with the number of endpoints.
    """
    endpoints = run_now(rollout.list_endpoints(store=stores.endpoints()))
    ids = set(shown)
    rows = load_documents([one for one in endpoints if one.id in ids], now=now)
    groups = [
        {
            "stage": stage,
            "who_answers": WHO_ANSWERS[stage],
            "total": sum(endpoint.stage is stage for endpoint in endpoints),
            "rows": [row for row in rows if row.endpoint.stage is stage],
        }
        for stage in Stage
    ]
    left_to_move = sum(map(is_django_only, endpoints))
    return {"groups": groups, "total": len(endpoints), "left_to_move": left_to_move}


class ServedByFilter(RadioFilter):
    """Filters endpoints by the halves that implement them."""

    title = "half"
    parameter_name = "halves"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("left", "Django only: left to move"), ("both", "Both"), ("edge", "The edge only")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Endpoint]) -> QuerySet[Endpoint]:
        match self.value():
            case "left":
                return queryset.filter(is_on_edge=False, stage=Stage.DJANGO.value)
            case "both":
                return queryset.filter(Q(is_on_edge=True) & Q(is_on_django=True))
            case "edge":
                return queryset.filter(is_on_edge=True, is_on_django=False)
        return queryset


@admin.register(Endpoint)
class EndpointAdmin(EndpointActions, ReadOnlyAdminMixin, ModelAdmin):
    change_list_template = "rollout/board.html"
    change_form_template = "rollout/endpoint.html"
    list_filter = (ServedByFilter,)
    list_filter_submit = True
    list_per_page = 200
    ordering = (STAGE_ORDER, "path_template", "method")
    search_fields = ("path_template", "method")
    search_help_text = "A part of the path, a method, or both"

    class Media:
        css = {"all": ["rollout/board.css"]}

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        shown = getattr(response, "context_data", None)
        if shown and "cl" in shown:
            ids = [row.pk for row in shown["cl"].result_list]
            shown["title"] = "Endpoints"
            shown["board"] = build_board(ids, now=timezone.now())
        return response

    def extend_page(
        self, request: HttpRequest, endpoint: Endpoint, context: dict[str, Any]
    ) -> None:
        super().extend_page(request, endpoint, context)
        span = request.GET.get("span", "")
        context["page"] = build_page(endpoint, span=span, now=timezone.now())
