"""Show constraint violations of a concurrent save as messages of the form, not as a server error.

Forms check every constraint before they save. When another save in between makes the database
refuse a row, the page shows the constraint's own message and keeps what was typed. So does a row
that stays locked for too long.
"""

from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.db import IntegrityError, OperationalError
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from core_site.admin_kit.django_types import ModelAdminMixin, ModelForm
from core_site.transactions import RowLocked, is_lock_timeout, set_lock_timeout


class _RefusedRequest(HttpRequest):
    refusal_of_save: str


class SaveErrorsAsMessages(ModelAdminMixin):
    """Mixin of every ``ModelAdmin``: a violated constraint or a locked row is a form error."""

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except IntegrityError as problem:
            refusal = f"Nothing was saved. {self._constraint_sentence(problem)}"
        except OperationalError as problem:
            if not is_lock_timeout(problem):
                raise
            refusal = f"Nothing was saved: {RowLocked()}."
        cast(_RefusedRequest, request).refusal_of_save = refusal
        # Everything is rolled back; the second call only shows the form with what was typed.
        return super().changeform_view(request, object_id, form_url, extra_context)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        try:
            return super().delete_view(request, object_id, extra_context)
        except OperationalError as problem:
            if not is_lock_timeout(problem):
                raise
            messages.error(request, f"Nothing was deleted: {RowLocked()}.")
            return HttpResponseRedirect(request.get_full_path())

    def get_form(
        self, request: HttpRequest, obj: Model | None = None, change: bool = False, **kwargs: Any
    ) -> type[ModelForm]:
        form = super().get_form(request, obj, change=change, **kwargs)
        if find_refusal(request):
            check_after_clean(form, lambda bound: bound.add_error(None, find_refusal(request)))
        return form

    def save_model(self, request: HttpRequest, obj: Model, form: ModelForm, change: bool) -> None:
        set_lock_timeout()
        super().save_model(request, obj, form, change)

    def _constraint_sentence(self, problem: IntegrityError) -> str:
        broken = getattr(getattr(problem.__cause__, "diag", None), "constraint_name", None)
        models = [self.model, *(inline.model for inline in self.inlines)]
        for constraint in (rule for model in models for rule in model._meta.constraints):
            if constraint.name == broken:
                return str(constraint.get_violation_error_message())
        return "It was changed by others at the same moment; look again and repeat."


def find_refusal(request: HttpRequest) -> str:
    """Return why the database refused the save of this request; empty if it refused nothing."""
    return getattr(request, "refusal_of_save", "")


def check_after_clean(form: type[ModelForm], check: Callable[[ModelForm], None]) -> None:
    """Add ``check`` to a form class, to be called after its ``clean``.

    The class must have been made for one request, since it is changed in place.
    """
    clean = form.clean

    def clean_and_check(bound: ModelForm) -> dict[str, Any] | None:
        cleaned = clean(bound)
        check(bound)
        return cleaned

    form.clean = clean_and_check  # type: ignore[method-assign, assignment]  # see above: its own
