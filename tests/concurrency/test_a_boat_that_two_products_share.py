"""Two products go out on one boat at the same time: together they never sell more than its places.

Callers are processes of their own. What they leave behind is what the boat holds, however the two
departures share it, and no call waits for another in a circle.
"""

import asyncio
from collections import Counter
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Sum

from core_site import stores
from core_site.catalog.models import Departure
from core_site.resources.models import Resource
from shared_domain import resources
from shared_domain.availability import DepartureId
from shared_domain.bookings import BookingChange, ReservationRequest, SoldOut
from shared_domain.resources import ResourceId
from shared_domain.resources.sql_store import SqlResourceStore
from shared_domain.run_now import run_now
from tests.concurrency.callers import Callers, call
from tests.concurrency.interleaving import stage
from tests.harness.data import NOW, Shop, add_departure, add_product, live

#: How many callers change their bookings at the same time.
CHANGING = 24


def put_on_one_boat(*departures: Departure, places: int) -> Resource:
    boat = Resource.objects.create(kind="BOAT", name=f"Boat {uuid4()}", capacity=places)
    with transaction.atomic():
        run_now(
            resources.assign_resources(
                [ResourceId(boat.pk)],
                [DepartureId(departure.pk) for departure in departures],
                store=stores.resources(),
            )
        )
    return boat


@pytest.fixture
def sail(shop: Shop) -> Departure:
    """A departure of another product, which overlaps the kayak's by an hour."""
    product = add_product("sail", partners=(shop.alice, shop.bob))
    return add_departure(product, starts_at=shop.departure.starts_at + timedelta(hours=1))


def reserved() -> int:
    return Departure.objects.aggregate(Sum("reserved"))["reserved__sum"]


def test_all_callers_want_the_last_places(
    shop: Shop, url: str, callers: Callers, sail: Departure
) -> None:
    put_on_one_boat(shop.departure, sail, places=7)
    wishes = [
        shop.reservation(uuid=uuid4()) if number % 2 else
        shop.reservation(
            uuid=uuid4(), product_code="sail", availability_id=sail.availability_id
        )
        for number in range(60)
    ]  # fmt: skip

    outcomes = callers.all_at_once(
        url, [call("reserve_booking", wish, access=live(shop.alice), now=NOW) for wish in wishes]
    )

    assert Counter(outcome.said for outcome in outcomes) == {"ON_HOLD": 7, "SoldOut": 53}
    assert reserved() == 7


@pytest.mark.parametrize("places", [9, 2 * CHANGING])
def test_callers_change_from_one_departure_to_the_other(
    shop: Shop, url: str, callers: Callers, sail: Departure, places: int
) -> None:
    """Rebooking locks both departures and both boats: crosswise, without a deadlock."""
    Departure.objects.update(capacity=places)
    put_on_one_boat(shop.departure, sail, places=places)
    put_on_one_boat(sail, places=places)
    programs = []
    for number in range(CHANGING):
        uuid = uuid4()
        there = {"product_code": "sail", "availability_id": sail.availability_id}
        back = {"product_code": "kayak", "availability_id": shop.departure.availability_id}
        first, second = (back, there) if number % 2 else (there, back)
        programs.append(
            [
                call(
                    "reserve_booking",
                    shop.reservation(uuid=uuid, **first),
                    access=live(shop.alice),
                    now=NOW,
                ),
                *(
                    call(
                        "update_booking",
                        uuid,
                        BookingChange(option_code="DEFAULT", **to),
                        access=live(shop.alice),
                        now=NOW,
                    )
                    for to in (second, first, second)
                ),
            ]
        )

    outcomes = callers.in_order(url, programs)

    said = Counter(outcome.said for program in outcomes for outcome in program)
    assert set(said) <= {"ON_HOLD", "SoldOut", "BookingNotFound"}
    held = sum(program[0].said == "ON_HOLD" for program in outcomes)
    assert reserved() == held <= 2 * places
    assert Departure.objects.get(pk=shop.departure.pk).reserved <= places
    if places > CHANGING:
        # With room for each beside its move, none is refused.
        assert said == {"ON_HOLD": 4 * CHANGING}


def test_the_database_refuses_what_no_service_would_write(shop: Shop, sail: Departure) -> None:
    put_on_one_boat(shop.departure, sail, places=7)
    Departure.objects.filter(pk=sail.pk).update(reserved=5)

    with pytest.raises(IntegrityError, match="has 2 places with its resources"):
        Departure.objects.filter(pk=shop.departure.pk).update(reserved=3)

    Departure.objects.update(reserved=0)


def test_a_boat_that_is_given_while_callers_wait_is_not_sold_twice(
    shop: Shop, url: str, sail: Departure
) -> None:
    """They began before the boat was there: neither has locked it with its departure."""
    boat = Resource.objects.create(kind="BOAT", name=f"Boat {uuid4()}", capacity=7)
    slots = {"kayak": shop.departure.availability_id, "sail": sail.availability_id}
    wishes = [
        shop.reservation(*["adult"] * 5, uuid=uuid4(), product_code=code, availability_id=slot)
        for code, slot in slots.items()
    ]

    async def story() -> list[str]:
        outcomes: list[str] = []
        async with stage(url) as here:

            async def reserve(wish: ReservationRequest) -> None:
                async with here.transaction() as store:
                    try:
                        asked = call("reserve_booking", wish, access=live(shop.alice), now=NOW)
                        outcomes.append((await asked.run(store)).status.value)
                    except SoldOut:
                        outcomes.append("SoldOut")
                    # Both read before either commits, or one waits for the other.
                    while len(outcomes) < 2 and not await here.count_waiting():  # noqa: ASYNC110
                        await asyncio.sleep(0.01)

            async with here.writing() as staff:
                ids = [DepartureId(shop.departure.pk), DepartureId(sail.pk)]
                store = SqlResourceStore(staff)
                await resources.assign_resources([ResourceId(boat.pk)], ids, store=store)
                reserving = [await here.begin(reserve(wish)) for wish in wishes]
            await asyncio.gather(*reserving)
        return outcomes

    assert sorted(asyncio.run(story())) == ["ON_HOLD", "SoldOut"]
    assert reserved() == 5
