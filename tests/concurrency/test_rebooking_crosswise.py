"""Bookings that change places with one another all get an answer, and never a deadlock."""

import asyncio
import random
from collections import Counter
from uuid import UUID, uuid4

import pytest

from core_site.bookings.models import Booking
from core_site.catalog.models import Departure
from shared_domain.availability import DepartureId
from shared_domain.bookings import BookingChange
from shared_domain.catalog import OptionId
from tests.concurrency.callers import Call, Callers, call
from tests.concurrency.interleaving import stage
from tests.harness.data import NOW, Shop, add_departure, live

REFUSALS = {"SoldOut", "NotCancellable", "WrongStatus", "BookingNotFound", "CapacityBelowReserved"}


@pytest.fixture
def later(shop: Shop) -> Departure:
    return add_departure(shop.kayak, starts_at=shop.departure.starts_at.replace(day=20))


def reserve_all(shop: Shop, url: str, departure: Departure, number: int) -> list[UUID]:
    uuids = [uuid4() for _ in range(number)]

    async def reserve() -> None:
        async with stage(url) as ours:
            for uuid in uuids:
                wish = shop.reservation(uuid=uuid, availability_id=departure.availability_id)
                await ours.run(call("reserve_booking", wish, access=live(shop.alice), now=NOW))

    asyncio.run(reserve())
    return uuids


def move(shop: Shop, uuid: UUID, departure: Departure) -> Call:
    change = BookingChange(availability_id=departure.availability_id)
    return call("update_booking", uuid, change, access=live(shop.alice), now=NOW)


def test_two_departures_exchange_their_guests(
    shop: Shop, url: str, later: Departure, callers: Callers
) -> None:
    going, coming = (reserve_all(shop, url, departure, 8) for departure in (shop.departure, later))
    programs = [
        [move(shop, uuid, departure) for departure in (later, shop.departure) * 3] for uuid in going
    ]
    programs += [
        [move(shop, uuid, departure) for departure in (shop.departure, later) * 3]
        for uuid in coming
    ]

    outcomes = callers.in_order(url, programs)

    said = Counter(outcome.said for program in outcomes for outcome in program)
    assert said.keys() <= {"ON_HOLD", "SoldOut"}
    assert said["ON_HOLD"] > 0
    assert Booking.objects.count() == 16


def test_everything_at_once(shop: Shop, url: str, later: Departure, callers: Callers) -> None:
    """Partners, staff and the worker all work on the same two departures."""
    chance = random.Random(20260701)
    option_id = OptionId(shop.kayak.options.get().pk)
    departures = [shop.departure, later]
    uuids = [uuid for departure in departures for uuid in reserve_all(shop, url, departure, 6)]

    def something() -> Call:
        uuid, departure = chance.choice(uuids), chance.choice(departures)
        departure_id = DepartureId(departure.pk)
        named = {"access": live(shop.alice), "now": NOW}
        wish = shop.reservation(uuid=uuid4(), availability_id=departure.availability_id)
        return chance.choice(
            [
                move(shop, uuid, departure),
                move(shop, uuid, departure),
                call("reserve_booking", wish, **named),
                call("confirm_booking", uuid, BookingChange(), **named),
                call("extend_booking", uuid, 5, **named),
                call("cancel_booking", uuid, reason=None, **named),
                call("set_departure_capacity", departure_id, chance.randint(5, 12), now=NOW),
                call("release_expired_holds", departure_id, now=NOW),
                call("generate_departures", option_id, now=NOW),
            ]
        )

    outcomes = callers.in_order(url, [[something() for _ in range(6)] for _ in range(40)])

    said = Counter(outcome.said for program in outcomes for outcome in program)
    assert said.keys() <= REFUSALS | {"ON_HOLD", "CONFIRMED", "CANCELLED", "done"}
