"""When the connection ends during COMMIT, the edge finds out what became of the work."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from api_edge.postgresql import commit_outcome
from api_edge.postgresql.commit_outcome import OutcomeUnknown
from api_edge.postgresql.database import NotCommitted, Pool, Transaction, make_pool
from api_edge.settings import Settings
from shared_domain.idempotency import CommitOutcome
from tests.harness.databases import CommittedDatabase
from tests.harness.postgres_proxy import PostgresProxy
from tests.harness.waiting import eventually

#: What COMMIT itself makes of work of this kind.
ON_COMMIT = """
    CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.what = 'refused' THEN RAISE EXCEPTION 'refused'; END IF;
        IF NEW.what = 'slow' THEN PERFORM pg_sleep(60); END IF;
        IF NEW.what = 'ended' THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
        RETURN NULL;
    END $$;
    CREATE CONSTRAINT TRIGGER fail AFTER INSERT ON work
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION fail();
"""


class Work:
    """A transaction that does some work through a wire, and the wire."""

    def __init__(self, wire: PostgresProxy, pool: Pool) -> None:
        self.wire = wire
        self.transaction = Transaction(pool)

    async def do(self, what: str = "done") -> int:
        """Work, and return which session of PostgreSQL does it."""
        await self.transaction.execute("INSERT INTO work VALUES (%(what)s)", {"what": what})
        row = await self.transaction.fetch_one("SELECT pg_backend_pid()", {})
        assert row is not None
        return int(row[0])

    async def commit(self) -> CommitOutcome:
        """Return the outcome that a caller is told of."""
        try:
            await self.transaction.commit()
        except OutcomeUnknown:
            assert self.transaction.commit_outcome is CommitOutcome.UNKNOWN
        except psycopg.Error:
            assert self.transaction.commit_outcome is CommitOutcome.NOT_STORED
        else:
            assert self.transaction.commit_outcome is CommitOutcome.COMMITTED
        finally:
            await self.transaction.close()
        return self.transaction.commit_outcome


def run(url: str, story: Callable[[Work], Any]) -> Any:
    """Run a story over a wire to the database, with a pool of one connection."""

    async def over_a_wire() -> Any:
        # One place: a transaction in doubt must not hold it with a dead connection.
        async with (
            PostgresProxy(url) as wire,
            make_pool(Settings(database_url=wire.url, pool_size=1, pool_wait_seconds=60)) as pool,
        ):
            return await story(Work(wire, pool))

    return asyncio.run(over_a_wire())


def rows_of(url: str) -> int:
    with psycopg.connect(url) as owner:
        row = owner.execute("SELECT count(*) FROM work").fetchone()
    assert row is not None
    return int(row[0])


def has_ended(url: str, session: int) -> bool:
    with psycopg.connect(url) as owner:
        found = owner.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", [session])
        return found.fetchone() is None


def prepare(url: str) -> None:
    with psycopg.connect(url) as owner:
        owner.execute("CREATE TABLE work (what text)")
        owner.execute(ON_COMMIT)


@pytest.fixture(scope="module")
def database_url(
    make_committed_database: Callable[[], AbstractContextManager[CommittedDatabase]],
) -> Iterator[str]:
    with make_committed_database() as database:
        prepare(database.owner_url)
        yield database.owner_url


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """However busy the machine is, PostgreSQL can be asked in time."""
    monkeypatch.setattr(commit_outcome, "QUERY_SECONDS", 60.0)


@pytest.fixture
def url(database_url: str) -> str:
    with psycopg.connect(database_url) as owner:
        owner.execute("TRUNCATE work")
    return database_url


@pytest.mark.parametrize("delivered", [True, False])
def test_work_is_a_success_exactly_when_it_was_stored(url: str, delivered: bool) -> None:
    async def story(work: Work) -> CommitOutcome:
        await work.do()
        work.wire.break_once_at(b"COMMIT", delivered=delivered)
        return await work.commit()

    assert run(url, story) is (CommitOutcome.COMMITTED if delivered else CommitOutcome.NOT_STORED)
    assert rows_of(url) == delivered


def test_a_commit_that_arrives_late_stores_nothing(url: str) -> None:
    """The session that lost its client still holds the work when the edge says "not stored"."""

    async def story(work: Work) -> CommitOutcome:
        session = await work.do()
        work.wire.hold_once_at(b"COMMIT")
        outcome = await work.commit()
        await work.wire.deliver_held()
        assert await asyncio.to_thread(eventually, lambda: has_ended(url, session))
        return outcome

    assert run(url, story) is CommitOutcome.NOT_STORED
    assert rows_of(url) == 0


@pytest.mark.parametrize("what", ["refused", "ended"])
def test_what_postgresql_itself_ends_is_not_stored(url: str, what: str) -> None:
    async def story(work: Work) -> CommitOutcome:
        await work.do(what)
        return await work.commit()

    assert run(url, story) is CommitOutcome.NOT_STORED
    assert rows_of(url) == 0


def test_a_commit_that_was_cancelled_is_settled_afterwards(url: str) -> None:
    async def story(work: Work) -> CommitOutcome:
        await work.do("slow")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await work.transaction.commit()
        assert work.transaction.commit_outcome is CommitOutcome.UNKNOWN
        await work.transaction.close()
        return await work.transaction.resolve_outcome()

    assert run(url, story) is CommitOutcome.NOT_STORED
    assert rows_of(url) == 0


def test_an_error_that_was_swallowed_is_not_committed(url: str) -> None:
    async def story(work: Work) -> None:
        await work.do()
        with pytest.raises(psycopg.Error):
            await work.transaction.execute("SELECT 1 / 0", {})
        with pytest.raises(NotCommitted):
            await work.commit()

    run(url, story)

    assert rows_of(url) == 0


def test_after_a_failover_the_new_primary_decides(
    url: str, make_committed_database: Callable[[], AbstractContextManager[CommittedDatabase]]
) -> None:
    """It never had the transaction, whose number is committed there: another one has it.

    Both databases are on one server, and share its numbers: ``pg_xact_status`` says "committed".
    """
    with make_committed_database() as standby:
        promoted_url = standby.owner_url
        prepare(promoted_url)

        async def story(work: Work) -> CommitOutcome:
            await work.do()
            work.wire.break_once_at(b"COMMIT", delivered=True)
            work.wire.lead_to(str(conninfo_to_dict(promoted_url)["dbname"]))
            return await work.commit()

        assert run(url, story) is CommitOutcome.NOT_STORED
        assert (rows_of(url), rows_of(promoted_url)) == (1, 0)


def test_a_primary_that_became_a_standby_is_asked_until_it_can_tell(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A standby takes no record: its "no" must not be taken for "not stored"."""
    monkeypatch.setattr(commit_outcome, "PAUSES_BEFORE_ASKING_AGAIN", (0.0, 0.0))

    async def story(work: Work) -> tuple[CommitOutcome, CommitOutcome]:
        await work.do()
        with psycopg.connect(url, autocommit=True) as owner:
            owner.execute(
                f"ALTER DATABASE {owner.info.dbname} SET default_transaction_read_only = on"
            )
        work.wire.break_once_at(b"COMMIT", delivered=True)
        while_standby = await work.commit()
        with psycopg.connect(url, autocommit=True) as owner:
            owner.execute("SET default_transaction_read_only = off")
            owner.execute(f"ALTER DATABASE {owner.info.dbname} RESET default_transaction_read_only")
        work.wire.cut()
        work.wire.restore()
        return while_standby, await work.transaction.resolve_outcome()

    assert run(url, story) == (CommitOutcome.UNKNOWN, CommitOutcome.COMMITTED)
    assert rows_of(url) == 1
