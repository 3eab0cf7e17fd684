"""The admin of bookings: the change list, the read-only page of a booking, and its actions.

Only the services write bookings, so no page has a form for the row itself. The buttons need the
permission to change bookings; guests are shown only with the permission ``view_personal_data``.
"""

from functools import partial
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet, prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    BooleanRadioFilter,
    ChoicesRadioFilter,
)
from unfold.decorators import action

from core_site import stores
from core_site.admin_kit.changelist import ReadOnlyAdminMixin
from core_site.admin_kit.confirmation_page import ConfirmationPage, EmptyForm, render_confirmation
from core_site.admin_kit.model_admin import ModelAdmin
from core_site.bookings.admin_actions import BookingService
from core_site.bookings.admin_columns import (
    HIDDEN,
    TRAVELS_AT,
    BookingColumns,
    HoldEndsFilter,
    StatusFilter,
    TicketsFilter,
    format_contact_name,
    travels_at,
)
from core_site.bookings.admin_search import search_bookings
from core_site.bookings.changes.actions import ChangingActions
from core_site.bookings.day_filters import (
    TRAVEL_DAY,
    CurrencyFilter,
    SaleDateFilter,
    TravelDateFilter,
    order_by_days,
)
from core_site.bookings.models import Booking
from core_site.bookings.page.head import load_head
from core_site.bookings.page.panels import PANELS
from core_site.bookings.printing.actions import PrintingActions
from core_site.personal_data import may_see_personal_data
from core_site.transactions import run_for_each
from shared_domain import bookings
from shared_domain.run_now import run_now


@admin.register(Booking)
class BookingAdmin(
    PrintingActions, ChangingActions, BookingColumns, ReadOnlyAdminMixin, ModelAdmin
):
    list_select_related = ("product", "option", "departure__option__product", "partner")
    list_filter = (
        StatusFilter,
        HoldEndsFilter,
        (TRAVEL_DAY, TravelDateFilter),
        ("product", AutocompleteSelectFilter),
        ("partner", AutocompleteSelectFilter),
        ("channel", ChoicesRadioFilter),
        ("sale_date", SaleDateFilter),
        CurrencyFilter,
        TicketsFilter,
        ("test_mode", BooleanRadioFilter),
    )
    list_filter_submit = True
    list_per_page = 50
    # Django asks for a name here to show the box; search_bookings does the work.
    search_fields = ("supplier_reference",)
    ordering = ("-id",)
    # By the day that is kept with the search terms of every booking, "any day" included.
    indexed_sorts = {TRAVELS_AT: ("search_terms__day", TRAVELS_AT, "id")}
    actions = ("accept_many", "resend_many")
    # A transaction for each booking, all within one request.
    most_at_once = 200
    change_form_template = "bookings/page/page.html"
    panels = PANELS
    # The page shows panels; these fields only make its form a small one.
    fields = ("supplier_reference",)

    class Media:
        css = {"all": ["bookings/page.css"]}

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        guest = "guest" if may_see_personal_data(request) else "guest_hidden"
        # Only those that are looked at for it have a deadline.
        deadline = ("stands_until",) if request.GET.get("status") in ("ON_HOLD", "PENDING") else ()
        return (
            "reference",
            "status_shown",
            *deadline,
            guest,
            "sold",
            "travels_at",
            "places",
            "retail",
            "sold_by",
            "made",
        )

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return order_by_days(request) or ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Booking]:
        return super().get_queryset(request).defer("reservation_fingerprint", "taxes")

    def get_indexed_rows(self, queryset: QuerySet[Booking], ordering: str) -> QuerySet[Booking]:
        # Asked for, so that the rows are joined to the days and not the days to the rows.
        return (
            queryset.filter(search_terms__day__isnull=False) if ordering == TRAVELS_AT else queryset
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Booking], search_term: str
    ) -> tuple[QuerySet[Booking], bool]:
        by_guest = may_see_personal_data(request)
        found = search_bookings(queryset, search_term, by_guest=by_guest, request=request)
        return found, False

    search_help_text = "Guest, telephone, e-mail, reference or code"

    def extend_page(self, request: HttpRequest, booking: Booking, context: dict[str, Any]) -> None:
        prefetch_related_objects([booking], "unit_items__unit")
        super().extend_page(request, booking, context)
        context["title"] = str(booking)
        context["head"] = load_head(request, booking)
        context["balance"] = next(
            (shown for panel, shown in context["panels"] if panel.name == "payments"), None
        )
        # The page shows the buttons itself, on narrow screens too, where Unfold hides them.
        context["buttons"], context["actions_detail"] = context.get("actions_detail"), None

    @action(description="Accept pending bookings", permissions=["work"])
    def accept_many(self, request: HttpRequest, chosen: QuerySet[Booking]) -> HttpResponse | None:
        return self._act_on_many(
            request, chosen, bookings.accept_booking, title="Accept bookings", verb="accepted"
        )

    @action(description="Resend tickets", permissions=["work"])
    def resend_many(self, request: HttpRequest, chosen: QuerySet[Booking]) -> HttpResponse | None:
        return self._act_on_many(
            request, chosen, bookings.resend_tickets, title="Resend tickets", verb="resent"
        )

    def _act_on_many(
        self,
        request: HttpRequest,
        chosen: QuerySet[Booking],
        service: BookingService,
        *,
        title: str,
        verb: str,
    ) -> HttpResponse | None:
        rows = list(chosen.order_by("id"))
        if "answered" not in request.POST:
            confirmation = ConfirmationPage(
                title=title,
                button=title,
                back_url=reverse("admin:bookings_booking_changelist"),
            )
            shows_guest = may_see_personal_data(request)
            return render_confirmation(
                request, confirmation, EmptyForm(), about=Booking, chosen=rows,
                describe=partial(_name_in_full, shows_guest=shows_guest),
            )  # fmt: skip

        def change(row: Booking) -> None:
            run_now(
                service(
                    row.uuid,
                    access=row.access,
                    now=timezone.now(),
                    store=stores.bookings(),
                )
            )
            self.log_change(request, row, f"{verb.capitalize()}.")

        run_for_each(rows, change).tell(request, verb=verb)
        return None


def _name_in_full(row: Booking, *, shows_guest: bool) -> str:
    """Return the reference of a booking with its guest, its partner and when it travels."""
    guest = format_contact_name(row.contact) if shows_guest else HIDDEN
    return f"{row}: {guest}, sold by {row.partner}, {travels_at(row)}"
