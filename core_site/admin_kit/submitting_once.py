"""Forms that make something once, however often a browser sends them.

A reload of the page that answers, a double click and the way back through the browser's history
all send the same content again, the page's own random ``submission`` included. The first to come
is carried out, and its digest is stored in the same transaction; any other is told what the first
one made. A page that is opened anew carries another value, so what is wanted twice can be had.
"""

import json
from hashlib import sha256
from uuid import uuid4

from django import forms
from django.http import HttpRequest

from core_site.admin_kit.models import SubmittedForm

#: Changes at every login, although the page is the same.
_OF_BROWSER = frozenset({"csrfmiddlewaretoken"})


class FormSubmittedOnce(forms.Form):
    submission = forms.CharField(
        required=False, max_length=64, initial=lambda: uuid4().hex, widget=forms.HiddenInput
    )


class AlreadySubmitted(Exception):
    """The same form was carried out before; ``made`` is the id of what it made."""

    def __init__(self, made: str) -> None:
        super().__init__(f"the form was submitted before and made {made}")
        self.made = made


def submit_once(request: HttpRequest) -> SubmittedForm:
    """Return the record of a submission that is carried out in the running transaction.

    The caller stores in ``made`` what came of it. A repeat that arrives meanwhile waits for the
    end of this transaction.

    Raises:
        AlreadySubmitted: the same content was carried out before.
    """
    record, is_new = SubmittedForm.objects.get_or_create(digest=_digest_of(request))
    if not is_new:
        raise AlreadySubmitted(record.made)
    return record


def _digest_of(request: HttpRequest) -> bytes:
    content = {name: values for name, values in request.POST.lists() if name not in _OF_BROWSER}
    sent = json.dumps([request.user.pk, request.path, content], sort_keys=True)
    return sha256(sent.encode()).digest()
