"""The edge's role can do all that the edge does, and nothing else."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import psycopg
import pytest

from core_site.config.checks import statements, with_numbered_places
from tests.databases import CommittedDatabase

#: What only staff and the worker run, on the owner's connection.
NOT_FOR_THE_EDGE = {
    "availability.following_sql_store.ADD",
    "availability.following_sql_store.LOCK_OPTION",
    "availability.following_sql_store.NOTE_RULES",
    "availability.following_sql_store.REMOVE",
    "availability.following_sql_store.TELL",
    "availability.following_sql_store.UPDATE",
    "availability.sql_store.RELEASE",
    "availability.sql_store.SET_CAPACITY",
    "availability.sql_store.SET_OPEN",
    "bookings.notices_sql_store.DUE",
    "bookings.notices_sql_store.LOCK_NOTICE",
    "bookings.notices_sql_store.SETTLE",
    "idempotency.sql_store.PURGE",
    "partners.sql_store.ADD",
    "partners.sql_store.GET_LOCKED",
    "partners.sql_store.SAVE",
}


@pytest.fixture(scope="module")
def database(
    make_committed_database: Callable[[], AbstractContextManager[CommittedDatabase]],
) -> Iterator[CommittedDatabase]:
    with make_committed_database() as made:
        yield made


@pytest.fixture
def edge(database: CommittedDatabase) -> Iterator["psycopg.Connection[Any]"]:
    with psycopg.connect(database.edge_url) as connection:
        yield connection


def may_run(edge: "psycopg.Connection[Any]", statement: str) -> bool:
    """Ask PostgreSQL for a plan: it checks the permissions, and runs nothing."""
    numbered, names = with_numbered_places(statement)
    nulls = ", ".join(["NULL"] * len(names))
    try:
        with edge.transaction():
            edge.execute(f"PREPARE asked AS {numbered}", prepare=False)
            edge.execute(f"EXPLAIN EXECUTE asked{f'({nulls})' if names else ''}", prepare=False)
    except psycopg.errors.InsufficientPrivilege:
        return False
    finally:
        # Prepared statements outlive the transaction.
        edge.execute("DEALLOCATE ALL", prepare=False)
    return True


def test_runs_every_statement_but_those_of_staff_and_worker(
    edge: "psycopg.Connection[Any]",
) -> None:
    features = (
        "availability",
        "bookings",
        "catalog",
        "idempotency",
        "partners",
        "statements",
        "users",
    )

    denied = {
        name
        for name, statement in statements()
        if name.startswith(features) and not may_run(edge, statement)
    }

    assert denied == NOT_FOR_THE_EDGE


@pytest.mark.parametrize(
    "table", ["auth_user", "django_session", "django_admin_log", "procrastinate_jobs"]
)
def test_sees_nothing_of_the_sites_own_tables(edge: "psycopg.Connection[Any]", table: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        edge.execute(f"SELECT 1 FROM {table}")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE catalog_departure SET capacity = 1000",
        "UPDATE catalog_departure SET is_open = true",
        "UPDATE catalog_price SET retail_minor = 1",
        "UPDATE partners_apikey SET revoked_at = NULL",
        "DELETE FROM bookings_booking",
        "UPDATE events_event SET type = 'nothing'",
        "DELETE FROM bookings_bookingevent",
        "UPDATE idempotency_record SET is_given_up = true",
        "DELETE FROM idempotency_record",
        "CREATE TABLE mine (id int)",
    ],
)
def test_cannot_change_what_belongs_to_staff(
    edge: "psycopg.Connection[Any]", statement: str
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        edge.execute(statement)
