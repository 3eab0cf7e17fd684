"""Exemptions of the booking desk in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime

from shared_domain.availability import DepartureId
from shared_domain.availability.shared_places_sql_store import shared_seats
from shared_domain.booking_desk.model import BoatLimit, Exemption
from shared_domain.bookings import BookingId, BookingStore
from shared_domain.database import Database
from shared_domain.payments import PaymentStore
from shared_domain.rows import by_name

_LIMIT_COLUMNS = ("departure_id", "places", "names")

BOAT_LIMITS = f"""
SELECT departure.id AS departure_id, {shared_seats(is_test="false")} AS places,
       (SELECT array_agg(resource.name ORDER BY resource.name)
          FROM resources_assignment AS own
          JOIN resources_resource AS resource ON resource.id = own.resource_id
         WHERE own.departure_id = departure.id AND resource.capacity IS NOT NULL) AS names
  FROM catalog_departure AS departure
 WHERE departure.id = ANY(%(departure_ids)s) AND departure.has_resources
"""

RECORD_EXEMPTION = """
INSERT INTO booking_desk_exemption
       (booking_id, departure_id, staff_user_id, reason, is_after_cutoff, capacity_before,
        capacity_after, created_at)
VALUES (%(booking_id)s, %(departure_id)s, %(staff_user_id)s, %(reason)s, %(is_after_cutoff)s,
        %(capacity_before)s, %(capacity_after)s, %(created_at)s)
"""


class SqlDeskStore:
    """The store of the booking desk; the stores that it is given are on the same connection."""

    def __init__(self, database: Database, bookings: BookingStore, payments: PaymentStore) -> None:
        self._database = database
        self._bookings = bookings
        self._payments = payments

    @property
    def bookings(self) -> BookingStore:
        return self._bookings

    @property
    def payments(self) -> PaymentStore:
        return self._payments

    async def boat_limits(
        self, departure_ids: Sequence[DepartureId], *, now: datetime
    ) -> dict[DepartureId, BoatLimit]:
        parameters = {"departure_ids": list(departure_ids), "now": now}
        rows = await self._database.fetch_all(BOAT_LIMITS, parameters)
        # A guide alone has no places, and limits nothing.
        limits = [by_name(_LIMIT_COLUMNS, row) for row in rows]
        return {
            DepartureId(limit["departure_id"]): BoatLimit(limit["places"], tuple(limit["names"]))
            for limit in limits
            if limit["places"] is not None
        }

    async def record_exemption(
        self,
        exemption: Exemption,
        *,
        booking_id: BookingId,
        reason: str,
        staff_user_id: int,
        now: datetime,
    ) -> None:
        await self._database.execute(
            RECORD_EXEMPTION,
            {
                "booking_id": booking_id,
                "departure_id": exemption.departure_id,
                "staff_user_id": staff_user_id,
                "reason": reason,
                "is_after_cutoff": exemption.is_after_cutoff,
                "capacity_before": exemption.capacity_before,
                "capacity_after": exemption.capacity_after,
                "created_at": now,
            },
        )
