"""Type aliases of Django's generic classes: with type arguments for mypy, plain at run time.

Django's forms and admin classes take no type arguments at run time. A mixin derives from Django's
class for mypy only, and from ``object`` at run time, so that it may stand anywhere among the bases.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from django import forms
from django.contrib import admin
from django.contrib.admin.options import InlineModelAdmin
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.db.models.options import Options
from django.http import HttpRequest, HttpResponse
from unfold import admin as unfold

if TYPE_CHECKING:
    ModelForm: TypeAlias = forms.ModelForm[Any]
    InlineAdmin: TypeAlias = InlineModelAdmin[Any, Any]
    ModelPaginator: TypeAlias = Paginator[Any]
    InlineAdminMixin: TypeAlias = InlineModelAdmin[Any, Any]
    BaseAdminMixin: TypeAlias = admin.options.BaseModelAdmin[Any]
    ModelFormMixin: TypeAlias = forms.ModelForm[Any]

    class ModelChangeList(ChangeList):
        """``ChangeList`` with the private methods of Django that the kit's changelist calls."""

        model_admin: Any
        queryset: QuerySet[Any]

        def _get_default_ordering(self) -> Sequence[Any]:
            raise NotImplementedError

        def _get_deterministic_ordering(self, ordering: Sequence[Any]) -> list[Any]:
            raise NotImplementedError

    class InlineFormSet(forms.BaseInlineFormSet[Any, Any, forms.ModelForm[Any]]):
        """The formset of an inline, with the attributes ``model`` and ``prefix`` declared."""

        model: type[Any]
        prefix: str

    class ModelAdminMixin(unfold.ModelAdmin):
        """``ModelAdmin`` with the private methods of Django that the mixins extend."""

        def _changeform_view(
            self,
            request: HttpRequest,
            object_id: str | None,
            form_url: str,
            extra_context: dict[str, Any] | None,
        ) -> HttpResponse:
            raise NotImplementedError

        def _create_formsets(
            self, request: HttpRequest, obj: Any, change: bool
        ) -> tuple[list[InlineFormSet], list[InlineAdmin]]:
            raise NotImplementedError

        def _delete_view(
            self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None
        ) -> HttpResponse:
            raise NotImplementedError

        def _get_obj_does_not_exist_redirect(
            self, request: HttpRequest, opts: Options[Any], object_id: str
        ) -> HttpResponse:
            raise NotImplementedError

else:
    ModelChangeList = ChangeList
    ModelForm = forms.ModelForm
    InlineFormSet = forms.BaseInlineFormSet
    InlineAdmin = InlineModelAdmin
    ModelPaginator = Paginator
    ModelAdminMixin = InlineAdminMixin = BaseAdminMixin = ModelFormMixin = object
