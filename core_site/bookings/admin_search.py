"""The search of the booking's list: what the search box of every page finds, as a queryset."""

from collections.abc import Sequence

from django.db.models import QuerySet
from django.utils import timezone

from core_site import stores
from core_site.bookings.models import Booking
from core_site.documents import unwrap_code
from shared_domain import search
from shared_domain.run_now import run_now


def search_bookings(bookings: QuerySet[Booking], text: str, *, by_guest: bool) -> QuerySet[Booking]:
    """Return the bookings that match ``text``; names and contacts only with ``by_guest``.

    At most ``search.FOUND_AT_MOST``. A blank text does not filter the queryset.
    """
    if not text.strip():
        return bookings
    return bookings.filter(pk__in=find_booking_ids(text, by_guest=by_guest))


def find_booking_ids(text: str, *, by_guest: bool) -> Sequence[int]:
    """Return the ids of the bookings that match ``text``, at most ``search.FOUND_AT_MOST``."""
    wanted = search.parse_search(unwrap_code(text))
    if wanted is None:
        return []
    return run_now(
        search.find_bookings(
            wanted,
            with_guests=by_guest,
            now=timezone.now(),
            most=search.FOUND_AT_MOST,
            store=stores.search(),
        )
    )
