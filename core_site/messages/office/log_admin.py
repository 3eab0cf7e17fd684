"""The log of messages to guests: those that wait, those sent, and those of tests."""

from typing import Any

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
from core_site.admin_kit.moment_days import MomentDaysFilter
from core_site.admin_kit.viewer_zone import format_instant
from core_site.bookings.admin_columns import HIDDEN
from core_site.bookings.admin_search import find_booking_ids
from core_site.messages.models import Message
from core_site.messages.office.failures import FailureFilter
from core_site.messages.office.resend import ResendingActions
from core_site.personal_data import may_see_personal_data

OUTCOME_COLOURS = {
    "Accepted": "success",
    "Kept here, not sent": "info",
    "Not accepted": "danger",
    "Waiting": "warning",
}


#: Messages that a search shows: of a thousand bookings each has a few.
FOUND_AT_MOST = 5_000


@admin.register(Message)
class MessageAdmin(ResendingActions, ReadOnlyAdminMixin, ModelAdmin):
    list_filter = (
        FailureFilter,
        ("outcome", ChoicesRadioFilter),
        ("kind", ChoicesRadioFilter),
        ("language", ChoicesRadioFilter),
        ("stands_since", MomentDaysFilter),
        ("test_mode", BooleanRadioFilter),
        ("partner", AutocompleteSelectFilter),
    )
    list_filter_submit = True
    list_select_related = ("booking", "partner")
    list_per_page = 50
    list_display_links = ("kind",)
    ordering = ("-id",)
    indexed_sorts = {"stands_since": ("stands_since", "id")}
    # Django asks for a name here to show the box; get_search_results does the work.
    search_fields = ("id__exact",)
    search_help_text = "The booking, as the list of bookings finds it"
    actions_detail = ("send_again",)

    class Media:
        css = {"all": ["guest_messages/messages.css"]}

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        to = "recipient" if may_see_personal_data(request) else "recipient_hidden"
        return ("moment", "kind", "outcome_shown", "language", to, "of_booking", "partner")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        rows: QuerySet[Message] = super().get_queryset(request)
        return rows.defer("booking__contact", "booking__taxes")

    def get_fields(self, request: HttpRequest, obj: Message | None = None) -> tuple[str, ...]:
        sees_guests = may_see_personal_data(request)
        to = "recipient" if sees_guests else "recipient_hidden"
        known = ["kind", "outcome_shown", "stands_since", "language", "of_booking", "partner", to]
        if obj is None:
            return tuple(known)
        if obj.reason:
            # What never reached the mail server was not attempted there.
            known[2:2] = ["reason", *(["attempts"] if obj.attempts else [])]
        if obj.due_at is not None:
            known.insert(3, "due_at")
        if obj.subject:
            known.append("subject")
        if obj.words:
            known.append("words" if sees_guests else "words_hidden")
        if obj.body:
            known += ["text" if sees_guests else "text_hidden", "attachments_listed"]
        return tuple(known)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term.strip():
            return queryset, False
        by_guest = may_see_personal_data(request)
        bookings = find_booking_ids(search_term, by_guest=by_guest, request=request)
        # By the index of bookings, and then by number: PostgreSQL would rather walk through the
        # newest messages of all, until a page of those that were looked for is full.
        found = Message.objects.filter(booking__in=bookings).order_by()
        ids = list(found.values_list("pk", flat=True)[:FOUND_AT_MOST])
        return queryset.filter(pk__in=ids), False

    @display(description="when", ordering="stands_since")
    def moment(self, message: Message) -> SafeString:
        shown = format_instant(message.stands_since)
        return format_html('<span class="whitespace-nowrap">{}</span>', shown)

    @display(description="outcome", label=OUTCOME_COLOURS, ordering="outcome")
    def outcome_shown(self, message: Message) -> str:
        return message.get_outcome_display()

    @display(description="booking", ordering="booking")
    def of_booking(self, message: Message) -> SafeString:
        page = reverse("admin:bookings_booking_change", args=[message.booking_id])
        return format_html('<a class="whitespace-nowrap" href="{}">{}</a>', page, message.booking)

    @display(description="text")
    def text(self, message: Message) -> SafeString:
        return format_html('<pre class="whitespace-pre-wrap">{}</pre>', message.body)

    @display(description="attachments")
    def attachments_listed(self, message: Message) -> str:
        return ", ".join(message.attachments) or "–"

    @display(description="recipient")
    def recipient_hidden(self, message: Message) -> str:
        return HIDDEN

    @display(description="our words to the guest")
    def words_hidden(self, message: Message) -> str:
        return HIDDEN

    @display(description="text")
    def text_hidden(self, message: Message) -> str:
        return HIDDEN
