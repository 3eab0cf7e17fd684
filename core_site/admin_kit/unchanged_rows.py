"""Validate only the rows of an inline that were changed, as Django saves only those."""

from typing import TYPE_CHECKING, Any

from django.db.models import Model
from django.http import HttpRequest

from core_site.admin_kit.django_types import InlineAdminMixin, ModelForm

if TYPE_CHECKING:
    from django.forms.models import BaseInlineFormSet


class UnchangedRowMixin(InlineAdminMixin):
    """Mixin of an inline: a row of the table that stays as it is sends no query to validate it.

    Its constraints hold in the table already. What its form demands beside a changed parent, such
    as the hours of a schedule, is checked as before: in ``clean``.
    """

    def get_formset(
        self, request: HttpRequest, obj: Model | None = None, **kwargs: Any
    ) -> "type[BaseInlineFormSet[Any, Any, Any]]":
        formset = super().get_formset(request, obj, **kwargs)
        _validate_changed_rows_only(formset.form)
        return formset


def _validate_changed_rows_only(form: type[ModelForm]) -> None:
    """Let a form class, made for one request, leave the model's validation out where it can."""
    validate_row = form._post_clean  # type: ignore[attr-defined]  # django-stubs lacks it

    def validate_if_changed(bound: ModelForm) -> None:
        if bound.instance._state.adding or bound.has_changed():
            validate_row(bound)

    form._post_clean = validate_if_changed  # type: ignore[attr-defined]
