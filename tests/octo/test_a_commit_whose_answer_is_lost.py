"""When the connection ends during COMMIT, the edge finds out what became of the work."""

import asyncio

import psycopg
import pytest

from api_edge.database import Transaction, make_pool
from api_edge.settings import Settings
from tests.databases import CommittedDatabase
from tests.partners.postgres_proxy import PostgresProxy


def work_and_lose_the_connection(url: str, *, delivered: bool) -> None:
    async def work() -> None:
        async with PostgresProxy(url) as wire, make_pool(Settings(database_url=wire.url)) as pool:
            transaction = Transaction(pool)
            try:
                await transaction.execute("INSERT INTO work VALUES ('done')", {})
                wire.break_once_at(b"COMMIT", delivered=delivered)
                await transaction.commit()
            finally:
                await transaction.close()

    asyncio.run(work())


def what_was_done(url: str) -> int:
    with psycopg.connect(url) as owner:
        row = owner.execute("SELECT count(*) FROM work").fetchone()
    assert row is not None
    return int(row[0])


@pytest.fixture
def url(committed_database: CommittedDatabase) -> str:
    with psycopg.connect(committed_database.owner_url) as owner:
        owner.execute("CREATE TABLE work (what text)")
    return committed_database.owner_url


def test_work_that_was_stored_is_a_success(url: str) -> None:
    work_and_lose_the_connection(url, delivered=True)

    assert what_was_done(url) == 1


def test_work_that_was_not_stored_is_an_error(url: str) -> None:
    with pytest.raises(psycopg.OperationalError):
        work_and_lose_the_connection(url, delivered=False)

    assert what_was_done(url) == 0
