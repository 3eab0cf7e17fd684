"""Messages to guests in PostgreSQL: one table for those that are due and for their outcomes."""

from datetime import datetime
from typing import Any

from shared_domain.availability import DepartureId
from shared_domain.bookings import BookingId
from shared_domain.database import Database
from shared_domain.messages.model import (
    DueElsewhere,
    MessageId,
    MessageKind,
    MessageOutcome,
    MessageReason,
    QueuedMessage,
)
from shared_domain.messages.services import QueuedNotes, ReminderCandidate
from shared_domain.partners import Access, PartnerId
from shared_domain.rows import by_name, only_value, select_list, table_columns

_DUE_ELSEWHERE = ", ".join(f"'{cause.value}'" for cause in DueElsewhere)

_NEW_COLUMNS = """
        booking_id, partner_id, test_mode, kind, outcome, created_at, owed_at, due_at,
        cause, recipient, words, note_id, subject, body, attachments"""

_NEW = f"""
INSERT INTO bookings_guestmail ({_NEW_COLUMNS})
"""

QUEUE = f"""{_NEW}
SELECT booking.id, booking.partner_id, booking.test_mode, %(kind)s, 'WAITING', %(now)s, %(now)s,
       %(now)s, %(cause)s, %(recipient)s, %(words)s, %(note_id)s::bigint, '', '', '[]'
  FROM bookings_booking AS booking
 WHERE booking.id = %(booking_id)s
    ON CONFLICT (booking_id, kind, cause) WHERE cause IS NOT NULL DO NOTHING
RETURNING id
"""

# Guests who have been checked in are guests: what concerns the trip itself is for them, too.
# Live bookings and tests apart: those of tests are kept, whatever other booking has the address.
QUEUE_FOR_DEPARTURE = f"""
WITH queued AS (
{_NEW}
SELECT DISTINCT ON (lower(booking.contact ->> 'emailAddress'), booking.test_mode)
       booking.id, booking.partner_id, booking.test_mode, 'NOTE', 'WAITING', %(now)s::timestamptz,
       %(now)s::timestamptz, %(now)s::timestamptz, %(cause)s, '', '', %(note_id)s::bigint, '', '',
       '[]'::jsonb
  FROM bookings_booking AS booking
 WHERE booking.departure_id = %(departure_id)s
   AND booking.status IN ('CONFIRMED', 'PENDING', 'REDEEMED')
   AND booking.contact ->> 'emailAddress' <> ''
 ORDER BY lower(booking.contact ->> 'emailAddress'), booking.test_mode, booking.id
    ON CONFLICT (booking_id, kind, cause) WHERE cause IS NOT NULL DO NOTHING
RETURNING test_mode)
SELECT count(*) FILTER (WHERE NOT test_mode), count(*) FROM queued
"""

# After a change of the booking, of the address perhaps, what was refused is tried at once. Few rows
# are due at any time; to compare with infinity reads just these by their index.
DUE = f"""
SELECT message.id, booking.supplier_reference
  FROM bookings_guestmail AS message
  JOIN bookings_booking AS booking ON booking.id = message.booking_id
 WHERE message.due_at < 'infinity' AND message.cause NOT IN ({_DUE_ELSEWHERE})
   AND (message.due_at <= %(now)s
        OR message.outcome = 'REFUSED' AND message.created_at < booking.updated_at)
 ORDER BY message.due_at, message.id
 LIMIT %(limit)s
"""

_OWED_COLUMNS = {
    **table_columns("message", ("id", "booking_id")),
    "booking_uuid": "booking.uuid",
    **table_columns("booking", ("partner_id", "test_mode")),
    **table_columns("message", ("kind", "cause", "owed_at", "recipient", "words", "note_id")),
}

LOCK = f"""
SELECT {select_list(_OWED_COLUMNS)}
  FROM bookings_booking AS booking
  JOIN bookings_guestmail AS message ON message.booking_id = booking.id
 WHERE message.id = %(message_id)s AND message.due_at IS NOT NULL
   FOR NO KEY UPDATE OF booking, message SKIP LOCKED
"""

_CANDIDATE_COLUMNS = {
    "booking_id": "booking.id",
    **table_columns("departure", ("local_date", "starts_at")),
    "time_zone": "product.time_zone",
    "confirmed_at": "booking.confirmed_at",
}

# From the index of departures by their start to that of their bookings: few rows, however many
# bookings there are. OFFSET 0 keeps it so: for the order and the limit alone, PostgreSQL would walk
# all bookings by their ids. Who is written to is the rule of ``model.may_write_to_guest``. A guest
# whose departure is being cancelled or moved at this moment is told of that first.
REMINDER_CANDIDATES = f"""
SELECT {select_list(_CANDIDATE_COLUMNS)}
  FROM catalog_departure AS departure
  JOIN LATERAL (
       SELECT id, partner_id, product_id, confirmed_at, email_receipt, contact
         FROM bookings_booking
        WHERE departure_id = departure.id AND status = 'CONFIRMED' AND id > %(after)s
       OFFSET 0) AS booking ON true
  JOIN partners_partner AS partner ON partner.id = booking.partner_id
  JOIN catalog_product AS product ON product.id = booking.product_id
 WHERE departure.starts_at > %(now)s AND departure.starts_at <= %(until)s
   AND (booking.email_receipt OR partner.kind = 'direct')
   AND booking.contact ->> 'emailAddress' <> ''
   AND NOT EXISTS (
       SELECT FROM bookings_guestmail AS message
        WHERE message.booking_id = booking.id AND message.kind = 'REMINDER'
          AND message.cause = 'travel on ' || to_char(departure.local_date, 'YYYY-MM-DD'))
   AND NOT EXISTS (
       SELECT FROM disruptions_disruptedbooking AS line
        WHERE line.booking_id = booking.id AND line.outcome = 'PENDING')
 ORDER BY booking.id
 LIMIT %(limit)s
"""

COUNT_ATTEMPTS = """
SELECT attempts
  FROM bookings_guestmail
 WHERE booking_id = %(booking_id)s AND kind = %(kind)s AND cause = %(cause)s
"""

STORE_ATTEMPT = f"""
INSERT INTO bookings_guestmail ({_NEW_COLUMNS}, reason, attempts)
SELECT booking.id, booking.partner_id, booking.test_mode, %(kind)s, %(outcome)s, %(now)s, %(now)s,
       %(due_at)s, %(cause)s, '', '', NULL, '', '', '[]', %(reason)s, %(refusals)s
  FROM bookings_booking AS booking
 WHERE booking.id = %(booking_id)s
    ON CONFLICT (booking_id, kind, cause) WHERE cause IS NOT NULL DO UPDATE
   SET outcome = EXCLUDED.outcome, reason = EXCLUDED.reason, due_at = EXCLUDED.due_at,
       created_at = EXCLUDED.created_at,
       attempts = bookings_guestmail.attempts + EXCLUDED.attempts
"""

# A row is REFUSED where that was the last answer or the tickets are given up; what is not due any
# more for another reason is dropped.
SETTLE_STALE = """
UPDATE bookings_guestmail AS message
   SET due_at = NULL, cause = NULL, created_at = %(now)s,
       outcome = CASE WHEN message.outcome = 'REFUSED'
                        OR message.cause = 'tickets'
                           AND booking.tickets_due_at <= %(given_up_before)s
                      THEN 'REFUSED' ELSE 'DROPPED' END
  FROM bookings_booking AS booking
 WHERE message.due_at IS NOT NULL AND booking.id = message.booking_id
   AND (message.cause = 'tickets' AND (booking.tickets_due_at IS NULL
                                       OR booking.tickets_due_at <= %(given_up_before)s)
        OR message.cause = 'move' AND NOT EXISTS (
           SELECT FROM bookings_movenotice AS notice WHERE notice.booking_id = booking.id)
        OR message.cause = 'disruption' AND NOT EXISTS (
           SELECT FROM disruptions_disruptedbooking AS line
            WHERE line.booking_id = booking.id AND line.notice = 'DUE'))
"""


class SqlMessageStore:
    """Messages on the caller's connection and transaction; staff's and the worker's."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def queue(
        self,
        booking_id: BookingId,
        kind: MessageKind,
        *,
        cause: str,
        recipient: str,
        words: str,
        note_id: int | None,
        now: datetime,
    ) -> MessageId | None:
        row = await self._database.fetch_one(
            QUEUE,
            {
                "booking_id": booking_id,
                "kind": kind.value,
                "cause": cause,
                "recipient": recipient,
                "words": words,
                "note_id": note_id,
                "now": now,
            },
        )
        return None if row is None else MessageId(only_value(row))

    async def queue_for_departure(
        self, departure_id: DepartureId, *, note_id: int, cause: str, now: datetime
    ) -> QueuedNotes:
        row = await self._database.fetch_one(
            QUEUE_FOR_DEPARTURE,
            {"departure_id": departure_id, "note_id": note_id, "cause": cause, "now": now},
        )
        if row is None:
            raise LookupError("an aggregate has no row")
        live, all_of_them = row
        return QueuedNotes(guests=live, tests=all_of_them - live)

    async def due(self, *, now: datetime, limit: int) -> list[tuple[MessageId, str]]:
        rows = await self._database.fetch_all(DUE, {"now": now, "limit": limit})
        return [(MessageId(message_id), reference) for message_id, reference in rows]

    async def lock(self, message_id: MessageId) -> QueuedMessage | None:
        row = await self._database.fetch_one(LOCK, {"message_id": message_id})
        if row is None:
            return None
        values: dict[str, Any] = by_name(_OWED_COLUMNS, row)
        access = Access(
            partner_id=PartnerId(values.pop("partner_id")), test_mode=values.pop("test_mode")
        )
        return QueuedMessage(access=access, **{**values, "kind": MessageKind(values["kind"])})

    async def reminder_candidates(
        self, *, after: BookingId, now: datetime, until: datetime, limit: int
    ) -> list[ReminderCandidate]:
        rows = await self._database.fetch_all(
            REMINDER_CANDIDATES, {"after": after, "now": now, "until": until, "limit": limit}
        )
        return [ReminderCandidate(**by_name(_CANDIDATE_COLUMNS, row)) for row in rows]

    async def count_attempts(self, booking_id: BookingId, kind: MessageKind, cause: str) -> int:
        row = await self._database.fetch_one(
            COUNT_ATTEMPTS, {"booking_id": booking_id, "kind": kind.value, "cause": cause}
        )
        return 0 if row is None else int(only_value(row))

    async def store_attempt(
        self,
        booking_id: BookingId,
        kind: MessageKind,
        cause: str,
        *,
        outcome: MessageOutcome,
        reason: MessageReason,
        due_at: datetime | None,
        now: datetime,
    ) -> None:
        await self._database.execute(
            STORE_ATTEMPT,
            {
                "booking_id": booking_id,
                "kind": kind.value,
                "cause": cause,
                "outcome": outcome.value,
                "reason": reason.value,
                "refusals": int(outcome is MessageOutcome.REFUSED),
                "due_at": due_at,
                "now": now,
            },
        )

    async def settle_stale(self, *, given_up_before: datetime, now: datetime) -> None:
        parameters = {"given_up_before": given_up_before, "now": now}
        await self._database.execute(SETTLE_STALE, parameters)
