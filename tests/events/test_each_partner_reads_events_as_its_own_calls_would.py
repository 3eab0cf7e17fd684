"""Each partner reads events as its own calls would answer now: its bookings, its prices."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from core_site.catalog.models import PartnerTerms, Price, Schedule
from core_site.database import DjangoDatabase
from core_site.events.bodies import load_event_bodies
from core_site.events.models import Event as EventRow
from shared_domain import bookings, events
from shared_domain.bookings import BookingChange, Initiator
from shared_domain.database import Database, Parameters, Row
from shared_domain.events import Event, PublishedType
from shared_domain.events.sql_store import SqlEventStore
from shared_domain.partners import Access
from shared_domain.persons.sql_store import SqlPersonStore
from shared_domain.run_now import run_now
from tests.harness.data import add_departure, bookings_on_django, in_test_mode, live, open_shop

if TYPE_CHECKING:
    from tests.harness.data import Shop

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC).replace(microsecond=0)


class Counted(DjangoDatabase):
    """Django's connection, which counts a reader's statements."""

    statements = 0

    async def fetch_all(self, statement: str, parameters: Parameters) -> list[Row]:
        self.statements += 1
        return await super().fetch_all(statement, parameters)


@pytest.fixture
def shop() -> "Shop":
    shop = open_shop()
    ahead = NOW.replace(hour=9, minute=30, second=0) + timedelta(days=20)
    return replace(shop, departure=add_departure(shop.kayak, starts_at=ahead))


def tell(kind: PublishedType, shop: "Shop") -> None:
    """Write what a trigger would: once in a transaction, and a test is one."""
    EventRow.objects.create(
        type=kind.value, product_id=shop.kayak.pk, data={"productId": shop.kayak.code}
    )


def give_positions() -> int:
    """Give every event its position, and return the last."""
    database = DjangoDatabase()
    run_now(database.fetch_all("SELECT given FROM events_give_positions(100000, 0)", {}))
    return run_now(events.read_log_range(SqlEventStore(database))).last_position


def read(access: Access, *, after: int, database: Database | None = None) -> list[Any]:
    """Return the bodies of the partner's events, each checked against the model of its type."""
    from api_edge.v1.events.kinds import KINDS

    give_positions()
    database = database or DjangoDatabase()
    store = SqlEventStore(database)
    page = run_now(events.read_events(after, types=(), limit=1000, access=access, store=store))
    bodies = []
    for event in run_now(
        load_event_bodies().render(page.events, access=access, now=NOW, database=database)
    ):
        body = json.loads(event.body)
        KINDS[event.type].model.model_validate_json(event.body, by_alias=True, by_name=False)
        assert (body["id"], body["position"], body["type"]) == (
            event.id, event.position, event.type.value,
        )  # fmt: skip
        bodies.append(body)
    return bodies


def names(bodies: list[Any]) -> list[str]:
    return [body["type"] for body in bodies]


def reserve(shop: "Shop", access: Access) -> bookings.Booking:
    return run_now(
        bookings.reserve_booking(
            shop.reservation("adult", "child"), access=access, now=NOW, store=bookings_on_django()
        )
    )


def confirm(booking: bookings.Booking) -> bookings.Booking:
    change = BookingChange(contact={"full_name": "Clara Duarte"}, notes="Vegetarian")
    return run_now(
        bookings.confirm_booking(
            booking.uuid, change, access=booking.access, now=NOW, store=bookings_on_django()
        )
    )


def test_a_booking_is_read_as_it_is_now_by_its_partner_only(shop: "Shop") -> None:
    begin, alice = give_positions(), live(shop.alice)
    booking = confirm(reserve(shop, alice))
    test = reserve(shop, in_test_mode(shop.alice))

    reserved, confirmed = read(alice, after=begin)
    (of_test,) = read(in_test_mode(shop.alice), after=begin)

    assert (reserved["type"], reserved["data"]["status"]) == ("booking.reserved", "ON_HOLD")
    assert (confirmed["type"], confirmed["data"]["status"]) == ("booking.confirmed", "CONFIRMED")
    assert reserved["data"]["booking"] == confirmed["data"]["booking"]
    shown = confirmed["data"]["booking"]
    assert (shown["uuid"], shown["status"]) == (str(booking.uuid), "CONFIRMED")
    assert shown["contact"]["fullName"] == "Clara Duarte"
    assert shown["pricing"]["net"] < shown["pricing"]["retail"]
    assert (of_test["testMode"], of_test["data"]["bookingUuid"]) == (True, str(test.uuid))
    assert read(live(shop.bob), after=begin) == []

    run_now(
        bookings.cancel_booking(
            booking.uuid,
            reason="Storm",
            by_staff=True,
            initiator=Initiator.SUPPLIER,
            access=alice,
            now=NOW,
            store=bookings_on_django(),
        )
    )

    *_, cancelled = read(alice, after=begin)
    assert cancelled["data"]["initiator"] == "SUPPLIER"
    assert cancelled["data"]["booking"]["cancellation"]["reason"] == "Storm"


def test_a_hold_that_lasts_longer_says_so(shop: "Shop") -> None:
    begin, alice = give_positions(), live(shop.alice)
    held = reserve(shop, alice)
    run_now(
        bookings.extend_booking(held.uuid, 5, access=alice, now=NOW, store=bookings_on_django())
    )

    _, extended = read(alice, after=begin)

    assert (extended["type"], extended["data"]["changed"]) == ("booking.changed", ["utcExpiresAt"])


def test_nothing_of_a_guest_is_read_after_the_erasure(shop: "Shop") -> None:
    begin, alice = give_positions(), live(shop.alice)
    booking = confirm(reserve(shop, alice))
    assert booking.id is not None

    run_now(
        SqlPersonStore(DjangoDatabase()).erase_booking(
            booking.id, mails=[], tickets=[], is_lead=True, now=NOW
        )
    )

    bodies = read(alice, after=begin)
    assert names(bodies) == ["booking.reserved", "booking.confirmed", "booking.changed"]
    assert bodies[-1]["data"]["changed"] == [
        *("contact", "notes", "cancellation", "pickupHotel", "pickupTime", "unitItems")
    ]
    assert "Clara" not in json.dumps(bodies)
    assert "Vegetarian" not in json.dumps(bodies)


def test_what_is_sold_is_read_with_the_readers_own_prices(shop: "Shop") -> None:
    PartnerTerms.objects.filter(partner_id=shop.bob).update(commission_basis_points=1000)
    begin = give_positions()
    shop.departure.capacity = 2
    shop.departure.save()
    Price.objects.filter(unit__code="adult", currency="EUR").update(retail_minor=4000)
    reserve(shop, live(shop.alice))

    by_alice, by_bob = (read(live(one), after=begin) for one in (shop.alice, shop.bob))

    assert names(by_bob) == [
        "departure.capacity_changed", "price.changed", "departure.sold_out",
    ]  # fmt: skip
    assert sorted(names(by_alice)) == sorted([*names(by_bob), "booking.reserved"])
    capacity, price, sold_out = by_bob
    assert (capacity["data"]["capacity"], capacity["data"]["capacityBefore"]) == (2, 10)
    assert sold_out["data"]["availability"]["status"] == "SOLD_OUT"
    assert (sold_out["testMode"], capacity["testMode"]) == (False, None)
    for body, net in ((price, 3600), (by_alice[1], 3200)):
        (option,) = body["data"]["product"]["options"]
        adult = next(unit for unit in option["units"] if unit["id"] == "adult")
        assert adult["pricingFrom"][0]["net"] == net
    quoted = next(
        price
        for price in capacity["data"]["availability"]["unitPricing"]
        if price["unitId"] == "adult"
    )
    assert (quoted["retail"], quoted["net"]) == (4000, 3600)


def test_a_product_that_is_no_longer_theirs_gives_only_the_event_that_says_so(shop: "Shop") -> None:
    begin, bob = give_positions(), live(shop.bob)
    tell(PublishedType.PRODUCT_UPDATED, shop)
    assert names(read(bob, after=begin)) == ["product.updated"]

    PartnerTerms.objects.get(partner_id=shop.bob).delete()

    (removed,) = read(bob, after=begin)
    assert (removed["type"], removed["data"]) == ("product.removed", {"productId": "kayak"})
    assert names(read(live(shop.alice), after=begin)) == ["product.updated"]


def test_a_product_that_is_no_longer_listed_is_told_of_once_more(shop: "Shop") -> None:
    """As at the end of a season: it stays active, and no call shows it without start times."""
    begin, alice = give_positions(), live(shop.alice)
    Schedule.objects.filter(option__product=shop.kayak).update(is_active=False)
    tell(PublishedType.PRICE_CHANGED, shop)

    (unlisted,) = read(alice, after=begin)

    assert (unlisted["type"], unlisted["data"]["product"]) == ("product.updated", None)
    assert unlisted["data"]["productId"] == "kayak"
    Schedule.objects.filter(option__product=shop.kayak).update(is_active=True)
    assert {bool(body["data"]["product"]) for body in read(alice, after=begin)} == {True}


def test_a_page_costs_the_same_reads_however_long_it_is(shop: "Shop") -> None:
    alice = live(shop.alice)
    begin, costs = give_positions(), []
    for _ in range(2):
        for number in range(4):
            reserve(shop, alice)
            shop.departure.capacity = 50 + number
            shop.departure.save()
            tell(PublishedType.PRODUCT_UPDATED, shop)
        database = Counted()
        bodies = read(alice, after=begin, database=database)
        costs.append((len(bodies), database.statements))

    (short, few), (long, many) = costs
    assert (short, long) == (12, 24)
    # The first page has also read the product, which is remembered.
    assert many <= few <= 8


@pytest.mark.parametrize(("most", "pages"), [(5, 2), (1, 4)])
def test_a_page_holds_a_bounded_number_of_tickets(
    shop: "Shop", monkeypatch: pytest.MonkeyPatch, most: int, pages: int
) -> None:
    """250 events of a booking with a thousand tickets would stop the process for half a minute."""
    from api_edge.v1.events.feed import EventFeed

    monkeypatch.setattr("shared_domain.event_subjects.services.MOST_TICKETS", most)
    after, alice = give_positions(), live(shop.alice)
    booked = [reserve(shop, alice) for _ in range(4)]
    assert {len(booking.unit_items) for booking in booked} == {2}
    give_positions()
    feed = EventFeed(
        access=alice, types=[PublishedType.BOOKING_RESERVED], limit=100,
        database=DjangoDatabase(), bodies=load_event_bodies(), read_seconds=60,
    )  # fmt: skip

    read_pages = []
    while not read_pages or read_pages[-1].has_more:
        read_pages.append(run_now(feed.read(after)))
        after = read_pages[-1].next_after

    assert len(read_pages) == pages
    bodies = [json.loads(body.body) for page in read_pages for body in page.bodies]
    assert [body["data"]["bookingUuid"] for body in bodies] == [str(one.uuid) for one in booked]


def test_every_type_has_an_example_that_its_model_accepts() -> None:
    from api_edge.v1.events.kinds import KINDS

    bodies = load_event_bodies()
    for kind in PublishedType:
        example = bodies.example(kind)
        read_back = KINDS[kind].model.model_validate_json(
            example.body, by_alias=True, by_name=False
        )
        event = json.loads(example.body)
        assert json.loads(read_back.model_dump_json(exclude_unset=True)) == event
        for item in event["data"].get("booking", {}).get("unitItems", ()):
            is_used, ticket = item["status"] == "REDEEMED", item["ticket"]
            assert is_used == bool(item["utcRedeemedAt"]) == bool(ticket["utcRedeemedAt"])
            assert bool(ticket["deliveryOptions"]) == (item["status"] in {"CONFIRMED", "REDEEMED"})


def test_an_event_that_cannot_be_read_does_not_stop_its_readers(shop: "Shop") -> None:
    begin, alice = give_positions(), live(shop.alice)
    broken = Event(
        position=begin + 1, type=PublishedType.BOOKING_CANCELLED, occurred_at=NOW, test_mode=False,
        booking_uuid=None, product_id=None, departure_id=None, api_key_id=None,
        data={"initiator": "NOBODY"},
    )  # fmt: skip
    whole = replace(broken, position=begin + 2, data={"initiator": "PARTNER"})

    (body,) = run_now(
        load_event_bodies().render(
            [broken, whole], access=alice, now=NOW, database=DjangoDatabase()
        )
    )
    assert body.id == f"evt_{begin + 2}"
