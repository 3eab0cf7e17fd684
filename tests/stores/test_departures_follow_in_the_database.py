"""Following the schedules writes the same through both databases, and a preview writes nothing."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from shared_domain import availability, bookings, resources
from shared_domain.availability import LIVE_STOCK, DepartureChanges, DepartureId, WithGuests
from shared_domain.availability.departure_sync.sql_store import SqlDepartureSyncStore
from shared_domain.catalog import OptionId
from shared_domain.database import Database
from shared_domain.resources import ResourceId
from shared_domain.resources.sql_store import SqlResourceStore
from tests.harness.data import NOW, Shop, bookings_on, live
from tests.stores.both import Teller

DEPARTURES = """
SELECT start_time::text, opening_hours <> '[]', is_open, is_kept, reserved
  FROM catalog_departure ORDER BY local_date, start_time
"""


def option_of(shop: Shop) -> OptionId:
    return OptionId(shop.departure.option_id)


async def follow(
    shop: Shop, database: Database, with_guests: WithGuests = WithGuests.UNASKED
) -> DepartureChanges:
    return await availability.generate_departures(
        option_of(shop),
        with_guests=with_guests,
        now=NOW,
        store=bookings_on(database).availability,
    )


async def reserve(shop: Shop, database: Database, availability_id: str) -> bookings.Booking:
    wish = shop.reservation(uuid=uuid4(), availability_id=availability_id)
    return await bookings.reserve_booking(
        wish, access=live(shop.alice), now=NOW, store=bookings_on(database)
    )


async def plan_for(database: Database, columns: str, *, day: str = "2026-07-14") -> None:
    """Let the schedule run on one day only, as told."""
    await database.execute(
        f"UPDATE catalog_schedule SET season_start = '{day}', season_end = '{day}', {columns}", {}
    )


def test_a_preview_says_the_same_and_writes_nothing(shop: Shop, tell: Teller) -> None:
    async def ask(database: Database) -> Any:
        await reserve(shop, database, shop.departure.availability_id)
        await plan_for(database, "start_times = '{16:00}'")
        before = await database.fetch_all(DEPARTURES, {})
        previewed = await availability.preview_departures(
            option_of(shop),
            with_guests=WithGuests.MOVE,
            now=NOW,
            store=bookings_on(database).availability,
        )
        unchanged = await database.fetch_all(DEPARTURES, {})
        return before == unchanged, previewed == await follow(shop, database, WithGuests.MOVE)

    assert tell(ask) == (True, True)


def test_a_zone_that_changes_while_it_waits_is_the_one_it_follows(
    shop: Shop, tell: Teller, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock_option = SqlDepartureSyncStore.lock_option

    async def lock_after_staff(store: SqlDepartureSyncStore, option_id: OptionId) -> None:
        await lock_option(store, option_id)
        await store._database.execute("UPDATE catalog_product SET time_zone = 'Asia/Tokyo'", {})

    async def ask(database: Database) -> Any:
        await reserve(shop, database, shop.departure.availability_id)
        await plan_for(database, "capacity = 20")
        monkeypatch.setattr(SqlDepartureSyncStore, "lock_option", lock_after_staff)
        changes = await follow(shop, database)
        monkeypatch.setattr(SqlDepartureSyncStore, "lock_option", lock_option)
        return changes.time_zone, len(changes.kept), len(await follow(shop, database))

    assert tell(ask) == ("Asia/Tokyo", 0, 0)


def test_guests_without_a_limit_may_be_more_than_32_bits_count(shop: Shop, tell: Teller) -> None:
    async def ask(database: Database) -> Any:
        for _ in range(2):
            await reserve(shop, database, shop.departure.availability_id)
        await database.execute("UPDATE bookings_booking SET places = 1500000000", {})
        await plan_for(database, "start_times = '{16:00}'")
        return (await follow(shop, database, WithGuests.MOVE)).guests

    assert tell(ask) == 3_000_000_000


def test_a_departure_moves_with_its_guests_and_its_id(shop: Shop, tell: Teller) -> None:
    async def move(database: Database) -> Any:
        held = await reserve(shop, database, shop.departure.availability_id)
        # The shop's departure was there before its schedule.
        await follow(shop, database)
        await plan_for(database, "start_times = '{16:00}'")
        await follow(shop, database, WithGuests.MOVE)
        store = bookings_on(database)
        found = await store.availability.by_availability_ids(
            option_of(shop), [shop.departure.availability_id], stock=LIVE_STOCK, now=NOW
        )
        seen = await bookings.get_booking(held.uuid, access=live(shop.alice), now=NOW, store=store)
        told = await database.fetch_all(
            "SELECT type, data ->> 'newLocalStart' FROM events_event"
            " WHERE booking_uuid IS NOT NULL ORDER BY id",
            {},
        )
        return (
            [departure.id for departure in found] == [shop.departure.pk],
            seen.departure == found[0],
            told,
        )

    assert tell(move) == (
        True,
        True,
        [("booking.reserved", None), ("booking.moved", "2026-07-14T16:00:00+01:00")],
    )


def test_guides_and_boats_go_along_with_a_new_time(shop: Shop, tell: Teller) -> None:
    """Without guests, another row with another id takes the departure's place."""

    async def move(database: Database) -> Any:
        await follow(shop, database)
        await database.execute(
            "INSERT INTO resources_resource (kind, name, telephone, is_active)"
            " VALUES ('GUIDE', 'Marta', '', true)",
            {},
        )
        found = await database.fetch_one("SELECT id FROM resources_resource", {})
        boats = SqlResourceStore(database)
        departure_id = DepartureId(shop.departure.pk)
        await resources.assign_resources([ResourceId(*found or ())], [departure_id], store=boats)
        await plan_for(database, "start_times = '{16:00}'")
        await follow(shop, database)
        return await database.fetch_all(
            "SELECT departure.start_time::text, departure.has_resources,"
            " lower(assignment.during) = departure.starts_at"
            " FROM catalog_departure AS departure"
            " LEFT JOIN resources_assignment AS assignment"
            " ON assignment.departure_id = departure.id"
            " ORDER BY departure.local_date, departure.start_time",
            {},
        )

    assert tell(move) == [("16:00:00", True, True)]


def test_ids_that_are_taken_are_given_to_no_other(shop: Shop, tell: Teller) -> None:
    """A start at midnight beside a day of opening hours, and two starts in a skipped hour."""

    async def switch(database: Database) -> Any:
        hours = '[{"from": "10:00", "to": "18:00"}]'
        await plan_for(database, f"opening_hours = '{hours}'")
        await database.execute("UPDATE catalog_product SET availability_type = 'OPENING_HOURS'", {})
        await follow(shop, database)
        await reserve(shop, database, "2026-07-14T00:00:00+01:00")
        await database.execute("UPDATE catalog_product SET availability_type = 'START_TIME'", {})
        # Without its schedule the sold day closes; another schedule asks for midnight.
        await database.execute("UPDATE catalog_schedule SET is_active = false", {})
        await follow(shop, database)
        await database.execute("UPDATE catalog_schedule SET is_active = true", {})
        await plan_for(database, "start_times = '{00:00}'")
        await follow(shop, database)
        await plan_for(database, "start_times = '{01:30,02:30}'", day="2027-03-28")
        await follow(shop, database)
        rows = await database.fetch_all(
            "SELECT availability_id, start_time::text, is_open FROM catalog_departure"
            " ORDER BY local_date, start_time NULLS FIRST",
            {},
        )
        later = [row[0] for row in rows if row[0].startswith("2027")]
        return rows, [
            (await reserve(shop, database, departure)).status.value for departure in later
        ]

    rows, statuses = tell(switch)

    assert rows == [
        ("2026-07-14T00:00:00+01:00", None, False),
        ("2027-03-28T02:30:00+01:00~2", "01:30:00", True),
        ("2027-03-28T02:30:00+01:00", "02:30:00", True),
    ]
    assert statuses == ["ON_HOLD", "ON_HOLD"]


def test_staff_open_again_what_they_closed(shop: Shop, tell: Teller) -> None:
    async def close_and_open(database: Database) -> Any:
        store = bookings_on(database).availability
        flags = []
        for is_open in (False, True):
            await availability.set_departure_open(
                availability.DepartureId(shop.departure.pk), is_open=is_open, now=NOW, store=store
            )
            flags += await database.fetch_all(
                "SELECT is_open, closed_by_staff, is_edited FROM catalog_departure", {}
            )
        return flags

    assert tell(close_and_open) == [(False, True, True), (True, False, True)]


def test_what_is_missing_or_follows_old_rules_is_short(shop: Shop, tell: Teller) -> None:
    async def ask(database: Database) -> Any:
        store = bookings_on(database).availability

        async def is_short(days_later: int = 0) -> bool:
            later = NOW + timedelta(days=days_later)
            return await availability.needs_generation(option_of(shop), now=later, store=store)

        at_first = await is_short()
        await follow(shop, database)
        followed = [await is_short(), await is_short(1), await is_short(2)]
        await database.execute("UPDATE catalog_product SET time_zone = 'Asia/Tokyo'", {})
        return at_first, followed, await is_short()

    assert tell(ask) == (True, [False, False, True], True)
