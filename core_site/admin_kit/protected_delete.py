"""Protected deletion in the admin: a row that others refer to is kept, and the page says why.

Django's page would list every referring row; this one names only their kinds. A reference that
another user adds while the row is deleted is reported as a message, not as a server error.
"""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.db.models import CASCADE, PROTECT, Model, ProtectedError, RestrictedError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from core_site.admin_kit.django_types import ModelAdminMixin


class ProtectedDeleteMixin(ModelAdminMixin):
    """Mixin of a ``ModelAdmin`` that keeps rows with protected references.

    ``advice`` tells staff what to do instead of deleting.
    """

    advice = ""

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        # Rows are deleted one by one, on a page that shows what is deleted with each.
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def get_deleted_objects(
        self, objs: Iterable[Model], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        rows = list(objs)
        keeping = [
            relation.related_model._meta.verbose_name_plural
            for relation in self._references()
            if relation.on_delete is PROTECT and _referring(relation, rows).exists()
        ]
        if keeping:
            return [], {}, set(), [*keeping, self.advice] if self.advice else keeping
        counts = {
            str(relation.related_model._meta.verbose_name_plural): _referring(
                relation, rows
            ).count()
            for relation in self._references()
            if relation.on_delete is CASCADE
        }
        going = {name: count for name, count in counts.items() if count}
        itself = {str(self.opts.verbose_name_plural): len(rows)}
        return [str(row) for row in rows], itself | going, set(), []

    def _references(self) -> list[Any]:
        """Return every foreign key to this model, those without a name on our side as well."""
        return [
            relation
            for relation in self.opts.get_fields(include_hidden=True)
            if relation.auto_created and not relation.concrete and not relation.many_to_many
        ]

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        try:
            return super().delete_view(request, object_id, extra_context)
        except (ProtectedError, RestrictedError):
            messages.error(request, "It is in use, so it stays.")
            return HttpResponseRedirect(request.get_full_path())


def _referring(relation: Any, rows: list[Model]) -> Any:
    referring = relation.related_model._base_manager
    return referring.filter(**{f"{relation.field.name}__in": rows})
