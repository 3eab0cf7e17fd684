"""A partner reads the log after its cursor: its own events, and those of the products it sells."""

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from shared_domain import events
from shared_domain.database import Database
from shared_domain.events import EventPage, PublishedType, services
from shared_domain.events.sql_store import SqlEventStore
from shared_domain.partners import Access
from tests.harness.data import in_test_mode, live

if TYPE_CHECKING:
    from tests.harness.data import Shop
    from tests.stores.both import Teller

INSERT = """
INSERT INTO events_event (partner_id, test_mode, type, booking_uuid, product_id, data)
VALUES (%(partner)s, %(test_mode)s, %(type)s, %(booking)s, %(product)s, '{"status": "CONFIRMED"}')
"""

GIVE = "SELECT given FROM events_give_positions(100000, 0)"


class Log:
    """The log of a story; positions begin after whatever the shop left."""

    def __init__(self, database: Database, shop: "Shop") -> None:
        self._database, self._shop = database, shop
        self.store = SqlEventStore(database)
        self.begin = 0

    async def start(self) -> "Log":
        await self.number()
        self.begin = (await events.read_log_range(self.store)).last_position
        return self

    async def number(self) -> None:
        await self._database.fetch_one(GIVE, {})

    async def add(self, *types: str, partner: int | None, test_mode: bool | None = False) -> None:
        for kind in types:
            await self._database.execute(
                INSERT,
                {
                    "partner": partner,
                    "test_mode": test_mode,
                    "type": kind,
                    "booking": uuid4() if kind.startswith("booking.") else None,
                    "product": None if kind.startswith("booking.") else self._shop.kayak.pk,
                },
            )
        await self.number()

    async def read(self, access: Access, *, after: int = 0, **asked: Any) -> EventPage:
        return await events.read_events(
            self.begin + after,
            access=access,
            store=self.store,
            **{"types": (), "limit": 100} | asked,
        )

    async def names(self, access: Access, **asked: Any) -> list[str]:
        return [event.type.value for event in (await self.read(access, **asked)).events]


def test_each_partner_reads_its_own_and_what_it_sells(tell: "Teller", shop: "Shop") -> None:
    async def story(database: Database) -> None:
        log = await Log(database, shop).start()
        await log.add("booking.reserved", "booking.confirmed", partner=shop.alice)
        await log.add("booking.expired", partner=shop.bob)
        await log.add("departure.closed", partner=None, test_mode=None)
        await log.add("price.changed", partner=shop.bob, test_mode=None)
        await log.add("departure.sold_out", partner=None, test_mode=False)
        await log.add("booking.cancelled", partner=shop.alice, test_mode=True)
        alice, bob = live(shop.alice), live(shop.bob)

        assert await log.names(alice) == [
            "booking.reserved", "booking.confirmed", "departure.closed", "departure.sold_out",
        ]  # fmt: skip
        assert await log.names(bob) == [
            "booking.expired", "departure.closed", "price.changed", "departure.sold_out",
        ]  # fmt: skip
        assert await log.names(in_test_mode(shop.alice)) == [
            "departure.closed",
            "booking.cancelled",
        ]

        await database.execute(
            "DELETE FROM catalog_partnerterms WHERE partner_id = %(bob)s", {"bob": shop.bob}
        )
        assert await log.names(bob) == ["booking.expired", "price.changed"]

    tell(story)


def test_pages_follow_one_another_past_what_is_not_the_readers(
    tell: "Teller", shop: "Shop", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "LEAST_SEARCHED", 4)

    async def story(database: Database) -> None:
        log = await Log(database, shop).start()
        for _ in range(3):
            await log.add(*["booking.updated"] * 5, partner=shop.alice)
            await log.add(*["booking.updated"] * 3, partner=shop.bob)
            await log.add("departure.opened", "departure.moved", partner=None)
            await log.add("booking.moved", partner=shop.alice)
        for wanted in ((), (PublishedType.BOOKING_MOVED,), (PublishedType.KEY_REVOKED,)):
            expected = (await log.read(live(shop.alice), types=wanted, limit=1000)).events
            found, after, pages = [], 0, 0
            while True:
                page = await log.read(live(shop.alice), after=after, types=wanted, limit=2)
                found += page.events
                after, pages = page.next_after - log.begin, pages + 1
                assert len(page.events) <= 2
                if not page.has_more:
                    break
            assert found == list(expected)
            assert pages < 40
            assert after == 33

    tell(story)


def test_what_staff_note_for_themselves_is_not_published(tell: "Teller", shop: "Shop") -> None:
    async def story(database: Database) -> None:
        log = await Log(database, shop).start()
        await log.add(
            *("booking.internal_note", "booking.tickets_requested", "booking.extended"),
            *("booking.updated", "booking.tickets_sent"),
            partner=shop.alice,
        )

        page = await log.read(live(shop.alice))
        assert [(event.type.value, event.position - log.begin) for event in page.events] == [
            ("booking.changed", 3), ("booking.changed", 4), ("booking.tickets_sent", 5),
        ]  # fmt: skip
        assert page.events[0].data == {"status": "CONFIRMED"}

    tell(story)


def test_a_cursor_of_the_future_or_of_what_expired_is_refused(tell: "Teller", shop: "Shop") -> None:
    async def story(database: Database) -> None:
        log = await Log(database, shop).start()
        await log.add(*["booking.updated"] * 3, partner=shop.alice)
        await database.execute("UPDATE events_log SET expired_to = %(to)s", {"to": log.begin + 2})

        with pytest.raises(events.CursorFromFuture) as invented:
            await log.read(live(shop.alice), after=4)
        with pytest.raises(events.CursorExpired) as expired:
            await log.read(live(shop.alice), after=1)

        assert invented.value.last_position == log.begin + 3
        assert expired.value.expired_to == log.begin + 2
        assert await log.names(live(shop.alice), after=2) == ["booking.changed"]
        assert await log.names(live(shop.alice), after=3) == []

    tell(story)
