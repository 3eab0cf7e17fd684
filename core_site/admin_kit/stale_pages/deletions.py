"""Optimistic locking of deletions: a row changed since the confirmation page is not deleted.

The page carries the values that it showed, and how many rows of each kind the deletion would take.
When either has changed, nothing is deleted, and the page is shown again with the current state.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.admin.utils import flatten_fieldsets, unquote
from django.core import signing
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from core_site.admin_kit.django_types import ModelAdminMixin
from core_site.admin_kit.stale_pages.changes_meanwhile import changes_of_columns
from core_site.admin_kit.stale_pages.versions import FIELD
from core_site.personal_data import is_hidden

#: Salt of the signature, so that no other signed value is accepted as the version of this page.
_SALT = "core_site.admin_kit.stale_pages.deletions"


class StaleDeleteMixin(ModelAdminMixin):
    """Mixin of a ``ModelAdmin``, beside ``StaleSaveMixin``: refuses a stale deletion."""

    if TYPE_CHECKING:

        def lock_page(self, request: HttpRequest, pk: str) -> None:
            """Lock the page's row; implemented by ``StaleSaveMixin``."""

    def _delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None
    ) -> HttpResponse:
        if request.method == "POST":
            self.lock_page(request, unquote(object_id))
        row = self.get_object(request, unquote(object_id))
        if row is None or not self.has_delete_permission(request, row):
            return super()._delete_view(request, object_id, extra_context)
        columns, going = self._shown_columns(request, row), self._going_with(request, row)
        sent = request.POST.get(FIELD)
        changes = list(_changes_since(sent, row, columns, going)) if sent else []
        if changes:
            refusal = "Nothing was deleted: it was changed by others after you opened this page."
            messages.error(request, " ".join([refusal, *changes]))
            return HttpResponseRedirect(request.get_full_path())
        version = signing.dumps(
            [row._meta.label, row.pk, columns, going], salt=_SALT, compress=True
        )
        return super()._delete_view(
            request, object_id, (extra_context or {}) | {"page_version": version}
        )

    def _shown_columns(self, request: HttpRequest, row: Model) -> dict[str, str]:
        fixed = self.get_readonly_fields(request, row)
        names = set(flatten_fieldsets(self.get_fieldsets(request, row))).difference(fixed)
        return {
            column.name: column.value_to_string(row)
            for column in row._meta.concrete_fields
            if column.name in names
            and not is_hidden(type(row), column.name, shows_personal_data=True)
        }

    def _going_with(self, request: HttpRequest, row: Model) -> dict[str, int]:
        _, counts, _, _ = self.get_deleted_objects([row], request)
        return {str(kind): count for kind, count in dict(counts).items()}


def _changes_since(
    sent: str, row: Model, columns: dict[str, str], going: dict[str, int]
) -> Iterator[str]:
    try:
        label, pk, columns_shown, going_shown = signing.loads(sent, salt=_SALT)
    except signing.BadSignature:
        label = pk = None
    if (label, pk) != (row._meta.label, row.pk):
        yield "It cannot be told what was changed, because the page's own version is damaged."
        return
    yield from changes_of_columns(row, columns_shown, columns)
    for kind in sorted(going.keys() | going_shown.keys()):
        before, now = going_shown.get(kind, 0), going.get(kind, 0)
        if before != now:
            yield f"{kind.capitalize()} that would be deleted: {before} → {now}."
