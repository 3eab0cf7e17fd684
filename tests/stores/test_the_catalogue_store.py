"""The catalogue's store answers the same on both databases, and remembers only what is current."""

from datetime import date
from typing import Any

import pytest

from core_site.catalog.models import Supplier
from shared_domain.catalog import OptionNotFound, Product, ProductId, ProductMemory, Season
from shared_domain.catalog.sql_store import ProductCache, SqlCatalogStore
from shared_domain.database import Database, Parameters, Row
from tests.harness.data import Shop
from tests.stores.both import Teller, on_async_psycopg, on_djangos_connection


class CountingDatabase:
    """Counts the statements on their way to a real database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.statements = 0

    async def fetch_all(self, statement: str, parameters: Parameters) -> list[Row]:
        self.statements += 1
        return await self._database.fetch_all(statement, parameters)

    async def fetch_one(self, statement: str, parameters: Parameters) -> Row | None:
        self.statements += 1
        return await self._database.fetch_one(statement, parameters)

    async def execute(self, statement: str, parameters: Parameters) -> int:
        return await self._database.execute(statement, parameters)


def loaded(shop: Shop, tell: Teller) -> Product:
    async def load(database: Database) -> Any:
        return await SqlCatalogStore(database).visible_product("kayak", shop.alice)

    product = tell(load)
    assert isinstance(product, Product)
    return product


def test_a_product_is_loaded_whole(shop: Shop, tell: Teller) -> None:
    product = loaded(shop, tell)

    assert product.id == shop.kayak.pk
    (option,) = product.options
    assert option.local_start_times == ("09:30",)
    assert [unit.code for unit in option.units] == ["adult", "child", "family"]
    assert [(price.currency, price.retail_minor) for price in option.unit("adult").prices] == [
        ("EUR", 4500),
        ("GBP", 4500),
    ]
    assert [price.retail_minor for price in option.prices] == [30007, 30007]
    assert product.commission_basis_points == 2000
    with pytest.raises(OptionNotFound):
        product.option("EVENING")


async def _add_early_option(database: Database) -> None:
    """Add an option in front, without units and start times."""
    await database.execute("UPDATE catalog_option SET is_default = false, position = 1", {})
    await database.execute(
        "INSERT INTO catalog_option (product_id, code, internal_name, is_default, position,"
        " cancellation_cutoff_amount, cancellation_cutoff_unit, allows_late_cancellation,"
        " late_refund_percent, required_contact_fields, min_units)"
        " SELECT product_id, 'EARLY', internal_name, false, 0, cancellation_cutoff_amount,"
        " cancellation_cutoff_unit, false, 0, required_contact_fields, 1 FROM catalog_option",
        {},
    )


def test_the_first_option_is_the_default_where_staff_have_chosen_none(
    shop: Shop, tell: Teller
) -> None:
    async def load(database: Database) -> Any:
        await _add_early_option(database)
        # Opening hours ask for units alone.
        await database.execute("UPDATE catalog_product SET availability_type = 'OPENING_HOURS'", {})
        await database.execute(
            "UPDATE catalog_unit SET option_id = early.id FROM catalog_option AS early"
            " WHERE early.code = 'EARLY' AND catalog_unit.code = 'family'",
            {},
        )
        return await SqlCatalogStore(database).visible_product("kayak", shop.alice)

    assert [(option.code, option.is_default) for option in tell(load).options] == [
        ("EARLY", True),
        ("DEFAULT", False),
    ]


def test_an_option_that_cannot_be_sold_yet_hides_no_other(shop: Shop, tell: Teller) -> None:
    async def load(database: Database) -> Any:
        await _add_early_option(database)
        catalog = SqlCatalogStore(database)
        listed = await catalog.visible_products(shop.alice)
        ((product_id, revision),) = await database.fetch_all(
            "SELECT id, revision FROM catalog_product", {}
        )
        return [*listed, await catalog.product(product_id, revision, shop.alice)]

    listed, whole = tell(load)

    assert [(option.code, option.is_default) for option in listed.options] == [("DEFAULT", True)]
    assert [option.code for option in whole.options] == ["EARLY", "DEFAULT"]
    with pytest.raises(OptionNotFound):
        listed.option("EARLY")


def test_start_times_end_with_the_last_season_that_has_them(shop: Shop, tell: Teller) -> None:
    async def load(database: Database) -> Any:
        columns = (
            "option_id, is_active, weekdays, duration_minutes, opening_hours, capacity,"
            " booking_cutoff_minutes"
        )
        await database.execute("UPDATE catalog_schedule SET season_end = '2026-06-30'", {})
        await database.execute(
            f"INSERT INTO catalog_schedule ({columns}, start_times, season_start, season_end)"
            f" SELECT {columns}, more.start_times::time[], '2026-07-01', more.season_end::date"
            "   FROM catalog_schedule,"
            "        (VALUES ('{09:30,14:00}', '2026-09-30'), ('{16:00}', NULL))"
            "        AS more (start_times, season_end)",
            {},
        )
        return await SqlCatalogStore(database).visible_product("kayak", shop.alice)

    (option,) = tell(load).options

    assert option.start_times_ahead(today=date(2026, 9, 30)) == ("09:30", "14:00", "16:00")
    assert option.start_times_ahead(today=date(2026, 10, 1)) == ("16:00",)


def test_start_times_stay_while_staff_have_entered_no_next_season(shop: Shop, tell: Teller) -> None:
    async def load(database: Database) -> Any:
        await database.execute("UPDATE catalog_schedule SET season_end = '2026-06-30'", {})
        return await SqlCatalogStore(database).visible_product("kayak", shop.alice)

    (option,) = tell(load).options

    assert option.start_times_ahead(today=date(2027, 1, 1)) == ("09:30",)


def test_a_season_may_be_open_at_either_end(shop: Shop, tell: Teller) -> None:
    async def load(database: Database) -> Any:
        for column, currency in (("season_start", "EUR"), ("season_end", "GBP")):
            await database.execute(
                f"UPDATE catalog_price SET {column} = '2026-06-01' WHERE currency = %(currency)s",
                {"currency": currency},
            )
        return await SqlCatalogStore(database).visible_product("kayak", shop.alice)

    adult = tell(load).option("DEFAULT").unit("adult")

    assert [price.season for price in adult.prices] == [
        Season(date(2026, 6, 1), None),
        Season(None, date(2026, 6, 1)),
    ]


@pytest.mark.django_db
def test_both_databases_load_the_same_product(shop: Shop) -> None:
    assert loaded(shop, on_djangos_connection) == loaded(shop, on_async_psycopg)


def test_a_partner_without_terms_sees_nothing(shop: Shop, tell: Teller) -> None:
    async def load(database: Database) -> Any:
        await database.execute(
            "DELETE FROM catalog_partnerterms WHERE partner_id = %(bob)s", {"bob": shop.bob}
        )
        catalog = SqlCatalogStore(database)
        hidden = await catalog.visible_product("kayak", shop.bob)
        hidden_list = await catalog.visible_products(shop.bob)
        seen = await catalog.visible_products(shop.alice)
        return hidden, hidden_list, [product.code for product in seen]

    assert tell(load) == (None, [], ["kayak"])


@pytest.mark.parametrize(
    "incomplete",
    [
        "UPDATE catalog_product SET is_active = false",
        "UPDATE catalog_schedule SET is_active = false",
    ],
)
def test_what_cannot_be_sold_is_not_shown(shop: Shop, tell: Teller, incomplete: str) -> None:
    async def load(database: Database) -> Any:
        await database.execute(incomplete, {})
        return await SqlCatalogStore(database).visible_product("kayak", shop.alice)

    assert tell(load) is None


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE catalog_product SET internal_name = 'Canoe'",
        "UPDATE catalog_option SET min_units = 2",
        "UPDATE catalog_unit SET max_age = 12",
        "UPDATE catalog_price SET retail_minor = 1",
        "UPDATE catalog_partnerterms SET commission_basis_points = 1",
        "UPDATE catalog_schedule SET start_times = '{08:00}'",
        "DELETE FROM catalog_price WHERE currency = 'GBP'",
    ],
)
def test_a_remembered_product_is_never_stale(shop: Shop, tell: Teller, change: str) -> None:
    async def load(database: Database) -> Any:
        memory: ProductCache = {}
        before = await SqlCatalogStore(database, memory).visible_product("kayak", shop.alice)
        await database.execute(change, {})
        after = await SqlCatalogStore(database, memory).visible_product("kayak", shop.alice)
        return before, after, await SqlCatalogStore(database).visible_product("kayak", shop.alice)

    before, after, fresh = tell(load)

    assert after == fresh
    assert after != before
    assert after.revision > before.revision


def test_an_unchanged_product_is_loaded_once(shop: Shop, tell: Teller) -> None:
    async def load(database: Database) -> Any:
        memory: ProductCache = {}
        counting = CountingDatabase(database)
        for _ in range(3):
            await SqlCatalogStore(counting, memory).visible_product("kayak", shop.alice)
        return counting.statements

    # One look at the revision each time, and one load.
    assert tell(load) == 4


def test_partners_do_not_share_their_terms(shop: Shop, tell: Teller) -> None:
    async def load(database: Database) -> Any:
        await database.execute(
            "UPDATE catalog_partnerterms SET commission_basis_points = 1000"
            " WHERE partner_id = %(bob)s",
            {"bob": shop.bob},
        )
        memory: ProductCache = {}
        catalog = SqlCatalogStore(database, memory)
        products = [
            await catalog.visible_product("kayak", partner) for partner in (shop.alice, shop.bob)
        ]
        return [product.commission_basis_points for product in products if product]

    assert tell(load) == [2000, 1000]


def test_partners_share_what_does_not_differ(shop: Shop, tell: Teller) -> None:
    async def load(database: Database) -> Any:
        memory = ProductMemory(most=10)
        for partner in (shop.alice, shop.bob):
            await SqlCatalogStore(database, memory).visible_product("kayak", partner)
        shared = [memory[ProductId(shop.kayak.pk), partner] for partner in (shop.alice, shop.bob)]
        await database.execute("UPDATE catalog_unit SET max_age = 12", {})
        changed = await SqlCatalogStore(database, memory).visible_product("kayak", shop.bob)
        return *shared, changed

    of_alice, of_bob, changed = tell(load)

    assert of_alice is not of_bob
    assert of_alice.options is of_bob.options
    assert changed.options != of_bob.options


def test_an_old_booking_still_finds_a_product_that_is_no_longer_sold(
    shop: Shop, tell: Teller
) -> None:
    async def load(database: Database) -> Any:
        await database.execute("DELETE FROM catalog_partnerterms", {})
        product = await SqlCatalogStore(database).product(ProductId(shop.kayak.pk), 0, shop.alice)
        return product.code, product.commission_basis_points

    assert tell(load) == ("kayak", 0)


def test_the_supplier(shop: Shop, tell: Teller) -> None:
    async def load(database: Database) -> Any:
        await database.execute(
            "INSERT INTO catalog_supplier (code, name, website, email, telephone, address, is_only)"
            " VALUES ('rio', 'Rio Tours', '', 'hello@rio.example', '', '', true)",
            {},
        )
        return await SqlCatalogStore(database).supplier()

    supplier = tell(load)

    assert (supplier.name, supplier.website) == ("Rio Tours", None)


def test_without_a_supplier_the_error_says_what_to_do(shop: Shop, tell: Teller) -> None:
    async def load(database: Database) -> Any:
        return await SqlCatalogStore(database).supplier()

    assert not Supplier.objects.exists()
    with pytest.raises(LookupError, match="create it in the admin"):
        tell(load)
