"""The endpoints of the tuned peers: each returns the bytes of its answer."""

import hashlib
import json
import secrets
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import msgspec

from shared_domain.users.paging import TOP, Position
from tests.bench.peers import rules
from tests.bench.peers.bolt_peer.schemas import CalendarQuestion, Reservation
from tests.bench.peers.booking_texts import STORED_TEXTS
from tests.bench.peers.rules import Refused
from tests.bench.peers.tuned import answers, statements
from tests.bench.peers.tuned.databases import Database
from tests.bench.peers.tuned.memory import Keys, Products, encode


class SlotQuestion(msgspec.Struct, rename="camel"):
    """Which slots an option has, on one date or between two."""

    product_id: str
    option_id: str
    local_date: date | None = None
    local_date_start: date | None = None
    local_date_end: date | None = None


class User(msgspec.Struct, rename="camel"):
    id: UUID
    email: str
    age: int
    created_at: datetime
    updated_at: datetime


class UserList(msgspec.Struct, rename="camel"):
    items: list[User]
    next_cursor: str | None


_decode_reservation = msgspec.json.Decoder(Reservation).decode
_decode_slot_question = msgspec.json.Decoder(SlotQuestion).decode
_decode_calendar_question = msgspec.json.Decoder(CalendarQuestion).decode

_SLOT = (
    "id", "availability_id", "local_date", "starts_at", "ends_at", "cutoffs_count_from",
    "booking_cutoff_at", "opening_hours", "capacity", "reserved", "max_units", "is_open",
    "has_lapsed_holds",
)  # fmt: skip


class Octo:
    """The endpoints on one database; ``authorization`` is the value of that header."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.keys = Keys()
        self._products = Products()

    async def get_booking(self, authorization: str | None, uuid: UUID) -> bytes:
        key = await self.keys.find(self._database, authorization, "bookings:read")
        now = datetime.now(UTC)
        rows = await self._database.fetch(
            statements.BOOKING, key.partner_id, now, key.is_test, uuid
        )
        if not rows:
            raise Refused("uuid is not one of your bookings")
        return encode(await self._answer(rows[0], key, now))

    async def find_bookings(self, authorization: str | None, reseller_reference: str) -> bytes:
        key = await self.keys.find(self._database, authorization, "bookings:read")
        now = datetime.now(UTC)
        rows = await self._database.fetch(
            statements.BOOKINGS, key.partner_id, now, key.is_test, reseller_reference
        )
        return encode([await self._answer(row, key, now) for row in rows])

    async def show_calendar(self, authorization: str | None, body: bytes) -> bytes:
        key = await self.keys.find(self._database, authorization, "catalog:read")
        question = _decode_calendar_question(body)
        first, last = question.local_date_start, question.local_date_end
        product = await self._visible_product(self._database, question.product_id, key)
        option = rules.find_option(product, question.option_id)
        rows = await self._database.fetch(
            statements.DAYS, option.id, first, last, datetime.now(UTC)
        )
        return encode(answers.days(rows, product, option, first=first, last=last))

    async def check_availability(self, authorization: str | None, body: bytes) -> bytes:
        key = await self.keys.find(self._database, authorization, "catalog:read")
        question, now = _decode_slot_question(body), datetime.now(UTC)
        first = question.local_date or question.local_date_start
        last = question.local_date or question.local_date_end
        product = await self._visible_product(self._database, question.product_id, key)
        option = rules.find_option(product, question.option_id)
        rows = await self._database.fetch(statements.SLOTS, option.id, first, last, now)
        return encode(answers.slots(rows, product, option, now=now))

    async def list_products(self, authorization: str | None) -> bytes:
        key = await self.keys.find(self._database, authorization, "catalog:read")
        rows = await self._database.fetch(statements.VISIBLE_PRODUCTS, key.partner_id)
        found = [
            await self._products.find(self._database, product_id, revision, key.partner_id)
            for product_id, revision in rows
        ]
        return encode([product.listed for product in found])

    async def get_product(self, authorization: str | None, code: str) -> bytes:
        key = await self.keys.find(self._database, authorization, "catalog:read")
        product = await self._visible_product(self._database, code, key)
        return bytes(product.listed)

    async def list_users(self, authorization: str | None, cursor: str | None, limit: int) -> bytes:
        key = await self.keys.find(self._database, authorization, "users:read")
        after = Position.from_cursor(cursor) if cursor else TOP
        rows = await self._database.fetch(
            statements.USERS, key.partner_id, key.is_test, after.created_at, after.user_id,
            limit + 1,
        )  # fmt: skip
        found = [User(*row) for row in rows[:limit]]
        next_cursor = None
        if len(rows) > limit:
            next_cursor = Position(found[-1].created_at, found[-1].id).as_cursor()
        return encode(UserList(found, next_cursor))

    async def reserve(self, authorization: str | None, body: bytes) -> bytes:
        key = await self.keys.find(self._database, authorization, "bookings:write")
        wish = _decode_reservation(body).as_columns()
        now = datetime.now(UTC)
        async with self._database.transaction() as transaction:
            product = await self._visible_product(transaction, wish["product_code"], key)
            option = rules.find_option(product, wish["option_code"])
            departure = await _lock(transaction, option, wish["availability_id"], now)
            row = await _insert(transaction, key, wish, product, option, departure, now)
        return encode(answers.booking(row, product, now=now))

    async def _answer(self, row: Any, key: SimpleNamespace, now: datetime) -> Any:
        product_id, revision = row[24], row[25]
        product = await self._products.find(self._database, product_id, revision, key.partner_id)
        return answers.booking(row, product, now=now)

    async def _visible_product(
        self, database: Database, code: str, key: SimpleNamespace
    ) -> SimpleNamespace:
        rows = await database.fetch(statements.VISIBLE_PRODUCT, key.partner_id, code)
        if not rows:
            raise Refused("productId is not one of your products")
        product_id, revision = rows[0]
        return await self._products.find(database, product_id, revision, key.partner_id)


async def _lock(
    transaction: Database, option: Any, availability_id: str, now: datetime
) -> SimpleNamespace:
    """Return the departure, locked until the transaction ends and without lapsed holds."""
    rows = await transaction.fetch(statements.LOCK, option.id, availability_id, now)
    if not rows:
        raise Refused("availabilityId is not an availability of this option")
    departure = SimpleNamespace(**dict(zip(_SLOT, rows[0], strict=True)), lapsed_places=0)
    if departure.has_lapsed_holds:
        ((departure.reserved,),) = await transaction.fetch(statements.RELEASE, departure.id, now)
    return departure


async def _insert(
    transaction: Database,
    key: SimpleNamespace,
    wish: dict[str, Any],
    product: Any,
    option: Any,
    departure: Any,
    now: datetime,
) -> tuple[Any, ...]:
    """Store a reservation, and return it as a row of ``statements.BOOKING``."""
    units = rules.choose_units(option, wish["unit_codes"])
    rules.check_slot(departure, option, units, now=now)
    day, currency = departure.local_date, product.default_currency
    prices = rules.item_prices(option, product, units, currency=currency, day=day)
    if product.pricing_per == "BOOKING":
        whole = rules.whole_price(option, product, currency=currency, day=day)
        price = rules.minor_columns(whole)
    else:
        price = rules.summed_columns(prices)
    uuid, reference = uuid4(), f"PT-{secrets.token_hex(5).upper()}"
    items = [
        {
            "uuid": str(uuid4()),
            "position": position,
            "unit_id": unit.id,
            "supplier_reference": f"{reference}-{position + 1}",
            **rules.minor_columns(of_unit),
        }
        for position, (unit, of_unit) in enumerate(zip(units, prices, strict=True))
    ]
    minutes = min(wish["expiration_minutes"] or 30, key.partner.max_hold_minutes)
    hold_expires_at = min(now + timedelta(minutes=minutes), departure.booking_cutoff_at)
    places = 0 if key.is_test else rules.places_of(units)
    contact, taxes = json.dumps(wish["contact"]), json.dumps(price["taxes"])
    amounts = (price["original_minor"], price["retail_minor"], price["net_minor"])
    await transaction.fetch(
        statements.RESERVE, uuid, key.partner_id, product.id, option.id, departure.id, key.is_test,
        reference, wish["reseller_reference"], hashlib.sha256(repr(wish).encode()).digest(), now,
        hold_expires_at, contact, wish["notes"], wish["email_receipt"], places, currency, *amounts,
        taxes, json.dumps(items), uuid4(),
    )  # fmt: skip
    shown = [
        [
            item["uuid"], item["unit_id"], None, item["supplier_reference"], None, None, {},
            item["original_minor"], item["retail_minor"], item["net_minor"], item["taxes"],
        ]
        for item in items
    ]  # fmt: skip
    return (
        uuid, key.is_test, "ON_HOLD", reference, wish["reseller_reference"], now, now,
        hold_expires_at, None, None, None, None, None, contact, wish["notes"], None, None,
        currency, *amounts, taxes, json.dumps(shown), option.id, product.id,
        product.revision, departure.availability_id, departure.starts_at, departure.ends_at,
        departure.cutoffs_count_from, departure.booking_cutoff_at, departure.opening_hours,
        departure.capacity, departure.max_units, departure.is_open, departure.reserved + places,
        *(None for _ in STORED_TEXTS),
    )  # fmt: skip
