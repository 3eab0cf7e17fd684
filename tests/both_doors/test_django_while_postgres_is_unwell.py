"""Whatever becomes of PostgreSQL, Django answers in time, and works again by itself."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from threading import Event

import psycopg
import pytest
from psycopg_pool.base import AttemptWithBackoff

from core_site.postgresql.connection import Connection
from core_site.postgresql.pool import Pool
from deploy.database_url import with_parts
from shared_domain import deadline
from tests.harness.clients import request_once
from tests.harness.committed_data import populate
from tests.harness.databases import CommittedDatabase
from tests.harness.postgres_proxy_thread import PostgresProxyThread, running_postgres_proxy
from tests.harness.servers import running_django
from tests.harness.waiting import eventually
from tests.octo.test_while_postgres_is_unwell import takes_no_writes, waiting_for_locks
from tests.users.halves import an_email

#: Ends all other sessions, and waits for each: one that is about to end may still answer.
END_AND_WAIT = """
SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity
 WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@dataclass
class Place:
    """A Django whose way to PostgreSQL the test holds in its hands."""

    port: int
    key: str
    database: CommittedDatabase
    wire: PostgresProxyThread

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, str, str]:
        """Return status, ``Retry-After`` and media type; staff's session has to be looked up."""
        answer = request_once(
            self.port,
            method,
            path,
            body,
            key=self.key,
            headers={"Cookie": "sessionid=of-an-unknown-session"},
        )
        media_type = answer.headers.get("Content-Type", "").partition(";")[0]
        return answer.status, answer.headers.get("Retry-After", ""), media_type

    def users(self) -> int:
        return self.ask("GET", "/v1/users")[0]

    def admin(self) -> int:
        return self.ask("GET", "/admin/")[0]

    def create(self) -> tuple[int, str, str]:
        return self.ask("POST", "/v1/users", {"email": an_email(), "age": 30})


@pytest.fixture(scope="module")
def place(
    make_committed_database: Callable[[], AbstractContextManager[CommittedDatabase]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Place]:
    log = tmp_path_factory.mktemp("unwell") / "django.log"
    with make_committed_database() as database, running_postgres_proxy(database.django_url) as wire:
        keys = populate(database.owner_url)
        over_the_wire = replace(database, django_url=with_parts(wire.url))
        with pytest.MonkeyPatch.context() as environment:
            # Twelve calls at once are answered within it, however busy the machine is.
            environment.setenv("PORTICO_CALL_SECONDS", "6")
            with running_django(over_the_wire, log, threads=16) as port:
                yield Place(port, keys.live, database, wire)


def test_sessions_that_were_ended_fail_no_request(place: Place) -> None:
    with (
        psycopg.connect(place.database.owner_url, autocommit=True) as owner,
        ThreadPoolExecutor(6) as at_once,
    ):
        for _ in range(3):
            # Several sessions, so that several are idle.
            list(at_once.map(lambda _: place.users(), range(12)))
            owner.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            assert list(at_once.map(lambda _: place.users(), range(12))) == [200] * 12
            assert place.admin() == 302


def test_sessions_that_were_opened_while_others_were_lost_are_not_waited_for(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pool that grows has some: the readiness check, which has a second, would meet them."""
    may_finish, may_go_on, opened = Event(), Event(), list[Connection]()

    def hold(connection: Connection) -> None:
        opened.append(connection)
        if len(opened) == 2:
            may_finish.wait()
        elif len(opened) > 2:
            may_go_on.wait()

    pool = Pool(
        place.database.django_url,
        max_size=2,
        min_size=2,
        open=False,
        kwargs={"autocommit": True},
        connection_class=Connection,
        configure=hold,
    )
    drain = pool.drain

    def drain_before_the_second_comes() -> None:
        drain()
        may_finish.set()
        assert eventually(lambda: pool.get_stats()["pool_available"] == 1)
        may_go_on.set()

    monkeypatch.setattr(pool, "drain", drain_before_the_second_comes)
    # A pause between two tries would be longer than any caller waits.
    monkeypatch.setattr(AttemptWithBackoff, "INITIAL_DELAY", 3600.0)
    with pool, psycopg.connect(place.database.owner_url, autocommit=True) as owner:
        assert eventually(lambda: len(opened) == 2 and pool.get_stats()["pool_available"] == 1)
        owner.execute(END_AND_WAIT)

        with deadline.within(60), pool.connection() as connection:
            connection.execute("SELECT 1")

    assert connection in opened[2:]


def test_a_server_that_says_nothing_holds_no_request(place: Place) -> None:
    assert (place.users(), place.admin()) == (200, 302)

    with ThreadPoolExecutor(2) as at_once:
        place.wire.swallow()
        listing = at_once.submit(place.ask, "GET", "/v1/users")
        page = at_once.submit(place.ask, "GET", "/admin/")
        lives, is_ready = place.ask("GET", "/health")[0], place.ask("GET", "/health/ready")[0]
        answers = listing.result(), page.result()
        place.wire.restore()

    assert (lives, is_ready) == (200, 503)
    assert answers == (
        (503, "1", "application/problem+json"),
        (503, "1", "text/html"),
    )
    assert eventually(lambda: (place.users(), place.admin()) == (200, 302))


def test_writes_that_wait_leave_connections_to_reads(place: Place) -> None:
    """Twelve wait for one row: seven of the twelve connections are theirs (core_site's pool)."""
    new = {"email": an_email(), "age": 30}
    created = request_once(place.port, "POST", "/v1/users", new, key=place.key)
    assert created.status == 201
    user = created.body
    with (
        psycopg.connect(place.database.owner_url) as locking,
        psycopg.connect(place.database.owner_url, autocommit=True) as owner,
        ThreadPoolExecutor(12) as at_once,
    ):
        locking.execute("SELECT 1 FROM users_user WHERE id = %s FOR UPDATE", [user["id"]])
        path = f"/v1/users/{user['id']}"
        is_over = Event()

        def change_again_and_again() -> set[tuple[int, str, str]]:
            answers = set()
            while not is_over.is_set():
                answers.add(place.ask("PATCH", path, {"age": 31}))
            return answers

        changing = [at_once.submit(change_again_and_again) for _ in range(12)]
        try:
            assert eventually(lambda: waiting_for_locks(owner) == 7)
            read, page = place.users(), place.admin()
            # Within a second, which a busy machine may take for a connection.
            is_ready = eventually(lambda: place.ask("GET", "/health/ready")[0] == 200)
        finally:
            is_over.set()
        answers = set().union(*(future.result() for future in changing))
        locking.rollback()

    assert (read, page, is_ready) == (200, 302, True)
    assert answers == {(503, "1", "application/problem+json")}
    assert place.ask("PATCH", path, {"age": 32})[0] == 200


def test_a_server_that_takes_no_writes_asks_to_come_back(place: Place) -> None:
    with takes_no_writes(place.database):
        assert eventually(lambda: place.users() == 200)
        refused = [place.create() for _ in range(3)]

    assert refused == [(503, "1", "application/problem+json")] * 3
    # Sessions from that time still take no writes: none of them is used.
    assert eventually(lambda: place.create()[0] == 201)
    assert [place.create()[0] for _ in range(5)] == [201] * 5
