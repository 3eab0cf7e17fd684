"""The store of bookings answers the same on both databases, and keeps what it was given."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared_domain import bookings
from shared_domain.bookings import Booking, BookingChange, ReservationRequest, UnitItemRequest
from shared_domain.bookings.reservation import hold
from shared_domain.bookings.sql_store import SqlBookingStore
from shared_domain.bookings.store import HoldLimits
from shared_domain.database import Database
from shared_domain.events import EventType
from shared_domain.partners import PartnerId
from tests.harness.data import NOW, Shop, bookings_on, live
from tests.stores.both import Teller

FULL_CONTACT = {
    "full_name": "Zoë O'Hara 😀",
    "first_name": "Zoë",
    "last_name": 'O"Hara',
    "email_address": "zoe@example.com",
    "phone_number": "+351 910 000 000",
    "postal_code": "1100-001",
    "country": "PT",
    "locales": ["pt-PT", "en"],
    "notes": "two\nlines",
}


async def reserve(shop: Shop, store: SqlBookingStore, *units: str, **values: Any) -> Booking:
    access = values.pop("access", live(shop.alice))
    wish = shop.reservation(*units, **{"uuid": uuid4()} | values)
    return await bookings.reserve_booking(wish, access=access, now=NOW, store=store)


async def read(store: SqlBookingStore, booking: Booking, *, now: datetime = NOW) -> Booking | None:
    return await store.get(booking.uuid, booking.access, now=now)


def test_a_booking_is_read_as_it_was_stored(shop: Shop, tell: Teller) -> None:
    items = tuple(
        UnitItemRequest(
            unit_code=code,
            uuid=uuid4(),
            reseller_reference=f"ticket {code}",
            contact=FULL_CONTACT,
        )
        for code in ("adult", "child", "family")
    )

    async def story(database: Database) -> Any:
        store = bookings_on(database)
        reserved = await reserve(
            shop,
            store,
            unit_items=items,
            contact=FULL_CONTACT,
            notes="it's % and \\ and 😀",
            reseller_reference="TRV-1",
            email_receipt=True,
            currency="GBP",
        )
        return reserved, await read(store, reserved)

    reserved, found = tell(story)

    assert found == reserved
    assert found.contact.locales == ("pt-PT", "en")


def test_every_status_is_read_as_it_was_stored(shop: Shop, tell: Teller) -> None:
    async def story(database: Database) -> Any:
        store = bookings_on(database)
        named = {"access": live(shop.alice), "now": NOW, "store": store}
        confirmed = await reserve(shop, store, "adult", "adult")
        steps = [
            await bookings.confirm_booking(
                confirmed.uuid,
                BookingChange(contact=FULL_CONTACT, email_receipt=True),
                **named,
            )
        ]
        steps_read = [await read(store, confirmed)]
        one = frozenset({confirmed.unit_items[0].uuid})
        for chosen in (one, None):
            on_the_day = named | {"now": shop.departure.starts_at}
            steps.append(await bookings.redeem_booking(confirmed.uuid, chosen, **on_the_day))
            steps_read.append(await read(store, confirmed))
        cancelled = await reserve(shop, store)
        steps.append(await bookings.cancel_booking(cancelled.uuid, reason="rain", **named))
        steps_read.append(await read(store, cancelled))
        return steps, steps_read

    steps, steps_read = tell(story)

    assert steps == steps_read
    assert [step.status for step in steps] == ["CONFIRMED", "CONFIRMED", "REDEEMED", "CANCELLED"]


@pytest.mark.parametrize(
    "new_items",
    [
        lambda a, b: (b, a),
        lambda a, b: (a,),
        lambda a, b: (a, UnitItemRequest(unit_code="family")),
        lambda a, b: (UnitItemRequest(unit_code="adult"), a, b),
        lambda a, b: (replace(a, contact={"first_name": "Ana"}), b),
        lambda a, b: (replace(a, unit_code="family"), replace(b, unit_code="adult")),
    ],
    ids=["turned round", "fewer", "exchanged", "more", "renamed", "of other units"],
)
def test_changed_tickets_are_read_as_they_were_stored(
    shop: Shop, tell: Teller, new_items: Any
) -> None:
    async def story(database: Database) -> Any:
        store = bookings_on(database)
        held = await reserve(shop, store, "adult", "child")
        wishes = [
            UnitItemRequest(unit_code=item.unit.code, uuid=item.uuid) for item in held.unit_items
        ]
        changed = await bookings.update_booking(
            held.uuid,
            BookingChange(unit_items=new_items(*wishes)),
            access=live(shop.alice),
            now=NOW + timedelta(minutes=1),
            store=store,
        )
        count = await database.fetch_one("SELECT count(*) FROM bookings_unititem", {})
        return changed, await read(store, held), count

    changed, found, count = tell(story)

    assert found == changed
    assert count == (len(changed.unit_items),)


def test_a_change_is_stored_with_its_event_and_places(shop: Shop, tell: Teller) -> None:
    async def story(database: Database) -> Any:
        store = bookings_on(database)
        held = await reserve(shop, store, "family", "adult")
        await bookings.cancel_booking(
            held.uuid, reason=None, access=live(shop.alice), now=NOW, store=store
        )
        events = await database.fetch_all(
            "SELECT type, data, partner_id, booking_uuid FROM events_event"
            " WHERE booking_uuid IS NOT NULL ORDER BY id",
            {},
        )
        reserved = await database.fetch_one("SELECT reserved FROM catalog_departure", {})
        return held.uuid, events, reserved

    uuid, events, reserved = tell(story)

    assert reserved == (0,)
    assert events == [
        ("booking.reserved", '{"status": "ON_HOLD"}', shop.alice, uuid),
        (
            "booking.cancelled",
            '{"status": "CANCELLED", "initiator": "PARTNER"}',
            shop.alice,
            uuid,
        ),
    ]


def test_a_uuid_is_stored_once(shop: Shop, tell: Teller) -> None:
    async def story(database: Database) -> Any:
        store = bookings_on(database)
        first = await reserve(shop, store)
        twin = replace(first, id=None, supplier_reference="PT-TWIN")
        second_id = await store.insert(twin, fingerprint=b"other")
        earlier = await store.earlier_reservation(first.uuid, first.access)
        counts = await database.fetch_one(
            "SELECT (SELECT count(*) FROM bookings_booking),"
            " (SELECT count(booking_uuid) FROM events_event),"
            " (SELECT reserved FROM catalog_departure)",
            {},
        )
        return second_id, earlier, counts, await store.earlier_reservation(uuid4(), first.access)

    second_id, earlier, counts, nothing = tell(story)

    assert second_id is None
    assert earlier is not None
    assert len(earlier) == 32
    assert counts == (1, 1, 1)
    assert nothing is None


def test_holds_without_a_date_are_released_in_parts(shop: Shop, tell: Teller) -> None:
    later = NOW + timedelta(minutes=30)

    async def story(database: Database) -> list[bool]:
        store = bookings_on(database)
        for _ in range(3):
            await _insert_undated(shop, store)
        return [
            await bookings.release_expired_holds(None, now=later, store=store, most_undated=2)
            for _ in range(2)
        ] + [await bookings.departures_with_expired_holds(now=later, limit=10, store=store) == []]

    assert tell(story) == [True, False, True]


def test_holds_that_have_run_out_are_listed_and_released(shop: Shop, tell: Teller) -> None:
    later = NOW + timedelta(minutes=30)

    async def story(database: Database) -> Any:
        store = bookings_on(database)
        dated = await reserve(shop, store)
        undated = await _insert_undated(shop, store)
        too_early = await bookings.departures_with_expired_holds(
            now=later - timedelta(seconds=1), limit=10, store=store
        )
        lapsed = await bookings.departures_with_expired_holds(now=later, limit=10, store=store)
        for departure_id in lapsed * 2:
            await bookings.release_expired_holds(departure_id, now=later, store=store)
        seen = [await read(store, booking, now=later) for booking in (dated, undated)]
        events = await database.fetch_one(
            "SELECT count(*) FROM events_event WHERE type = 'booking.expired'", {}
        )
        left = await bookings.departures_with_expired_holds(now=later, limit=10, store=store)
        return (
            too_early,
            set(lapsed),
            [booking and booking.status for booking in seen],
            events,
            left,
        )

    assert tell(story) == (
        [],
        {shop.departure.pk, None},
        ["EXPIRED", "EXPIRED"],
        (2,),
        [],
    )


async def _insert_undated(shop: Shop, store: SqlBookingStore) -> Booking:
    product = await store.catalog.visible_product("kayak", shop.alice)
    assert product is not None
    wish = ReservationRequest(
        product_code="kayak",
        option_code="DEFAULT",
        availability_id=None,
        unit_items=(UnitItemRequest(unit_code="adult"),),
    )
    booking = hold(
        wish,
        product=product,
        option=product.options[0],
        departure=None,
        access=live(shop.alice),
        max_hold_minutes=30,
        now=NOW,
    )
    booking_id = await store.insert(booking, fingerprint=wish.fingerprint(booking.access))
    assert booking_id is not None
    return replace(booking, id=booking_id)


def test_the_limits_of_a_hold_are_the_partners(shop: Shop, tell: Teller) -> None:
    async def story(database: Database) -> Any:
        return await bookings_on(database).hold_limits(shop.alice)

    async def for_no_partner(database: Database) -> Any:
        return await bookings_on(database).hold_limits(PartnerId(0))

    assert tell(story) == HoldLimits(max_minutes=240, max_percent=80)
    with pytest.raises(LookupError, match="partner 0 is gone"):
        tell(for_no_partner)


def test_a_saved_booking_that_is_gone_changes_nothing(shop: Shop, tell: Teller) -> None:
    async def story(database: Database) -> Any:
        store = bookings_on(database)
        held = await reserve(shop, store)
        gone = replace(held, id=bookings.BookingId(0), uuid=UUID(int=1))
        await store.save(gone, before=held, event=EventType.UPDATED)
        return await database.fetch_one("SELECT count(booking_uuid) FROM events_event", {})

    assert tell(story) == (1,)


def test_a_refund_is_stored_ticket_by_ticket_with_who_decided_it(shop: Shop, tell: Teller) -> None:
    async def story(database: Database) -> Any:
        store = bookings_on(database)
        named = {"access": live(shop.alice), "now": NOW, "store": store}
        held = await reserve(shop, store, "adult", "child")
        await bookings.confirm_booking(held.uuid, BookingChange(), **named)
        cancelled = await bookings.cancel_booking(
            held.uuid,
            reason="wind",
            force=True,
            by_staff=True,
            refund=bookings.RefundChoice.NONE,
            initiator=bookings.Initiator.SUPPLIER,
            **named,
        )
        found = await read(store, held)
        row = await database.fetch_one(
            "SELECT refund_retail_minor, refund_net_minor, cancellation_initiator, sale_date,"
            " (SELECT sum(refund_net_minor)::int FROM bookings_unititem),"
            " (SELECT data->>'initiator' FROM events_event ORDER BY id DESC LIMIT 1)"
            " FROM bookings_booking",
            {},
        )
        return cancelled, found, row

    cancelled, found, row = tell(story)

    assert found == cancelled
    assert row == (0, 0, "SUPPLIER", NOW.date(), 0, "SUPPLIER")


def test_an_undone_redemption_is_told_with_its_tickets(shop: Shop, tell: Teller) -> None:
    async def story(database: Database) -> Any:
        store = bookings_on(database)
        named = {"access": live(shop.alice), "now": NOW, "store": store}
        held = await reserve(shop, store, "adult", "adult")
        await bookings.confirm_booking(held.uuid, BookingChange(), **named)
        first = frozenset({held.unit_items[0].uuid})
        await bookings.redeem_booking(held.uuid, first, on_any_day=True, **named)
        undone = await bookings.undo_redemption(held.uuid, None, **named)
        events = await database.fetch_all(
            "SELECT type, data FROM events_event ORDER BY id DESC LIMIT 2", {}
        )
        return held, undone, await read(store, held), events

    held, undone, found, events = tell(story)

    assert found == undone
    assert undone.status == "CONFIRMED"
    assert [item.redeemed_at for item in undone.unit_items] == [None, None]
    reference = held.unit_items[0].supplier_reference
    told = [(kind, json.loads(data)) for kind, data in events]
    assert told == [
        (
            "booking.redemption_undone",
            {"status": "CONFIRMED", "tickets": [reference], "changed": ["unit_items"]},
        ),
        (
            "booking.redeemed",
            {
                "status": "CONFIRMED",
                "tickets": [reference],
                "on_another_day": True,
                "changed": ["unit_items"],
            },
        ),
    ]
