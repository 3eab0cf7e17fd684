"""A hold is either confirmed in time or expires; its places are never sold twice."""

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import uuid4

from core_site.bookings.models import Booking
from core_site.events.models import Event
from shared_domain.availability import DepartureId
from shared_domain.bookings import BookingChange
from tests.concurrency.callers import Callers, call
from tests.concurrency.interleaving import stage
from tests.harness.data import NOW, Shop, live

EXPIRY = NOW + timedelta(minutes=30)
JUST_IN_TIME = EXPIRY - timedelta(milliseconds=1)


def test_confirming_races_with_new_reservations(shop: Shop, url: str, callers: Callers) -> None:
    uuids = [uuid4() for _ in range(10)]

    async def fill_departure() -> None:
        async with stage(url) as ours:
            for uuid in uuids:
                wish = shop.reservation(uuid=uuid)
                await ours.run(call("reserve_booking", wish, access=live(shop.alice), now=NOW))

    asyncio.run(fill_departure())
    confirming = [
        call("confirm_booking", uuid, BookingChange(), access=live(shop.alice), now=JUST_IN_TIME)
        for uuid in uuids
    ]
    reserving = [
        call("reserve_booking", shop.reservation(uuid=uuid4()), access=live(shop.bob), now=EXPIRY)
        for _ in uuids
    ]
    releasing = [call("release_expired_holds", DepartureId(shop.departure.pk), now=EXPIRY)] * 4
    calls = [
        attempt for pair in zip(confirming, reserving, strict=True) for attempt in pair
    ] + releasing

    outcomes = callers.all_at_once(url, calls)

    confirmed = Counter(outcome.said for outcome in outcomes[0:20:2])
    reserved = Counter(outcome.said for outcome in outcomes[1:20:2])
    assert confirmed.keys() <= {"CONFIRMED", "HoldExpired"}
    assert reserved.keys() <= {"ON_HOLD", "SoldOut"}
    assert confirmed["CONFIRMED"] + reserved["ON_HOLD"] <= 10
    statuses = Counter(Booking.objects.filter(uuid__in=uuids).values_list("status", flat=True))
    assert statuses["CONFIRMED"] == confirmed["CONFIRMED"]
    assert Event.objects.filter(type="booking.expired").count() == statuses["EXPIRED"]


def test_releasing_twice_at_once_frees_places_once(shop: Shop, url: str, callers: Callers) -> None:
    async def hold_all() -> None:
        async with stage(url) as ours:
            for _ in range(10):
                wish = shop.reservation(uuid=uuid4())
                await ours.run(call("reserve_booking", wish, access=live(shop.alice), now=NOW))

    asyncio.run(hold_all())
    releasing = call("release_expired_holds", DepartureId(shop.departure.pk), now=EXPIRY)

    callers.all_at_once(url, [releasing] * 20)

    shop.departure.refresh_from_db()
    assert shop.departure.reserved == 0
    assert Event.objects.filter(type="booking.expired").count() == 10
