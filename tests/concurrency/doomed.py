"""A process that reserves and cancels until it is killed; run as ``python -m``.

Its arguments: the database, "on" or "", a slot's id, the partner's id, the time. Before each
reservation is committed it prints the uuid; without "on" it then waits, in the transaction.
"""

import asyncio
import sys
from datetime import datetime
from uuid import uuid4

from api_edge.postgresql.database import make_pool
from shared_domain.bookings import (
    ReservationRequest,
    UnitItemRequest,
    cancel_booking,
    reserve_booking,
)
from shared_domain.partners import Access, PartnerId
from tests.concurrency.callers import patient_settings, store_on


async def work(url: str, goes_on: str, availability_id: str, partner: str, moment: str) -> None:
    access = Access(partner_id=PartnerId(int(partner)), test_mode=False)
    now = datetime.fromisoformat(moment)
    async with (
        make_pool(patient_settings(url)) as pool,
        pool.connection() as connection,
    ):
        store = store_on(connection)
        while True:
            wish = ReservationRequest(
                product_code="kayak",
                option_code="DEFAULT",
                availability_id=availability_id,
                unit_items=(UnitItemRequest(unit_code="adult"),) * 2,
                uuid=uuid4(),
            )
            async with connection.transaction():
                booking = await reserve_booking(wish, access=access, now=now, store=store)
                sys.stdout.write(f"{booking.uuid}\n")
                sys.stdout.flush()
                if not goes_on:
                    await asyncio.sleep(60)
            async with connection.transaction():
                await cancel_booking(booking.uuid, reason=None, access=access, now=now, store=store)


if __name__ == "__main__":
    asyncio.run(work(*sys.argv[1:]))
