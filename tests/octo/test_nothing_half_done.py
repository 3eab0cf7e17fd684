"""The answer is sent after the commit; whatever goes wrong before it leaves nothing behind."""

import asyncio
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from api_edge.postgresql.database import NotCommitted, Transaction, make_pool
from api_edge.settings import Settings
from tests.harness.clients import CLARA, OctoClient, a_slot
from tests.harness.committed_data import populate
from tests.harness.databases import CommittedDatabase
from tests.harness.servers import running_bare_edge
from tests.harness.waiting import LOCK_WAITS, eventually
from tests.octo.edge import Edge


@pytest.fixture(scope="module")
def own_edge(
    make_committed_database: Callable[[], AbstractContextManager[CommittedDatabase]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Edge]:
    """An edge and a database that the tests maltreat one after the other; both recover."""
    log = tmp_path_factory.mktemp("own_edge") / "edge.log"
    with make_committed_database() as database:
        keys = populate(database.owner_url)
        with running_bare_edge(
            database,
            log,
            PORTICO_EDGE_POOL_SIZE="2",
            PORTICO_EDGE_LOCK_WAIT_SECONDS="0.5",
        ) as port:
            yield Edge(port, keys, database, log)


def count_of_bookings(edge: Edge) -> int:
    with psycopg.connect(edge.database.owner_url) as owner:
        row = owner.execute("SELECT count(*) FROM bookings_booking").fetchone()
    assert row is not None
    return int(row[0])


@contextmanager
def failing_at_commit(edge: Edge, statement: str) -> Iterator[None]:
    """Let every commit that has inserted a booking fail, with ``statement``."""
    with psycopg.connect(edge.database.owner_url, autocommit=True) as owner:
        owner.execute(
            "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN {statement}; RETURN NULL; END $$"
        )
        owner.execute(
            "CREATE CONSTRAINT TRIGGER spoil AFTER INSERT ON bookings_booking"
            " DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION spoil()"
        )
        try:
            yield
        finally:
            owner.execute("DROP FUNCTION spoil() CASCADE")


def test_a_booking_is_stored_before_it_is_answered(partner: OctoClient, edge: Edge) -> None:
    with psycopg.connect(edge.database.owner_url, autocommit=True) as owner:
        for _ in range(20):
            held = partner.reserved()
            seen = owner.execute(
                "SELECT 1 FROM bookings_booking WHERE uuid = %s", [held["uuid"]]
            ).fetchone()
            assert seen is not None


def test_a_commit_that_fails_is_an_error(own_edge: Edge) -> None:
    partner = OctoClient(own_edge.port, own_edge.keys.live)
    before = count_of_bookings(own_edge)

    with failing_at_commit(own_edge, "RAISE EXCEPTION 'Clara Duarte, clara@example.com'"):
        failed = partner.reserve(contact=CLARA)

    assert (failed.status, failed.error) == (500, "INTERNAL_SERVER_ERROR")
    assert failed.headers["X-Request-Id"] in failed.message
    assert count_of_bookings(own_edge) == before
    assert partner.reserve().status == 200


def test_an_unexpected_error_is_logged_without_personal_data(own_edge: Edge) -> None:
    partner = OctoClient(own_edge.port, own_edge.keys.live)

    with failing_at_commit(own_edge, "RAISE EXCEPTION 'Clara Duarte, clara@example.com'"):
        failed = partner.reserve(contact=CLARA)

    log = own_edge.log.read_text()
    assert failed.headers["X-Request-Id"] in log
    assert "RaiseException" in log
    assert "Clara" not in log
    assert "clara" not in log


def test_a_caller_who_hangs_up_leaves_nothing_behind(own_edge: Edge) -> None:
    partner = OctoClient(own_edge.port, own_edge.keys.live)
    partner.get("/octo/supplier")
    before = count_of_bookings(own_edge)

    for _ in range(5):
        with socket.create_connection(("127.0.0.1", own_edge.port)) as hasty:
            hasty.sendall(
                b"POST /octo/bookings HTTP/1.1\r\nHost: portico\r\n"
                + f"Authorization: Bearer {partner.key}\r\n".encode()
                + b'Content-Type: application/json\r\nContent-Length: 500\r\n\r\n{"productId":'
            )

    assert partner.get("/octo/supplier").status == 200
    assert count_of_bookings(own_edge) == before
    assert "Disconnect" not in own_edge.log.read_text()


def test_a_lost_connection_is_made_anew(own_edge: Edge) -> None:
    partner = OctoClient(own_edge.port, own_edge.keys.live)
    partner.reserved()

    for _ in range(3):
        cut_every_connection(own_edge)
        assert partner.get("/octo/products").status == 200
        cut_every_connection(own_edge)
        assert partner.reserve().status == 200


def test_a_connection_lost_in_the_middle_asks_to_come_back(own_edge: Edge) -> None:
    partner = OctoClient(own_edge.port, own_edge.keys.live)
    before = count_of_bookings(own_edge)

    with failing_at_commit(own_edge, "PERFORM pg_terminate_backend(pg_backend_pid())"):
        failed = partner.reserve()

    assert (failed.status, failed.error) == (503, "INTERNAL_SERVER_ERROR")
    assert failed.headers["Retry-After"] == "1"
    assert count_of_bookings(own_edge) == before
    assert partner.reserve().status == 200


def test_a_lock_that_is_held_too_long_asks_to_come_back(own_edge: Edge) -> None:
    partner = OctoClient(own_edge.port, own_edge.keys.live)
    slot = a_slot()
    partner.reserved()

    with psycopg.connect(own_edge.database.owner_url) as locking:
        locking.execute(
            "SELECT 1 FROM catalog_departure WHERE availability_id = %s FOR UPDATE", [slot]
        )
        took_seconds = []
        for _ in range(3):
            began = time.monotonic()
            failed = partner.reserve(slot)
            took_seconds.append(time.monotonic() - began)

            assert (failed.status, failed.headers["Retry-After"]) == (503, "1")

    # Long before the five seconds for which an edge waits by default, if not on a busy machine.
    assert min(took_seconds) < 5
    assert partner.reserve(slot).status == 200


def test_when_every_connection_of_the_writes_is_busy_callers_are_asked_to_come_back(
    committed_database: CommittedDatabase, tmp_path: Path
) -> None:
    keys = populate(committed_database.owner_url)
    slot, other_slot = a_slot(), a_slot()
    with (
        # Of two connections one is for writes; the other looks up a key that is not remembered yet.
        running_bare_edge(
            committed_database,
            tmp_path / "edge.log",
            PORTICO_EDGE_POOL_SIZE="2",
            PORTICO_EDGE_POOL_WAIT_SECONDS="0.3",
            PORTICO_EDGE_LOCK_WAIT_SECONDS="60",
        ) as port,
        psycopg.connect(committed_database.owner_url) as locking,
        ThreadPoolExecutor(1) as at_the_same_time,
    ):
        partner, waiting = OctoClient(port, keys.live), OctoClient(port, keys.live)
        # Its connections are being opened, which on a busy machine takes longer than a call waits.
        assert eventually(lambda: partner.reserve(other_slot).status == 200)
        assert eventually(lambda: partner.get("/octo/products").status == 200)
        locking.execute(
            "SELECT 1 FROM catalog_departure WHERE availability_id = %s FOR UPDATE", [slot]
        )

        reserving = at_the_same_time.submit(waiting.reserve, slot)
        until_locked(committed_database)
        failed, read = partner.reserve(other_slot), partner.get("/octo/products")
        locking.rollback()

        assert failed.status == 503
        # As long as the one before it has waited, which is not known here.
        assert int(failed.headers["Retry-After"]) >= 1
        assert read.status == reserving.result().status == 200
        assert partner.reserve(other_slot).status == 200


def until_locked(database: CommittedDatabase) -> None:
    """Wait until a statement in this database waits for a lock."""
    with psycopg.connect(database.owner_url, autocommit=True) as owner:
        assert eventually(lambda: owner.execute(LOCK_WAITS).fetchone() != (0,))


def test_an_error_that_was_swallowed_is_not_committed(edge: Edge) -> None:
    async def swallow() -> None:
        async with make_pool(Settings(database_url=edge.database.edge_url)) as pool:
            transaction = Transaction(pool)
            try:
                with suppress(psycopg.Error):
                    await transaction.fetch_one("SELECT 1 / 0", {})
                await transaction.commit()
            finally:
                await transaction.close()

    with pytest.raises(NotCommitted):
        asyncio.run(swallow())


def test_a_database_that_is_gone_asks_to_come_back(own_edge: Edge, tmp_path: Path) -> None:
    with running_bare_edge(
        own_edge.database, tmp_path / "edge.log", PORTICO_EDGE_POOL_WAIT_SECONDS="0.5"
    ) as port:
        partner, slot = OctoClient(port, own_edge.keys.live), a_slot()
        assert eventually(lambda: partner.reserve(slot).status == 200)

        with connections_refused(own_edge):
            failed = partner.get("/octo/products")
            unwell = OctoClient(port, None)
            unwell.connection.request("GET", "/health/ready")
            health = unwell.connection.getresponse()

        assert (failed.status, failed.error) == (503, "INTERNAL_SERVER_ERROR")
        assert failed.headers["Retry-After"] == "1"
        assert (health.status, health.read()) == (503, b'{"status":"unavailable"}')
        assert eventually(lambda: partner.get("/octo/products").status == 200)
        assert eventually(lambda: partner.reserve(slot).status == 200)


def test_the_history_says_which_key_and_which_request(own_edge: Edge) -> None:
    partner = OctoClient(own_edge.port, own_edge.keys.live)

    answer = partner.reserve()

    with psycopg.connect(own_edge.database.owner_url) as owner:
        row = owner.execute(
            "SELECT context.id::text, context.metadata->>'request_id',"
            "       key.prefix = left(%(key)s, 14)"
            "  FROM bookings_bookingevent AS event"
            "  JOIN pghistory_context AS context ON context.id = event.pgh_context_id"
            "  JOIN partners_apikey AS key ON key.id = (context.metadata->>'api_key')::bigint"
            " WHERE event.uuid = %(uuid)s",
            {"key": partner.key, "uuid": answer.body["uuid"]},
        ).fetchone()
    request_id = answer.headers["X-Request-Id"]
    assert row == (request_id, request_id, True)


def cut_every_connection(edge: Edge) -> None:
    with psycopg.connect(edge.database.owner_url, autocommit=True) as owner:
        cut_every_other_connection(owner)


def cut_every_other_connection(owner: "psycopg.Connection[tuple[object, ...]]") -> None:
    # Each is waited for: one that is only about to end could still begin a transaction.
    owner.execute(
        "SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )


@contextmanager
def connections_refused(edge: Edge) -> Iterator[None]:
    with psycopg.connect(edge.database.owner_url, autocommit=True) as owner:
        name = Identifier(owner.info.dbname)
        owner.execute(SQL("ALTER DATABASE {} CONNECTION LIMIT 0").format(name))
        cut_every_other_connection(owner)
        try:
            yield
        finally:
            owner.execute(SQL("ALTER DATABASE {} CONNECTION LIMIT -1").format(name))
