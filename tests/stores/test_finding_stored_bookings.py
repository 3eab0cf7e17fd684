"""A booking is found by its partner in its mode only, and by everything that is searched for."""

from typing import Any
from uuid import uuid4

import pytest

from shared_domain import bookings
from shared_domain.bookings import Booking, BookingFilter
from shared_domain.bookings.sql_store import SqlBookingStore
from shared_domain.database import Database
from shared_domain.partners import PartnerId
from tests.harness.data import NOW, Shop, bookings_on, in_test_mode, live
from tests.stores.both import Teller
from tests.stores.test_the_bookings_store import reserve


def test_a_booking_is_there_for_its_partner_and_its_mode_only(shop: Shop, tell: Teller) -> None:
    accesses = [live(shop.alice), in_test_mode(shop.alice), live(shop.bob), in_test_mode(shop.bob)]

    async def story(database: Database) -> Any:
        store = bookings_on(database)
        found = []
        for owner in accesses:
            booking = await reserve(shop, store, access=owner)
            for look in (store.get, store.get_locked):
                seen = [await look(booking.uuid, access, now=NOW) for access in accesses]
                found.append([other == booking for other in seen])
        return found

    only_the_owner = [[owner is access for access in accesses] for owner in accesses]
    assert tell(story) == [row for row in only_the_owner for _ in range(2)]


def test_each_partner_and_mode_has_uuids_of_its_own(shop: Shop, tell: Teller) -> None:
    accesses = [live(shop.alice), in_test_mode(shop.alice), live(shop.bob), in_test_mode(shop.bob)]
    uuid = uuid4()

    async def story(database: Database) -> Any:
        store = bookings_on(database)
        made = [await reserve(shop, store, uuid=uuid, access=access) for access in accesses]
        again = [await reserve(shop, store, uuid=uuid, access=access) for access in accesses]
        return [booking.id for booking in made] == [booking.id for booking in again], [
            booking.access for booking in made
        ]

    assert tell(story) == (True, accesses)


@pytest.mark.parametrize(
    ("search", "finds"),
    [
        (BookingFilter(reseller_reference="TRV-1"), True),
        (BookingFilter(reseller_reference="TRV"), False),
        (BookingFilter(first_date="2026-07-14", last_date="2026-07-14"), True),
        (BookingFilter(first_date="2026-07-15"), False),
        (BookingFilter(last_date="2026-07-13"), False),
        (BookingFilter(last_date="2026-07-14", product_code="kayak", option_code="DEFAULT"), True),
        (BookingFilter(last_date="2026-07-14", product_code="canoe"), False),
        (BookingFilter(last_date="2026-07-14", option_code="EVENING"), False),
        (BookingFilter(reseller_reference="TRV-1", first_date="2026-07-15"), False),
    ],
)
def test_everything_searched_for_must_match(
    shop: Shop, tell: Teller, search: BookingFilter, finds: bool
) -> None:
    async def story(database: Database) -> Any:
        store = bookings_on(database)
        wanted = await reserve(shop, store, reseller_reference="TRV-1")
        found = await _search(store, search, shop.alice)
        tickets = await store.count_tickets(search, live(shop.alice), most=10)
        assert tickets == sum(len(booking.unit_items) for booking in found)
        return [booking == wanted for booking in found], await _search(store, search, shop.bob)

    assert tell(story) == ([True] if finds else [], [])


@pytest.mark.parametrize("is_too_much", [False, True])
def test_a_search_with_more_tickets_than_a_process_writes_at_once_is_refused(
    shop: Shop, tell: Teller, monkeypatch: pytest.MonkeyPatch, is_too_much: bool
) -> None:
    """A thousand bookings may have a thousand tickets each: no other caller would be answered."""
    search = BookingFilter(first_date="2026-07-14")

    async def story(database: Database) -> Any:
        store = bookings_on(database)
        made = [await reserve(shop, store) for _ in range(2)]
        tickets = sum(len(booking.unit_items) for booking in made)
        monkeypatch.setattr("shared_domain.bookings.services.TICKETS_LIMIT", tickets - is_too_much)
        try:
            found = await bookings.find_bookings(
                search, access=live(shop.alice), now=NOW, store=store
            )
        except bookings.SearchTooLarge as refused:
            return refused.limit == tickets - 1
        return len(found)

    assert tell(story) == (True if is_too_much else 2)


async def _search(
    store: SqlBookingStore, search: BookingFilter, partner_id: PartnerId
) -> list[Booking]:
    return await store.search(search, live(partner_id), limit=10, most_tickets=1_000, now=NOW)


def test_a_search_finds_the_newest_first_up_to_its_limit(shop: Shop, tell: Teller) -> None:
    async def story(database: Database) -> Any:
        store = bookings_on(database)
        made = [await reserve(shop, store) for _ in range(3)]
        by_reference = BookingFilter(supplier_reference=made[0].supplier_reference)
        found = await store.search(
            BookingFilter(first_date="2026-07-14"),
            live(shop.alice),
            limit=2,
            most_tickets=1_000,
            now=NOW,
        )
        return made, found, await _search(store, by_reference, shop.alice)

    made, found, by_reference = tell(story)

    assert [booking.id for booking in found] == [made[2].id, made[1].id]
    assert [booking.id for booking in by_reference] == [made[0].id]
