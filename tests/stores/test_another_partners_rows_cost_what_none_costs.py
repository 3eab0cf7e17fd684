"""The database is asked the same questions whether an id is another partner's or does not exist.

So the time that an answer takes tells nothing either; the long form of
``tests/users/test_each_key_meets_its_own_data_only.py`` measures it.
"""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID, uuid4

import pytest

from core_site.database import DjangoDatabase
from shared_domain import bookings, catalog, users
from shared_domain.bookings import BookingChange
from shared_domain.database import Parameters, Row
from shared_domain.partners import Access
from shared_domain.refusals import Refused
from shared_domain.run_now import run_now
from shared_domain.users import UserChange, UserId
from shared_domain.users.sql_store import SqlUserStore
from tests.harness.data import NOW, Shop, add_product, bookings_on, in_test_mode, live, open_shop


class Listening(DjangoDatabase):
    """Django's connection, and the statements that were sent on it."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    async def fetch_one(self, statement: str, parameters: Parameters) -> Row | None:
        self.asked.append(statement)
        return await super().fetch_one(statement, parameters)

    async def fetch_all(self, statement: str, parameters: Parameters) -> list[Row]:
        self.asked.append(statement)
        return await super().fetch_all(statement, parameters)

    async def execute(self, statement: str, parameters: Parameters) -> int:
        self.asked.append(statement)
        return await super().execute(statement, parameters)


#: What may be tried with a uuid: of a booking, or of a user.
OF_A_BOOKING: Mapping[str, Callable[..., Any]] = {
    "get": lambda uuid, **named: bookings.get_booking(uuid, **named),
    "confirm": lambda uuid, **named: bookings.confirm_booking(uuid, BookingChange(), **named),
    "extend": lambda uuid, **named: bookings.extend_booking(uuid, 5, **named),
    "update": lambda uuid, **named: bookings.update_booking(
        uuid, BookingChange(notes="x"), **named
    ),
    "cancel": lambda uuid, **named: bookings.cancel_booking(uuid, reason=None, **named),
}


def asked(service: Any, database: Listening, given: UUID | str) -> tuple[str, list[str]]:
    """Return what the service says of the id that it was given, and what it asked the database."""
    try:
        said = type(run_now(service)).__name__
    except Refused as refusal:
        said = f"{type(refusal).__name__}: {refusal}".replace(str(given), "…")
    return said, database.asked


@pytest.fixture
def shop(db: None) -> Shop:
    return open_shop()


@pytest.fixture(params=["another partner", "the other mode"])
def intruder(shop: Shop, request: pytest.FixtureRequest) -> Access:
    return live(shop.bob) if request.param == "another partner" else in_test_mode(shop.alice)


@pytest.mark.parametrize("step", OF_A_BOOKING)
def test_a_booking(shop: Shop, intruder: Access, step: str) -> None:
    held = reserve(shop, uuid4(), live(shop.alice), Listening())

    def tried(uuid: UUID) -> tuple[str, list[str]]:
        database = Listening()
        named = {"access": intruder, "now": NOW, "store": bookings_on(database)}
        return asked(OF_A_BOOKING[step](uuid, **named), database, uuid)

    assert tried(held) == tried(uuid4())


def test_a_reservation_under_anothers_uuid(shop: Shop, intruder: Access) -> None:
    held = reserve(shop, uuid4(), live(shop.alice), Listening())
    theirs, missing_ones = Listening(), Listening()

    reserve(shop, held, intruder, theirs)
    reserve(shop, uuid4(), intruder, missing_ones)

    assert theirs.asked == missing_ones.asked


def test_a_product_of_another_partner(shop: Shop) -> None:
    add_product("canoe", partners=(shop.alice,))

    def tried(code: str) -> tuple[str, list[str]]:
        database = Listening()
        store = bookings_on(database).catalog
        service = catalog.get_product(code, access=live(shop.bob), store=store)
        return asked(service, database, code)

    assert tried("canoe") == tried("kanoo")


@pytest.mark.parametrize("changes", [False, True])
def test_a_user(shop: Shop, intruder: Access, changes: bool) -> None:
    def store(database: Listening) -> dict[str, Any]:
        return {"store": SqlUserStore(database)}

    user = run_now(
        users.create_user(
            email="a@example.com", age=30, access=live(shop.alice), now=NOW, **store(Listening())
        )
    )

    def tried(user_id: UserId) -> tuple[str, list[str]]:
        database = Listening()
        named = {"access": intruder, **store(database)}
        if changes:
            service = users.update_user(user_id, UserChange(age=31), now=NOW, **named)
        else:
            service = users.get_user(user_id, **named)
        return asked(service, database, user_id)

    assert tried(user.id) == tried(UserId(uuid4()))


def reserve(shop: Shop, uuid: UUID, access: Access, database: Listening) -> UUID:
    wish = shop.reservation(uuid=uuid)
    store = bookings_on(database)
    return run_now(bookings.reserve_booking(wish, access=access, now=NOW, store=store)).uuid
