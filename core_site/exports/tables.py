"""Downloads of tables that are no admin lists, as of a month's statements; recorded like lists."""

from collections.abc import Iterable, Mapping, Sequence

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from core_site.exports.columns import Cell
from core_site.exports.models import Export
from core_site.exports.views import EXPORT, LIST_TYPES, count_rows, stream_file


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
    if kind not in LIST_TYPES:
        raise Http404("no such format")
    chosen = Export.Kind(kind)
    record = Export.objects.create(
        by=str(request.user), list=name, kind=chosen, filters=dict(filters)
    )
    counted = count_rows(record, (iter(row) for row in rows))
    return stream_file(chosen, titles, counted, name=name.lower().replace(" ", "-"))


def record_download(
    request: HttpRequest,
    kind: Export.Kind,
    *,
    name: str,
    rows: int,
    with_personal_data: bool = False,
    filters: Mapping[str, str] | None = None,
) -> None:
    """Record a file that is about to be sent whole, such as a manifest or a statement.

    It needs no permission to export lists: a staff user who may open the page may print it too.
    """
    Export.objects.create(
        by=str(request.user),
        list=name,
        kind=kind,
        filters=dict(filters or {}),
        rows=rows,
        with_personal_data=with_personal_data,
        finished_at=timezone.now(),
    )
