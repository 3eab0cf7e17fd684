"""Exports from PostgreSQL: one query, read through a server-side cursor."""

import json
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from shared_domain.availability.booking_sql_store import expires_at, is_expired
from shared_domain.booking_export.model import ExportedBooking
from shared_domain.bookings import BookingFilter, BookingStatus, Refund
from shared_domain.bookings.mapping import build_contact
from shared_domain.bookings.search_sql_store import SEARCH_CONDITIONS, search_conditions
from shared_domain.database import Database
from shared_domain.partners import Access
from shared_domain.rows import by_name, only_value, select_list, table_columns
from shared_domain.unreadable import read_each

_EXPORTED = {
    **table_columns(
        "booking",
        [
            *("id", "uuid", "test_mode", "reseller_reference", "supplier_reference"),
            *("created_at", "confirmed_at", "redeemed_at", "cancelled_at"),
            *("cancellation_refund", "cancellation_reason", "contact", "notes", "pickup_hotel"),
            *("pickup_time", "currency", "original_minor", "retail_minor", "net_minor"),
            *("refund_retail_minor", "refund_net_minor", "user_id"),
        ],
    ),
    # As ``Booking.last_changed_at``, ``Booking.status_at`` and ``Booking.hold_ends_at`` have it.
    "updated_at": f"""
       CASE WHEN coalesce({is_expired("booking")}, false)
            THEN greatest(booking.updated_at, {expires_at("booking")})
            ELSE booking.updated_at END""",
    "status": f"""
       CASE WHEN NOT coalesce({is_expired("booking")}, false) THEN booking.status
            WHEN booking.status = 'ON_HOLD' THEN 'EXPIRED'
            ELSE 'REJECTED' END""",
    "hold_ends_at": f"""
       CASE booking.status WHEN 'ON_HOLD' THEN {expires_at("booking")}
            ELSE booking.hold_expires_at END""",
    "product_code": "product.code",
    "option_code": "option.code",
    "availability_id": "departure.availability_id",
    "local_date": "departure.local_date",
    "unit_codes": """
       (SELECT json_agg(unit.code ORDER BY item.position)
          FROM bookings_unititem AS item
          JOIN catalog_unit AS unit ON unit.id = item.unit_id
         WHERE item.booking_id = booking.id)""",
}

_OWN = """
 WHERE booking.partner_id = %(partner_id)s AND booking.test_mode = %(test_mode)s"""

POSITION = f"""
SELECT booking.id FROM bookings_booking AS booking {_OWN} AND booking.uuid = %(uuid)s
"""


# Held until the transaction ends, with its session too: a process that is killed leaves no lock.
TRY_LOCK = """
SELECT pg_try_advisory_xact_lock(hashtextextended(%(lock)s, 7313))
"""


def export_statement(asked_for: Collection[str]) -> str:
    """Return the query for these search conditions, in the order in which bookings were made."""
    return f"""
SELECT {select_list(_EXPORTED)}
  FROM bookings_booking AS booking
  JOIN catalog_product AS product ON product.id = booking.product_id
  JOIN catalog_option AS option ON option.id = booking.option_id
  LEFT JOIN catalog_departure AS departure ON departure.id = booking.departure_id
{_OWN} AND booking.id > %(after)s
{search_conditions(asked_for)} ORDER BY booking.id
"""


EXPORT = export_statement(SEARCH_CONDITIONS)


class SqlExportStore:
    """An export in the caller's transaction; its one cursor is closed when the transaction ends."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def try_lock(self, access: Access) -> bool:
        """Lock out other exports of a partner in a mode, in all processes, until the end.

        False if one is running; nothing is waited for.
        """
        lock = f"{access.partner_id} {access.test_mode}"
        return bool(only_value(await self._database.fetch_one(TRY_LOCK, {"lock": lock})))

    async def position(self, uuid: UUID, access: Access) -> int | None:
        found = await self._database.fetch_one(POSITION, _own(access) | {"uuid": uuid})
        position: int | None = only_value(found)
        return position

    async def open(
        self, search: BookingFilter, access: Access, *, after: int, now: datetime
    ) -> None:
        asked_for = {
            name: value for name, value in search.parameters().items() if value is not None
        }
        await self._database.execute(
            f"DECLARE export NO SCROLL CURSOR FOR {export_statement(asked_for)}",
            _own(access) | asked_for | {"after": after, "now": now},
        )

    async def fetch(self, limit: int) -> list[ExportedBooking] | None:
        rows = await self._database.fetch_all(f"FETCH FORWARD {int(limit)} FROM export", {})
        if not rows:
            return None
        # A row that breaks a rule is left out and logged, as everywhere.
        return read_each(
            [by_name(_EXPORTED, row) for row in rows],
            _build,
            kind="booking",
            id_of=lambda values: values["id"],
        )


def _build(values: Mapping[str, Any]) -> ExportedBooking:
    refund = values["cancellation_refund"]
    plain = {name: value for name, value in values.items() if name not in _BUILT and name != "id"}
    return ExportedBooking(
        **plain,
        status=BookingStatus(values["status"]),
        cancellation_refund=Refund(refund) if refund else None,
        unit_codes=tuple(json.loads(values["unit_codes"] or "[]")),
        contact=build_contact(json.loads(values["contact"])),
    )


_BUILT = frozenset({"status", "cancellation_refund", "unit_codes", "contact"})


def _own(access: Access) -> dict[str, Any]:
    """Return the parameters that restrict a statement to one partner's live or test bookings."""
    return {"partner_id": access.partner_id, "test_mode": access.test_mode}
