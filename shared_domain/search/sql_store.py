"""Search terms in PostgreSQL: see ``core_site/search/migrations/terms.sql`` for what they are."""

from collections.abc import Sequence
from datetime import date

from shared_domain.database import Database
from shared_domain.search.model import OUR_PREFIX, Search

#: Up to this many hits are sorted; with more, bookings are read in order of days instead.
SORTED_AT_MOST = 2_000

#: How many bookings are then read at most, from today on and back from today: the first number,
#: or the second one for each requested hit, whichever is higher.
WALKED_AT_LEAST, WALKED_FOR_EACH = 1_500, 4

# Each way has an index of its own. A pattern that is NULL finds nothing.
BY_CODE = """
  (SELECT id FROM bookings_booking WHERE uuid = %(uuid)s LIMIT %(most)s)
   UNION
  (SELECT id FROM bookings_booking WHERE supplier_reference LIKE %(reference)s::text
    LIMIT %(most)s)
   UNION
  (SELECT id FROM bookings_booking WHERE voucher_code LIKE %(code)s::text LIMIT %(most)s)
   UNION
  (SELECT booking_id FROM bookings_unititem WHERE ticket_code LIKE %(code)s::text LIMIT %(most)s)
   UNION
  (SELECT event.pgh_obj_id
     FROM pghistory_context AS context
     JOIN bookings_bookingevent AS event ON event.pgh_context_id = context.id
    WHERE context.metadata ->> 'request_id' = %(request_id)s
    LIMIT %(most)s)
 ORDER BY 1 DESC
"""

# The nearest bookings from today on are walked through first: they hold enough hits of a common
# beginning, for which the index would collect a tenth of the table. What is rare is left to the
# index; the planner does not know the value of the query, so that it always takes it.
BY_TERMS = """
WITH wanted AS MATERIALIZED (
    SELECT search_query(%(text)s, %(telephones)s::text[], %(with_guests)s) AS query
), coming AS MATERIALIZED (
    SELECT booking_id, day
      FROM (SELECT booking_id, day, terms
              FROM search_bookingterms
             WHERE day >= %(today)s
             ORDER BY day, booking_id LIMIT %(walked)s) AS nearest
     WHERE terms @@ (SELECT query FROM wanted)
     LIMIT %(most)s
), hits AS MATERIALIZED (
    SELECT booking_id, day
      FROM search_bookingterms
     WHERE terms @@ (SELECT query FROM wanted)
       AND (SELECT count(*) < %(most)s FROM coming)
), sorted AS MATERIALIZED (
    SELECT booking_id, day FROM hits LIMIT %(sorted)s
), past AS MATERIALIZED (
    SELECT booking_id, day
      FROM (SELECT booking_id, day, terms
              FROM search_bookingterms
             WHERE day < %(today)s AND (SELECT count(*) = %(sorted)s FROM sorted)
             ORDER BY day DESC, booking_id DESC LIMIT %(walked)s) AS latest
     WHERE terms @@ (SELECT query FROM wanted)
     LIMIT %(most)s
), found AS (
    SELECT booking_id, day FROM coming
     UNION
    SELECT booking_id, day FROM sorted
     UNION
    SELECT booking_id, day FROM past
), best AS (
    SELECT booking_id, day
      FROM found
     ORDER BY day < %(today)s, CASE WHEN day >= %(today)s THEN day END, day DESC, booking_id DESC
     LIMIT %(most)s
)
SELECT booking.id
  FROM best
  JOIN bookings_booking AS booking ON booking.id = best.booking_id
  LEFT JOIN catalog_departure AS departure ON departure.id = booking.departure_id
 ORDER BY best.day < %(today)s, CASE WHEN best.day >= %(today)s THEN best.day END, best.day DESC,
          booking.status IN ('CANCELLED', 'EXPIRED', 'REJECTED'), departure.starts_at,
          booking.id DESC
"""


class SqlSearchStore:
    """The store of search terms on either half's database connection."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find_by_code(self, search: Search, *, most: int) -> Sequence[int]:
        if search.uuid is None and search.code is None and search.reference is None:
            return []
        rows = await self._database.fetch_all(
            BY_CODE,
            {
                "uuid": search.uuid,
                "reference": search.reference and f"{OUR_PREFIX}-{search.reference}%",
                "code": search.code and f"{search.code}%",
                "request_id": search.uuid and str(search.uuid),
                "most": most,
            },
        )
        return [booking_id for (booking_id,) in rows]

    async def find_by_terms(
        self, search: Search, *, with_guests: bool, today: date, most: int
    ) -> Sequence[int]:
        rows = await self._database.fetch_all(
            BY_TERMS,
            {
                "text": search.text,
                "telephones": list(search.telephones),
                "with_guests": with_guests,
                "today": today,
                "most": most,
                "sorted": SORTED_AT_MOST,
                "walked": max(WALKED_AT_LEAST, WALKED_FOR_EACH * most),
            },
        )
        return [booking_id for (booking_id,) in rows]
