"""Meetings of transactions that have once been a deadlock, led step by step, end well."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from core_site.catalog.models import Departure
from shared_domain import bookings
from shared_domain.availability import LIVE_STOCK, DepartureId
from shared_domain.bookings import BookingChange, BookingStatus
from shared_domain.catalog import OptionId
from tests.concurrency.callers import call
from tests.concurrency.interleaving import stage
from tests.harness.data import NOW, Shop, add_product, live


def test_a_late_repeat_meets_the_cancellation_of_its_booking(shop: Shop, url: str) -> None:
    """The repeat holds the departure and meets the booking's row, which is about to be freed."""
    uuid = uuid4()
    named = {"access": live(shop.alice), "now": NOW}
    reserving = call("reserve_booking", shop.reservation(uuid=uuid), **named)
    cancelling = call("cancel_booking", uuid, reason=None, **named)
    departure_id = DepartureId(shop.departure.pk)

    async def meet() -> tuple[bookings.Booking, bookings.Booking]:
        async with stage(url) as theirs:
            async with theirs.transaction() as first_try:
                await reserving.run(first_try)
                holder = await theirs.begin(hold_departure())
                repeat = await theirs.begin(theirs.run(reserving))
            await is_locked.wait()
            cancellation = await theirs.begin(theirs.run(cancelling))
            may_unlock.set()
            await holder
            return await repeat, await cancellation

    async def hold_departure() -> None:
        async with stage(url) as ours, ours.transaction() as store:
            await store.availability.lock(departure_id, stock=LIVE_STOCK, now=NOW)
            is_locked.set()
            await may_unlock.wait()

    is_locked, may_unlock = asyncio.Event(), asyncio.Event()
    repeated, cancelled = asyncio.run(meet())

    assert repeated.id == cancelled.id
    assert cancelled.status is BookingStatus.CANCELLED


def test_generating_departures_meets_a_rebooking_from_today_to_tomorrow(
    shop: Shop, url: str
) -> None:
    """Today's opening hours have begun and are still on sale: they are locked in turn as well."""
    museum = add_product("museum", partners=(shop.alice,), availability_type="OPENING_HOURS")
    option_id = OptionId(museum.options.get().pk)
    now = datetime(2026, 7, 1, 10, 0, tzinfo=UTC)
    generating = call("generate_departures", option_id, now=now)

    async def open_museum() -> None:
        async with stage(url) as ours:
            # Yesterday's run made both days.
            yesterday = now - timedelta(days=1)
            await ours.run(call("generate_departures", option_id, now=yesterday))

    asyncio.run(open_museum())
    today, tomorrow = Departure.objects.filter(
        option=option_id, local_date__gte=now.date()
    ).order_by("id")[:2]

    async def meet() -> bookings.Booking:
        async with stage(url) as theirs:
            wish = shop.reservation(
                uuid=uuid4(), product_code="museum", availability_id=today.availability_id
            )
            held = await theirs.run(call("reserve_booking", wish, access=live(shop.alice), now=now))
            rebooking = call(
                "update_booking",
                held.uuid,
                BookingChange(availability_id=tomorrow.availability_id),
                access=live(shop.alice),
                now=now,
            )
            async with theirs.transaction() as store:
                # As every rebooking does: the earlier departure, then the later one.
                await store.availability.lock(DepartureId(today.pk), stock=LIVE_STOCK, now=now)
                generation = await theirs.begin(theirs.run(generating))
                await store.availability.lock(DepartureId(tomorrow.pk), stock=LIVE_STOCK, now=now)
            await generation
            return await theirs.run(rebooking)

    moved = asyncio.run(meet())

    assert moved.departure is not None
    assert moved.departure.id == tomorrow.pk
