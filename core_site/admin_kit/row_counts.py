"""Bounds of the rows that a form may say it holds.

A page with inline rows sends, for each inline, how many rows there are in it (``TOTAL_FORMS``) and
how many of them are stored (``INITIAL_FORMS``) in Django's management form. Django builds up to
2,000 rows of whatever number it is told, and shows them all again when one is wrong.
"""

from typing import Any

from django.core.exceptions import BadRequest
from django.db.models import Model
from django.http import HttpRequest

from core_site.admin_kit.django_types import InlineAdmin, ModelAdminMixin

#: Rows of one inline that a form may hold. Django's limit of 1,000 fields leaves room for no more
#: rows than this of five fields each.
MAX_ROWS = 200

_DIGITS = len(str(MAX_ROWS))


class RowCountMixin(ModelAdminMixin):
    """Mixin of a ``ModelAdmin``: answers 400 to a form that counts more than ``MAX_ROWS`` rows."""

    def get_formset_kwargs(
        self, request: HttpRequest, obj: Model, inline: InlineAdmin, prefix: str
    ) -> dict[str, Any]:
        check_row_counts(request, prefix)
        return super().get_formset_kwargs(request, obj, inline, prefix)


def check_row_counts(request: HttpRequest, prefix: str) -> None:
    """Check how many rows the sent form says it holds in the inline of this prefix.

    A count that is missing is left to Django, whose form comes back with an error.

    Raises:
        BadRequest: a count is no whole number from 0 to ``MAX_ROWS``.
    """
    for name in ("TOTAL_FORMS", "INITIAL_FORMS"):
        for count in request.POST.getlist(f"{prefix}-{name}"):
            is_number = count.isascii() and count.isdigit() and len(count) <= _DIGITS
            if not is_number or int(count) > MAX_ROWS:
                raise BadRequest(f"{prefix}-{name} is no number of rows from 0 to {MAX_ROWS}")
