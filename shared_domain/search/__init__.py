"""Search: find bookings by a typed text, those of today and of the coming days first.

    parse_search ──▶ Search ──▶ find_bookings ──▶ ids of bookings, the best first

A text is compared in a normal form without accents and case, which PostgreSQL makes of the stored
and of the typed text by the same function (``core_site/search/migrations``). The beginning of a
name, an e-mail address, a reference or a code is enough; a telephone number may be typed in any
spelling, with or without the country's code.
"""

from shared_domain.search.model import Search, fold_words, parse_search
from shared_domain.search.services import FOUND_AT_MOST, SearchStore, find_bookings

__all__ = ["FOUND_AT_MOST", "Search", "SearchStore", "find_bookings", "fold_words", "parse_search"]
