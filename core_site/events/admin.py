"""The admin page of the outbox: events in the order in which readers get them."""

from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import AutocompleteSelectFilter, BooleanRadioFilter, RadioFilter
from unfold.decorators import display

from core_site.admin_kit.changelist import ReadOnlyAdminMixin
from core_site.admin_kit.model_admin import ModelAdmin
from core_site.events.models import Event
from shared_domain.events import EventType


class TypeFilter(RadioFilter):
    title = "what happened"
    parameter_name = "type"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [(kind.value, kind.value.partition(".")[2].replace("_", " ")) for kind in EventType]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        return queryset.filter(type=self.value()) if self.value() else queryset


@admin.register(Event)
class EventAdmin(ReadOnlyAdminMixin, ModelAdmin):
    list_display = (
        "id",
        "type",
        "booking_uuid",
        "partner",
        "test_mode",
        "status_then",
        "created_at",
    )
    list_filter = (
        TypeFilter,
        ("test_mode", BooleanRadioFilter),
        ("partner", AutocompleteSelectFilter),
    )
    list_filter_submit = True
    list_select_related = ("partner",)
    list_per_page = 50
    ordering = ("-id",)
    search_fields = ("booking_uuid__exact",)
    search_help_text = "A booking's whole uuid"
    fields = (
        "type",
        "booking_uuid",
        "partner",
        "test_mode",
        "data",
        "created_at",
        "transaction_id",
    )

    @display(description="status then")
    def status_then(self, event: Event) -> str:
        return str(event.data.get("status", "–"))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Event], search_term: str
    ) -> tuple[QuerySet[Event], bool]:
        # A text that is no uuid would be an error of the database, not an empty list.
        wanted = search_term.strip()
        if not wanted:
            return queryset, False
        try:
            return queryset.filter(booking_uuid=UUID(wanted)), False
        except ValueError:
            return queryset.none(), False
