"""The page with the effect of a change on departures: counts, and each departure with guests."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from unfold.widgets import UnfoldAdminRadioSelectWidget

from core_site.admin_kit.viewer_zone import format_instant
from core_site.catalog.effects import Decision, Effect
from core_site.catalog.models import Option
from core_site.catalog.time_format import format_moment, format_wall_clock
from shared_domain.availability import DepartureChange, DepartureTimes, WithGuests

#: Departures with guests listed by name; the rest is summed up.
DEPARTURES_SHOWN = 60

PREFIX = "_effect"

#: The button that leads back to the form with everything that was typed.
BACK_TO_FORM = "_back_to_form"

#: The lists of ``DepartureChanges`` as the page names them, what matters most first.
_KINDS = {
    "moved": "Start at another time",
    "retimed": "Same start on the clock, but another moment, end or opening hours",
    "closed": "Close to sale, and keep their bookings",
    "removed": "Go: never booked",
    "added": "New on sale",
    "reopened": "On sale again",
    "changed": "Other places or cut-off",
}

_TOUCHING_GUESTS = ("moved", "retimed", "closed")


@dataclass(frozen=True, slots=True, kw_only=True)
class KindLine:
    """The number of departures that change in one way."""

    title: str
    departures: int
    with_guests: int
    guests: int
    dates: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartureLine:
    """One departure with guests: its state now, and after the change."""

    option: Option
    now: str
    afterwards: str
    bookings: int
    guests: int


class DecisionForm(forms.Form):
    """The form that decides about departures with guests.

    Its digests tell which effect the page showed: the change is refused if it is another one by
    now.
    """

    with_guests = forms.ChoiceField(
        label="Departures with guests",
        choices=[
            (WithGuests.KEEP.value, "Keep them as they are"),
            (WithGuests.MOVE.value, "Move them, with notice"),
        ],
        widget=UnfoldAdminRadioSelectWidget,
        error_messages={"required": "Choose what happens to the departures with guests."},
        help_text="Kept: their schedule leaves them alone from now on, and opens nothing beside "
        "them on their dates. Moved: guests get an e-mail and partners an event; those that have "
        "no new time close to sale and keep their bookings, for you to decide one by one.",
    )
    seen_keep = forms.CharField(widget=forms.HiddenInput)
    seen_move = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, data: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(data, prefix=PREFIX, **kwargs)

    @property
    def decision(self) -> Decision:
        chosen = WithGuests(self.cleaned_data["with_guests"])
        return Decision(chosen, self.cleaned_data[f"seen_{chosen.value}"])


def decision_in(posted: QueryDict) -> Decision | None:
    """Return the decision in the POST data of the page; None if it is missing or incomplete."""
    form = DecisionForm(posted)
    return form.decision if form.is_valid() else None


def show_effect(
    request: HttpRequest,
    effects: dict[WithGuests, Effect],
    *,
    about: type[Model],
    title: str,
    explanation: str = "",
    button: str,
    is_dangerous: bool = False,
    back_url: str = "",
    was_seen: bool = False,
) -> HttpResponse:
    """Render the page, with all POST data in it so that its form repeats the request.

    Without ``back_url`` the back button returns to the form, with what was typed. ``was_seen`` is
    true if staff had decided on an effect that has changed since.
    """
    moving, keeping = effects[WithGuests.MOVE], effects[WithGuests.KEEP]
    is_choice = bool(keeping.changes("kept"))
    was_asked = f"{PREFIX}-seen_keep" in request.POST and not was_seen
    form = _form(request.POST if was_asked else None, effects, is_choice=is_choice)
    lines = _departures(moving)
    context = {
        **admin.site.each_context(request),
        "opts": about._meta,
        "title": title,
        "explanation": explanation,
        "kinds": _kinds(moving),
        "departures": lines[:DEPARTURES_SHOWN],
        "touched": len(lines),
        "more_departures": len(lines[DEPARTURES_SHOWN:]),
        "more_guests": sum(line.guests for line in lines[DEPARTURES_SHOWN:]),
        "guests": moving.guests,
        "bookings": moving.bookings,
        "zones": ", ".join(sorted({changes.time_zone for _, changes in moving.of_options})),
        "many_options": len(moving.of_options) > 1,
        "form": form,
        "button": button,
        "button_variant": "danger" if is_dangerous else "primary",
        "is_choice": is_choice,
        "was_seen": was_seen,
        "posted": list(_posted_fields(request.POST)),
        "back_url": back_url,
        "back_to_form": BACK_TO_FORM,
    }
    return render(request, "catalog/effect.html", context, status=400 if form.errors else 200)


def _form(
    posted: QueryDict | None, effects: dict[WithGuests, Effect], *, is_choice: bool
) -> DecisionForm:
    seen = {f"seen_{choice.value}": effect.digest for choice, effect in effects.items()}
    if posted is not None:
        # It comes back without a choice, and shows the effect of this moment.
        data = {name: value for name, value in posted.items() if name.startswith(PREFIX)}
        return DecisionForm(data | {f"{PREFIX}-{name}": value for name, value in seen.items()})
    if is_choice:
        return DecisionForm(initial=seen)
    # Where there is nothing to choose, the button is the answer.
    form = DecisionForm(initial=seen | {"with_guests": WithGuests.KEEP.value})
    form.fields["with_guests"].widget = forms.HiddenInput()
    return form


def _posted_fields(posted: QueryDict) -> list[tuple[str, str]]:
    """Return all names and values that were posted, but for those of this page itself."""
    return [
        (name, value)
        for name, values in posted.lists()
        if name != "csrfmiddlewaretoken" and not name.startswith(f"{PREFIX}-")
        for value in values
        if name != BACK_TO_FORM
    ]


def _kinds(effect: Effect) -> list[KindLine]:
    found = (
        (title, [change for _, change in effect.changes(kind)]) for kind, title in _KINDS.items()
    )
    return [
        KindLine(
            title=title,
            departures=len(changes),
            with_guests=sum(1 for change in changes if change.bookings),
            guests=sum(change.guests for change in changes),
            dates=_dates(changes),
        )
        for title, changes in found
        if changes
    ]


def _dates(changes: list[DepartureChange]) -> str:
    dates = sorted(_present(change).local_date for change in changes)
    return str(dates[0]) if dates[0] == dates[-1] else f"{dates[0]} to {dates[-1]}"


def _present(change: DepartureChange) -> DepartureTimes:
    timing = change.before or change.after
    if timing is None:
        raise ValueError("a departure that changes was there before or is there afterwards")
    return timing


def _departures(effect: Effect) -> list[DepartureLine]:
    zones = {option.pk: changes.time_zone for option, changes in effect.of_options}
    touched = [
        (_present(change).starts_at, option, kind, change)
        for kind in _TOUCHING_GUESTS
        for option, change in effect.changes(kind)
        if change.bookings
    ]
    return [
        DepartureLine(
            option=option,
            now=_in_words(_present(change), zones[option.pk]),
            afterwards=_afterwards(kind, change, zones[option.pk]),
            bookings=change.bookings,
            guests=change.guests,
        )
        for _, option, kind, change in sorted(touched, key=lambda found: found[0])
    ]


def _in_words(timing: DepartureTimes, zone_name: str) -> str:
    if timing.start_time is None:
        return f"{timing.local_date} {_hours(timing)}"
    return format_wall_clock(timing, zone_name)


def _hours(timing: DepartureTimes) -> str:
    return ", ".join(f"{period.opens}–{period.closes}" for period in timing.opening_hours)


def _afterwards(kind: str, change: DepartureChange, zone_name: str) -> str:
    before, after = change.before, change.after
    if kind == "closed" or before is None or after is None:
        return "closed to sale, its bookings stay"
    if kind == "moved":
        return _in_words(after, zone_name)
    if before.opening_hours != after.opening_hours:
        return _in_words(after, zone_name)
    if before.starts_at != after.starts_at:
        moments = (format_instant(timing.starts_at) for timing in (before, after))
        return "same time of day, another moment: " + " → ".join(moments)
    ends = (format_moment(timing.ends_at, zone_name) for timing in (before, after))
    return "ends: " + " → ".join(ends)
