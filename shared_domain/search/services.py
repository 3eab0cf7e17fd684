"""Find bookings by a typed text."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Protocol

from shared_domain.search.model import Search

#: Hits of one search at most: with so many, staff type another letter.
FOUND_AT_MOST = 1_000

#: How far the earliest time zone is behind UTC: a day is over when it is over there.
EARLIEST_ZONE = timedelta(hours=12)


class SearchStore(Protocol):
    """The store of search terms."""

    async def find_by_code(self, search: Search, *, most: int) -> Sequence[int]: ...

    async def find_by_terms(
        self, search: Search, *, with_guests: bool, today: date, most: int
    ) -> Sequence[int]: ...


async def find_bookings(
    search: Search, *, with_guests: bool, now: datetime, most: int, store: SearchStore
) -> Sequence[int]:
    """Return the ids of the bookings that match a search, at most ``most``, the best first.

    A booking that is named by a code or an id comes first, then bookings of today and the coming
    days, the nearest first, then those of past days, the latest first. Without ``with_guests``,
    only references and codes are searched: neither result nor duration depends on guests' data.
    """
    most = min(most, FOUND_AT_MOST)
    by_code = await store.find_by_code(search, most=most)
    today = (now - EARLIEST_ZONE).date()
    by_terms = await store.find_by_terms(search, with_guests=with_guests, today=today, most=most)
    return list(dict.fromkeys([*by_code, *by_terms]))[:most]
