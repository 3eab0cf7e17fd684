"""Whatever becomes of PostgreSQL, calls get an answer in time, and are served again afterwards."""

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import psutil
import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier
from psycopg_pool import PoolTimeout

from api_edge.postgresql.database import connection_arguments
from api_edge.postgresql.pool import PING, SIZE, Connection, Pool, PoolBusy
from deploy.database_url import with_parts
from deploy.embedded_postgres import EmbeddedPostgres
from tests.harness.clients import Answer, OctoClient, a_slot
from tests.harness.committed_data import Keys, populate
from tests.harness.databases import CommittedDatabase, committed_copy
from tests.harness.deploy_up import reachable_folder
from tests.harness.postgres_proxy import PostgresProxy
from tests.harness.postgres_proxy_thread import PostgresProxyThread, running_postgres_proxy
from tests.harness.servers import running_bare_edge
from tests.harness.waiting import LOCK_WAITS, eventually, eventually_async
from tests.octo.patient_edge import READY_WITHIN

#: A busy machine opens a connection and uses it within either; the second is less than the first.
CALL_SECONDS, READY_SECONDS = 6, 3

#: Of ten connections six are for writes, and half of these for one departure.
SHARE_OF_ONE_DEPARTURE = 3

ONE_ADULT = [{"unitId": "adult"}]

END_OTHER_SESSIONS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid()
"""

#: How many sessions have begun just now.
BEGAN_LATELY = """
SELECT count(*) FROM pg_stat_activity
 WHERE datname = current_database() AND backend_start > clock_timestamp() - interval '0.5 seconds'
"""


@dataclass
class Place:
    """An edge whose way to PostgreSQL the test holds in its hands."""

    port: int
    keys: Keys
    database: CommittedDatabase
    wire: PostgresProxyThread

    def partner(self) -> OctoClient:
        return OctoClient(self.port, self.keys.live)

    def status_of(self, path: str) -> int:
        connection = OctoClient(self.port, None).connection
        connection.request("GET", path)
        return connection.getresponse().status


@pytest.fixture(scope="module")
def place(
    make_committed_database: Callable[[], AbstractContextManager[CommittedDatabase]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Place]:
    log = tmp_path_factory.mktemp("unwell") / "edge.log"
    with make_committed_database() as database, running_postgres_proxy(database.edge_url) as wire:
        keys = populate(database.owner_url)
        with running_bare_edge(
            database,
            log,
            app="tests.octo.patient_edge:create_app",
            EDGE_DATABASE_URL=with_parts(wire.url),
            PORTICO_EDGE_POOL_SIZE="10",
            PORTICO_EDGE_POOL_WAIT_SECONDS=str(CALL_SECONDS),
            PORTICO_EDGE_LOCK_WAIT_SECONDS=str(CALL_SECONDS),
            PORTICO_CALL_SECONDS=str(CALL_SECONDS),
            **{READY_WITHIN: str(READY_SECONDS)},
        ) as port:
            yield Place(port, keys, database, wire)


def is_asked_to_come_back(answer: Answer) -> bool:
    return (answer.status, answer.headers["Retry-After"]) == (503, "1")


def test_a_server_that_says_nothing_holds_no_call(place: Place) -> None:
    partner, other, slot = place.partner(), place.partner(), a_slot()
    # The first call may come before its connections are there.
    assert eventually(lambda: partner.reserve(slot).status == 200)
    other.get("/octo/supplier")

    with ThreadPoolExecutor(2) as at_once:
        place.wire.swallow()
        reading = at_once.submit(other.get, "/octo/products")
        reserving = at_once.submit(partner.reserve, slot)
        lives, is_ready = place.status_of("/health"), place.status_of("/health/ready")
        has_lived_alone = not reserving.done()
        answers = [reading.result(), reserving.result()]
        place.wire.restore()

    assert (lives, is_ready, has_lived_alone) == (200, 503, True)
    assert all(map(is_asked_to_come_back, answers))
    assert eventually(lambda: partner.reserve(slot).status == 200)
    # A connection that was being opened meanwhile is given up, and opened once more.
    assert eventually(lambda: place.status_of("/health/ready") == 200)


@pytest.mark.long
def test_a_server_that_is_stopped_holds_no_call(tmp_path: Path) -> None:
    with (
        reachable_folder() as folder,
        EmbeddedPostgres(folder / "data", log=folder / "log", is_fast=True) as server,
        committed_copy(server.url()) as database,
        running_postgres_proxy(database.edge_url) as wire,
    ):
        keys = populate(database.owner_url)
        with running_bare_edge(
            database, tmp_path / "edge.log", PORTICO_CALL_SECONDS=str(CALL_SECONDS)
        ) as port:
            place = Place(port, keys, database, wire)
            partner = place.partner()
            partner.reserved()
            assert server.child is not None
            server_processes = [psutil.Process(server.child.pid)]
            server_processes += server_processes[0].children(recursive=True)

            for process in server_processes:
                process.suspend()
            began_at = time.monotonic()
            answers = [partner.get("/octo/products"), partner.reserve()]
            took_seconds = time.monotonic() - began_at
            lives = place.status_of("/health")
            for process in server_processes:
                process.resume()

            assert all(map(is_asked_to_come_back, answers))
            assert lives == 200
            # By their deadline, not by those of the pool and the statement, a minute and more.
            assert took_seconds < 45
            assert eventually(lambda: partner.reserve().status == 200)


def test_writes_that_wait_leave_connections_to_reads(place: Place) -> None:
    slot = a_slot()
    with (
        psycopg.connect(place.database.owner_url) as locking,
        psycopg.connect(place.database.owner_url, autocommit=True) as owner,
        ThreadPoolExecutor(10) as at_once,
    ):
        locking.execute(
            "SELECT 1 FROM catalog_departure WHERE availability_id = %s FOR UPDATE", [slot]
        )
        is_over = Event()

        def reserve_again_and_again() -> list[Answer]:
            partner, answers = place.partner(), []
            while not is_over.is_set():
                answers.append(partner.reserve(slot))
            return answers

        reserving = [at_once.submit(reserve_again_and_again) for _ in range(10)]
        try:
            # Sessions whose callers were answered meanwhile wait a little longer.
            assert eventually(lambda: waiting_for_locks(owner) >= SHARE_OF_ONE_DEPARTURE)
            read, is_ready = place.partner().get("/octo/products"), place.status_of("/health/ready")
        finally:
            is_over.set()
        answers = [answer for future in reserving for answer in future.result()]
        locking.rollback()

    assert (read.status, is_ready) == (200, 200)
    # What is beyond the share is answered as well, and so is what waited for the lock in vain.
    assert {answer.status for answer in answers} == {503}
    assert min(int(answer.headers["Retry-After"]) for answer in answers) >= 1
    assert place.partner().reserve(slot).status == 200


def waiting_for_locks(owner: "psycopg.Connection[tuple[int]]") -> int:
    row = owner.execute(LOCK_WAITS).fetchone()
    assert row is not None
    return row[0]


def test_a_server_that_takes_no_writes_asks_to_come_back(place: Place) -> None:
    partner, slot = place.partner(), a_slot()
    held = partner.reserved()

    with takes_no_writes(place.database):
        assert eventually(lambda: partner.get("/octo/products").status == 200)
        refused = [partner.reserve(slot), partner.post(f"/octo/bookings/{held['uuid']}/extend", {})]
        read = partner.get(f"/octo/bookings/{held['uuid']}")

    assert all(map(is_asked_to_come_back, refused))
    assert read.body == held

    def reserve() -> int:
        return partner.reserve(slot, unitItems=ONE_ADULT).status

    # Sessions from that time still take no writes: none of them is used.
    assert eventually(lambda: reserve() == 200)
    assert [reserve() for _ in range(5)] == [200] * 5


def test_sessions_that_were_ended_leave_the_process_ready(place: Place) -> None:
    """After a failover all processes have such sessions, and would lose their traffic at once."""
    assert place.partner().reserve().status == 200

    with psycopg.connect(place.database.owner_url, autocommit=True) as owner:
        owner.execute(END_OTHER_SESSIONS)

    assert place.status_of("/health/ready") == 200


def test_a_session_that_was_opened_while_others_were_lost_is_not_used(place: Place) -> None:
    asyncio.run(_lose_a_session_that_is_being_opened(place.database))


async def _lose_a_session_that_is_being_opened(database: CommittedDatabase) -> None:
    may_finish, opened = asyncio.Event(), list[Connection]()

    async def hold_the_second(connection: Connection) -> None:
        opened.append(connection)
        if len(opened) == 2:
            await may_finish.wait()

    arguments = connection_arguments()
    async with Pool(
        database.edge_url,
        max_size=2,
        min_size=2,
        open=False,
        kwargs=arguments,
        configure=hold_the_second,
    ) as pool:
        lost = await pool.getconn()
        assert await eventually_async(lambda: len(opened) == 2)
        with psycopg.connect(database.owner_url, autocommit=True) as owner:
            owner.execute(END_OTHER_SESSIONS)
        await pool.replace_lost(lost)
        may_finish.set()
        assert await eventually_async(lambda: pool.get_stats()["pool_available"] == 1)
        await pool.putconn(lost)

        async with pool.connection() as connection:
            await connection.execute(PING)


def test_a_connection_that_a_call_gave_up_leaves_its_place(place: Place) -> None:
    asyncio.run(_give_up_a_connection(place.database.edge_url))


async def _give_up_a_connection(address: str) -> None:
    """Close one as a call past its deadline does, in a pool of several hosts."""
    host = psycopg.conninfo.conninfo_to_dict(address)["host"]
    async with Pool(
        make_conninfo(address, host=f"{host},{host}"), max_size=1, min_size=1, open=False
    ) as pool:
        connection = await pool.getconn()
        connection.pgconn.finish()
        await pool.putconn(connection)

        async with pool.connection() as other:
            await other.execute(PING)


def test_calls_that_gave_up_keep_no_later_one_from_a_connection(place: Place) -> None:
    asyncio.run(_let_calls_give_up(place.database.edge_url))


async def _let_calls_give_up(address: str) -> None:
    """Fill the places of those that wait while the server is away, and let it come back."""
    async with PostgresProxy(address) as wire:
        wire.cut()
        async with Pool(
            wire.url, max_size=1, min_size=0, max_waiting=2, reconnect_timeout=0.1, open=False
        ) as pool:
            for _ in range(2):
                with pytest.raises(PoolTimeout):
                    await pool.getconn(0.1)
            assert await eventually_async(lambda: pool.get_stats()[SIZE] == 0)
            wire.restore()

            with pytest.raises(PoolBusy):
                await pool.getconn()
            assert await eventually_async(lambda: pool.get_stats()["pool_available"] == 1)
            async with pool.connection() as connection:
                await connection.execute(PING)


@contextmanager
def takes_no_writes(database: CommittedDatabase) -> Iterator[None]:
    with psycopg.connect(database.owner_url, autocommit=True) as owner:
        name = Identifier(owner.info.dbname)
        owner.execute(SQL("ALTER DATABASE {} SET default_transaction_read_only = on").format(name))
        owner.execute(END_OTHER_SESSIONS)
        try:
            yield
            # Of two sessions that begin while it changes, the later one could be the read-only one.
            assert eventually(lambda: owner.execute(BEGAN_LATELY).fetchone() == (0,))
        finally:
            owner.execute("SET default_transaction_read_only = off")
            owner.execute(SQL("ALTER DATABASE {} RESET default_transaction_read_only").format(name))


def test_of_several_hosts_the_one_that_takes_writes_is_used(place: Place) -> None:
    with running_postgres_proxy(place.database.edge_url) as dead:
        dead.cut()
        hosts = ",".join(
            psycopg.conninfo.conninfo_to_dict(wire.url)["host"] for wire in (dead, place.wire)
        )
        port = psycopg.conninfo.conninfo_to_dict(dead.url)["port"]
        address = make_conninfo(place.wire.url, host=hosts, port=f"{port},{port}")

        asyncio.run(_replace_what_became_read_only(address))


async def _replace_what_became_read_only(address: str) -> None:
    """Let the one session of a pool become read-only, as that of a former primary does."""
    async with Pool(
        address, max_size=1, min_size=1, open=False, kwargs={"autocommit": True}
    ) as pool:
        async with pool.connection() as connection:
            first = connection.info.backend_pid
            await connection.execute("SET default_transaction_read_only = on")
        async with pool.connection() as connection:
            assert connection.info.backend_pid != first
            assert not connection.is_read_only
