"""Whose bookings take a departure's places: one live stock, and one for each partner's tests.

Test bookings are a world of their own, so that a partner's certification never depends on the
day's sales. To a test, a departure has its full capacity less the partner's own running test
bookings, whatever is sold live; it can be sold out by them. Live figures never count a test, and
no partner's tests count for another's. What staff decide holds for both: the capacity, the
cut-off, closed or open.
"""

from dataclasses import dataclass

from shared_domain.partners import Access, PartnerId


@dataclass(frozen=True, slots=True)
class Stock:
    """The bookings that count as taken: ``tests_of`` one partner, or with None all live ones."""

    tests_of: PartnerId | None


LIVE_STOCK = Stock(tests_of=None)


def stock_for(access: Access) -> Stock:
    """Return the stock that a partner books from, live or in test mode."""
    return Stock(tests_of=access.partner_id) if access.test_mode else LIVE_STOCK
