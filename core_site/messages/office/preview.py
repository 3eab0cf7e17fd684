"""Previews of a letter in all languages, for an invented booking or for a chosen one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils import timezone
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from core_site import stores
from core_site.bookings.models import Booking
from core_site.catalog.models import Product
from core_site.messages.letters.letter import Additions, Letter, build_letter
from core_site.messages.letters.sample import earlier_times, sample_booking
from core_site.messages.letters.surroundings import load_supplier_words, load_surroundings
from core_site.messages.models import KIND_CHOICES, LANGUAGE_NAMES, HouseNote
from shared_domain import bookings
from shared_domain.messages import LANGUAGES, LanguageChoice, MessageKind
from shared_domain.run_now import run_now


@dataclass(frozen=True, slots=True)
class LetterPreview:
    """A letter in one language; ``language`` is the name of the language for staff."""

    language: str
    letter: Letter


class PreviewForm(forms.Form):
    """Chooses the letter to preview, and its product or booking; sent by GET."""

    kind = forms.ChoiceField(
        label="Message", choices=KIND_CHOICES, required=False, widget=UnfoldAdminSelectWidget
    )
    product = forms.ModelChoiceField(
        Product.objects.order_by("internal_name"),
        required=False,
        empty_label="An invented one",
        widget=UnfoldAdminSelectWidget,
    )
    reference = forms.CharField(
        label="Or a booking",
        required=False,
        max_length=32,
        widget=UnfoldAdminTextInputWidget({"placeholder": "PT-…", "autocomplete": "off"}),
        help_text="Our reference. Empty: an invented booking.",
    )

    def __init__(self, data: Mapping[str, Any] | None, *, may_choose_booking: bool) -> None:
        super().__init__(data)
        self.row: Booking | None = None
        if not may_choose_booking:
            del self.fields["reference"]

    def clean_reference(self) -> str:
        reference = bookings.normalise_reference(str(self.cleaned_data["reference"]))
        if reference:
            self.row = Booking.objects.filter(supplier_reference=reference).first()
            if self.row is None:
                raise forms.ValidationError("There is no booking of this reference.")
        return reference

    @property
    def chosen_kind(self) -> MessageKind:
        return MessageKind(self.cleaned_data.get("kind") or MessageKind.CONFIRMATION.value)


def load_previews(
    kind: MessageKind,
    *,
    product: Product | None = None,
    row: Booking | None = None,
    note: HouseNote | None = None,
) -> list[LetterPreview]:
    """Return the letter in each language, with the stored notes and meeting points.

    With ``note``, saved or not, it is returned in the note's language only, with this note.
    """
    if row is not None:
        booking = run_now(
            bookings.get_booking(
                row.uuid, access=row.access, now=timezone.now(), store=stores.bookings()
            )
        )
    elif product is not None:
        booking = sample_booking(kind, name=product.internal_name, time_zone=product.time_zone)
    else:
        booking = sample_booking(kind)
    languages = LANGUAGES if note is None else (note.language,)
    return [_preview(kind, booking, language, product, row, note) for language in languages]


def _preview(
    kind: MessageKind,
    booking: bookings.Booking,
    language: str,
    product: Product | None,
    row: Booking | None,
    note: HouseNote | None,
) -> LetterPreview:
    if row is not None:
        surroundings = load_surroundings(booking, kind, language)
    else:
        product_id = product.pk if product else None
        surroundings = load_supplier_words(product_id, kind, language, typed=note)
    before = earlier_times(booking) if kind is MessageKind.MOVE else None
    additions = Additions(before=before, subject="…", words="…" if kind is MessageKind.NOTE else "")
    choice = LanguageChoice.with_default_locale(language)
    letter = build_letter(kind, booking, surroundings, choice, additions)
    return LetterPreview(LANGUAGE_NAMES[language], letter)


def may_choose_booking(request: HttpRequest) -> bool:
    """Return whether the user may preview a booking's letter, which has the guest's name."""
    return request.user.has_perms(("bookings.view_booking", "bookings.view_personal_data"))
