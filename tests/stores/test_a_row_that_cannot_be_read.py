"""A stored row that cannot be read breaks its own answer only, and is logged once, by its id."""

import logging
from typing import Any
from uuid import uuid4

import pytest

from shared_domain import availability, bookings, catalog, unreadable
from shared_domain.availability import AvailabilityQuery
from shared_domain.database import Database
from shared_domain.unreadable import RowUnreadable
from tests.harness.data import NOW, TRAVEL_DATE, Shop, add_product, bookings_on, live
from tests.stores.both import Teller

#: What only a hand on the database can leave behind, with the constraint that keeps it out.
UNREADABLE_PRODUCTS = [
    ("catalog_product", "redemption_method = 'SMELL'", "redemption_method_is_known"),
    ("catalog_product", "delivery_formats = '{PDF}'", "delivery_formats_are_known"),
    ("catalog_option", "cancellation_cutoff_unit = 'moon'", "cancellation_cutoff_is_in_range"),
    ("catalog_unit", "type = 'DOG'", "unit_type_is_known"),
    ("catalog_price", "season_start = 'infinity'", "price_season_is_in_range"),
]


@pytest.fixture(scope="module", autouse=True)
def walk(shop: Shop, django_db_blocker: Any) -> None:
    """A second product of Alice's, in committed rows as the shop is."""
    with django_db_blocker.unblock():
        add_product("walk", partners=(shop.alice,))


@pytest.fixture(autouse=True)
def nothing_was_logged_yet() -> None:
    unreadable._log_once.cache_clear()


async def drop(database: Database, table: str, constraint: str) -> None:
    await database.execute("SET CONSTRAINTS ALL IMMEDIATE", {})
    await database.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}", {})


async def spoil(database: Database, table: str, change: str, constraint: str, code: str) -> None:
    """Put what no constraint allows into the rows of one product."""
    await drop(database, table, constraint)
    products = "SELECT id FROM catalog_product WHERE code = %(code)s"
    options = f"SELECT id FROM catalog_option WHERE product_id IN ({products})"
    rows = {
        "catalog_product": f"id IN ({products})",
        "catalog_option": f"product_id IN ({products})",
    }
    where = rows.get(table, f"option_id IN ({options})")
    await database.execute(f"UPDATE {table} SET {change} WHERE {where}", {"code": code})


@pytest.mark.parametrize(("table", "change", "constraint"), UNREADABLE_PRODUCTS)
def test_a_product_that_cannot_be_read_is_missing_from_the_list_only(
    shop: Shop,
    tell: Teller,
    caplog: pytest.LogCaptureFixture,
    table: str,
    change: str,
    constraint: str,
) -> None:
    async def story(database: Database) -> Any:
        await spoil(database, table, change, constraint, "kayak")
        store = bookings_on(database).catalog
        listed = [
            [
                product.code
                for product in await catalog.list_products(access=live(shop.alice), store=store)
            ]
            for _ in range(3)
        ]
        with pytest.raises(RowUnreadable, match=f"product {shop.kayak.pk} cannot be read"):
            await catalog.get_product("kayak", access=live(shop.alice), store=store)
        return listed

    with caplog.at_level(logging.ERROR):
        listed = tell(story)

    assert listed == [["walk"]] * 3
    (line,) = [message for message in caplog.messages if "cannot be read" in message]
    assert line.startswith(f"product {shop.kayak.pk} cannot be read")


@pytest.mark.parametrize(
    "change",
    [
        "contact = '[1]'",
        "taxes = '[[1]]'",
        "status = 'LOST'",
    ],
)
def test_a_booking_that_cannot_be_read_is_missing_from_the_search_only(
    shop: Shop, tell: Teller, caplog: pytest.LogCaptureFixture, change: str
) -> None:
    async def story(database: Database) -> Any:
        store = bookings_on(database)
        named: dict[str, Any] = {"access": live(shop.alice), "now": NOW, "store": store}
        good, bad = [
            await bookings.reserve_booking(shop.reservation(uuid=uuid4()), **named)
            for _ in range(2)
        ]
        for constraint in ("booking_status_is_known", "exactly_holds_expire"):
            await drop(database, "bookings_booking", constraint)
        await database.execute(
            f"UPDATE bookings_booking SET {change} WHERE uuid = %(uuid)s", {"uuid": bad.uuid}
        )
        found = await store.search(
            bookings.BookingFilter(first_date=TRAVEL_DATE, last_date=TRAVEL_DATE),
            live(shop.alice),
            limit=10,
            most_tickets=100,
            now=NOW,
        )
        with pytest.raises(RowUnreadable, match=str(bad.uuid)):
            await store.get(bad.uuid, live(shop.alice), now=NOW)
        return [booking.uuid for booking in found] == [good.uuid]

    with caplog.at_level(logging.ERROR):
        assert tell(story)

    assert (
        sum("booking" in message and "cannot be read" in message for message in caplog.messages)
        == 1
    )


@pytest.mark.parametrize("hours", ['[{"from": "10:00"}]', "[7]", "{}", '[{"from": 1, "to": null}]'])
def test_a_departure_that_cannot_be_read_is_missing_from_its_day_only(
    shop: Shop, tell: Teller, hours: str
) -> None:
    async def story(database: Database) -> Any:
        store = bookings_on(database).availability
        await database.execute(
            "INSERT INTO catalog_departure (option_id, availability_id, local_date, start_time,"
            " fold, starts_at, ends_at, cutoffs_count_from, booking_cutoff_at, opening_hours,"
            " reserved, is_open, is_edited)"
            " SELECT option_id, 'spoilt', local_date, start_time + interval '1 hour', fold,"
            " starts_at, ends_at, cutoffs_count_from, booking_cutoff_at, %(hours)s::jsonb, 0, true,"
            " false FROM catalog_departure WHERE id = %(id)s",
            {"hours": hours, "id": shop.departure.pk},
        )
        question = AvailabilityQuery(
            product_code="kayak", option_code="DEFAULT", dates=(TRAVEL_DATE, TRAVEL_DATE)
        )
        named: dict[str, Any] = {
            "access": live(shop.alice), "now": NOW, "store": store,
        }  # fmt: skip
        slots = await availability.find_slots(question, **named)
        days = await availability.find_days(question, **named)
        return [slot.departure.id for slot in slots.found], [day.capacity for day in days.found]

    assert tell(story) == ([shop.departure.pk], [10])
