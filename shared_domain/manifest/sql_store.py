"""Manifests in PostgreSQL: the parties of a departure, its head count, and marks on tickets."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from shared_domain.availability import DepartureId
from shared_domain.availability.booking_sql_store import expires_at, is_expired
from shared_domain.bookings import BookingId, BookingStatus
from shared_domain.bookings.mapping import build_contact
from shared_domain.database import Database
from shared_domain.manifest.model import (
    Guest,
    GuestParty,
    HeadCount,
    Mark,
    MarkKind,
    Waiting,
)
from shared_domain.partners import Access, PartnerId
from shared_domain.rows import by_name, select_list, table_columns

#: A ticket as the manifest reads it, in the order of ``json_build_array``.
_GUEST = {
    "uuid": "item.uuid",
    "unit_name": "unit.internal_name",
    "pax_count": "unit.pax_count",
    "ticket": "item.supplier_reference",
    "contact": "item.contact",
    "redeemed_at": "item.redeemed_at",
    "mark": "item.attendance",
    "mark_at": "item.attendance_at",
    "mark_by": "item.attendance_by",
}

_PARTY = {
    **table_columns("booking", ("id", "uuid", "partner_id", "status", "contact", "notes")),
    **table_columns("booking", ("pickup_hotel", "pickup_time")),
    "reference": "booking.supplier_reference",
    "partner_name": "partner.name",
    "departs_at": "departure.cutoffs_count_from",
    "time_zone": "product.time_zone",
    "guests": f"""
       (SELECT json_agg(json_build_array({", ".join(_GUEST.values())}) ORDER BY item.position)::text
          FROM bookings_unititem AS item
          JOIN catalog_unit AS unit ON unit.id = item.unit_id
         WHERE item.booking_id = booking.id)""",
}

_PARTIES = f"""
SELECT {select_list(_PARTY)}
  FROM bookings_booking AS booking
  JOIN partners_partner AS partner ON partner.id = booking.partner_id
  JOIN catalog_product AS product ON product.id = booking.product_id
  JOIN catalog_departure AS departure ON departure.id = booking.departure_id
 WHERE booking.departure_id = %(departure_id)s AND NOT booking.test_mode
"""

PARTIES = f"""{_PARTIES}
   AND (booking.status IN ('CONFIRMED', 'REDEEMED')
     OR booking.status = 'PENDING' AND {expires_at("booking")} > %(now)s)
 ORDER BY booking.id
 LIMIT %(limit)s
"""

ONE_PARTY = f"""{_PARTIES}
   AND booking.id = %(booking_id)s
"""

# Read in a statement of its own: after a wait, the tickets must not be older than the lock.
LOCK_PARTY = """
SELECT id
  FROM bookings_booking
 WHERE id = %(booking_id)s AND departure_id = %(departure_id)s AND NOT test_mode
   FOR NO KEY UPDATE
"""

_COUNT = {
    "unit_name": "unit.internal_name",
    "pax_count": "unit.pax_count",
    "tickets": "count(*)",
    "checked_in": "count(item.redeemed_at)",
    "late": "count(*) FILTER (WHERE item.attendance = 'LATE' AND item.redeemed_at IS NULL)",
    "no_shows": "count(*) FILTER (WHERE item.attendance = 'NO_SHOW' AND item.redeemed_at IS NULL)",
}

COUNTS = f"""
SELECT {select_list(_COUNT)}
  FROM bookings_booking AS booking
  JOIN bookings_unititem AS item ON item.booking_id = booking.id
  JOIN catalog_unit AS unit ON unit.id = item.unit_id
 WHERE booking.departure_id = %(departure_id)s AND NOT booking.test_mode
   AND booking.status IN ('CONFIRMED', 'REDEEMED')
 GROUP BY unit.id
 ORDER BY unit.id
"""

_WAITING = {
    "held_bookings": "count(*) FILTER (WHERE booking.status = 'ON_HOLD')",
    "held_places": """
       coalesce(sum(booking.places) FILTER (WHERE booking.status = 'ON_HOLD'), 0)::bigint""",
    "pending_bookings": "count(*) FILTER (WHERE booking.status = 'PENDING')",
    "pending_places": """
       coalesce(sum(booking.places) FILTER (WHERE booking.status = 'PENDING'), 0)::bigint""",
}

WAITING = f"""
SELECT {select_list(_WAITING)}
  FROM bookings_booking AS booking
  JOIN catalog_departure AS departure ON departure.id = booking.departure_id
 WHERE booking.departure_id = %(departure_id)s AND NOT booking.test_mode
   AND booking.status IN ('ON_HOLD', 'PENDING') AND {expires_at("booking")} > %(now)s
"""

# Of each row what it was changed at, not the latest of all: of two transactions the one that began
# first may commit last.
# What only the clock ends counts as well: a hold that runs out, and the time to undo.
REVISION = f"""
SELECT md5(concat(
       (SELECT string_agg(concat(booking.id, ' ', booking.updated_at, ' ',
                                 {is_expired("booking")}), ',' ORDER BY booking.id)
          FROM bookings_booking AS booking
          JOIN catalog_departure AS departure ON departure.id = booking.departure_id
         WHERE booking.departure_id = %(departure_id)s AND NOT booking.test_mode
           AND booking.status IN ('ON_HOLD', 'PENDING', 'CONFIRMED', 'REDEEMED')),
       ';',
       (SELECT string_agg(concat(item.id, ' ', item.attendance, ' ', item.attendance_at, ' ',
                                 item.attendance_at > %(undoable_after)s, ' ',
                                 item.redeemed_at > %(undoable_after)s), ','
                          ORDER BY item.id)
          FROM bookings_booking AS booking
          JOIN bookings_unititem AS item ON item.booking_id = booking.id
         WHERE booking.departure_id = %(departure_id)s AND NOT booking.test_mode
           AND (item.attendance IS NOT NULL OR item.redeemed_at > %(undoable_after)s)),
       ';',
       (SELECT string_agg(concat_ws(' ', booking.id, account.received_minor,
                                    account.refunded_minor, account.written_off_minor), ','
                          ORDER BY booking.id)
          FROM bookings_booking AS booking
          JOIN payments_account AS account ON account.booking_id = booking.id
         WHERE booking.departure_id = %(departure_id)s AND NOT booking.test_mode)))
"""

SET_MARK = """
UPDATE bookings_unititem
   SET attendance = %(kind)s, attendance_at = %(at)s, attendance_by = %(by)s
 WHERE booking_id = %(booking_id)s AND uuid = ANY(%(uuids)s)
"""

LIFT_NO_SHOWS = """
UPDATE bookings_unititem
   SET attendance = NULL, attendance_at = NULL, attendance_by = NULL
 WHERE booking_id = %(booking_id)s AND uuid = ANY(%(uuids)s) AND attendance = 'NO_SHOW'
RETURNING supplier_reference
"""

REVOKE_LINKS = """
UPDATE catalog_departure
   SET guide_links_revoked = guide_links_revoked + 1
 WHERE id = %(departure_id)s
"""


class SqlManifestStore:
    """The store of manifests on either half's database connection."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def parties(
        self, departure_id: DepartureId, *, now: datetime, most: int
    ) -> Sequence[GuestParty]:
        rows = await self._database.fetch_all(
            PARTIES, {"departure_id": departure_id, "now": now, "limit": most}
        )
        return [_build_party(by_name(_PARTY, row)) for row in rows]

    async def counts(self, departure_id: DepartureId) -> Sequence[HeadCount]:
        rows = await self._database.fetch_all(COUNTS, {"departure_id": departure_id})
        return [HeadCount(**by_name(_COUNT, row)) for row in rows]

    async def waiting(self, departure_id: DepartureId, *, now: datetime) -> Waiting:
        row = await self._database.fetch_one(WAITING, {"departure_id": departure_id, "now": now})
        if row is None:
            raise LookupError("an aggregate has no row")
        return Waiting(**by_name(_WAITING, row))

    async def revision(
        self, departure_id: DepartureId, *, undoable_after: datetime, now: datetime
    ) -> str:
        row = await self._database.fetch_one(
            REVISION,
            {"departure_id": departure_id, "undoable_after": undoable_after, "now": now},
        )
        if row is None:
            raise LookupError("an aggregate has no row")
        (revision,) = row
        return str(revision)

    async def get_locked(
        self, departure_id: DepartureId, booking_id: BookingId, *, now: datetime
    ) -> GuestParty | None:
        parameters = {"departure_id": departure_id, "booking_id": booking_id}
        if await self._database.fetch_one(LOCK_PARTY, parameters) is None:
            return None
        row = await self._database.fetch_one(ONE_PARTY, parameters)
        return None if row is None else _build_party(by_name(_PARTY, row))

    async def set_mark(
        self, booking_id: BookingId, ticket_uuids: Sequence[UUID], mark: Mark | None
    ) -> None:
        await self._database.execute(
            SET_MARK,
            {
                "booking_id": booking_id,
                "uuids": list(ticket_uuids),
                "kind": mark.kind.value if mark else None,
                "at": mark.at if mark else None,
                "by": mark.by if mark else None,
            },
        )

    async def lift_no_shows(
        self, booking_id: BookingId, ticket_uuids: Collection[UUID]
    ) -> Sequence[str]:
        parameters = {"booking_id": booking_id, "uuids": list(ticket_uuids)}
        rows = await self._database.fetch_all(LIFT_NO_SHOWS, parameters)
        return sorted(str(ticket) for (ticket,) in rows)

    async def revoke_links(self, departure_id: DepartureId) -> bool:
        return await self._database.execute(REVOKE_LINKS, {"departure_id": departure_id}) == 1


def _build_party(values: Mapping[str, Any]) -> GuestParty:
    return GuestParty(
        id=BookingId(values["id"]),
        uuid=values["uuid"],
        access=Access(partner_id=PartnerId(values["partner_id"]), test_mode=False),
        partner_name=values["partner_name"],
        reference=values["reference"],
        status=BookingStatus(values["status"]),
        contact=build_contact(json.loads(values["contact"])),
        notes=values["notes"],
        pickup_hotel=values["pickup_hotel"],
        pickup_time=values["pickup_time"],
        departs_at=values["departs_at"],
        time_zone=values["time_zone"],
        guests=tuple(
            _build_guest(dict(zip(_GUEST, guest, strict=True)))
            for guest in json.loads(values["guests"] or "[]")
        ),
    )


def _build_guest(values: Mapping[str, Any]) -> Guest:
    redeemed_at, mark = values["redeemed_at"], values["mark"]
    return Guest(
        uuid=UUID(values["uuid"]),
        unit_name=values["unit_name"],
        pax_count=values["pax_count"],
        ticket=values["ticket"],
        contact=build_contact(values["contact"]),
        redeemed_at=datetime.fromisoformat(redeemed_at) if redeemed_at else None,
        mark=Mark(MarkKind(mark), datetime.fromisoformat(values["mark_at"]), values["mark_by"])
        if mark
        else None,
    )
