"""The admin page of the event log: events with their positions, the newest first."""

from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter, BooleanRadioFilter, RadioFilter
from unfold.decorators import display

from core_site.admin_kit.changelist import ReadOnlyAdminMixin
from core_site.admin_kit.model_admin import ModelAdmin
from core_site.bookings.models import Booking
from core_site.bookings.references import link_booking, with_booking
from core_site.events.models import Event
from shared_domain.bookings import BookingStatus
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
        "place_in_log",
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
    readonly_fields = ("place_in_log", "written_in", "what", "about", "readers", "mode")
    search_fields = ("booking_uuid__exact",)
    search_help_text = "A booking's reference, or its whole UUID"
    fields = (
        "place_in_log",
        "what",
        "about",
        "readers",
        "mode",
        "data",
        "created_at",
        "written_in",
    )

    @display(description="position")
    def place_in_log(self, event: Event) -> SafeString:
        shown = "–" if event.position is None else event.position
        return format_html("<code>{}</code>", shown)

    @display(description="transaction")
    def written_in(self, event: Event) -> SafeString:
        return format_html("<code>{}</code>", event.transaction_id)

    @display(description="what happened")
    def what(self, event: Event) -> str:
        return _spoken(event.type).capitalize()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        rows: QuerySet[Event] = super().get_queryset(request)
        return with_booking(request, rows, partner="partner", test_mode="test_mode")

    @display(description="about")
    def about(self, event: Event) -> SafeString:
        """Return what it is about: the booking, or product, option and days, or the key."""
        if event.booking_uuid:
            return link_booking(event)
        names = [event.data[name] for name in ("productId", "optionId") if name in event.data]
        if start := event.data.get("availabilityId"):
            # A departure's start is its id, by the clock of its place.
            names.append(start[:16].replace("T", " "))
        elif first := event.data.get("localDateStart"):
            names.append(f"{first} – {event.data.get('localDateEnd', first)}")
        if key := event.data.get("prefix"):
            names.append(f"{key}…")
        return format_html_join(", ", "{}", ((name,) for name in names if name != "DEFAULT"))

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
        status = event.data.get("status")
        return BookingStatus(status).value.replace("_", " ").capitalize() if status else "–"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Event], search_term: str
    ) -> tuple[QuerySet[Event], bool]:
        # A text that is no UUID would be an error of the database, not an empty list.
        wanted = search_term.strip()
        if not wanted:
            return queryset, False
        try:
            return queryset.filter(booking_uuid=UUID(wanted)), False
        except ValueError:
            booking = Booking.objects.filter(supplier_reference=wanted.upper()).first()
        if booking is None or not request.user.has_perm("bookings.view_booking"):
            return queryset.none(), False
        return (
            queryset.filter(
                booking_uuid=booking.uuid, partner=booking.partner_id, test_mode=booking.test_mode
            ),
            False,
        )
