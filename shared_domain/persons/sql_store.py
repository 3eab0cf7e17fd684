"""Personal data in PostgreSQL: finding and erasing it."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from shared_domain.bookings import normalise_reference
from shared_domain.contact_data import email_key
from shared_domain.database import Database, Row
from shared_domain.events import EventType
from shared_domain.persons.model import FoundBooking, FoundUser, OwedErasure, Person
from shared_domain.rows import by_name, select_list

# An address that is not plain ASCII may be folded otherwise by PostgreSQL than by Python, so all
# of those are candidates; the caller compares them.
_IS_CANDIDATE = """(lower({address}) = %(email_key)s OR {address} ~ '[^[:ascii:]]')"""

_OF_LEAD = _IS_CANDIDATE.format(address="(booking.contact ->> 'emailAddress')")
_OF_TICKET = _IS_CANDIDATE.format(address="(item.contact ->> 'emailAddress')")
_OF_MAIL = _IS_CANDIDATE.format(address="mail.recipient")

_TICKETS = """
       (SELECT coalesce(jsonb_agg(jsonb_build_object('id', item.id, 'contact', item.contact)
                                  ORDER BY item.position), '[]')
          FROM bookings_unititem AS item
         WHERE item.booking_id = booking.id)"""

_STORED = """
       jsonb_build_object('contact', booking.contact, 'notes', booking.notes,
                          'cancellation_reason', booking.cancellation_reason,
                          'internal_note', booking.internal_note,
                          'tickets_recipient', booking.tickets_recipient,
                          'pickup_hotel', booking.pickup_hotel,
                          'pickup_time', booking.pickup_time,
                          'desk_reasons', (SELECT coalesce(jsonb_agg(exemption.reason), '[]')
                                             FROM booking_desk_exemption AS exemption
                                            WHERE exemption.booking_id = booking.id
                                              AND exemption.reason <> ''),
                          'mails', (SELECT coalesce(jsonb_agg(jsonb_build_object(
                                           'id', mail.id,
                                           'recipient', mail.recipient, 'subject', mail.subject,
                                           'body', mail.body, 'words', mail.words)), '[]')
                                      FROM bookings_guestmail AS mail
                                     WHERE mail.booking_id = booking.id
                                       AND mail.recipient || mail.body || mail.words <> ''),
                          'webhook_answers', (SELECT coalesce(jsonb_agg(attempt.answer), '[]')
                                     FROM webhooks_delivery AS delivery
                                     JOIN webhooks_endpoint AS endpoint
                                          ON endpoint.id = delivery.endpoint_id
                                     JOIN webhooks_attempt AS attempt
                                          ON attempt.delivery_id = delivery.id
                                    WHERE delivery.booking_uuid = booking.uuid
                                      AND endpoint.partner_id = booking.partner_id
                                      AND endpoint.test_mode = booking.test_mode
                                      AND attempt.answer <> ''),
                          'payment_notes', (SELECT coalesce(jsonb_agg(entry.note), '[]')
                                              FROM payments_entry AS entry
                                             WHERE entry.booking_id = booking.id
                                               AND entry.note <> ''))"""

_BOOKING_COLUMNS = {
    "booking_id": "booking.id",
    "reference": "booking.supplier_reference",
    "status": "booking.status",
    "ends_at": "departure.ends_at",
    "stored_text": _STORED,
    "tickets_text": _TICKETS,
}

_BOOKINGS = f"""
SELECT {select_list(_BOOKING_COLUMNS)}
  FROM bookings_booking AS booking
  LEFT JOIN catalog_departure AS departure ON departure.id = booking.departure_id
"""

BOOKINGS_BY_EMAIL = f"""{_BOOKINGS}
 WHERE {_OF_LEAD}
    OR EXISTS (SELECT FROM bookings_unititem AS item
                WHERE item.booking_id = booking.id AND {_OF_TICKET})
    OR booking.id IN (SELECT mail.booking_id FROM bookings_guestmail AS mail WHERE {_OF_MAIL})
 ORDER BY booking.id
"""

BOOKINGS_BY_REFERENCE = f"""{_BOOKINGS}
 WHERE booking.supplier_reference = %(reference)s
 ORDER BY booking.id
"""

# What is erased already is left out, so that it is not erased, and told to the partner, again.
# PostgreSQL may answer an EXISTS behind an OR by reading all tickets once, a scalar never.
BOOKINGS_BY_USER = f"""{_BOOKINGS}
 WHERE booking.user_id = %(user_id)s
   AND (booking.contact <> '{{}}' OR booking.tickets_recipient IS NOT NULL
        OR coalesce(booking.notes, booking.cancellation_reason, booking.internal_note,
                    booking.pickup_hotel) IS NOT NULL
        OR (SELECT true FROM bookings_unititem AS item
             WHERE item.booking_id = booking.id AND item.contact <> '{{}}'
               AND coalesce(item.contact ->> 'emailAddress', '') = ''
             LIMIT 1))
 ORDER BY booking.id
"""

# What is read afterwards is as it was committed last, tickets included.
LOCK_BOOKING = """
SELECT booking.id FROM bookings_booking AS booking WHERE booking.id = %(id)s FOR NO KEY UPDATE
"""

BOOKING_BY_ID = f"""{_BOOKINGS}
 WHERE booking.id = %(id)s
"""

BOOKING_OF_USER = f"""
SELECT * FROM ({BOOKINGS_BY_USER}) AS found WHERE found.booking_id = %(id)s
"""

_USER_COLUMNS = {
    "user_id": "id",
    "stored": "jsonb_build_object('email', email, 'age', age, 'created_at', created_at)",
}

USERS_BY_EMAIL = f"""
SELECT {select_list(_USER_COLUMNS)}
  FROM users_user
 WHERE email_key = %(email_key)s
 ORDER BY id
"""

USER_BY_ID = f"""
SELECT {select_list(_USER_COLUMNS)}
  FROM users_user
 WHERE id = %(user_id)s
"""

# The digests were made of what was sent, the person included: a guess could be held against them.
ERASE_LEAD = """
UPDATE bookings_booking
   SET contact = '{}', notes = NULL, cancellation_reason = NULL, internal_note = NULL,
       tickets_due_at = NULL, tickets_recipient = NULL, pickup_hotel = NULL, pickup_time = NULL,
       reservation_fingerprint = sha256(gen_random_uuid()::text::bytea), carried_out = '[]',
       updated_at = %(now)s
 WHERE id = %(id)s
"""

# Only mails of tests are kept whole, in place of sending them. What waits will not be sent.
DELETE_MAILS = """
DELETE FROM bookings_guestmail
 WHERE booking_id = %(id)s AND (%(is_lead)s OR id = ANY(%(mails)s))
   AND (body <> '' OR due_at IS NOT NULL)
"""

ERASE_MAILS = """
UPDATE bookings_guestmail
   SET recipient = '', words = ''
 WHERE booking_id = %(id)s AND (%(is_lead)s OR id = ANY(%(mails)s)) AND recipient || words <> ''
"""

ERASE_DESK_REASONS = """
UPDATE booking_desk_exemption SET reason = '' WHERE booking_id = %(id)s
"""

# What its partner's server answered to a webhook about the booking may name the guest. Another
# partner may have used the same uuid.
ERASE_WEBHOOK_ANSWERS = """
UPDATE webhooks_attempt AS attempt
   SET answer = ''
  FROM webhooks_delivery AS delivery
  JOIN webhooks_endpoint AS endpoint ON endpoint.id = delivery.endpoint_id
  JOIN bookings_booking AS booking
       ON booking.uuid = delivery.booking_uuid AND booking.partner_id = endpoint.partner_id
          AND booking.test_mode = endpoint.test_mode
 WHERE booking.id = %(id)s AND attempt.delivery_id = delivery.id AND attempt.answer <> ''
"""

# Entries of a ledger are never changed, but for the note, on record.
ERASE_PAYMENT_NOTES = """
SELECT history_erase('payments_entry', array_agg(entry.id), '{note}', 'the guest is erased')
  FROM payments_entry AS entry
 WHERE entry.booking_id = %(id)s AND entry.note <> ''
HAVING count(*) > 0
"""

ERASE_TICKETS = """
UPDATE bookings_unititem
   SET contact = '{}'
 WHERE booking_id = %(id)s AND id = ANY(%(tickets)s)
"""

# Answers to idempotent calls are copies of the booking, with all its guests, and not handed out.
# What stays is that the calls were carried out.
# With a key, and so not among the commits, which have neither answer nor index.
ERASE_ANSWERS = """
UPDATE idempotency_record AS record
   SET body = NULL, headers = NULL, fingerprint = '{}'
  FROM bookings_booking AS booking
 WHERE booking.id = %(id)s AND record.subject = booking.uuid AND record.key_digest IS NOT NULL
   AND record.partner_id = booking.partner_id AND record.test_mode = booking.test_mode
"""

# Locked, for where only tickets changed: a booking's events are in the order of its commits.
RECORD_ERASURE = """
INSERT INTO events_event (partner_id, test_mode, type, booking_uuid, data)
SELECT partner_id, test_mode, %(type)s, uuid, '{"erased": true}'
  FROM bookings_booking
 WHERE id = %(id)s
   FOR NO KEY UPDATE
"""

# Deletes the user, erases the stored answers of calls about it (copies of it, not handed out), and
# owes the erasure of the guest from its bookings.
# VALUES, not SELECT: pghistory stamps no statement that begins with SELECT with who ran it.
ERASE_USER = """
VALUES (users_erase(%(user_id)s))
"""

OWED = """
SELECT user_id, owed_since
  FROM persons_owederasure
 WHERE due_at <= %(now)s
 ORDER BY due_at, user_id
 LIMIT %(limit)s
"""

POSTPONE = """
UPDATE persons_owederasure SET due_at = %(due_at)s WHERE user_id = %(user_id)s
"""

SETTLE = """
DELETE FROM persons_owederasure WHERE user_id = %(user_id)s
"""

#: On a booking in one of these states, no guest travels any more.
OVER = frozenset({"CANCELLED", "EXPIRED", "REJECTED", "REDEEMED"})


class SqlPersonStore:
    """The store of personal data on either half's database connection."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find_bookings(self, person: Person) -> Sequence[FoundBooking]:
        if person.email is not None:
            rows = await self._database.fetch_all(
                BOOKINGS_BY_EMAIL, {"email_key": email_key(person.email)}
            )
        elif person.reference is not None:
            rows = await self._database.fetch_all(
                BOOKINGS_BY_REFERENCE, {"reference": normalise_reference(person.reference)}
            )
        else:
            rows = await self._database.fetch_all(BOOKINGS_BY_USER, {"user_id": person.user_id})
        return _find_among(rows, person)

    async def lock_booking(self, booking_id: int, person: Person) -> FoundBooking | None:
        await self._database.fetch_all(LOCK_BOOKING, {"id": booking_id})
        # An address is compared when the booking is built; a reference does not change.
        statement = BOOKING_BY_ID if person.user_id is None else BOOKING_OF_USER
        facts = {"id": booking_id, "user_id": person.user_id}
        found = _find_among(await self._database.fetch_all(statement, facts), person)
        return found[0] if found else None

    async def find_users(self, person: Person) -> Sequence[FoundUser]:
        if person.email is not None:
            parameters: dict[str, object] = {"email_key": email_key(person.email)}
            rows = await self._database.fetch_all(USERS_BY_EMAIL, parameters)
        elif person.user_id is not None:
            rows = await self._database.fetch_all(USER_BY_ID, {"user_id": person.user_id})
        else:
            rows = []
        return [_build_user(**by_name(_USER_COLUMNS, row)) for row in rows]

    async def erase_booking(
        self,
        booking_id: int,
        *,
        tickets: Sequence[int],
        mails: Sequence[int],
        is_lead: bool,
        now: datetime,
    ) -> None:
        if is_lead:
            await self._database.execute(ERASE_LEAD, {"id": booking_id, "now": now})
            await self._database.execute(ERASE_DESK_REASONS, {"id": booking_id})
            await self._database.fetch_all(ERASE_PAYMENT_NOTES, {"id": booking_id})
        await self._erase_mails(booking_id, mails=mails, is_lead=is_lead)
        await self._database.execute(ERASE_WEBHOOK_ANSWERS, {"id": booking_id})
        await self._database.execute(ERASE_TICKETS, {"id": booking_id, "tickets": list(tickets)})
        await self._database.execute(ERASE_ANSWERS, {"id": booking_id})
        await self._database.execute(
            RECORD_ERASURE, {"id": booking_id, "type": EventType.UPDATED.value}
        )

    async def erase_mails(self, booking_id: int, *, mails: Sequence[int]) -> None:
        await self._erase_mails(booking_id, mails=mails, is_lead=False)

    async def _erase_mails(self, booking_id: int, *, mails: Sequence[int], is_lead: bool) -> None:
        parameters = {"id": booking_id, "mails": list(mails), "is_lead": is_lead}
        await self._database.execute(DELETE_MAILS, parameters)
        await self._database.execute(ERASE_MAILS, parameters)

    async def erase_user(self, user_id: UUID) -> None:
        await self._database.fetch_one(ERASE_USER, {"user_id": user_id})

    async def list_owed(self, *, now: datetime, limit: int) -> Sequence[OwedErasure]:
        rows = await self._database.fetch_all(OWED, {"now": now, "limit": limit})
        return [OwedErasure(user_id=user_id, owed_since=since) for user_id, since in rows]

    async def postpone(self, user_id: UUID, *, due_at: datetime) -> None:
        await self._database.execute(POSTPONE, {"user_id": user_id, "due_at": due_at})

    async def settle(self, user_id: UUID) -> None:
        await self._database.execute(SETTLE, {"user_id": user_id})


def _find_among(rows: Sequence[Row], person: Person) -> list[FoundBooking]:
    found = [_build_booking(person, **by_name(_BOOKING_COLUMNS, row)) for row in rows]
    return [booking for booking in found if booking.is_travelled or booking.mails]


def _build_user(user_id: UUID, stored: str) -> FoundUser:
    return FoundUser(id=user_id, stored=json.loads(stored))


def _build_booking(
    person: Person,
    *,
    booking_id: int,
    reference: str,
    status: str,
    ends_at: datetime | None,
    stored_text: str,
    tickets_text: str,
) -> FoundBooking:
    stored: dict[str, Any] = json.loads(stored_text)
    tickets: list[dict[str, Any]] = json.loads(tickets_text)
    lead_address = _address(stored["contact"])
    is_everyone = person.reference is not None
    is_lead = is_everyone or person.user_id is not None or person.has_address(lead_address)
    # A companion without an address of their own was named by the lead guest, and goes with them.
    theirs = [
        ticket
        for ticket in tickets
        if (is_lead and (is_everyone or _goes_with(_address(ticket["contact"]), lead_address)))
        or person.has_address(_address(ticket["contact"]))
    ]
    mails = [mail for mail in stored["mails"] if is_lead or person.has_address(mail["recipient"])]
    # What a message says about the guest is the guest's, also where it was sent to another.
    shown = ("recipient", "subject", *(("body", "words") if is_lead else ()))
    return FoundBooking(
        id=booking_id,
        reference=reference,
        is_lead=is_lead,
        tickets=tuple(ticket["id"] for ticket in theirs),
        mails=tuple(mail["id"] for mail in mails),
        ends_at=ends_at,
        is_live=status not in OVER,
        stored=(stored if is_lead else {})
        | {
            "mails": [{name: mail[name] for name in shown} for mail in mails],
            "tickets": [ticket["contact"] for ticket in theirs],
        },
    )


def _goes_with(address: object, lead_address: object) -> bool:
    """Return whether a ticket has no address, or that of the lead guest, compared case-folded."""
    if not address:
        return True
    both = (address, lead_address)
    return len({email_key(one) if isinstance(one, str) else None for one in both}) == 1


def _address(contact: Mapping[str, Any]) -> object:
    return contact.get("emailAddress") if isinstance(contact, dict) else None
