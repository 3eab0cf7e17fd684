"""No statement reads a table that grows from end to end, also when it is planned once for all.

The plans are those for any parameters (``GENERIC_PLAN``), which a prepared statement comes down to.
The tables are the demo's: 10,000 departures, and beside them so few bookings that PostgreSQL would
rather read all. So it is told that there are 1,000,000, as its statistics would say.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from core_site.config.checks import statements
from shared_domain.bookings.search_sql_store import count_tickets_statement, search_statement
from shared_domain.database import number_parameters
from tests.at_scale.cost import GROWING
from tests.harness.databases import DemoDatabase

STATEMENTS = dict(statements())

#: Departures are as many as they are: a shop has 400 days of them.
ALL = GROWING | {"idempotency_record_commit", "users_user", "catalog_departure"}
FORGED = sorted(ALL - {"catalog_departure"})

#: Statements that may read a table whole, and why.
EXEMPT = {
    "events.sql_store.HAS_WAITING": "reads one row",
    "persons.sql_store.BOOKINGS_BY_EMAIL": "looks for a person everywhere, on request",
    "sales_rollup.sql_store.MISSING_DAYS": "compares all sums, once a night",
    "sales_rollup.sql_store.MISSING_MONTHS": "compares all sums, once a night",
    "sales_rollup.sql_store.REPAIR_DAYS": "compares all sums, once a night",
    "sales_rollup.sql_store.REPAIR_MONTHS": "compares all sums, once a night",
    "bookings.sql_store.DEPARTURES_WITH_EXPIRED_HOLDS": "joins all holds with all departures",
    "availability.blackouts.sql_store.FOLLOW_PLACE": "changes a season's departures",
    "availability.departure_sync.sql_store.UPDATE": "moves a season's departures",
}

#: What is forged is the density of a table, which must have some pages.
SOME_COMMITS = """
INSERT INTO idempotency_record (id)
SELECT ('8' || substr(md5(number::text), 2))::uuid FROM generate_series(1, 500) AS number
"""

FORGE = """
UPDATE pg_class SET reltuples = 1e6
 WHERE oid IN (SELECT name::regclass FROM unnest(%(tables)s::text[]) AS name
               UNION ALL
               SELECT indexrelid FROM pg_index
                WHERE indrelid IN (SELECT name::regclass FROM unnest(%(tables)s::text[]) AS name)
                  AND indpred IS NULL)
"""

#: A column with many values has as many more of them.
FORGE_VALUES = """
UPDATE pg_statistic
   SET stadistinct = -stadistinct / (SELECT count(*) FROM bookings_booking)
 WHERE starelid = 'bookings_booking'::regclass AND stadistinct > 40
"""


@pytest.fixture(scope="module")
def large(
    make_demo_database: Callable[[], AbstractContextManager[DemoDatabase]],
) -> Iterator["psycopg.Connection[Any]"]:
    with make_demo_database() as demo, psycopg.connect(demo.database.owner_url) as connection:
        connection.execute(SOME_COMMITS)
        connection.execute("ANALYZE")
        connection.execute(FORGE_VALUES)
        connection.execute(FORGE, {"tables": FORGED})
        yield connection
        connection.rollback()


def plan(connection: "psycopg.Connection[Any]", statement: str) -> dict[str, Any]:
    """Return PostgreSQL's plan of a statement for any parameters."""
    numbered, _ = number_parameters(statement)
    explain = f"EXPLAIN (GENERIC_PLAN, FORMAT JSON) {numbered}"
    ((plans,),) = connection.execute(explain.encode()).fetchall()
    found: dict[str, Any] = plans[0]["Plan"]
    return found


def whole_reads(connection: "psycopg.Connection[Any]", statement: str) -> set[str]:
    """Return the tables of ``ALL`` that the plan reads from end to end, by index or without."""
    return {
        node["Relation Name"]
        for node in nodes(plan(connection, statement))
        if node.get("Relation Name") in ALL
        and "Index Cond" not in node
        and node["Node Type"] in ("Seq Scan", "Index Scan", "Index Only Scan")
    }


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from nodes(part)


def test_no_table_that_grows_is_read_from_end_to_end(large: "psycopg.Connection[Any]") -> None:
    read = {name: whole_reads(large, statement) for name, statement in STATEMENTS.items()}

    found = {name: sorted(tables) for name, tables in read.items() if tables}
    assert {name: tables for name, tables in found.items() if name not in EXEMPT} == {}
    assert set(EXEMPT) <= set(STATEMENTS)


def test_the_rows_of_a_batch_are_chosen_once() -> None:
    """A subquery behind IN may be run for each row; one with a limit then finds other rows."""
    behind_in = re.compile(r"\bIN \(SELECT [^()]*(\([^()]*\)[^()]*)*\bLIMIT\b")
    assert behind_in.search("WHERE id IN (SELECT id FROM a WHERE b = f(1) ORDER BY id LIMIT 3)")

    assert [name for name, text in STATEMENTS.items() if behind_in.search(text)] == []


@pytest.mark.parametrize("reference", ["reseller_reference", "supplier_reference"])
def test_a_search_reads_the_bookings_of_one_reference(
    large: "psycopg.Connection[Any]", reference: str
) -> None:
    assert (
        whole_reads(large, search_statement([reference], limit=1_001, most_tickets=10_000)) == set()
    )
    assert whole_reads(large, count_tickets_statement([reference], most=10_001)) == set()


@pytest.mark.parametrize("reference", ["reseller_reference", "supplier_reference"])
def test_a_search_by_reference_is_not_planned_anew(
    large: "psycopg.Connection[Any]", reference: str
) -> None:
    """After five plans PostgreSQL keeps one for any values, if it expects no more rows of it."""
    sought = {"reseller_reference": "A", "reference_as_sent": "a", "supplier_reference": "A"}
    own = {"partner_id": 1, "test_mode": False, "now": datetime.now(UTC)}
    for _ in range(7):
        large.execute(
            search_statement([reference], limit=1_001, most_tickets=10_000),
            own | sought,
            prepare=True,
        )

    plans = large.execute(
        "SELECT custom_plans, generic_plans FROM pg_prepared_statements WHERE statement LIKE %s",
        [f"%AND booking.{reference} %LIMIT 1001%"],
    ).fetchall()
    assert plans == [(5, 2)]


@pytest.mark.parametrize(
    "name",
    [
        *("availability.sql_store.BETWEEN", "availability.sql_store.ON_DATE"),
        "availability.sql_store.BY_AVAILABILITY_IDS",
        *("availability.sql_store.BY_IDS", "availability.sql_store.LOCK_SLOT"),
        "bookings.sql_store.GET",
    ],
)
def test_lapsed_holds_of_other_departures_are_not_read(
    large: "psycopg.Connection[Any]", name: str
) -> None:
    of_holds = [
        node.get("Index Cond", node.get("Recheck Cond", "none"))
        for node in nodes(plan(large, STATEMENTS[name]))
        if node.get("Alias", "").startswith("hold")
    ]

    assert of_holds
    assert [condition for condition in of_holds if "departure_id = " not in condition] == []


def test_a_join_with_the_keys_of_a_parameter_is_noticed(large: "psycopg.Connection[Any]") -> None:
    # A reservation found its departures like that, and read all of them.
    assert whole_reads(
        large,
        "UPDATE catalog_departure AS departure SET reserved = reserved + change.value::int"
        "  FROM jsonb_each_text(%(stock)s::jsonb) AS change"
        " WHERE departure.id = change.key::bigint",
    ) == {"catalog_departure"}
