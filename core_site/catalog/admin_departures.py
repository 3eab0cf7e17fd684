"""The admin pages of departures: how full each is, and actions to close, reopen or resize it.

A departure is generated from its schedule and filled by bookings, so no page has a form for its
row.
"""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from unfold.contrib.filters.admin import (
    AutocompleteSelectFilter,
    BooleanRadioFilter,
    RangeDateFilter,
)
from unfold.dataclasses import UnfoldAction
from unfold.decorators import action
from unfold.enums import ActionVariant

from core_site import stores
from core_site.admin_kit.changelist import ReadOnlyAdminMixin
from core_site.admin_kit.confirmation_page import ConfirmationPage, render_confirmation
from core_site.admin_kit.model_admin import ModelAdmin
from core_site.booking_desk.departure_actions import DeskActions
from core_site.bookings.running_holds import RunningHolds
from core_site.catalog.admin_departure_changes import (
    CLOSE,
    REOPEN,
    RESIZE,
    Change,
    CloseForm,
)
from core_site.catalog.admin_departure_columns import DepartureColumns
from core_site.catalog.admin_effects import EffectPreviewMixin
from core_site.catalog.closing_reasons import count_closings
from core_site.catalog.departure_filters import (
    DepartureStateFilter,
    PlacesFilter,
    ResourceFilter,
    RunsFilter,
    TimeFilter,
)
from core_site.catalog.departure_search import parse_word
from core_site.catalog.departure_states import DepartureState, add_seats, with_states
from core_site.catalog.models import Departure
from core_site.disruptions.departure_actions import DisruptionActions
from core_site.manifest.departure_admin import ManifestOfDeparture
from core_site.messages.office.departure_note import DepartureNoteActions
from core_site.resources.departure_actions import ResourceActions
from core_site.transactions import run_for_each, run_in_form
from shared_domain import availability
from shared_domain.availability import DepartureId
from shared_domain.quantities import format_quantity
from shared_domain.run_now import run_now


@admin.register(Departure)
class DepartureAdmin(
    DepartureColumns,
    ManifestOfDeparture,
    DisruptionActions,
    ResourceActions,
    DepartureNoteActions,
    EffectPreviewMixin,
    ReadOnlyAdminMixin,
    DeskActions,
    ModelAdmin,
):
    list_display = ("starts", "product", "option_name", "load", "state", "by_hand")
    list_filter = (
        TimeFilter,
        DepartureStateFilter,
        ("local_date", RangeDateFilter),
        ("option__product", AutocompleteSelectFilter),
        ("option", AutocompleteSelectFilter),
        ("assignments__resource", ResourceFilter),
        PlacesFilter,
        RunsFilter,
        ("is_open", BooleanRadioFilter),
        ("is_edited", BooleanRadioFilter),
        ("is_kept", BooleanRadioFilter),
    )
    list_filter_submit = True
    list_select_related = ("option__product",)
    list_per_page = 50
    search_fields = (
        "option__product__internal_name",
        "option__product__code",
        "option__internal_name",
        "option__product__time_zone",
    )
    search_help_text = (
        "Product, option, time zone, local day or month and time, as in 2026-12-24 15:30; "
        "or the id in the API"
    )
    ordering = ("starts_at", "id")
    indexed_sorts = {"starts_at": ("starts_at", "id")}
    fieldsets = (
        (None, {"fields": (("product", "option_name"), ("starts", "state"), ("load", "bookings"))}),
        (
            "Details",
            {
                "fields": (
                    ("sale_ends", "ends"),
                    "cutoff_base",
                    ("capacity_shown", "reserved_shown"),
                    "resources_shown",
                    "max_units",
                    ("schedule", "by_hand"),
                    "why_closed",
                    "id_in_api",
                )
            },
        ),
    )
    actions = ("close_many", "reopen_many", "resize_many", "disrupt_many", "assign_many")
    # A transaction for each departure, all within one request: a season of one option.
    most_at_once = 400
    actions_detail = (
        *("book_here", "resize", "follow_again", "reopen", "close"),
        *("assign", "write_to_guests", "disrupt"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Departure]:
        return with_states(super().get_queryset(request), now=timezone.now())

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        departure = super().get_object(request, object_id, from_field)
        if departure is not None:
            self.complete_rows([departure])
        return departure

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        self.complete_rows(changelist.result_list)
        return changelist

    def complete_rows(self, rows: Sequence[Any]) -> None:
        add_seats(rows, now=timezone.now())

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Departure], search_term: str
    ) -> tuple[QuerySet[Departure], bool]:
        names = []
        for word in search_term.split():
            condition = parse_word(word)
            if condition is None:
                names.append(word)
            else:
                queryset = queryset.filter(condition)
        return super().get_search_results(request, queryset, " ".join(names))

    def has_work_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("catalog.change_departure")

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[UnfoldAction]:
        departure = self.get_object(request, unquote(str(object_id)))
        if departure is None:
            return []
        needless = {"reopen" if departure.is_open else "close"}
        if not departure.is_kept:
            needless.add("follow_again")
        if departure.state_now == DepartureState.PAST.value:
            needless.add("close")  # Nothing is sold of it any more.
        prefix = f"{self.opts.app_label}_{self.opts.model_name}_"
        return [
            button
            for button in super().get_actions_detail(request, object_id)
            if button.action_name.removeprefix(prefix) not in needless
        ]

    @action(
        description="Close to sale",
        icon="block",
        permissions=["work"],
        variant=ActionVariant.DANGER,
    )
    def close(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._change_one(request, object_id, CLOSE)

    @action(description="Reopen for sale", icon="lock_open", permissions=["work"])
    def reopen(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._change_one(request, object_id, REOPEN)

    @action(
        description="Change capacity",
        icon="groups",
        permissions=["work"],
    )
    def resize(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self._change_one(request, object_id, RESIZE)

    @action(
        description="Follow its schedule again",
        icon="event_repeat",
        url_path="follow-again",
        permissions=["work"],
    )
    def follow_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        departure = self.get_object(request, unquote(object_id))
        if departure is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        page = reverse("admin:catalog_departure_change", args=[departure.pk])

        def release() -> None:
            run_now(
                availability.release_departure(
                    DepartureId(departure.pk), now=timezone.now(), store=stores.availability()
                )
            )

        return self.ask_to_change(
            request,
            release,
            departure.option,
            title=f"Let {departure} follow its schedule again",
            explanation="It was kept for its guests when its schedule changed.",
            button="Follow the schedule",
            page=page,
        )

    @action(description="Close to sale", permissions=["work"])
    def close_many(self, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse | None:
        return self._change_many(request, chosen, CLOSE)

    @action(description="Reopen for sale", permissions=["work"])
    def reopen_many(self, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse | None:
        return self._change_many(request, chosen, REOPEN)

    @action(description="Change capacity", permissions=["work"])
    def resize_many(self, request: HttpRequest, chosen: QuerySet[Any]) -> HttpResponse | None:
        return self._change_many(request, chosen, RESIZE)

    def _change_one(self, request: HttpRequest, object_id: str, change: Change) -> HttpResponse:
        departure = self.get_object(request, unquote(object_id))
        if departure is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        page = reverse("admin:catalog_departure_change", args=[departure.pk])
        form = change.form_for(departure, request.POST if request.method == "POST" else None)
        holds = self._ask_about_holds(request, form, [departure])
        if form.is_valid() and run_in_form(
            form, lambda: self._do(request, departure, change, form)
        ):
            messages.success(request, f"{departure}: {change.said}.")
            self._release_holds(request, form, [departure])
            return HttpResponseRedirect(page)
        confirmation = ConfirmationPage(
            title=f"{change.button}: {self.starts(departure)}",
            button=change.button,
            explanation=change.explanation,
            facts=(
                ("Departure", f"{self.product(departure)}, {self.option_name(departure)}"),
                ("Starts", self.starts(departure)),
                ("Places taken", departure.taken),
                *_why_closed(change, [departure]),
                *holds,
            ),
            is_dangerous=change.is_dangerous,
            back_url=page,
        )
        return render_confirmation(request, confirmation, form, about=Departure)

    def _change_many(
        self, request: HttpRequest, chosen: QuerySet[Departure], change: Change
    ) -> HttpResponse | None:
        rows = list(chosen.select_related("option__product").order_by("id"))
        form = change.form(request.POST if "answered" in request.POST else None)
        holds = self._ask_about_holds(request, form, rows)
        if form.is_valid():
            tally = run_for_each(rows, lambda row: self._do(request, row, change, form))
            tally.tell(request, verb=change.said)
            self._release_holds(request, form, rows)
            return None
        confirmation = ConfirmationPage(
            title=f"{change.button}: {format_quantity(len(rows), 'departure')}",
            button=change.button,
            explanation=change.explanation,
            facts=(*_why_closed(change, rows), *holds),
            is_dangerous=change.is_dangerous,
            back_url=reverse("admin:catalog_departure_changelist"),
        )
        return render_confirmation(request, confirmation, form, about=Departure, chosen=rows)

    def _ask_about_holds(
        self, request: HttpRequest, form: forms.Form, departures: list[Departure]
    ) -> tuple[tuple[str, object], ...]:
        """Let a form that closes ask about the running holds, and return what staff see of them."""
        if not isinstance(form, CloseForm):
            return ()
        holds = RunningHolds.on(departures, now=timezone.now())
        form.ask_about(holds, may_release=request.user.has_perm("bookings.change_booking"))
        return (("Running holds", holds),)

    def _release_holds(
        self, request: HttpRequest, form: forms.Form, departures: list[Departure]
    ) -> None:
        """Release what runs on the closed departures: since they are closed, none can be added."""
        if not isinstance(form, CloseForm) or not form.releases_holds:
            return
        now = timezone.now()
        closed = Departure.objects.filter(
            pk__in=[departure.pk for departure in departures], is_open=False
        )
        tally = RunningHolds.on(closed, now=now).release(
            noting=lambda hold: self.log_change(request, hold, "Released: its departure closed.")
        )
        tally.tell(request, verb="of the running holds released")

    def _do(
        self, request: HttpRequest, departure: Departure, change: Change, form: forms.Form
    ) -> bool:
        change.run(DepartureId(departure.pk), form)
        self.log_change(request, departure, f"{change.said.capitalize()}.")
        return True


def _why_closed(change: Change, departures: list[Departure]) -> tuple[tuple[str, str], ...]:
    """Return what staff see before they reopen departures that a blackout or a storm has closed."""
    reasons = count_closings(departures) if change is REOPEN else ""
    return (("Why closed", reasons),) if reasons else ()
