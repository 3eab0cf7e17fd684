"""The admin's history page: every change with its old and new values, from the audit trail.

Django's own page lists the admin's log, which has no old and new values, and lacks every change by
a partner's call, a job or another page.
"""

from itertools import chain
from typing import Any

from django.db.models import Model
from django.http import HttpRequest, HttpResponse

from core_site.admin_kit.django_types import ModelAdminMixin
from core_site.row_history import RowChange, is_tracked, load_changes

#: Changes shown on one page, the newest first.
CHANGES_SHOWN = 200


class RowHistoryMixin(ModelAdminMixin):
    """Mixin of a ``ModelAdmin`` whose model is tracked by django-pghistory.

    The history of a row includes that of its inlines: an option's page also shows the changes of
    its prices, units and schedules.
    """

    object_history_template = "portico/row_history.html"

    def has_history_page(self) -> bool:
        return True

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response = super().history_view(request, object_id, extra_context)
        shown = getattr(response, "context_data", None)
        if shown is not None and shown.get("object") is not None:
            changes = self.row_changes(request, shown["object"])
            shown["changes"] = changes[:CHANGES_SHOWN]
            shown["is_cut"] = len(changes) > CHANGES_SHOWN
        return response

    def row_changes(self, request: HttpRequest, row: Model) -> list[RowChange]:
        """Return the changes of the row and of the inline rows that the user may see."""
        limit = CHANGES_SHOWN + 1
        own = load_changes(self.model, pgh_obj_id=row.pk, limit=limit)
        theirs = (
            load_changes(
                inline.model, limit=limit, **{f"{_parent_field(inline.model, row)}_id": row.pk}
            )
            for inline in self.get_inline_instances(request, row)
            if is_tracked(inline.model)
        )
        changes = chain(own, *theirs)
        return sorted(changes, key=lambda change: (change.at, change.version.pgh_id), reverse=True)


def _parent_field(model: type[Model], row: Model) -> str:
    """Return the name of the foreign key by which ``model`` belongs to the row's table."""
    return next(
        field.name for field in model._meta.concrete_fields if field.related_model is type(row)
    )
