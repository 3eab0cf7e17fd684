"""Save a form in the admin, also when somebody else saves at the same moment.

Forms check everything that constraints demand before they save. What slips between the check
and the save is refused by the database, and becomes the constraint's own sentence here.
"""

from typing import Any

from django import forms
from django.contrib import messages
from django.db import IntegrityError, OperationalError
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from core_site.carrying_out import InTheWay, is_in_the_way, wait_no_longer


class SavesOrExplains:
    """Mixed into a ``ModelAdmin`` before unfold's."""

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
            messages.error(request, f"Nothing was saved. {self._sentence_of(problem)}")
        except OperationalError as problem:
            if not is_in_the_way(problem):
                raise
            messages.error(request, f"Nothing was saved: {InTheWay()}.")
        return HttpResponseRedirect(request.get_full_path())

    def save_model(
        self, request: HttpRequest, obj: Model, form: forms.ModelForm, change: bool
    ) -> None:
        wait_no_longer()
        super().save_model(request, obj, form, change)

    def _sentence_of(self, problem: IntegrityError) -> str:
        broken = getattr(getattr(problem.__cause__, "diag", None), "constraint_name", None)
        models = [self.model, *(inline.model for inline in self.inlines)]
        for constraint in (it for model in models for it in model._meta.constraints):
            if constraint.name == broken:
                return str(constraint.get_violation_error_message())
        return "Somebody else changed it at the same moment; look again and repeat."
