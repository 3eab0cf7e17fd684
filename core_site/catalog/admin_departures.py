"""The staff's pages for departures: how full each is, and buttons to close, reopen or resize it.

A departure is made by its schedule and filled by bookings, so nothing here is a form on the row.
"""

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import F, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    BooleanRadioFilter,
    RadioFilter,
    RangeDateFilter,
)
from unfold.dataclasses import UnfoldAction
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from core_site.admin_kit.model_admin import ModelAdmin
from core_site.admin_row_history import ShowsRowHistory
from core_site.asking import Question, ask
from core_site.bookings.models import Booking
from core_site.carrying_out import carry_out, carry_out_each
from core_site.catalog.admin_departure_changes import CLOSE, REOPEN, RESIZE, Change
from core_site.catalog.local_days import today_and_later
from core_site.catalog.models import Departure
from core_site.listing import LookedAtOnly
from shared_domain.availability import DepartureId

STATE_COLOURS = {"open": "success", "sold out": "warning", "closed": "danger", "past": "default"}


class PlacesFilter(RadioFilter):
    title = "places"
    parameter_name = "places"

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, str]]:
        return [("left", "Some left"), ("none", "Sold out"), ("taken", "Some taken")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Departure]) -> QuerySet[Departure]:
        is_full = Q(capacity__isnull=False, reserved__gte=F("capacity") + F("lapsed_places"))
        match self.value():
            case "left":
                return queryset.exclude(is_full)
            case "none":
                return queryset.filter(is_full)
            case "taken":
                return queryset.filter(reserved__gt=F("lapsed_places"))
        return queryset


class UpcomingFilter(RadioFilter):
    """Staff look ahead; what was is there for who asks."""

    title = "time"
    parameter_name = "time"
    all_option = None

    def lookups(self, request: HttpRequest, model_admin: ModelAdmin) -> list[tuple[str, str]]:
        return [("ahead", "Today and later"), ("all", "All")]

    def value(self) -> str:
        return super().value() or "ahead"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Departure]) -> QuerySet[Departure]:
        has_dates = any(name.startswith("local_date") for name in request.GET)
        if self.value() == "all" or has_dates:
            return queryset
        return today_and_later(queryset, now=timezone.now())


@admin.register(Departure)
class DepartureAdmin(LookedAtOnly, ShowsRowHistory, ModelAdmin):
    list_display = ("starts", "product", "option_name", "load", "state", "by_hand")
    list_filter = (
        UpcomingFilter,
        ("local_date", RangeDateFilter),
        ("option__product", AutocompleteSelectFilter),
        ("option", AutocompleteSelectFilter),
        PlacesFilter,
        ("is_open", BooleanRadioFilter),
        ("is_edited", BooleanRadioFilter),
    )
    list_filter_submit = True
    list_select_related = ("option__product",)
    list_per_page = 50
    search_fields = (
        "option__product__internal_name",
        "option__product__code",
        "option__internal_name",
        "availability_id__startswith",
    )
    search_help_text = "Product, option, or the beginning of the local start, as in 2026-12-24"
    ordering = ("starts_at", "id")
    fieldsets = (
        (None, {"fields": (("product", "option_name"), ("starts", "state"), ("load", "bookings"))}),
        (
            "Details (times in UTC)",
            {
                "fields": (
                    ("starts_at", "ends_at"),
                    ("booking_cutoff_at", "cutoffs_count_from"),
                    ("capacity", "reserved"),
                    "max_units",
                    ("schedule", "by_hand"),
                    "availability_id",
                )
            },
        ),
    )
    actions = ("close_many", "reopen_many", "resize_many")
    # A transaction for each departure, all within one request: a season of one option.
    most_at_once = 400
    actions_detail = ("resize", "reopen", "close")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Departure]:
        # Holds that have run out no longer count, whether or not the worker has released them.
        lapsed = (
            Booking.objects.filter(
                departure=OuterRef("pk"), status="ON_HOLD", hold_expires_at__lte=timezone.now()
            )
            .order_by()
            .values("departure")
            .values_list(Sum("places"))
        )
        places = Coalesce(Subquery(lapsed, output_field=IntegerField()), 0)
        return super().get_queryset(request).annotate(lapsed_places=places)

    @display(description="starts (local)", ordering="starts_at")
    def starts(self, departure: Departure) -> str:
        if departure.opening_hours:
            hours = ", ".join(f"{it['from']}–{it['to']}" for it in departure.opening_hours)
            return f"{departure.local_date} {hours}"
        return departure.local_start

    @display(description="product", ordering="option__product__internal_name")
    def product(self, departure: Departure) -> str:
        return departure.option.product.internal_name

    @display(description="option", ordering="option__internal_name")
    def option_name(self, departure: Departure) -> str:
        return departure.option.internal_name

    @display(description="places taken", ordering="reserved")
    def load(self, departure: Departure) -> SafeString | str:
        taken = departure.reserved - departure.lapsed_places
        if departure.capacity is None:
            return f"{taken}, no limit"
        percent = round(100 * taken / departure.capacity) if departure.capacity else 100
        return format_html(
            "<div class='w-32'>{} of {}"
            "<div class='bg-base-100 flex flex-row overflow-hidden rounded-default"
            " dark:bg-base-800'><div class='h-1.5 bg-primary-600 rounded-default"
            " dark:bg-primary-500' style='width: {}%'></div></div></div>",
            taken,
            departure.capacity,
            percent,
        )

    @display(description="state", label=STATE_COLOURS)
    def state(self, departure: Departure) -> str:
        if departure.booking_cutoff_at <= timezone.now():
            return "past"
        if not departure.is_open:
            return "closed"
        is_limited = departure.capacity is not None
        taken = departure.reserved - departure.lapsed_places
        return "sold out" if is_limited and taken >= departure.capacity else "open"

    @display(description="changed by hand", label=True, ordering="is_edited", empty_value="")
    def by_hand(self, departure: Departure) -> str | None:
        return "by hand" if departure.is_edited else None

    @display(description="bookings")
    def bookings(self, departure: Departure) -> SafeString:
        page = reverse("admin:bookings_booking_changelist")
        return format_html(
            '<a class="text-primary-600 dark:text-primary-500" href="{}?departure__id__exact={}">'
            "Show the bookings</a>",
            page,
            departure.pk,
        )

    def has_work_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("catalog.change_departure")

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[UnfoldAction]:
        departure = self.get_object(request, unquote(str(object_id)))
        if departure is None:
            return []
        needless = "reopen" if departure.is_open else "close"
        return [
            button
            for button in super().get_actions_detail(request, object_id)
            if not button.action_name.endswith(f"_{needless}")
        ]

    @action(description="Close", icon="block", permissions=["work"], variant=ActionVariant.DANGER)
    def close(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._change_one(request, object_id, CLOSE)

    @action(description="Reopen", icon="lock_open", permissions=["work"])
    def reopen(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._change_one(request, object_id, REOPEN)

    @action(
        description="Change capacity",
        icon="groups",
        permissions=["work"],
        variant=ActionVariant.PRIMARY,
    )
    def resize(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._change_one(request, object_id, RESIZE)

    @action(description="Close to sale", permissions=["work"])
    def close_many(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse | None:
        return self._change_many(request, chosen, CLOSE)

    @action(description="Reopen for sale", permissions=["work"])
    def reopen_many(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse | None:
        return self._change_many(request, chosen, REOPEN)

    @action(description="Change capacity", permissions=["work"])
    def resize_many(self, request: HttpRequest, chosen: QuerySet) -> HttpResponse | None:
        return self._change_many(request, chosen, RESIZE)

    def _change_one(self, request: HttpRequest, object_id: str, change: Change) -> HttpResponse:
        departure = self.get_object(request, unquote(object_id))
        if departure is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        page = reverse("admin:catalog_departure_change", args=[departure.pk])
        form = change.form(
            request.POST if request.method == "POST" else None,
            initial={"capacity": departure.capacity},
        )
        if form.is_valid() and carry_out(form, lambda: self._do(request, departure, change, form)):
            messages.success(request, f"{departure}: {change.said}.")
            return HttpResponseRedirect(page)
        question = Question(
            title=f"{change.button}: {departure.local_start}",
            button=change.button,
            explanation=change.explanation,
            facts=(
                ("Departure", f"{self.product(departure)}, {self.option_name(departure)}"),
                ("Starts", self.starts(departure)),
                ("Places taken", departure.reserved - departure.lapsed_places),
            ),
            is_dangerous=change.is_dangerous,
            back_url=page,
        )
        return ask(request, question, form, about=Departure)

    def _change_many(
        self, request: HttpRequest, chosen: QuerySet[Departure], change: Change
    ) -> HttpResponse | None:
        rows = list(chosen.select_related("option__product").order_by("id"))
        form = change.form(request.POST if "answered" in request.POST else None)
        if form.is_valid():
            tally = carry_out_each(rows, lambda row: self._do(request, row, change, form))
            tally.tell(request, verb=change.said)
            return None
        question = Question(
            title=f"{change.button}: {len(rows)} departures",
            button=change.button,
            explanation=change.explanation,
            is_dangerous=change.is_dangerous,
            back_url=reverse("admin:catalog_departure_changelist"),
        )
        return ask(request, question, form, about=Departure, chosen=rows)

    def _do(
        self, request: HttpRequest, departure: Departure, change: Change, form: forms.Form
    ) -> bool:
        change.run(DepartureId(departure.pk), form)
        self.log_change(request, departure, f"{change.said.capitalize()}.")
        return True
