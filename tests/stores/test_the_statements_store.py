"""The store of statements answers the same on both databases."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from shared_domain import bookings
from shared_domain.bookings import Booking
from shared_domain.database import Database
from shared_domain.partners import PartnerId
from shared_domain.statements import Line, Month, PartnerTotal
from shared_domain.statements.sql_store import SqlStatementStore
from tests.harness.data import NOW, TRAVEL_DATE, Shop, bookings_on, live
from tests.stores.both import Teller

JULY = Month(2026, 7)


async def sell(shop: Shop, database: Database, partner_id: PartnerId) -> Booking:
    wish, store = shop.reservation(uuid=uuid4()), bookings_on(database)
    held = await bookings.reserve_booking(wish, access=live(partner_id), now=NOW, store=store)
    return await bookings.confirm_booking(
        held.uuid, bookings.BookingChange(), access=live(partner_id), now=NOW, store=store
    )


def line_of(booking: Booking, **different: Any) -> Line:
    owes = booking.price.net_minor
    return Line(
        uuid=booking.uuid,
        supplier_reference=booking.supplier_reference,
        reseller_reference=booking.reseller_reference,
        status="CONFIRMED",
        refund=None,
        travel_date=TRAVEL_DATE,
        product_code="kayak",
        currency="EUR",
        net_minor=owes,
        owed_minor=owes,
    )._replace(**different)


def test_what_was_sold_is_a_line_and_a_total(shop: Shop, tell: Teller) -> None:
    async def story(database: Database) -> Any:
        sold = [await sell(shop, database, shop.alice) for _ in range(2)]
        await sell(shop, database, shop.bob)
        store = SqlStatementStore(database)
        lines, totals = await store.lines(shop.alice, JULY), await store.totals(shop.alice)
        in_july = await store.totals_between(shop.alice, JULY, JULY)
        before = await store.totals_between(shop.alice, Month(2026, 1), Month(2026, 6))
        return sold, lines, totals, in_july, before

    sold, lines, totals, in_july, before = tell(story)

    assert lines == [line_of(booking) for booking in sold]
    assert (in_july, before) == (totals, [])
    assert totals == [PartnerTotal(shop.alice, JULY, "EUR", 2, 7200, 7200)]
    assert type(totals[0].owed_minor) is int


def test_what_was_cancelled_in_time_owes_nothing(shop: Shop, tell: Teller) -> None:
    async def story(database: Database) -> Any:
        sold = await sell(shop, database, shop.alice)
        await bookings.cancel_booking(
            sold.uuid,
            reason=None,
            access=live(shop.alice),
            now=NOW + timedelta(minutes=1),
            store=bookings_on(database),
        )
        store = SqlStatementStore(database)
        return sold, await store.lines(shop.alice, JULY), await store.totals(shop.alice)

    sold, lines, totals = tell(story)

    assert lines == [line_of(sold, status="CANCELLED", refund="FULL", owed_minor=0)]
    assert totals == [PartnerTotal(shop.alice, JULY, "EUR", 1, 3600, 0)]


def test_another_month_is_empty(shop: Shop, tell: Teller) -> None:
    async def story(database: Database) -> Any:
        await sell(shop, database, shop.alice)
        return await SqlStatementStore(database).lines(shop.alice, Month(2026, 8))

    assert tell(story) == []
