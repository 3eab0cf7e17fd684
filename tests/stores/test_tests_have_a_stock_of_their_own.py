"""A test sees the full capacity less its partner's own running tests; live sales never see one."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from core_site.catalog.models import Departure as DepartureRow
from shared_domain import availability, bookings
from shared_domain.availability import AvailabilityQuery, DepartureId, Slot
from shared_domain.bookings import Booking, BookingChange
from shared_domain.database import Database
from shared_domain.partners import Access, PartnerId
from tests.harness.data import NOW, TRAVEL_DATE, Shop, bookings_on
from tests.stores.both import Teller

CAPACITY = 10


class Desk:
    """What partners see and do with the shop's departure on one database."""

    def __init__(self, shop: Shop, database: Database) -> None:
        self.shop = shop
        self.store = bookings_on(database)

    async def slot(
        self, *, test_mode: bool, partner: PartnerId | None = None, now: datetime = NOW
    ) -> Slot:
        question = AvailabilityQuery(
            product_code="kayak", option_code="DEFAULT", dates=(TRAVEL_DATE, TRAVEL_DATE)
        )
        named: dict[str, Any] = {
            "access": Access(partner_id=partner or self.shop.alice, test_mode=test_mode),
            "now": now,
            "store": self.store.availability,
        }
        (slot,) = (await availability.find_slots(question, **named)).found
        (day,) = (await availability.find_days(question, **named)).found
        ids = replace(question, dates=None, availability_ids=(slot.departure.availability_id,))
        assert (await availability.find_slots(ids, **named)).found == [slot]
        assert (day.status, day.vacancies) == (slot.status, slot.vacancies)
        return slot

    async def left(self, **which: Any) -> int | None:
        return (await self.slot(**which)).vacancies

    async def reserve(
        self, tickets: int, *, test_mode: bool, partner: PartnerId | None = None, **values: Any
    ) -> Booking:
        wish = self.shop.reservation(*["adult"] * tickets, uuid=uuid4(), **values)
        access = Access(partner_id=partner or self.shop.alice, test_mode=test_mode)
        return await bookings.reserve_booking(wish, access=access, now=NOW, store=self.store)

    async def is_sold_out(self, **which: Any) -> bool:
        try:
            await self.reserve(1, **which)
        except bookings.SoldOut:
            return True
        return False

    async def change(self, booking: Booking, change: BookingChange) -> Booking:
        return await bookings.update_booking(
            booking.uuid, change, access=booking.access, now=NOW, store=self.store
        )

    async def set_capacity(self, capacity: int) -> None:
        await availability.set_departure_capacity(
            DepartureId(self.shop.departure.pk), capacity, now=NOW, store=self.store.availability
        )


def test_sold_out_live_is_free_to_tests(shop: Shop, tell: Teller) -> None:
    async def story(database: Database) -> Any:
        desk = Desk(shop, database)
        await desk.reserve(CAPACITY, test_mode=False)
        seen = await desk.slot(test_mode=True)
        test = await desk.reserve(CAPACITY, test_mode=True)
        return seen.vacancies, seen.status, test.places, await desk.left(test_mode=True)

    assert tell(story) == (CAPACITY, "AVAILABLE", CAPACITY, 0)


def test_sold_out_by_tests_is_free_to_live_bookings(shop: Shop, tell: Teller) -> None:
    async def story(database: Database) -> Any:
        desk = Desk(shop, database)
        await desk.reserve(CAPACITY, test_mode=True)
        is_sold_out = await desk.is_sold_out(test_mode=True)
        live = await desk.reserve(CAPACITY, test_mode=False)
        return is_sold_out, live.places, await desk.is_sold_out(test_mode=False)

    assert tell(story) == (True, CAPACITY, True)


def test_no_partner_meets_anothers_tests(shop: Shop, tell: Teller) -> None:
    async def story(database: Database) -> Any:
        desk = Desk(shop, database)
        await desk.reserve(CAPACITY, test_mode=True)
        return [
            await desk.left(test_mode=True, partner=shop.alice),
            await desk.left(test_mode=True, partner=shop.bob),
            (await desk.reserve(CAPACITY, test_mode=True, partner=shop.bob)).places,
        ]

    assert tell(story) == [0, CAPACITY, CAPACITY]


def test_tests_never_count_on_the_departure_itself(shop: Shop, tell: Teller) -> None:
    async def story(database: Database) -> Any:
        desk = Desk(shop, database)
        reserved = "SELECT reserved FROM catalog_departure WHERE id = %(id)s"
        of_shop = {"id": shop.departure.pk}
        test = await desk.reserve(3, test_mode=True)
        counts = [await database.fetch_one(reserved, of_shop)]
        await bookings.cancel_booking(
            test.uuid, reason=None, access=test.access, now=NOW, store=desk.store
        )
        counts.append(await database.fetch_one(reserved, of_shop))
        return counts, await desk.left(test_mode=True), await desk.left(test_mode=False)

    assert tell(story) == ([(0,), (0,)], CAPACITY, CAPACITY)


def test_a_test_hold_that_ran_out_gives_its_places_back(shop: Shop, tell: Teller) -> None:
    async def story(database: Database) -> Any:
        desk = Desk(shop, database)
        await desk.reserve(4, test_mode=True)
        await desk.reserve(2, test_mode=False)
        later = NOW + timedelta(minutes=30)
        before = [await desk.left(test_mode=mode, now=later) for mode in (True, False)]
        await bookings.release_expired_holds(
            DepartureId(shop.departure.pk), now=later, store=desk.store
        )
        after = [await desk.left(test_mode=mode, now=later) for mode in (True, False)]
        stored = await database.fetch_one(
            "SELECT reserved FROM catalog_departure WHERE id = %(id)s", {"id": shop.departure.pk}
        )
        return before, after, stored

    assert tell(story) == ([CAPACITY] * 2, [CAPACITY] * 2, (0,))


def test_a_test_moves_within_its_own_stock(shop: Shop, tell: Teller) -> None:
    async def story(database: Database) -> Any:
        desk = Desk(shop, database)
        await desk.reserve(CAPACITY, test_mode=False)
        test = await desk.reserve(4, test_mode=True)
        more = await desk.change(
            test, BookingChange(unit_items=shop.reservation(*["adult"] * CAPACITY).unit_items)
        )
        assert more.departure
        read = await bookings.get_booking(test.uuid, access=test.access, now=NOW, store=desk.store)
        return more.places, more.departure.vacancies, read == more

    assert tell(story) == (CAPACITY, 0, True)


def test_what_staff_decide_holds_for_tests_too(shop: Shop, tell: Teller) -> None:
    async def story(database: Database) -> Any:
        desk = Desk(shop, database)
        cutoff = (await desk.slot(test_mode=True)).departure.booking_cutoff_at
        seen = [(await desk.slot(test_mode=True, now=cutoff)).status]
        await desk.reserve(4, test_mode=True)
        # Live places cannot be cut off below what is sold; tests simply find none left.
        await desk.set_capacity(2)
        seen.append(await desk.left(test_mode=True))
        seen.append(await desk.is_sold_out(test_mode=True))
        await desk.set_capacity(6)
        seen.append(await desk.left(test_mode=True))
        await availability.set_departure_open(
            DepartureId(shop.departure.pk),
            is_open=False,
            now=NOW,
            store=desk.store.availability,
        )
        seen.append((await desk.slot(test_mode=True)).status)
        return seen

    assert tell(story) == ["CLOSED", 0, True, 2, "CLOSED"]
    assert DepartureRow.objects.get().reserved == 0
