"""Changelists of large tables: read-only, and counted up to a bound only."""

from typing import cast

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

from core_site.admin_kit.django_types import BaseAdminMixin, ModelPaginator

#: A list is counted, and can be leafed through, up to here; beyond it people search or filter.
COUNTED_TO = 5_000

_KEYS = frozenset({"pk", "-pk", "id", "-id"})


class BoundedPaginator(ModelPaginator):
    """Paginator that counts up to ``COUNTED_TO`` only, so that a list costs the same at any size.

    The pages end there too. ``format_count`` says ``more than 5,000`` for a longer list, since
    ``count`` would pass for the whole of it.
    """

    template_name = "portico/pagination.html"

    @cached_property
    def count(self) -> int:
        return min(self._bounded_count, COUNTED_TO)

    @property
    def is_cut(self) -> bool:
        """True when the list goes on beyond its last page."""
        return self._bounded_count > COUNTED_TO

    @property
    def format_count(self) -> str:
        return format_count(self._bounded_count)

    @cached_property
    def _bounded_count(self) -> int:
        # In an order of days the list is counted by the index of that order: PostgreSQL, which
        # takes days for evenly spread, might begin at the other end of the table. In the order of
        # its key any index will do, that of a filter above all.
        rows = cast(QuerySet[Model], self.object_list)
        first = next(iter(rows.query.order_by or rows.model._meta.ordering or ()), "pk")
        if first in _KEYS:
            rows = rows.order_by()
        return rows[: COUNTED_TO + 1].count()


def format_count(counted: int) -> str:
    """Return a number of rows that were counted to ``COUNTED_TO + 1`` at most."""
    return f"More than {COUNTED_TO:,}" if counted > COUNTED_TO else f"{counted:,}"


class ReadOnlyAdminMixin(BaseAdminMixin):
    """Mixin of read-only pages: no row is added, changed or deleted; buttons call services."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
