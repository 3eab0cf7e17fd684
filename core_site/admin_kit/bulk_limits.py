"""Limits of bulk actions: the menu states how many rows an action takes; more are refused.

A bulk action does its work within one request, so it has a limit. The menu of actions names it,
rows beyond it cannot be chosen with "select all", and a larger choice changes no row at all.
"""

from typing import Any

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from core_site.admin_kit.changelist import COUNTED_TO, format_count
from core_site.admin_kit.django_types import ModelAdminMixin

#: Rows that one action takes unless its page says otherwise.
MAX_BULK_ROWS = 200


class BulkActionLimitMixin(ModelAdminMixin):
    """Mixin of a ``ModelAdmin``; ``most_at_once`` is the limit, in rows, of each of its actions."""

    most_at_once = MAX_BULK_ROWS

    def get_action_choices(
        self, request: HttpRequest, *default_choices: list[tuple[str, str]]
    ) -> list[tuple[str, str]]:
        return [
            (name, f"{description} (at most {self.most_at_once:,})" if name else description)
            for name, description in super().get_action_choices(request, *default_choices)
        ]

    def response_action(  # type: ignore[override]  # Django 5.2 passes no action_location
        self, request: HttpRequest, queryset: QuerySet[Any]
    ) -> HttpResponse | None:
        chosen = _count_chosen(request, queryset)
        if chosen <= self.most_at_once:
            return super().response_action(request, queryset)
        messages.error(
            request,
            f"{format_count(chosen)} {self.opts.verbose_name_plural} are chosen, and at most "
            f"{self.most_at_once:,} can be changed at once: nothing was changed. Choose fewer, or "
            "narrow the list with search and filters.",
        )
        return None


def _count_chosen(request: HttpRequest, queryset: QuerySet[Any]) -> int:
    if request.POST.get("select_across", "0") != "0":
        return queryset.order_by()[: COUNTED_TO + 1].count()
    return len(set(request.POST.getlist(ACTION_CHECKBOX_NAME)))
