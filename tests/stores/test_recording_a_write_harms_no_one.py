"""Recording what a write does gives no column away, has a bound, and lets no write fail."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL, Identifier

from shared_domain.rollout.django_dry_run_sql_store import CREATE_EFFECT_TRIGGERS
from shared_domain.rollout.dry_run_sql_store import READ_EFFECTS, RECORD_EFFECTS
from tests.harness.databases import CommittedDatabase

Connection = psycopg.Connection[Any]

TABLE = """
    CREATE TABLE boats (id int, name text, keel json, secret text DEFAULT 'do not tell');
    GRANT SELECT (id, name), INSERT (id, name, keel), UPDATE (name) ON boats TO {edge}
"""


@pytest.fixture(scope="module")
def database(
    make_committed_database: Callable[[], AbstractContextManager[CommittedDatabase]],
) -> Iterator[CommittedDatabase]:
    with make_committed_database() as made, psycopg.connect(made.owner_url) as owner:
        edge = str(conninfo_to_dict(made.edge_url)["user"])
        owner.execute(SQL(TABLE).format(edge=Identifier(edge)))
        owner.execute(CREATE_EFFECT_TRIGGERS.format(table="boats"))
        owner.commit()
        yield made


@pytest.fixture
def edge(database: CommittedDatabase) -> Iterator[Connection]:
    """A session of the edge whose transaction is recorded, and rolled back."""
    with psycopg.connect(database.edge_url) as connection:
        connection.execute(RECORD_EFFECTS, prepare=False)
        yield connection
        connection.rollback()


def recorded(connection: Connection) -> str:
    return str(connection.execute(READ_EFFECTS).fetchone()[0])  # type: ignore[index]


def test_a_column_that_the_role_may_not_read_is_named_without_its_value(edge: Connection) -> None:
    edge.execute("INSERT INTO boats (id, name, keel) VALUES (1, 'Maria', '{}')")

    assert json.loads(recorded(edge)) == {
        "table": "boats",
        "action": "insert",
        "row": {"id": 1, "name": "Maria", "keel": {}},
        "hidden": ["secret"],
    }


def test_naming_another_reader_shows_no_more(edge: Connection, database: CommittedDatabase) -> None:
    owner = conninfo_to_dict(database.owner_url)["user"]
    edge.execute("SELECT set_config('portico.effects_reader', %s, true)", [owner])

    edge.execute("INSERT INTO boats (id) VALUES (1)")

    assert "do not tell" not in recorded(edge)


def test_the_site_tells_an_edge_only_what_the_edge_may_read(database: CommittedDatabase) -> None:
    with psycopg.connect(database.owner_url) as owner:
        owner.execute(RECORD_EFFECTS, prepare=False)
        reader = conninfo_to_dict(database.edge_url)["user"]
        owner.execute("SELECT set_config('portico.effects_reader', %s, true)", [reader])
        owner.execute("INSERT INTO boats (id) VALUES (1)")

        assert json.loads(recorded(owner))["hidden"] == ["secret"]
        owner.rollback()


def test_many_rows_are_recorded_in_their_order(edge: Connection) -> None:
    edge.execute(
        "INSERT INTO boats (id, name) SELECT n, repeat('x', 300) FROM generate_series(1, 99) n"
    )

    rows = [json.loads(line)["row"]["id"] for line in recorded(edge).splitlines()]

    assert rows == list(range(1, 100))


@pytest.mark.parametrize(("rows", "characters"), [(1, 64_001), (1500, 900)])
def test_there_is_a_bound(edge: Connection, rows: int, characters: int) -> None:
    edge.execute(
        "INSERT INTO boats (id, name) SELECT n, repeat('x', %s) FROM generate_series(1, %s) n",
        [characters, rows],
    )
    edge.execute("INSERT INTO boats (id) VALUES (0)")

    assert recorded(edge) == "too many"
    assert edge.execute("SELECT count(id) FROM boats").fetchone() == (rows + 1,)


def test_a_write_that_cannot_be_recorded_is_done_all_the_same(edge: Connection) -> None:
    edge.execute("SET LOCAL portico.effects_parts = 'no number'", prepare=False)

    edge.execute(
        "INSERT INTO boats (id, name) SELECT n, repeat('x', 99) FROM generate_series(1, 99) n"
    )

    assert edge.execute("SELECT count(id) FROM boats").fetchone() == (99,)
    edge.execute("SET LOCAL portico.effects_parts = ''", prepare=False)
    assert recorded(edge) == "too many"
