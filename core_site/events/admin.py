"""The admin page of the log: events, the newest first, with the positions by which readers go."""

from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
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
        return [(kind.value, _spoken(kind.value)) for kind in EventType]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Event]) -> QuerySet[Event]:
        kind = self.value()
        if not kind:
            return queryset
        return queryset.filter(type=kind)


def _spoken(kind: str) -> str:
    """Return a type in words: ``departure sold out``."""
    return kind.replace(".", " ").replace("_", " ")


@admin.register(Event)
class EventAdmin(ReadOnlyAdminMixin, ModelAdmin):
    list_display = (
        "position",
        "what",
        "about",
        "readers",
        "mode",
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
    sortable_by = ()
    readonly_fields = ("what", "about", "readers", "mode")
    search_fields = ("booking_uuid__exact",)
    search_help_text = "A booking's whole uuid"
    fields = (
        "position",
        "what",
        "about",
        "readers",
        "mode",
        "data",
        "created_at",
        "transaction_id",
    )

    @display(description="what happened")
    def what(self, event: Event) -> str:
        return _spoken(event.type).capitalize()

    @display(description="about")
    def about(self, event: Event) -> SafeString:
        """Return what it is about, by the ids that partners know."""
        known = ("productId", "optionId", "availabilityId", "localDateStart", "prefix")
        ids: list[object] = [event.booking_uuid] if event.booking_uuid else []
        ids += [event.data[name] for name in known if name in event.data]
        code = '<code class="portico-unbroken">{}</code>'
        return format_html_join(", ", code, ((each,) for each in ids))

    @display(description="partner")
    def readers(self, event: Event) -> str:
        return "All that sell it" if event.partner is None else str(event.partner)

    @display(description="mode")
    def mode(self, event: Event) -> str:
        if event.test_mode is None:
            return "Live and test"
        return "Test" if event.test_mode else "Live"

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
