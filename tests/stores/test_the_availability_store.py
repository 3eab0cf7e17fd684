"""The store of departures answers the same on both databases, less the holds that have run out."""

from datetime import date, time, timedelta
from typing import Any
from uuid import uuid4

from shared_domain import availability, bookings
from shared_domain.availability import LIVE_STOCK, Departure, DepartureId
from shared_domain.catalog import OptionId
from shared_domain.database import Database
from tests.harness.data import NOW, TRAVEL_DATE, Shop, bookings_on, live
from tests.stores.both import Teller

LATER = NOW + timedelta(hours=5)


def option_of(shop: Shop) -> OptionId:
    return OptionId(shop.departure.option_id)


def id_of(shop: Shop) -> DepartureId:
    return DepartureId(shop.departure.pk)


async def reserve(shop: Shop, database: Database, *unit_codes: str, **values: Any) -> None:
    wish = shop.reservation(*unit_codes, uuid=uuid4(), **values)
    await bookings.reserve_booking(
        wish, access=live(shop.alice), now=NOW, store=bookings_on(database)
    )


def test_a_departure_is_read_whole(shop: Shop, tell: Teller) -> None:
    async def read(database: Database) -> Any:
        store = bookings_on(database).availability
        return await store.between(
            option_of(shop), TRAVEL_DATE, TRAVEL_DATE, stock=LIVE_STOCK, now=NOW
        )

    row = shop.departure
    assert tell(read) == [
        Departure(
            id=id_of(shop),
            availability_id="2026-07-14T09:30:00+01:00",
            local_date=TRAVEL_DATE,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            cutoffs_count_from=row.starts_at,
            booking_cutoff_at=row.booking_cutoff_at,
            opening_hours=(),
            capacity=10,
            reserved=0,
            max_units=None,
            is_open=True,
            start_time=time(9, 30),
        )
    ]


def test_a_range_includes_both_its_ends(shop: Shop, tell: Teller) -> None:
    async def read(database: Database) -> Any:
        store = bookings_on(database).availability
        option_id = option_of(shop)
        ranges = [(-1, 0), (0, 1), (-2, -1), (1, 2)]
        return [
            len(
                await store.between(
                    option_id,
                    TRAVEL_DATE + timedelta(days=first),
                    TRAVEL_DATE + timedelta(days=last),
                    stock=LIVE_STOCK,
                    now=NOW,
                )
            )
            for first, last in ranges
        ]

    assert tell(read) == [1, 1, 0, 0]


def test_unknown_ids_and_other_options_are_left_out(shop: Shop, tell: Teller) -> None:
    async def read(database: Database) -> Any:
        store = bookings_on(database).availability
        ids = [shop.departure.availability_id, "no such slot"]
        found = await store.by_availability_ids(option_of(shop), ids, stock=LIVE_STOCK, now=NOW)
        elsewhere = await store.by_availability_ids(OptionId(0), ids, stock=LIVE_STOCK, now=NOW)
        return [departure.id for departure in found], elsewhere

    assert tell(read) == ([shop.departure.pk], [])


def test_holds_that_have_run_out_do_not_count_for_readers(shop: Shop, tell: Teller) -> None:
    async def read(database: Database) -> Any:
        await reserve(shop, database, "adult", "adult")
        await reserve(shop, database, "family", expiration_minutes=120)
        store = bookings_on(database).availability
        ids = [shop.departure.availability_id]
        return [
            departure.reserved
            for now in (NOW, NOW + timedelta(minutes=30), NOW + timedelta(minutes=120))
            for departure in await store.by_availability_ids(
                option_of(shop), ids, stock=LIVE_STOCK, now=now
            )
        ]

    assert tell(read) == [6, 4, 0]


def test_locking_releases_them(shop: Shop, tell: Teller) -> None:
    async def lock(database: Database) -> Any:
        await reserve(shop, database, "adult", "adult")
        store = bookings_on(database).availability
        locked = await store.lock(id_of(shop), stock=LIVE_STOCK, now=LATER)
        stored = await database.fetch_one(
            "SELECT reserved FROM catalog_departure WHERE id = %(id)s", {"id": shop.departure.pk}
        )
        told = await database.fetch_all(
            "SELECT type FROM events_event WHERE booking_uuid IS NOT NULL ORDER BY id", {}
        )
        return locked and locked.reserved, stored, told

    told = [("booking.reserved",), ("booking.expired",)]
    assert tell(lock) == (0, (0,), told)


def test_a_slot_is_locked_by_option_and_id(shop: Shop, tell: Teller) -> None:
    async def lock(database: Database) -> Any:
        store = bookings_on(database).availability
        slot_id = shop.departure.availability_id
        found = await store.lock_slot(option_of(shop), slot_id, stock=LIVE_STOCK, now=NOW)
        return found and found.id, [
            await store.lock_slot(OptionId(0), slot_id, stock=LIVE_STOCK, now=NOW),
            await store.lock_slot(option_of(shop), "no such slot", stock=LIVE_STOCK, now=NOW),
            await store.lock(DepartureId(0), stock=LIVE_STOCK, now=NOW),
        ]

    assert tell(lock) == (shop.departure.pk, [None, None, None])


def test_staff_edits_are_kept_and_marked(shop: Shop, tell: Teller) -> None:
    async def edit(database: Database) -> Any:
        store = bookings_on(database).availability
        await availability.set_departure_open(id_of(shop), is_open=False, now=NOW, store=store)
        await availability.set_departure_capacity(id_of(shop), None, now=NOW, store=store)
        return await database.fetch_one(
            "SELECT is_open, capacity, is_edited FROM catalog_departure WHERE id = %(id)s",
            {"id": shop.departure.pk},
        )

    assert tell(edit) == (False, None, True)


def test_schedules_become_departures_and_stay_in_step(shop: Shop, tell: Teller) -> None:
    async def generate(database: Database) -> Any:
        store = bookings_on(database).availability

        async def again() -> int:
            return len(
                await availability.generate_departures(option_of(shop), now=NOW, store=store)
            )

        await reserve(shop, database, "family")
        first = [await again(), await again()]
        await database.execute("UPDATE catalog_schedule SET capacity = 3", {})
        smaller = [await again(), await again()]
        await database.execute("UPDATE catalog_schedule SET season_end = '2026-07-02'", {})
        shorter = [await again(), await again()]
        left = await database.fetch_all(
            "SELECT local_date, capacity, reserved, is_open FROM catalog_departure"
            " ORDER BY starts_at",
            {},
        )
        return first, smaller, shorter, left

    first, smaller, shorter, left = tell(generate)

    # 400 days ahead; today's has left, and the shop's own departure is there.
    assert first == [399, 0]
    assert smaller == [400, 0]
    # All but the next one go; the one with a booking closes, and has room for it.
    assert shorter == [399, 0]
    assert left == [
        (date(2026, 7, 2), 3, 0, True),
        (TRAVEL_DATE, 4, 4, False),
    ]


def test_only_active_schedules_count(shop: Shop, tell: Teller) -> None:
    async def read(database: Database) -> Any:
        store = bookings_on(database).availability
        before = await store.schedules(option_of(shop))
        await database.execute("UPDATE catalog_schedule SET is_active = false", {})
        return before, await store.schedules(option_of(shop))

    (schedule,), none = tell(read)

    assert none == []
    assert schedule.time_zone == "Europe/Lisbon"
    assert schedule.weekdays == frozenset(range(1, 8))
    assert [f"{time:%H:%M}" for time in schedule.start_times] == ["09:30"]
