"""However many extend, confirm and release a hold at once, its ceiling holds and one thing wins."""

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from core_site.bookings.models import Booking
from core_site.catalog.models import Product
from core_site.events.models import Event
from shared_domain.availability import DepartureId
from shared_domain.bookings import BookingChange
from tests.concurrency.callers import Callers, call
from tests.concurrency.interleaving import stage
from tests.harness.data import NOW, Shop, live

EXPIRY = NOW + timedelta(minutes=30)
JUST_IN_TIME = EXPIRY - timedelta(milliseconds=1)
CEILING = NOW + timedelta(minutes=240)


@pytest.fixture
def held(shop: Shop, url: str) -> UUID:
    uuid = uuid4()

    async def hold() -> None:
        async with stage(url) as ours:
            wish = shop.reservation(uuid=uuid)
            await ours.run(call("reserve_booking", wish, access=live(shop.alice), now=NOW))

    asyncio.run(hold())
    return uuid


def test_extensions_add_up_to_the_ceiling(
    shop: Shop, url: str, callers: Callers, held: UUID
) -> None:
    extending = [
        call("extend_booking", held, 60, access=live(shop.alice), now=NOW) for _ in range(20)
    ]

    outcomes = callers.all_at_once(url, extending)

    assert Counter(outcome.said for outcome in outcomes) == {"ON_HOLD": 20}
    assert Booking.objects.get().hold_expires_at == CEILING
    # Three add an hour each and a fourth the rest; the others change nothing.
    assert Event.objects.filter(type="booking.extended").count() == 4


def test_confirmed_extended_or_expired(shop: Shop, url: str, callers: Callers, held: UUID) -> None:
    named = {"access": live(shop.alice)}
    calls = [
        *[call("extend_booking", held, 10, now=JUST_IN_TIME, **named) for _ in range(6)],
        call("confirm_booking", held, BookingChange(), now=JUST_IN_TIME, **named),
        *[call("release_expired_holds", DepartureId(shop.departure.pk), now=EXPIRY)] * 6,
    ]

    said = Counter(outcome.said for outcome in callers.all_at_once(url, calls))

    booking = Booking.objects.get()
    assert said.keys() <= {"ON_HOLD", "CONFIRMED", "WrongStatus", "HoldExpired", "done"}
    assert booking.status in ("CONFIRMED", "EXPIRED")
    assert said["CONFIRMED"] == (booking.status == "CONFIRMED")
    ended = ("booking.confirmed", "booking.expired")
    assert Event.objects.filter(type__in=ended).count() == 1


def test_a_pending_booking_is_accepted_or_lapses(
    shop: Shop, url: str, callers: Callers, held: UUID
) -> None:
    Product.objects.update(instant_confirmation=False)
    callers.all_at_once(
        url, [call("confirm_booking", held, BookingChange(), access=live(shop.alice), now=NOW)]
    )
    cutoff = shop.departure.booking_cutoff_at
    in_time = cutoff - timedelta(milliseconds=1)
    calls = [
        *[call("accept_booking", held, access=live(shop.alice), now=in_time)] * 4,
        *[call("release_expired_holds", DepartureId(shop.departure.pk), now=cutoff)] * 4,
    ]

    said = Counter(outcome.said for outcome in callers.all_at_once(url, calls))

    booking = Booking.objects.get()
    assert (said["CONFIRMED"], booking.status) in ((1, "CONFIRMED"), (0, "REJECTED"))
    ended = ("booking.accepted", "booking.rejected")
    assert Event.objects.filter(type__in=ended).count() == 1
