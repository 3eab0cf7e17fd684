"""The page that starts a disruption: staff select departures, see the preview, and confirm."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminTextareaWidget

from core_site import stores
from core_site.admin_kit.submit_once import AlreadySubmitted, FormSubmittedOnce, submit_once
from core_site.catalog.local_days import supplier_today
from core_site.catalog.models import Departure
from core_site.checked_texts import CheckedText
from core_site.disruptions.choice import ChoiceForm
from core_site.disruptions.jobs import carry_out_disruption
from core_site.disruptions.preview import (
    DisruptionPreview,
    build_preview,
    choose_nearest,
    find_slots,
    refund_labels,
)
from core_site.transactions import run_in_form
from shared_domain import disruptions
from shared_domain.availability import DepartureId
from shared_domain.bookings import RefundChoice
from shared_domain.contact_data import LONGEST_NOTE, normalise_note
from shared_domain.disruptions import MAX_DEPARTURES, DisruptionKind, DisruptionPlan
from shared_domain.run_now import run_now

TITLE = "Cancel or move departures"


class NoticeForm(FormSubmittedOnce):
    """The form of a disruption: what to do with the bookings, and what partners and guests read."""

    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    refund = forms.ChoiceField(widget=UnfoldAdminRadioSelectWidget)
    reason = CheckedText(
        normalise_note,
        max_length=LONGEST_NOTE,
        required=False,
        widget=UnfoldAdminTextareaWidget({"rows": 2}),
        help_text="Partners read it with each cancelled booking.",
    )
    message = CheckedText(
        normalise_note,
        label="Message to guests",
        max_length=LONGEST_NOTE,
        required=False,
        widget=UnfoldAdminTextareaWidget({"rows": 4}),
        help_text="Stands in each guest's mail, beside product, time and refund. Empty: the reason "
        "for partners. All guests get the same, so name no guest.",
    )

    def __init__(self, data: Mapping[str, Any] | None, preview: DisruptionPreview) -> None:
        super().__init__(
            data,
            initial={
                "seen": preview.fingerprint,
                "refund": RefundChoice.BY_THE_RULES.value,
                "reason": "Bad weather",
            },
        )
        if preview.plan.kind is DisruptionKind.CANCEL:
            self.fields["refund"].choices = refund_labels(preview)  # type: ignore[attr-defined]
        else:
            del self.fields["refund"]
            self.fields["reason"].help_text = "Partners read it with each hold that is released."

    @property
    def decision(self) -> dict[str, Any]:
        """The form's values, as the arguments of a plan."""
        cleaned = self.cleaned_data
        return {
            "refund": RefundChoice(cleaned.get("refund") or RefundChoice.BY_THE_RULES.value),
            "reason": cleaned["reason"],
            "message": cleaned["message"] or cleaned["reason"],
        }


def answer_start_page(request: HttpRequest) -> HttpResponse:
    """Return the page with the selection, or with its preview; or a redirect to the report.

    POST with ``start`` starts the disruption that was previewed.
    """
    now = timezone.now()
    choice = ChoiceForm(_asked_for(request), today=supplier_today(timezone.now()))
    if not choice.is_bound or not choice.is_valid():
        return _show(request, choice)
    departures = choice.find_departures(now=now)
    if not departures or len(departures) > MAX_DEPARTURES:
        choice.add_error(None, _say_how_many(departures))
        return _show(request, choice)
    preview = _preview(request, choice, departures, now=now)
    is_start = request.method == "POST" and "start" in request.POST
    form = NoticeForm(request.POST if request.method == "POST" else None, preview)
    if is_start and form.is_valid():
        try:
            started = run_in_form(form, lambda: _start(request, form, preview.plan, now=now))
        except AlreadySubmitted as repeat:
            messages.warning(request, "It was started before; this is its report.")
            return HttpResponseRedirect(_report(int(repeat.made)))
        if started is not None:
            return HttpResponseRedirect(_report(started))
    if request.method == "POST":
        form = _look_again(form, preview)
    return _show(request, choice, preview=preview, form=form)


def _asked_for(request: HttpRequest) -> Mapping[str, Any] | None:
    """Return the selection in the query string; None if it has neither a kind nor departures."""
    if "kind" in request.GET:
        return request.GET
    if "departures" not in request.GET:
        return None
    asked_for = request.GET.copy()
    asked_for["kind"] = DisruptionKind.CANCEL.value
    return asked_for


def _preview(
    request: HttpRequest, choice: ChoiceForm, departures: list[Departure], *, now: datetime
) -> DisruptionPreview:
    slots: dict[int, list[Departure]] = {}
    if choice.kind_chosen is DisruptionKind.MOVE:
        slots = find_slots(departures, to=choice.cleaned_data["to"], now=now)
    targets = {}
    for departure in departures:
        offered = slots.get(departure.pk, [])
        asked = request.POST.get(f"target_{departure.pk}", "")
        chosen = next((slot for slot in offered if str(slot.pk) == asked), None)
        chosen = chosen or choose_nearest(departure, offered)
        if chosen is not None:
            targets[DepartureId(departure.pk)] = DepartureId(chosen.pk)
    plan = DisruptionPlan(
        kind=choice.kind_chosen,
        departures=tuple(DepartureId(departure.pk) for departure in departures),
        targets=targets,
        title=choice.describe(departures),
    )
    return build_preview(departures, plan, slots, now=now)


def _start(request: HttpRequest, form: NoticeForm, plan: DisruptionPlan, *, now: datetime) -> int:
    """Start the disruption and queue the worker's job, in the caller's transaction."""
    submission = submit_once(request)
    disruption_id = run_now(
        disruptions.start_disruption(
            replace(plan, **form.decision),
            seen=form.cleaned_data["seen"],
            requested_by=request.user.pk or 0,
            now=now,
            store=stores.disruptions(),
        )
    )
    submission.record(disruption_id)
    carry_out_disruption.defer(disruption_id=disruption_id)
    return disruption_id


def _look_again(form: NoticeForm, preview: DisruptionPreview) -> NoticeForm:
    """Let the form that comes back stand for what its page shows now."""
    data = form.data.copy()  # type: ignore[attr-defined]
    data["seen"] = preview.fingerprint
    form.data = data
    return form


def _say_how_many(departures: list[Departure]) -> str:
    if not departures:
        return (
            "No departure is open or booked then. Choose another day, product or place; one that "
            "has begun is chosen in the list of departures."
        )
    return (
        f"More than {MAX_DEPARTURES} departures are chosen, and at most {MAX_DEPARTURES} can be "
        "cancelled or moved at once. Choose fewer days or one product."
    )


def _report(pk: int) -> str:
    return reverse("admin:disruptions_disruption_change", args=[pk])


def _show(
    request: HttpRequest,
    choice: ChoiceForm,
    *,
    preview: DisruptionPreview | None = None,
    form: NoticeForm | None = None,
) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "title": TITLE,
        "content_title": TITLE,
        "choice": choice,
        "by_hand": len(choice.chosen_ids),
        "preview": preview,
        "form": form,
        "most_departures": MAX_DEPARTURES,
    }
    has_errors = bool(choice.errors or (form is not None and form.errors))
    return render(request, "disruptions/start.html", context, status=400 if has_errors else 200)
