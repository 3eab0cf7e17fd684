"""The download of a page's own table, as of a month's statements, on record like that of a list."""

from collections.abc import Iterable, Mapping, Sequence

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from core_site.exports.columns import Cell
from core_site.exports.models import Export
from core_site.exports.views import EXPORT, count_rows, stream_file


def export_table(
    request: HttpRequest,
    kind: str,
    *,
    name: str,
    titles: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    filters: Mapping[str, str],
) -> HttpResponseBase:
    """Send rows as CSV or XLSX to staff who may export lists, and record that.

    Raises:
        PermissionDenied: the staff user may not.
        Http404: there is no such format.
    """
    if not request.user.has_perm(EXPORT):
        raise PermissionDenied
    if kind not in Export.Kind.values:
        raise Http404("no such format")
    chosen = Export.Kind(kind)
    record = Export.objects.create(
        by=str(request.user), list=name, kind=chosen, filters=dict(filters)
    )
    counted = count_rows(record, (iter(row) for row in rows))
    return stream_file(chosen, titles, counted, name=name.lower().replace(" ", "-"))
