"""Dialogs in two steps: what was chosen is carried out, shown, and rolled back; then confirmed.

The first time a form is sent, the service does it in a transaction that is rolled back, and the
page shows what it did. The page carries a signed digest of that, so the second time it is carried
out only if it does the same: what others changed meanwhile brings the page up once more.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

from django import forms
from django.core import signing
from django.db.models import Model
from django.http import HttpRequest, HttpResponse

from core_site.admin_kit.confirmation_page import ConfirmationPage, render_confirmation
from core_site.bookings.changes.effects import ChangedValue
from core_site.transactions import run_in_form

#: The hidden field that carries the digest of what the page showed.
FIELD = "reviewed"

_SALT = "core_site.bookings.changes.review"


class ReviewNeeded(Exception):
    """The effects were not shown yet, or are others by now; everything is rolled back."""

    def __init__(self, effects: tuple[ChangedValue, ...], *, is_changed: bool) -> None:
        super().__init__("the effects of a change were not reviewed")
        self.effects = effects
        self.is_changed = is_changed

    @property
    def digest(self) -> str:
        return signing.dumps(_digest(self.effects), salt=_SALT)


def run_reviewed(form: forms.Form, change: Callable[[], tuple[ChangedValue, ...]]) -> bool | None:
    """Run ``change`` in a transaction if its effects were reviewed; None when it was refused.

    Raises:
        ReviewNeeded: they were not; nothing is changed.
    """

    def carry_out() -> bool:
        effects = change()
        shown = form.data.get(FIELD, "")
        if not _has_digest(effects, shown):
            raise ReviewNeeded(effects, is_changed=bool(shown))
        return True

    return run_in_form(form, carry_out)


def render_review(
    request: HttpRequest,
    page: ConfirmationPage,
    form: forms.Form,
    needed: ReviewNeeded,
    *,
    about: type[Model],
) -> HttpResponse:
    """Show what the form does, before beside after, with the button that does it."""
    explanation = "Nothing has changed yet. "
    if needed.is_changed:
        explanation = "Something else has changed meanwhile: this is what happens now. "
    reviewed = replace(
        page,
        explanation=explanation + page.explanation,
        effects=needed.effects,
        reviewed=needed.digest,
    )
    return render_confirmation(request, reviewed, form, about=about)


def _has_digest(effects: tuple[ChangedValue, ...], shown: str) -> bool:
    try:
        return bool(signing.loads(shown, salt=_SALT) == _digest(effects))
    except signing.BadSignature:
        return False


def _digest(effects: tuple[ChangedValue, ...]) -> str:
    return sha256(json.dumps(effects).encode()).hexdigest()
