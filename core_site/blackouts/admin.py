"""The admin pages of blackout periods: the list, the page that adds one, and the lift action."""

from hashlib import sha256
from typing import Any, Protocol
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db.models import F, Func, IntegerField, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RadioFilter
from unfold.dataclasses import UnfoldAction
from unfold.decorators import action, display
from unfold.enums import ActionVariant

from core_site import stores
from core_site.admin_kit.changelist import ReadOnlyAdminMixin
from core_site.admin_kit.confirmation_page import ConfirmationPage, EmptyForm, render_confirmation
from core_site.admin_kit.model_admin import ModelAdmin
from core_site.admin_kit.submit_once import AlreadySubmitted, refuse_repeat, submit_once
from core_site.admin_row_history import RowHistoryMixin
from core_site.blackouts.forms import BlackoutForm
from core_site.blackouts.models import Blackout
from core_site.bookings.running_holds import RunningHolds
from core_site.catalog.models import Departure
from core_site.transactions import run_in_form
from shared_domain import availability
from shared_domain.availability import BlackoutEffect, BlackoutId, BlackoutPlan
from shared_domain.quantities import format_quantity
from shared_domain.run_now import run_now

PAGE = "admin:blackouts_blackout_changelist"


class BlackoutStateFilter(RadioFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("in_force", "In force"), ("lifted", "Lifted")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Blackout]:
        match self.value():
            case "in_force":
                return queryset.filter(lifted_at=None)
            case "lifted":
                return queryset.exclude(lifted_at=None)
        return queryset


class _CountedBlackout(Protocol):
    """A blackout with what the list's query adds."""

    closed_count: int


@admin.register(Blackout)
class BlackoutAdmin(ReadOnlyAdminMixin, RowHistoryMixin, ModelAdmin):
    list_display = ("scope", "first_date", "last_date", "reason", "state", "closed_count")
    list_filter = (BlackoutStateFilter, ("product", AutocompleteSelectFilter))
    list_filter_submit = True
    list_select_related = ("product",)
    list_per_page = 50
    ordering = ("-id",)
    search_fields = ("place", "reason", "product__internal_name")
    search_help_text = "Place, product or reason"
    fields = (
        ("scope", "state"),
        ("first_date", "last_date"),
        "reason",
        "closed_count",
        ("added_by", "added_at"),
        ("lifted_by", "lifted_at"),
    )
    readonly_fields = ("scope", "state", "closed_count")
    actions_list = ("add_period",)
    actions_detail = ("lift",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Blackout]:
        rows: QuerySet[Blackout] = super().get_queryset(request)
        # For each row by the index on what closed a departure: a join counts all departures.
        closed = (
            Departure.objects.filter(blackout=OuterRef("pk"))
            .order_by()
            .annotate(count=Func(F("pk"), function="count", output_field=IntegerField()))
            .values("count")
        )
        return rows.annotate(closed_count=Subquery(closed))

    @display(description="product or place")
    def scope(self, blackout: Blackout) -> str:
        return blackout.place or str(blackout.product)

    @display(description="state", label={"in force": "warning", "lifted": "default"})
    def state(self, blackout: Blackout) -> str:
        return "in force" if blackout.lifted_at is None else "lifted"

    @display(description="departures closed by it", ordering="closed_count")
    def closed_count(self, blackout: _CountedBlackout) -> int:
        return blackout.closed_count

    def has_manage_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("blackouts.manage_blackout")

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[UnfoldAction]:
        blackout: Blackout | None = self.get_object(request, unquote(str(object_id)))
        if blackout is None or blackout.lifted_at is not None:
            return []
        return super().get_actions_detail(request, object_id)

    @action(
        description="Add a blackout period",
        icon="event_busy",
        url_path="add-period",
        permissions=["manage"],
        variant=ActionVariant.PRIMARY,
    )
    def add_period(self, request: HttpRequest) -> HttpResponse:
        now = timezone.now()
        if request.method == "POST":
            try:
                refuse_repeat(request)
            except AlreadySubmitted as repeat:
                return _answer_repeat(request, repeat)
        may_release = request.user.has_perm("bookings.change_booking")
        form = BlackoutForm(
            request.POST if request.method == "POST" else None, may_release=may_release
        )
        facts: tuple[tuple[str, object], ...] = ()
        more: tuple[tuple[str, str], ...] = ()
        button = "Show what it closes"
        if form.is_valid():
            plan = form.plan
            effect = run_in_form(
                form,
                lambda: run_now(
                    availability.preview_blackout(plan, now=now, store=stores.blackouts())
                ),
            )
            if effect is not None:
                seen = _digest(plan, effect)
                if form.cleaned_data["seen"] == seen:
                    return self._add(request, form, plan)
                form.show_again(seen)
                facts, more = _facts(plan, effect), _ways_on(request, plan, effect)
                button = f"Close {format_quantity(effect.departures, 'departure')}"
        page = ConfirmationPage(
            title="Add a blackout period",
            button=button,
            explanation="Nothing is sold on these days: what is open is closed, and so is what the "
            "schedules generate later. The bookings that are there stay.",
            facts=facts,
            is_dangerous=bool(facts),
            more=more,
            back_url=reverse(PAGE),
        )
        return render_confirmation(request, page, form, about=Blackout)

    def _add(self, request: HttpRequest, form: BlackoutForm, plan: BlackoutPlan) -> HttpResponse:
        def add() -> tuple[BlackoutId, int]:
            submission = submit_once(request)
            made, closed = run_now(
                availability.add_blackout(
                    plan,
                    requested_by=request.user.pk or 0,
                    now=timezone.now(),
                    store=stores.blackouts(),
                )
            )
            submission.record(made)
            return made, closed

        try:
            added = run_in_form(form, add)
        except AlreadySubmitted as repeat:
            return _answer_repeat(request, repeat)
        if added is None:
            page = ConfirmationPage(
                title="Add a blackout period", button="Close", back_url=reverse(PAGE)
            )
            return render_confirmation(request, page, form, about=Blackout)
        made, closed = added
        messages.success(request, f"{format_quantity(closed, 'departure')} closed.")
        if form.cleaned_data.get("release_holds"):
            tally = RunningHolds.on(
                Departure.objects.filter(blackout=made), now=timezone.now()
            ).release(
                noting=lambda hold: self.log_change(request, hold, "Released: a blackout period.")
            )
            tally.tell(request, verb="of the running holds released")
        return HttpResponseRedirect(_change_page_url(made))

    @action(description="Lift", icon="event_available", permissions=["manage"])
    def lift(self, request: HttpRequest, object_id: str) -> HttpResponse:
        blackout: Blackout | None = self.get_object(request, unquote(object_id))
        if blackout is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        form = EmptyForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            opened = run_in_form(
                form,
                lambda: run_now(
                    availability.lift_blackout(
                        BlackoutId(blackout.pk),
                        lifted_by=request.user.pk or 0,
                        now=timezone.now(),
                        store=stores.blackouts(),
                    )
                ),
            )
            if opened is not None:
                self.log_change(request, blackout, "Lifted.")
                messages.success(request, f"{format_quantity(opened, 'departure')} open again.")
                return HttpResponseRedirect(_change_page_url(blackout.pk))
        ahead = blackout.departures.filter(ends_at__gt=timezone.now())
        page = ConfirmationPage(
            title=f"Lift the blackout: {blackout}",
            button="Lift",
            explanation="What it closed is open again, as far as it is not over and no other "
            "blackout covers it. What staff or a schedule closed stays closed.",
            facts=(
                ("Closed by it, and not over", format_quantity(ahead.count(), "departure")),
                ("Reason", blackout.reason),
            ),
            back_url=_change_page_url(blackout.pk),
        )
        return render_confirmation(request, page, form, about=Blackout)


def _answer_repeat(request: HttpRequest, repeat: AlreadySubmitted) -> HttpResponse:
    messages.warning(request, "Nothing was added now: this form has added its blackout before.")
    return HttpResponseRedirect(_change_page_url(int(repeat.made)))


def _facts(plan: BlackoutPlan, effect: BlackoutEffect) -> tuple[tuple[str, object], ...]:
    departures = Departure.objects.filter(
        local_date__range=(plan.first_date, plan.last_date), is_open=True
    )
    departures = (
        departures.filter(option__product=plan.product_id)
        if plan.product_id is not None
        else departures.filter(option__product__place=plan.place)
    )
    holds = RunningHolds.on(departures.only("pk"), now=timezone.now())
    guests = format_quantity(effect.guests, "guest")
    booked = f"{guests} in {format_quantity(effect.bookings, 'booking')}"
    return (
        ("Closes", format_quantity(effect.departures, "open departure")),
        ("Stay as they are", booked if effect.bookings else "no booking is there"),
        ("Running holds", holds),
    )


def _ways_on(
    request: HttpRequest, plan: BlackoutPlan, effect: BlackoutEffect
) -> tuple[tuple[str, str], ...]:
    """Return the way to the page that cancels or moves the bookings of these days."""
    if not effect.bookings or not request.user.has_perm("disruptions.run_disruption"):
        return ()
    query = {
        "kind": "CANCEL",
        "first": plan.first_date.isoformat(),
        "last": plan.last_date.isoformat(),
        "product": plan.product_id or "",
        "place": plan.place,
    }
    page = reverse("admin:disruptions_disruption_start")
    return (("Cancel or move the bookings instead", f"{page}?{urlencode(query)}"),)


def _digest(plan: BlackoutPlan, effect: BlackoutEffect) -> str:
    return sha256(repr((plan, effect)).encode()).hexdigest()


def _change_page_url(pk: int) -> str:
    return reverse("admin:blackouts_blackout_change", args=[pk])
