"""The search of the booking's list: what the search box of every page finds, as a queryset."""

from django.db.models import QuerySet
from django.utils import timezone

from core_site import stores
from core_site.bookings.models import Booking
from shared_domain import search
from shared_domain.run_now import run_now


def search_bookings(bookings: QuerySet[Booking], text: str, *, by_guest: bool) -> QuerySet[Booking]:
    """Return the bookings that match ``text``; names and contacts only with ``by_guest``.

    At most ``search.FOUND_AT_MOST``. A text of blanks only leaves the list as it is.
    """
    wanted = search.parse_search(text)
    if wanted is None:
        return bookings.none() if text.strip() else bookings
    found = run_now(
        search.find_bookings(
            wanted,
            with_guests=by_guest,
            now=timezone.now(),
            most=search.FOUND_AT_MOST,
            store=stores.search(),
        )
    )
    return bookings.filter(pk__in=found)
