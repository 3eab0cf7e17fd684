"""The admin of mails to guests: those that were sent, and those of tests that are kept."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    BooleanRadioFilter,
    ChoicesRadioFilter,
)
from unfold.decorators import display

from core_site.admin_kit.changelist import ReadOnlyAdminMixin
from core_site.admin_kit.model_admin import ModelAdmin
from core_site.bookings.admin_columns import HIDDEN
from core_site.bookings.admin_search import search_bookings
from core_site.bookings.models import Booking, GuestMail
from core_site.personal_data import may_see_personal_data

OUTCOME_COLOURS = {"Sent": "success", "Kept here, not sent": "info"}


@admin.register(GuestMail)
class GuestMailAdmin(ReadOnlyAdminMixin, ModelAdmin):
    list_display = ("created_at", "outcome_shown", "kind", "of_booking", "partner", "subject")
    list_filter = (
        ("outcome", ChoicesRadioFilter),
        ("kind", ChoicesRadioFilter),
        ("test_mode", BooleanRadioFilter),
        ("partner", AutocompleteSelectFilter),
    )
    list_filter_submit = True
    list_select_related = ("booking", "partner")
    list_per_page = 50
    ordering = ("-id",)
    # Django asks for a name here to show the box; get_search_results does the work.
    search_fields = ("id__exact",)
    search_help_text = "The booking, as the list of bookings finds it"

    def get_fields(self, request: HttpRequest, obj: GuestMail | None = None) -> tuple[str, ...]:
        known = ("created_at", "outcome_shown", "kind", "of_booking", "partner")
        if obj is None or obj.outcome == GuestMail.Outcome.SENT:
            return known
        if may_see_personal_data(request):
            return (*known, "recipient", "subject", "text", "attachments_listed")
        return (*known, "recipient_hidden", "subject", "text_hidden", "attachments_listed")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[GuestMail], search_term: str
    ) -> tuple[QuerySet[GuestMail], bool]:
        if not search_term.strip():
            return queryset, False
        by_guest = may_see_personal_data(request)
        found = search_bookings(Booking.objects.all(), search_term, by_guest=by_guest)
        return queryset.filter(booking__in=found.values("pk")), False

    @display(description="outcome", label=OUTCOME_COLOURS, ordering="outcome")
    def outcome_shown(self, mail: GuestMail) -> str:
        return mail.get_outcome_display()

    @display(description="booking", ordering="booking")
    def of_booking(self, mail: GuestMail) -> SafeString:
        page = reverse("admin:bookings_booking_change", args=[mail.booking_id])
        return format_html('<a href="{}">{}</a>', page, mail.booking)

    @display(description="text")
    def text(self, mail: GuestMail) -> SafeString:
        return format_html('<pre class="whitespace-pre-wrap">{}</pre>', mail.body)

    @display(description="attachments")
    def attachments_listed(self, mail: GuestMail) -> str:
        return ", ".join(mail.attachments) or "–"

    @display(description="recipient")
    def recipient_hidden(self, mail: GuestMail) -> str:
        return HIDDEN

    @display(description="text")
    def text_hidden(self, mail: GuestMail) -> str:
        return HIDDEN
