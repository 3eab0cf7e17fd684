"""The search of the booking's list: what the search box of every page finds, as a queryset."""

from collections.abc import Sequence

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from core_site import stores
from core_site.bookings.models import Booking
from core_site.documents import unwrap_code
from shared_domain import search
from shared_domain.run_now import run_now

#: Ends of the names of the pages on which a list and its files are cut.
_LISTS = ("_changelist", "_export")


def search_bookings(
    bookings: QuerySet[Booking],
    text: str,
    *,
    by_guest: bool,
    request: HttpRequest | None = None,
) -> QuerySet[Booking]:
    """Return the bookings that match ``text``; names and contacts only with ``by_guest``.

    At most ``search.FOUND_AT_MOST``. A blank text does not filter the queryset.
    """
    if not text.strip():
        return bookings
    return bookings.filter(pk__in=find_booking_ids(text, by_guest=by_guest, request=request))


def find_booking_ids(
    text: str, *, by_guest: bool, request: HttpRequest | None = None
) -> Sequence[int]:
    """Return the ids of the bookings that match ``text``, at most ``search.FOUND_AT_MOST``.

    The list of the ``request``, or the next page after its file, says so where there may be more.
    """
    wanted = search.parse_search(unwrap_code(text))
    if wanted is None:
        return []
    found = run_now(
        search.find_bookings(
            wanted,
            with_guests=by_guest,
            now=timezone.now(),
            most=search.FOUND_AT_MOST,
            store=stores.search(),
        )
    )
    if request is not None and len(found) >= search.FOUND_AT_MOST:
        _say_cut(request)
    return found


def _say_cut(request: HttpRequest) -> None:
    page = request.resolver_match
    if page is not None and (page.url_name or "").endswith(_LISTS):
        messages.warning(
            request,
            f"At least {search.FOUND_AT_MOST:,} bookings match. The list, and a file of it, has "
            "only so many: search for more of the name, or filter instead.",
        )
