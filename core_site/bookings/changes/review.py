"""Dialogs in two steps: preview a change by rolling it back, then carry it out when confirmed.

When a form is sent first, the service runs in a transaction that is rolled back, and the page shows
the effects with a signed digest of them. When it is sent again, the change is committed only if its
effects have the same digest; if others changed something meanwhile, the page shows the new effects.
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
    """The effects were not shown yet, or differ from those shown; everything is rolled back."""

    def __init__(self, effects: tuple[ChangedValue, ...], *, is_changed: bool) -> None:
        super().__init__("the effects of a change were not reviewed")
        self.effects = effects
        self.is_changed = is_changed

    @property
    def digest(self) -> str:
        return signing.dumps(_digest(self.effects), salt=_SALT)


def run_reviewed(form: forms.Form, change: Callable[[], tuple[ChangedValue, ...]]) -> bool | None:
    """Run ``change`` in a transaction, and commit it if its effects were reviewed.

    Returns None, with the refusal in the form, if the service refused the change.

    Raises:
        ReviewNeeded: the effects were not reviewed; the change is rolled back.
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
    """Render the confirmation page with the effects of the form, and the button that confirms."""
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
