"""A booking expires by one rule: ``Booking.expire``, the SQL of every statement and the admin's
conditions agree.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from core_site.bookings.hold_expiry import expires_at, has_expired
from core_site.bookings.models import Booking as BookingRow
from core_site.database import DjangoDatabase
from shared_domain import bookings
from shared_domain.availability import DepartureId, booking_sql_store
from shared_domain.bookings import BookingStatus
from shared_domain.database import Database
from tests.harness.data import NOW, Shop, bookings_on, live
from tests.stores.both import Teller

HOUR = timedelta(hours=1)

SET_STATE = """
UPDATE bookings_booking
   SET status = %(status)s::text, updated_at = created_at,
       hold_expires_at = %(hold_expires_at)s,
       confirmed_at = CASE WHEN %(status)s::text IN ('CONFIRMED', 'REDEEMED') THEN created_at END,
       sale_date = created_at::date,
       redeemed_at = CASE WHEN %(status)s::text = 'REDEEMED' THEN created_at END
"""

SET_CUTOFF = "UPDATE catalog_departure SET booking_cutoff_at = %(cutoff)s"

ASK = f"""
SELECT hold.status IN {booking_sql_store.TAKING_PLACES}, {booking_sql_store.expires_at("hold")},
       {booking_sql_store.is_expired("hold")}, {booking_sql_store.is_live("hold")},
       {booking_sql_store.has_run_out("hold")}, {booking_sql_store.is_running("hold")}
  FROM bookings_booking AS hold
  JOIN catalog_departure AS departure ON departure.id = hold.departure_id
"""

HOLDS = {BookingStatus.ON_HOLD, BookingStatus.EXPIRED}
WAITING = {BookingStatus.ON_HOLD, BookingStatus.PENDING}

#: A cancelled booking needs more than a status; like a rejected one, it is over.
STATUSES = sorted(set(BookingStatus) - {BookingStatus.CANCELLED})


@pytest.mark.parametrize("cutoff_in", [-HOUR, timedelta(0), HOUR])
@pytest.mark.parametrize("hold_ends_in", [-HOUR, timedelta(0), HOUR])
def test_in_sql_and_in_the_model(
    shop: Shop, tell: Teller, hold_ends_in: timedelta, cutoff_in: timedelta
) -> None:
    async def story(database: Database) -> Any:
        store, access = bookings_on(database), live(shop.alice)
        reserved = await bookings.reserve_booking(
            shop.reservation("adult"), access=access, now=NOW - 2 * HOUR, store=store
        )
        await database.execute(SET_CUTOFF, {"cutoff": NOW + cutoff_in})
        found = []
        for status in STATUSES:
            state = {
                "status": status.value,
                "hold_expires_at": NOW + hold_ends_in if status in HOLDS else None,
            }
            await database.execute(SET_STATE, state)
            before = await store.get(reserved.uuid, access, now=NOW)
            in_sql = await database.fetch_one(ASK, {"now": NOW})
            # The ORM sees what is written on Django's own connection.
            rows = BookingRow.objects.all() if isinstance(database, DjangoDatabase) else None
            in_orm = rows and [rows.filter(has_expired(NOW)).exists(), expires_at(rows.get())]
            await bookings.release_expired_holds(
                DepartureId(shop.departure.pk), now=NOW, store=store
            )
            found.append((before, in_sql, in_orm, await store.get(reserved.uuid, access, now=NOW)))
            await database.execute("UPDATE catalog_departure SET reserved = 1", {})
        return found

    for before, in_sql, in_orm, after in tell(story):
        takes_places, ends_at, is_expired, is_live, has_run_out, is_running = in_sql
        status, now_status = before.status, before.status_at(NOW)
        expired = before.expire(now=NOW)

        assert takes_places is status.takes_places
        assert before.expires_at == (ends_at if status in WAITING else None)
        assert is_expired is (now_status is not status) is (expired != before)
        assert in_orm in (None, [is_expired, before.expires_at])
        assert is_live is (status.takes_places and not is_expired and status != "REDEEMED")
        is_hold = status is BookingStatus.ON_HOLD
        assert has_run_out is (is_hold and before.hold_expires_at <= NOW)
        assert has_run_out is before.has_run_out(now=NOW)
        assert is_running is (is_hold and before.hold_expires_at > NOW)
        assert replace(after, departure=None) == replace(expired, departure=None)
