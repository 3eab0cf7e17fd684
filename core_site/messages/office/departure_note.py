"""A note from staff to every guest of a departure: its form, its previews, and its sending."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django import forms
from django.contrib import messages as page_messages
from django.contrib.admin.utils import unquote
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from unfold.decorators import action
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from core_site import stores
from core_site.admin_kit.django_types import ModelAdminMixin
from core_site.admin_kit.submit_once import AlreadySubmitted, FormSubmittedOnce, submit_once
from core_site.bookings.models import Booking
from core_site.catalog.models import Departure
from core_site.catalog.time_format import format_start
from core_site.checked_texts import CheckedText
from core_site.messages.letters.letter import Additions, build_letter
from core_site.messages.letters.sample import sample_booking
from core_site.messages.letters.surroundings import load_supplier_words
from core_site.messages.models import LANGUAGE_NAMES, DepartureNote
from core_site.messages.office.preview import LetterPreview
from core_site.staff_messages import AdminRefused
from core_site.transactions import run_in_form
from shared_domain import availability, messages
from shared_domain.availability import DepartureId
from shared_domain.contact_data import email_key, normalise_line, normalise_note
from shared_domain.messages import LANGUAGES, LanguageChoice, MessageKind, choose_language
from shared_domain.quantities import format_quantity
from shared_domain.run_now import run_now

LONGEST_SUBJECT, LONGEST_TEXT = 120, 4000


class DepartureNoteForm(FormSubmittedOnce):
    """Subject and text of a note in each language; one language at least must be filled in."""

    #: How many guests the page said that it goes to.
    seen = forms.CharField(required=False, max_length=10, widget=forms.HiddenInput)

    def __init__(self, data: Mapping[str, Any] | None) -> None:
        super().__init__(data)
        for language in LANGUAGES:
            name = LANGUAGE_NAMES[language]
            self.fields[f"subject_{language}"] = CheckedText(
                normalise_line,
                label=f"Subject in {name}",
                max_length=LONGEST_SUBJECT,
                required=False,
                widget=UnfoldAdminTextInputWidget({"lang": language}),
            )
            self.fields[f"text_{language}"] = CheckedText(
                normalise_note,
                label=f"Text in {name}",
                max_length=LONGEST_TEXT,
                required=False,
                widget=UnfoldAdminTextareaWidget({"rows": 6, "lang": language}),
            )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for language in LANGUAGES:
            subject, text = cleaned.get(f"subject_{language}"), cleaned.get(f"text_{language}")
            if subject and not text:
                self.add_error(f"text_{language}", "Write the text to this subject.")
            if text and not subject:
                self.add_error(f"subject_{language}", "Write a subject to this text.")
        if not any(cleaned.get(f"text_{language}") for language in LANGUAGES):
            self.add_error(f"text_{LANGUAGES[0]}", "Write a text in one language at least.")
        return cleaned

    @property
    def columns(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The name and the fields of each language, for the page."""
        return [
            (LANGUAGE_NAMES[language], [self[f"subject_{language}"], self[f"text_{language}"]])
            for language in LANGUAGES
        ]

    @property
    def texts(self) -> dict[str, str]:
        return {
            f"{part}_{language}": self.cleaned_data[f"{part}_{language}"]
            for language in LANGUAGES
            for part in ("subject", "text")
        }


@dataclass(frozen=True, slots=True)
class Audience:
    """The recipients of a note: numbers of distinct e-mail addresses, by language."""

    by_language: Mapping[str, int]
    without_address: int

    @property
    def guests(self) -> int:
        return sum(self.by_language.values())

    @property
    def in_words(self) -> str:
        counted = ((LANGUAGE_NAMES[one], self.by_language.get(one, 0)) for one in LANGUAGES)
        return ", ".join(f"{count} in {name}" for name, count in counted if count) or "none"


def load_audience(departure: Departure) -> Audience:
    """Return the recipients of a note to a departure as of now, without test bookings."""
    rows = Booking.objects.filter(
        departure=departure, status__in=("CONFIRMED", "PENDING", "REDEEMED"), test_mode=False
    )
    languages: dict[str, str] = {}
    without = 0
    # As for ``queue_departure_note``, the first booking of a guest with several counts.
    for contact in rows.order_by("pk").values_list("contact", flat=True):
        details = contact if isinstance(contact, dict) else {}
        address = details.get("emailAddress")
        if not address:
            without += 1
            continue
        locales = details.get("locales") or []
        languages.setdefault(email_key(address), choose_language(locales).language)
    return Audience(Counter(languages.values()), without)


class DepartureNoteActions(ModelAdminMixin):
    """Mixin of ``DepartureAdmin``: the action that writes to all guests, by its own permission."""

    def has_write_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("guest_messages.write_to_guests")

    @action(description="Write to its guests", icon="forward_to_inbox", permissions=["write"])
    def write_to_guests(self, request: HttpRequest, object_id: str) -> HttpResponse:
        departure: Departure | None = self.get_object(request, unquote(str(object_id)))
        if departure is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        page = reverse("admin:catalog_departure_change", args=[departure.pk])
        form = DepartureNoteForm(request.POST if request.method == "POST" else None)
        audience = load_audience(departure)
        is_whole = form.is_valid()
        if is_whole and "send" in request.POST:
            if form.cleaned_data["seen"] == str(audience.guests):
                try:
                    queued = run_in_form(form, lambda: self._write(request, departure, form))
                except AlreadySubmitted:
                    page_messages.warning(request, "This note was sent before, by this same form.")
                    return HttpResponseRedirect(page)
                if queued is not None:
                    said = f"The note leaves for {format_quantity(queued, 'guest')}."
                    page_messages.success(request, said)
                    return HttpResponseRedirect(page)
            else:
                form.add_error(None, "The guests are others now. Look at the letters once more.")
        return self._show(request, departure, form, audience, is_shown=is_whole, page=page)

    def _write(self, request: HttpRequest, departure: Departure, form: DepartureNoteForm) -> int:
        """Store the note and queue it for each guest, in the caller's transaction."""
        submission = submit_once(request)
        now = timezone.now()
        note = DepartureNote.objects.create(
            departure=departure, requested_by_id=request.user.pk, created_at=now, **form.texts
        )
        queue = messages.queue_departure_note(
            DepartureId(departure.pk), note_id=note.pk, now=now, store=stores.messages()
        )
        queued = run_now(queue)
        if not queued.guests and not queued.tests:
            raise AdminRefused("no guest of this departure has an e-mail address")
        submission.record(note.pk)
        guests = format_quantity(queued.guests, "guest")
        self.log_change(request, departure, f"Note to {guests}: {note}.")
        return queued.guests

    def _show(
        self,
        request: HttpRequest,
        departure: Departure,
        form: DepartureNoteForm,
        audience: Audience,
        *,
        is_shown: bool,
        page: str,
    ) -> HttpResponse:
        if is_shown:
            data = form.data.copy()  # type: ignore[attr-defined]
            data["seen"] = str(audience.guests)
            form.data = data
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "object": departure,
            "title": "Write to the guests of a departure",
            "departure": departure,
            "starts": format_start(departure, departure.option.product.time_zone),
            "audience": audience,
            "form": form,
            "previews": _previews(departure, form) if is_shown else [],
            "back_url": page,
        }
        status = 400 if form.errors else 200
        return render(request, "guest_messages/departure_note.html", context, status=status)


def _previews(departure: Departure, form: DepartureNoteForm) -> list[LetterPreview]:
    """Return the letter in each language that it is written in, of an invented guest."""
    product = departure.option.product
    sample = sample_booking(
        MessageKind.NOTE, name=product.internal_name, time_zone=product.time_zone
    )
    booking = replace(sample, departure=_at_departure_times(departure, sample.departure))
    return [
        LetterPreview(
            LANGUAGE_NAMES[language],
            build_letter(
                MessageKind.NOTE,
                booking,
                load_supplier_words(product.pk, MessageKind.NOTE, language),
                LanguageChoice.with_default_locale(language),
                Additions(
                    subject=form.cleaned_data[f"subject_{language}"],
                    words=form.cleaned_data[f"text_{language}"],
                ),
            ),
        )
        for language in LANGUAGES
        if form.cleaned_data[f"text_{language}"]
    ]


def _at_departure_times(
    departure: Departure, sample: availability.Departure | None
) -> availability.Departure | None:
    """Return the invented departure at the times of a real one."""
    if sample is None:
        return None
    start = departure.start_time
    times = availability.parse_departure_times(
        {
            "local_date": departure.local_date.isoformat(),
            "start_time": start.isoformat() if start else None,
            "fold": departure.fold,
            "starts_at": departure.starts_at.isoformat(),
            "ends_at": departure.ends_at.isoformat(),
            "opening_hours": departure.opening_hours,
        }
    )
    return replace(
        sample,
        local_date=times.local_date,
        start_time=times.start_time,
        fold=times.fold,
        starts_at=times.starts_at,
        ends_at=times.ends_at,
        opening_hours=times.opening_hours,
    )
