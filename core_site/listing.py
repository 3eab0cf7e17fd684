"""What long lists in the admin share: nobody writes through them, and nobody counts to the end."""

from django.core.paginator import Paginator
from django.db.models import Model
from django.http import HttpRequest
from django.utils.functional import cached_property

#: A list is counted, and can be leafed through, up to here; beyond it people search or filter.
COUNTED_TO = 5_000


class BoundedPaginator(Paginator):
    """Counts no further than ``COUNTED_TO``, so that a list costs the same at any size."""

    @cached_property
    def count(self) -> int:
        return self.object_list.order_by()[:COUNTED_TO].count()


class LookedAtOnly:
    """No page adds, changes or deletes a row; buttons call services instead."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
