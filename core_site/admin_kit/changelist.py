"""Changelists of large tables: a paginator that counts up to a bound, and a read-only mixin."""

from typing import cast

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

from core_site.admin_kit.django_types import BaseAdminMixin, ModelPaginator

#: A list is counted, and can be leafed through, up to here; beyond it people search or filter.
COUNTED_TO = 5_000

_KEYS = frozenset({"pk", "-pk", "id", "-id"})


class BoundedPaginator(ModelPaginator):
    """Paginator that counts up to ``COUNTED_TO`` rows only, so that a long list stays cheap.

    Its pages end there too. For a longer list ``count`` is ``COUNTED_TO``, and ``format_count``
    returns ``More than 5,000``.
    """

    template_name = "portico/pagination.html"

    @cached_property
    def count(self) -> int:
        return min(self._bounded_count, COUNTED_TO)

    @property
    def is_cut(self) -> bool:
        """True when the list has more rows than its pages show."""
        return self._bounded_count > COUNTED_TO

    @property
    def format_count(self) -> str:
        return format_count(self._bounded_count)

    @cached_property
    def _bounded_count(self) -> int:
        # A list ordered by days is counted in that order, by its index: without the order,
        # PostgreSQL, which assumes that days are spread evenly, might scan from the other end of
        # the table. A list ordered by its key is counted without an order, so that PostgreSQL can
        # use any index, above all that of a filter.
        rows = cast(QuerySet[Model], self.object_list)
        first = next(iter(rows.query.order_by or rows.model._meta.ordering or ()), "pk")
        if first in _KEYS:
            rows = rows.order_by()
        return rows[: COUNTED_TO + 1].count()


def format_count(counted: int) -> str:
    """Return the number as text; ``More than 5,000`` for any count above ``COUNTED_TO``."""
    return f"More than {COUNTED_TO:,}" if counted > COUNTED_TO else f"{counted:,}"


class ReadOnlyAdminMixin(BaseAdminMixin):
    """Mixin of read-only pages: no form adds, changes or deletes a row; buttons call services."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
