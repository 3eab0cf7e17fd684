"""Idempotent forms: a form that creates a row does so once, however often it is sent.

A reload, a double click and the browser's back button send the same form again, with the random
``submission`` of its page. The first one to arrive is carried out, and a digest of it is stored in
the same transaction; every repeat is answered with what the first one made. A page that is opened
anew carries another value, so a second row of the same content can be created on purpose.
"""

import json
from hashlib import sha256
from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.contrib.admin.utils import quote
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from core_site.admin_kit.django_types import ModelAdminMixin, ModelForm
from core_site.admin_kit.models import SubmittedForm

#: Changes at every login, although the page is the same.
_OF_BROWSER = frozenset({"csrfmiddlewaretoken"})


#: The hidden field that tells a page from the same page opened anew.
FIELD = "submission"


class SubmissionField(forms.CharField):
    """The hidden field with a page's random value; it never counts as changed in the log."""

    def __init__(self) -> None:
        super().__init__(
            required=False, max_length=64, initial=lambda: uuid4().hex, widget=forms.HiddenInput
        )

    def has_changed(self, initial: object, data: object) -> bool:
        return False


class FormSubmittedOnce(forms.Form):
    submission = SubmissionField()


class AlreadySubmitted(Exception):
    """The same form was carried out before; ``made`` is the id of the row that it made."""

    def __init__(self, made: str) -> None:
        super().__init__(f"the form was submitted before and made {made}")
        self.made = made


def submit_once(request: HttpRequest) -> SubmittedForm:
    """Insert and return the record of a submission, in the caller's transaction.

    The caller stores the id of the new row with ``record``. A simultaneous repeat waits for the
    end of this transaction.

    Raises:
        AlreadySubmitted: the same content was carried out before.
    """
    record, is_new = SubmittedForm.objects.get_or_create(digest=_form_digest(request))
    if not is_new:
        raise AlreadySubmitted(record.made)
    return record


def refuse_repeat(request: HttpRequest) -> None:
    """Refuse a form that was carried out before; called before the form is validated.

    Raises:
        AlreadySubmitted: the same content was carried out before.
    """
    made = SubmittedForm.objects.filter(digest=_form_digest(request)).values_list("made", flat=True)
    for repeated in made:
        raise AlreadySubmitted(repeated)


class SubmitOnceMixin(ModelAdminMixin):
    """Mixin of a ``ModelAdmin``: an add form adds one row, however often it is sent.

    A POST without the page's random value, as from a script, adds a row each time.
    """

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        try:
            if object_id is None and request.POST.get(FIELD):
                refuse_repeat(request)
            return super().changeform_view(request, object_id, form_url, extra_context)
        except AlreadySubmitted as repeat:
            return self._added_before(request, repeat)

    def get_form(
        self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any
    ) -> type[ModelForm]:
        form = super().get_form(request, obj, change=change, **kwargs)
        only_asked_for_names = kwargs.get("fields") is None
        if not change and not only_asked_for_names:
            # The class was made for this request alone.
            form.base_fields[FIELD] = SubmissionField()
        return form

    def save_model(self, request: HttpRequest, obj: Model, form: ModelForm, change: bool) -> None:
        if change or not request.POST.get(FIELD):
            super().save_model(request, obj, form, change)
            return
        submission = submit_once(request)
        super().save_model(request, obj, form, change)
        submission.record(obj.pk)

    def _added_before(self, request: HttpRequest, repeat: AlreadySubmitted) -> HttpResponse:
        kind = self.opts.verbose_name
        messages.warning(request, f"Nothing was added now: this form has added its {kind} before.")
        row = self.get_object(request, repeat.made)
        page = "change" if row is not None else "changelist"
        arguments = [quote(row.pk)] if row is not None else []
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}"
        return HttpResponseRedirect(reverse(name, args=arguments))


def _form_digest(request: HttpRequest) -> bytes:
    """Return the digest of a submission: of its page's random value, or else of all fields."""
    content = {name: values for name, values in request.POST.lists() if name not in _OF_BROWSER}
    known_by = request.POST.get(FIELD) or content
    sent = json.dumps([request.user.pk, request.path, known_by], sort_keys=True)
    return sha256(sent.encode()).digest()
