"""Ledgers in PostgreSQL: entries, and for each booking that has some, an account with its sums.

The account holds what follows from the entries and from the booking, so that refunds due are found
by an index; a trigger of the database copies into it what changes on the booking.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from shared_domain.availability.booking_sql_store import is_expired
from shared_domain.bookings import BookingId, BookingStatus
from shared_domain.database import Database
from shared_domain.partners import Access, PartnerKind
from shared_domain.payments.model import (
    Balance,
    ChargedSale,
    Entry,
    EntryId,
    EntryKind,
    Ledger,
    Method,
    StaffUserId,
)
from shared_domain.rows import by_name, only_value, select_list, table_columns

_IS_DIRECT = f"partner.kind = '{PartnerKind.DIRECT}'"

_SALE_COLUMNS = {
    "booking_id": "booking.id",
    "is_direct": _IS_DIRECT,
    **table_columns("booking", ("test_mode", "status")),
    "is_expired": f"({is_expired('booking')})",
    **table_columns("booking", ("currency", "retail_minor", "refund_retail_minor")),
}

_SALES = """
  FROM bookings_booking AS booking
  JOIN partners_partner AS partner ON partner.id = booking.partner_id
  LEFT JOIN catalog_departure AS departure ON departure.id = booking.departure_id
"""

_OWN = """
 WHERE booking.uuid = %(uuid)s AND booking.partner_id = %(partner_id)s
   AND booking.test_mode = %(test_mode)s
"""

SALE = f"""
SELECT {select_list(_SALE_COLUMNS)}
{_SALES}{_OWN}"""

# A statement of its own: what is read afterwards is no older than the lock.
LOCK = f"""
SELECT booking.id
  FROM bookings_booking AS booking
{_OWN}   FOR NO KEY UPDATE
"""

_WRITTEN = (
    *("booking_id", "kind", "amount_minor", "currency", "method", "reference", "note"),
    *("reverses_id", "recorded_by_id", "recorded_at"),
)

_ENTRY_COLUMNS = ("id", *_WRITTEN)

ENTRIES = f"""
SELECT {select_list(table_columns("entry", _ENTRY_COLUMNS))}
  FROM payments_entry AS entry
 WHERE entry.booking_id = %(booking_id)s
 ORDER BY entry.id
"""

_SUMS = ("received_minor", "refunded_minor", "written_off_minor")

#: What an account repeats of its booking; the trigger ``payments_follow_booking`` keeps it.
_COPIED = ("status", "currency", "retail_minor", "refund_retail_minor", "cancelled_at")

INSERT = f"""
WITH account AS (
     INSERT INTO payments_account
            (booking_id, is_direct, {", ".join(_COPIED)}, {", ".join(_SUMS)}, changed_at)
     SELECT booking.id, {_IS_DIRECT},
            {", ".join(table_columns("booking", _COPIED).values())},
            {", ".join(f"%({name})s::bigint" for name in _SUMS)}, %(recorded_at)s::timestamptz
       FROM bookings_booking AS booking
       JOIN partners_partner AS partner ON partner.id = booking.partner_id
      WHERE booking.id = %(booking_id)s
         ON CONFLICT (booking_id) DO UPDATE
        SET {", ".join(f"{name} = excluded.{name}" for name in (*_COPIED, *_SUMS))},
            changed_at = excluded.changed_at)
INSERT INTO payments_entry ({", ".join(_WRITTEN)})
VALUES ({", ".join(f"%({name})s" for name in _WRITTEN)})
RETURNING id
"""

_BALANCE_COLUMNS = {
    **_SALE_COLUMNS,
    **{name: f"coalesce(account.{name}, 0)" for name in _SUMS},
}

BALANCES = f"""
SELECT {select_list(_BALANCE_COLUMNS)}
{_SALES}
  LEFT JOIN payments_account AS account ON account.booking_id = booking.id
 WHERE booking.id = ANY(%(booking_ids)s::bigint[])
"""


class SqlPaymentStore:
    """The store of ledgers on either half's database connection."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, uuid: UUID, access: Access, *, now: datetime) -> Ledger | None:
        row = await self._database.fetch_one(SALE, _own(uuid, access) | {"now": now})
        if row is None:
            return None
        sale = _build_sale(**by_name(_SALE_COLUMNS, row))
        rows = await self._database.fetch_all(ENTRIES, {"booking_id": sale.booking_id})
        entries = (_build_entry(**by_name(_ENTRY_COLUMNS, row)) for row in rows)
        return Ledger(sale=sale, entries=tuple(entries))

    async def get_locked(self, uuid: UUID, access: Access, *, now: datetime) -> Ledger | None:
        await self._database.fetch_one(LOCK, _own(uuid, access))
        return await self.get(uuid, access, now=now)

    async def insert(self, entry: Entry, *, balance: Balance) -> EntryId:
        row = await self._database.fetch_one(
            INSERT,
            {
                "booking_id": entry.booking_id,
                "kind": entry.kind.value,
                "amount_minor": entry.amount_minor,
                "currency": entry.currency,
                "method": None if entry.method is None else entry.method.value,
                "reference": entry.reference,
                "note": entry.note,
                "reverses_id": entry.reverses,
                "recorded_by_id": entry.recorded_by,
                "recorded_at": entry.recorded_at,
                "received_minor": balance.received_minor,
                "refunded_minor": balance.refunded_minor,
                "written_off_minor": balance.written_off_minor,
            },
        )
        if row is None:
            raise LookupError("an INSERT with RETURNING has a row")
        return EntryId(only_value(row))

    async def balances(
        self, booking_ids: Collection[BookingId], *, now: datetime
    ) -> dict[BookingId, Balance]:
        rows = await self._database.fetch_all(
            BALANCES, {"booking_ids": list(booking_ids), "now": now}
        )
        found = {}
        for row in rows:
            values = by_name(_BALANCE_COLUMNS, row)
            sums = {name: values.pop(name) for name in _SUMS}
            sale = _build_sale(**values)
            found[sale.booking_id] = Balance(
                currency=sale.currency, charged_minor=sale.charged_minor, **sums
            )
        return found


def _own(uuid: UUID, access: Access) -> dict[str, object]:
    return {"uuid": uuid, "partner_id": access.partner_id, "test_mode": access.test_mode}


def _build_sale(
    *,
    booking_id: int,
    is_direct: bool,
    test_mode: bool,
    status: str,
    is_expired: bool | None,
    currency: str,
    retail_minor: int,
    refund_retail_minor: int | None,
) -> ChargedSale:
    stored = BookingStatus(status)
    return ChargedSale(
        booking_id=BookingId(booking_id),
        is_direct=is_direct,
        test_mode=test_mode,
        status=stored.after_expiry if is_expired else stored,
        currency=currency,
        retail_minor=retail_minor,
        refund_retail_minor=refund_retail_minor,
    )


def _build_entry(
    *,
    id: int,
    booking_id: int,
    kind: str,
    amount_minor: int,
    currency: str,
    method: str | None,
    reference: str,
    note: str,
    reverses_id: int | None,
    recorded_by_id: int,
    recorded_at: datetime,
) -> Entry:
    return Entry(
        id=EntryId(id),
        booking_id=BookingId(booking_id),
        kind=EntryKind(kind),
        amount_minor=amount_minor,
        currency=currency,
        method=None if method is None else Method(method),
        reference=reference,
        note=note,
        reverses=None if reverses_id is None else EntryId(reverses_id),
        recorded_by=StaffUserId(recorded_by_id),
        recorded_at=recorded_at,
    )
