"""The admin page of the event log: events with their positions, the newest first."""

from uuid import UUID

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import AutocompleteSelectFilter, BooleanRadioFilter, RadioFilter
from unfold.decorators import display

from core_site.admin_kit.changelist import ReadOnlyAdminMixin
from core_site.admin_kit.model_admin import ModelAdmin
from core_site.bookings.models import Booking
from core_site.bookings.references import link_booking, with_booking
from core_site.catalog.models import Departure, Product
from core_site.events.models import Event
from shared_domain.bookings import BookingStatus, normalise_reference
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


def _with_product_and_departure(request: HttpRequest, rows: QuerySet[Event]) -> QuerySet[Event]:
    """Annotate each row with what ``about`` names and links, as far as the user may see it."""
    if request.user.has_perm("catalog.view_product"):
        product = Product.objects.order_by().filter(pk=OuterRef("product_id"))
        rows = rows.annotate(product_name=Subquery(product.values("internal_name")))
    if request.user.has_perm("catalog.view_departure"):
        departure = Departure.objects.order_by().filter(pk=OuterRef("departure_id"))
        rows = rows.annotate(departure_kept=Subquery(departure.values("pk")))
    return rows


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
        named = _with_product_and_departure(request, rows)
        return with_booking(request, named, partner="partner", test_mode="test_mode")

    @display(description="about")
    def about(self, event: Event) -> SafeString:
        """Return what it is about: the booking, or days, product and option, or the key."""
        if event.booking_uuid:
            return link_booking(event)
        data = event.data
        names = []
        # The day first: a long name may be cut.
        if start := data.get("availabilityId"):
            # A departure's start is its id, by the clock of its place.
            names.append(start[:16].replace("T", " "))
        elif first := data.get("localDateStart"):
            last = data.get("localDateEnd", first)
            names.append(first if first == last else f"{first} – {last}")
        names += [getattr(event, "product_name", None) or data.get("productId")]
        names += [data.get("optionId")]
        if key := data.get("prefix"):
            names.append(f"{key}…")
        said = ", ".join(name for name in names if name and name != "DEFAULT")
        page = self._page(event)
        return format_html('<a href="{}">{}</a>', page, said) if page else format_html("{}", said)

    def _page(self, event: Event) -> str | None:
        """Return the page of the event's departure or product, if the user may see it."""
        if departure := getattr(event, "departure_kept", None):
            return reverse("admin:catalog_departure_change", args=[departure])
        if getattr(event, "product_name", None):
            return reverse("admin:catalog_product_change", args=[event.product_id])
        return None

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
            reference = normalise_reference(wanted)
            booking = Booking.objects.filter(supplier_reference=reference).first()
        if booking is None or not request.user.has_perm("bookings.view_booking"):
            return queryset.none(), False
        return (
            queryset.filter(
                booking_uuid=booking.uuid, partner=booking.partner_id, test_mode=booking.test_mode
            ),
            False,
        )
