"""Disruptions in PostgreSQL: the decision, its departures, and one row for each booking."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from shared_domain.availability import DepartureId
from shared_domain.availability.booking_sql_store import is_live
from shared_domain.bookings import BookingId, BookingStatus, RefundChoice
from shared_domain.bookings.move_notices.sql_store import SqlMoveNoticeStore
from shared_domain.bookings.sql_store import SqlBookingStore
from shared_domain.database import Database
from shared_domain.disruptions.model import (
    AffectedBooking,
    DisruptionId,
    DisruptionKind,
    DisruptionPlan,
    DisruptionRowId,
    LineOutcome,
    Notice,
)
from shared_domain.disruptions.notices import CancellationNotice
from shared_domain.disruptions.services import DisruptionRow
from shared_domain.partners import Access, PartnerId, PartnerKind
from shared_domain.rows import by_name, only_value, select_list, table_columns

# Ascending ids, as everywhere.
LOCK_DEPARTURES = """
SELECT id FROM catalog_departure WHERE id = ANY(%(ids)s) ORDER BY id FOR NO KEY UPDATE
"""

_AFFECTED_COLUMNS = {
    **table_columns("booking", ("id", "uuid", "partner_id", "test_mode")),
    "reference": "booking.supplier_reference",
    "partner_name": "partner.name",
    **table_columns("booking", ("departure_id", "status", "places", "currency")),
    "refundable_minor": f"""
       CASE WHEN partner.kind = '{PartnerKind.DIRECT}'
            THEN least(booking.retail_minor,
                       coalesce(account.received_minor - account.refunded_minor, 0))
            WHEN booking.status IN ('CONFIRMED', 'REDEEMED') THEN booking.retail_minor
            ELSE 0 END""",
    # Counted, not EXISTS, for which the planner may read all tickets into a hash.
    "is_partly_redeemed": """
       (SELECT count(item.redeemed_at) > 0 FROM bookings_unititem AS item
         WHERE item.booking_id = booking.id)""",
}

AFFECTED = f"""
SELECT {select_list(_AFFECTED_COLUMNS)}
  FROM bookings_booking AS booking
  JOIN partners_partner AS partner ON partner.id = booking.partner_id
  JOIN catalog_departure AS departure ON departure.id = booking.departure_id
  LEFT JOIN payments_account AS account ON account.booking_id = booking.id
 WHERE booking.departure_id = ANY(%(ids)s) AND departure.id = ANY(%(ids)s)
   AND ({is_live("booking")} OR booking.status = 'REDEEMED')
 ORDER BY booking.id
 LIMIT %(limit)s
"""

ANY_PENDING = """
SELECT EXISTS (
       SELECT FROM disruptions_disruption AS disruption
         JOIN disruptions_disruptedbooking AS line
           ON line.disruption_id = disruption.id AND line.outcome = 'PENDING'
         JOIN disruptions_disrupteddeparture AS chosen ON chosen.id = line.disrupted_departure_id
        WHERE disruption.finished_at IS NULL AND chosen.departure_id = ANY(%(ids)s))
"""

CLOSE_DEPARTURES = """
UPDATE catalog_departure
   SET is_open = false, closed_by_staff = true, is_edited = true, blackout_id = NULL
 WHERE id = ANY(%(ids)s) AND (is_open OR NOT closed_by_staff)
"""

# One statement: the departures as they were decided, then the bookings as they were listed.
ADD = """
WITH disruption AS (
     INSERT INTO disruptions_disruption
            (kind, refund, reason, message, title, requested_by_id, started_at)
     VALUES (%(kind)s, %(refund)s, %(reason)s, %(message)s, %(title)s, %(requested_by)s, %(now)s)
  RETURNING id),
departure AS (
     INSERT INTO disruptions_disrupteddeparture (disruption_id, departure_id, target_id)
     SELECT disruption.id, chosen.departure_id, chosen.target_id
       FROM disruption,
            jsonb_to_recordset(%(departures)s::jsonb) AS chosen (
            departure_id bigint, target_id bigint)
  RETURNING id, departure_id),
listed AS (
     INSERT INTO disruptions_disruptedbooking
            (disruption_id, disrupted_departure_id, booking_id)
     SELECT disruption.id, departure.id, affected.booking_id
       FROM disruption,
            jsonb_to_recordset(%(affected)s::jsonb) AS affected (
            booking_id bigint, departure_id bigint)
       JOIN departure ON departure.departure_id = affected.departure_id)
SELECT id FROM disruption
"""

RUNNING = """
SELECT id FROM disruptions_disruption WHERE finished_at IS NULL ORDER BY id
"""

PENDING = """
SELECT id
  FROM disruptions_disruptedbooking
 WHERE disruption_id = %(disruption_id)s AND outcome = 'PENDING'
 ORDER BY attempts, booking_id
 LIMIT %(limit)s
"""

_ROW_COLUMNS = {
    "id": "line.id",
    **table_columns("disruption", ("kind", "refund", "reason", "message")),
    "booking_uuid": "booking.uuid",
    **table_columns("booking", ("partner_id", "test_mode")),
    "departure_id": "chosen.departure_id",
    "target": "target.availability_id",
}

_ROW = """
  FROM disruptions_disruptedbooking AS line
  JOIN disruptions_disruption AS disruption ON disruption.id = line.disruption_id
  JOIN disruptions_disrupteddeparture AS chosen ON chosen.id = line.disrupted_departure_id
  JOIN bookings_booking AS booking ON booking.id = line.booking_id
"""

# The target is of the same option, or it is none.
LOCK_ROW = f"""
SELECT {select_list(_ROW_COLUMNS)}
{_ROW}
  LEFT JOIN catalog_departure AS target
    ON target.id = chosen.target_id AND target.option_id = booking.option_id
 WHERE line.id = %(row_id)s AND line.outcome = 'PENDING'
   FOR NO KEY UPDATE OF line SKIP LOCKED
"""

SETTLE = """
UPDATE disruptions_disruptedbooking
   SET outcome = %(outcome)s, refusal = %(refusal)s, settled_at = %(now)s,
       notice = %(notice)s::text,
       notice_due_at = CASE %(notice)s::text WHEN 'DUE' THEN %(now)s::timestamptz END
 WHERE id = %(row_id)s
"""

COUNT_ATTEMPT = """
UPDATE disruptions_disruptedbooking SET attempts = attempts + 1
 WHERE id = %(row_id)s
RETURNING attempts
"""

FINISH = """
UPDATE disruptions_disruption AS disruption
   SET finished_at = %(now)s
 WHERE disruption.id = %(disruption_id)s AND disruption.finished_at IS NULL
   AND NOT EXISTS (
       SELECT FROM disruptions_disruptedbooking AS line
        WHERE line.disruption_id = disruption.id AND line.outcome = 'PENDING')
RETURNING disruption.id
"""

DUE_NOTICES = """
SELECT line.id, booking.supplier_reference
  FROM disruptions_disruptedbooking AS line
  JOIN bookings_booking AS booking ON booking.id = line.booking_id
 WHERE line.notice = 'DUE'
 ORDER BY line.notice_due_at, line.id
"""

_NOTICE_COLUMNS = {
    "row_id": "line.id",
    "booking_id": "booking.id",
    "booking_uuid": "booking.uuid",
    **table_columns("booking", ("partner_id", "test_mode")),
    "due_at": "line.notice_due_at",
    "message": "disruption.message",
}

LOCK_NOTICE = f"""
SELECT {select_list(_NOTICE_COLUMNS)}
{_ROW}
 WHERE line.id = %(row_id)s AND line.notice = 'DUE'
   FOR NO KEY UPDATE OF line SKIP LOCKED
"""

SETTLE_NOTICE = """
UPDATE disruptions_disruptedbooking
   SET notice = %(notice)s, notice_due_at = NULL
 WHERE id = %(row_id)s
"""


class SqlDisruptionStore:
    """Disruptions on the caller's connection and transaction; staff's and the worker's."""

    def __init__(self, database: Database, bookings: SqlBookingStore) -> None:
        self._database = database
        self.bookings = bookings
        self.move_notices = SqlMoveNoticeStore(database)

    async def lock_departures(self, ids: Sequence[DepartureId]) -> list[DepartureId]:
        rows = await self._database.fetch_all(LOCK_DEPARTURES, {"ids": list(ids)})
        return [DepartureId(departure_id) for (departure_id,) in rows]

    async def is_any_pending(self, ids: Sequence[DepartureId]) -> bool:
        return bool(only_value(await self._database.fetch_one(ANY_PENDING, {"ids": list(ids)})))

    async def list_affected(
        self, ids: Sequence[DepartureId], *, now: datetime, limit: int
    ) -> list[AffectedBooking]:
        rows = await self._database.fetch_all(
            AFFECTED, {"ids": list(ids), "now": now, "limit": limit}
        )
        return [_build_affected(by_name(_AFFECTED_COLUMNS, row)) for row in rows]

    async def close_departures(self, ids: Sequence[DepartureId]) -> None:
        await self._database.execute(CLOSE_DEPARTURES, {"ids": list(ids)})

    async def add(
        self,
        plan: DisruptionPlan,
        affected: Sequence[AffectedBooking],
        *,
        requested_by: int,
        now: datetime,
    ) -> DisruptionId:
        departures = [
            {"departure_id": one, "target_id": plan.targets.get(one)} for one in plan.departures
        ]
        listed = [{"booking_id": one.id, "departure_id": one.departure_id} for one in affected]
        row = await self._database.fetch_one(
            ADD,
            {
                "kind": plan.kind.value,
                "refund": plan.refund.value,
                "reason": plan.reason,
                "message": plan.message,
                "title": plan.title,
                "requested_by": requested_by,
                "now": now,
                "departures": json.dumps(departures),
                "affected": json.dumps(listed),
            },
        )
        if row is None:
            raise LookupError("an INSERT returned no row")
        (disruption_id,) = row
        return DisruptionId(disruption_id)

    async def running(self) -> list[DisruptionId]:
        rows = await self._database.fetch_all(RUNNING, {})
        return [DisruptionId(disruption_id) for (disruption_id,) in rows]

    async def pending(self, disruption_id: DisruptionId, *, limit: int) -> list[DisruptionRowId]:
        rows = await self._database.fetch_all(
            PENDING, {"disruption_id": disruption_id, "limit": limit}
        )
        return [DisruptionRowId(row_id) for (row_id,) in rows]

    async def lock_row(self, row_id: DisruptionRowId) -> DisruptionRow | None:
        row = await self._database.fetch_one(LOCK_ROW, {"row_id": row_id})
        if row is None:
            return None
        values = by_name(_ROW_COLUMNS, row)
        access = _take_access(values)
        return DisruptionRow(
            **{
                **values,
                "access": access,
                "kind": DisruptionKind(values["kind"]),
                "refund": RefundChoice(values["refund"]),
            }
        )

    async def settle(
        self,
        row_id: DisruptionRowId,
        outcome: LineOutcome,
        *,
        notice: Notice = Notice.NONE,
        refusal: str = "",
        now: datetime,
    ) -> None:
        await self._database.execute(
            SETTLE,
            {
                "row_id": row_id,
                "outcome": outcome.value,
                "refusal": refusal,
                "notice": notice.value,
                "now": now,
            },
        )

    async def count_attempt(self, row_id: DisruptionRowId) -> int:
        row = await self._database.fetch_one(COUNT_ATTEMPT, {"row_id": row_id})
        return 0 if row is None else int(only_value(row))

    async def finish(self, disruption_id: DisruptionId, *, now: datetime) -> bool:
        parameters = {"disruption_id": disruption_id, "now": now}
        return await self._database.fetch_one(FINISH, parameters) is not None

    async def due_notices(self) -> list[tuple[DisruptionRowId, str]]:
        rows = await self._database.fetch_all(DUE_NOTICES, {})
        return [(DisruptionRowId(row_id), reference) for row_id, reference in rows]

    async def lock_notice(self, row_id: DisruptionRowId) -> CancellationNotice | None:
        row = await self._database.fetch_one(LOCK_NOTICE, {"row_id": row_id})
        if row is None:
            return None
        values = by_name(_NOTICE_COLUMNS, row)
        return CancellationNotice(access=_take_access(values), **values)

    async def settle_notice(self, row_id: DisruptionRowId, notice: Notice) -> None:
        await self._database.execute(SETTLE_NOTICE, {"row_id": row_id, "notice": notice.value})


def _build_affected(values: dict[str, Any]) -> AffectedBooking:
    access = _take_access(values)
    named: Mapping[str, Any] = {
        **values,
        "id": BookingId(values["id"]),
        "status": BookingStatus(values["status"]),
    }
    return AffectedBooking(access=access, **named)


def _take_access(values: dict[str, Any]) -> Access:
    """Take the columns of the identity out of a row's values, and return them as one."""
    return Access(partner_id=PartnerId(values.pop("partner_id")), test_mode=values.pop("test_mode"))
