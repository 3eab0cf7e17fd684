"""How many tickets the bookings have that events are about."""

from collections.abc import Collection, Mapping
from uuid import UUID

from shared_domain.database import Database
from shared_domain.partners import Access

COUNT_TICKETS = """
SELECT booking.uuid, count(*)
  FROM bookings_booking AS booking
  JOIN bookings_unititem AS item ON item.booking_id = booking.id
 WHERE booking.partner_id = %(partner_id)s AND booking.test_mode = %(test_mode)s
   AND booking.uuid = ANY(%(uuids)s)
 GROUP BY booking.uuid
"""


class SqlTicketCounts:
    """Counts tickets of bookings, on either half's connection."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def count_tickets(self, uuids: Collection[UUID], access: Access) -> Mapping[UUID, int]:
        rows = await self._database.fetch_all(
            COUNT_TICKETS,
            {
                "partner_id": access.partner_id,
                "test_mode": access.test_mode,
                "uuids": list(uuids),
            },
        )
        return dict(rows)
