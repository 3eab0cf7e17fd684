"""Both databases keep the promises of ``shared_domain.database.Database``, type by type."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import Error as DjangoError

from shared_domain.database import Database
from tests.stores.both import Teller, on_async_psycopg

MOMENT = datetime(2026, 7, 1, 10, 0, 0, 123456, tzinfo=UTC)
SOME_UUID = UUID("0b6f2a54-8c1e-4d37-9a60-5e2f7c3b9d18")


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("""'{"a": [1, null]}'::jsonb""", '{"a": [1, null]}'),
        ("""json_build_array(1, 'é')::text""", '[1, "é"]'),
        ("'2026-07-01 12:00:00.123456+02'::timestamptz", MOMENT),
        ("'0b6f2a54-8c1e-4d37-9a60-5e2f7c3b9d18'::uuid", SOME_UUID),
        ("'2026-07-01'::date", date(2026, 7, 1)),
        ("'09:30'::time", time(9, 30)),
        ("'9223372036854775807'::bigint", 2**63 - 1),
        ("true", True),
        ("NULL::jsonb", None),
        ("'100 %%'::text", "100 %"),
        ("ARRAY['a', 'b']", ["a", "b"]),
        ("ARRAY['09:30'::time]", [time(9, 30)]),
    ],
)
def test_a_value_arrives_as(tell: Teller, expression: str, value: object) -> None:
    async def ask(database: Database) -> Any:
        row = await database.fetch_one(f"SELECT {expression}", {})
        assert row is not None
        return row[0]

    answered = tell(ask)

    assert answered == value
    assert type(answered) is type(value)


def test_moments_are_in_utc(tell: Teller) -> None:
    async def ask(database: Database) -> Any:
        return await database.fetch_all("SELECT now(), %(moment)s::timestamptz", {"moment": MOMENT})

    ((now, moment),) = tell(ask)

    assert now.utcoffset() == moment.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (MOMENT, "timestamptz"),
        (SOME_UUID, "uuid"),
        (date(2026, 7, 1), "date"),
        ("naïve; -- 'quoted' \\ %s", "text"),
        (True, "boolean"),
        (None, "text"),
        (2**40, "bigint"),
        ([1, 2], "bigint[]"),
    ],
)
def test_a_parameter_comes_back_as_it_went(tell: Teller, value: object, kind: str) -> None:
    async def ask(database: Database) -> Any:
        return await database.fetch_one(f"SELECT %(value)s::{kind}", {"value": value})

    assert tell(ask) == (value,)


def test_the_edge_has_no_statement_compiled(db: None) -> None:
    """JIT takes longer than any of its statements, and PostgreSQL would use it for a calendar."""

    async def ask(database: Database) -> Any:
        return await database.fetch_one("SELECT current_setting('jit')", {})

    assert on_async_psycopg(ask) == ("off",)


def test_bytes_come_back_as_bytes(tell: Teller) -> None:
    async def ask(database: Database) -> Any:
        return await database.fetch_one("SELECT %(value)s::bytea", {"value": b"\x00\xff"})

    (value,) = tell(ask)

    assert bytes(value) == b"\x00\xff"


def test_fetch_one_gives_the_first_row_or_none(tell: Teller) -> None:
    async def ask(database: Database) -> Any:
        some = await database.fetch_one("SELECT n FROM generate_series(1, 3) AS n", {})
        none = await database.fetch_one("SELECT 1 WHERE %(no)s", {"no": False})
        return some, none

    assert tell(ask) == ((1,), None)


def test_fetch_all_gives_tuples_in_order(tell: Teller) -> None:
    async def ask(database: Database) -> Any:
        rows = await database.fetch_all("SELECT n, -n FROM generate_series(1, 2) AS n", {})
        none = await database.fetch_all("SELECT 1 WHERE false", {})
        return rows, none

    assert tell(ask) == ([(1, -1), (2, -2)], [])


def test_execute_counts_the_rows_it_touched(tell: Teller) -> None:
    async def ask(database: Database) -> Any:
        rename = "UPDATE partners_partner SET name = %(name)s"
        all_of_them = await database.execute(rename, {"name": "x"})
        none_of_them = await database.execute(f"{rename} WHERE false", {"name": "y"})
        return all_of_them, none_of_them

    assert tell(ask) == (2, 0)


def test_a_parameter_may_stand_in_several_places(tell: Teller) -> None:
    """In a statement of more than 4,096 characters too: psycopg treats these differently."""

    async def ask(database: Database) -> Any:
        places = ", ".join(["%(one)s::int", "%(two)s::int"] * 200)
        return await database.fetch_one(f"SELECT {places}", {"two": 2, "one": 1, "unused": 3})

    assert tell(ask) == (1, 2) * 200


def test_a_mistake_is_raised(tell: Teller) -> None:
    async def ask(database: Database) -> Any:
        await database.fetch_all("SELECT nothing", {})

    with pytest.raises((psycopg.Error, DjangoError)):
        tell(ask)


def test_nothing_is_committed(tell: Teller) -> None:
    async def rename(database: Database) -> None:
        await database.execute("UPDATE partners_partner SET name = 'gone'", {})

    async def count(database: Database) -> Any:
        return await database.fetch_one(
            "SELECT count(*) FROM partners_partner WHERE name = 'gone'", {}
        )

    tell(rename)

    assert tell(count) == (0,)
