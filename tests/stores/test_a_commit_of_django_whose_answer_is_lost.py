"""When the connection ends during a COMMIT of Django, it finds out what became of the work."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, OperationalError, connections, transaction
from django.test import RequestFactory
from psycopg.conninfo import conninfo_to_dict

from core_site.config.unavailable import answer_server_error
from core_site.postgresql import commits
from core_site.postgresql.base import DatabaseWrapper
from core_site.postgresql.commits import OutcomeUnknown
from shared_domain import deadline
from tests.harness.databases import CommittedDatabase
from tests.harness.postgres_proxy_thread import PostgresProxyThread, running_postgres_proxy
from tests.harness.waiting import EVENTUALLY_SECONDS, eventually

WIRED = "wired"
POOL_OF_ONE = {"min_size": 0, "max_size": 1, "timeout": EVENTUALLY_SECONDS}


@pytest.fixture(scope="module")
def database(
    make_committed_database: Callable[[], AbstractContextManager[CommittedDatabase]],
) -> Iterator[CommittedDatabase]:
    with make_committed_database() as made, psycopg.connect(made.owner_url) as owner:
        owner.execute("CREATE TABLE work (what text UNIQUE DEFERRABLE INITIALLY DEFERRED)")
        owner.commit()
        yield made


@pytest.fixture
def wire(database: CommittedDatabase) -> Iterator[PostgresProxyThread]:
    with psycopg.connect(database.owner_url) as owner:
        owner.execute("TRUNCATE work, idempotency_record")
    with running_postgres_proxy(database.owner_url) as wire:
        yield wire


@pytest.fixture(params=[None, POOL_OF_ONE], ids=["one", "pool"])
def connection(
    request: pytest.FixtureRequest, wire: PostgresProxyThread, django_db_blocker: Any
) -> Iterator[DatabaseWrapper]:
    """A connection over the wire, as one of a request: alone, or the only one of a pool."""
    parts = conninfo_to_dict(wire.url)
    settings = connections["default"].settings_dict | {
        "NAME": parts["dbname"],
        "USER": parts["user"],
        "HOST": parts["host"],
        "PORT": parts["port"],
        "OPTIONS": {"pool": request.param},
    }
    wired = connections[WIRED] = DatabaseWrapper(settings, alias=WIRED)
    wired.settles_commits = True
    with django_db_blocker.unblock():
        yield wired
        wired.close()
        wired.close_pool()
    del connections[WIRED]


def insert(connection: DatabaseWrapper, what: str = "done") -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO work VALUES (%s)", [what])


def work(
    connection: DatabaseWrapper, hooks: list[str], *, before_commit: Callable[[], None]
) -> None:
    with transaction.atomic(using=WIRED):
        insert(connection)
        transaction.on_commit(lambda: hooks.append("told"), using=WIRED)
        before_commit()


def rows_of(database: CommittedDatabase) -> int:
    with psycopg.connect(database.owner_url) as owner:
        row = owner.execute("SELECT count(*) FROM work").fetchone()
    assert row is not None
    return int(row[0])


def test_what_was_stored_is_a_success(
    connection: DatabaseWrapper, wire: PostgresProxyThread, database: CommittedDatabase
) -> None:
    hooks: list[str] = []

    work(connection, hooks, before_commit=lambda: wire.break_once_at(b"COMMIT", delivered=True))

    assert (rows_of(database), hooks) == (1, ["told"])


def test_a_transaction_in_which_a_statement_has_failed_is_no_success(
    connection: DatabaseWrapper, database: CommittedDatabase
) -> None:
    """PostgreSQL answers such a COMMIT by ROLLBACK, which is no error."""
    hooks: list[str] = []

    def swallow_an_error() -> None:
        with suppress(DatabaseError), connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")

    with pytest.raises(transaction.TransactionManagementError):
        work(connection, hooks, before_commit=swallow_an_error)

    assert (rows_of(database), hooks) == (0, [])


@pytest.mark.parametrize("connection", [POOL_OF_ONE], indirect=True)
def test_a_call_whose_time_is_over_drops_no_session_of_others(connection: DatabaseWrapper) -> None:
    def take_session() -> int:
        connection.ensure_connection()
        session: int = connection.connection.info.backend_pid
        connection.close()
        return session

    session = take_session()

    with deadline.within(0), pytest.raises(OperationalError):
        connection.ensure_connection()

    assert take_session() == session


def test_what_was_not_stored_is_an_error_and_the_next_transaction_works(
    connection: DatabaseWrapper, wire: PostgresProxyThread, database: CommittedDatabase
) -> None:
    hooks: list[str] = []

    with pytest.raises(OperationalError) as failed:
        work(
            connection, hooks, before_commit=lambda: wire.break_once_at(b"COMMIT", delivered=False)
        )

    assert not isinstance(failed.value, OutcomeUnknown)
    assert (rows_of(database), hooks) == (0, [])
    work(connection, hooks, before_commit=lambda: None)
    assert (rows_of(database), hooks) == (1, ["told"])


def test_what_cannot_be_found_out_is_said_to_be_unknown(
    connection: DatabaseWrapper,
    wire: PostgresProxyThread,
    database: CommittedDatabase,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(commits, "PAUSES_BEFORE_ASKING_AGAIN", (0.0,))
    hooks: list[str] = []

    with pytest.raises(OutcomeUnknown):
        work(
            connection,
            hooks,
            before_commit=lambda: wire.break_once_at(b"COMMIT", delivered=True, for_long=True),
        )

    # It was sent, and is carried out whenever the server comes to it.
    assert eventually(lambda: rows_of(database) == 1)
    assert hooks == []
    wire.restore()
    with transaction.atomic(using=WIRED):
        insert(connection, "more")
    assert rows_of(database) == 2


@pytest.mark.parametrize("is_delivered", [True, False])
def test_a_write_without_a_transaction_is_in_doubt_when_its_answer_is_lost(
    connection: DatabaseWrapper, wire: PostgresProxyThread, is_delivered: bool
) -> None:
    insert(connection, "before")
    wire.break_once_at(b"INSERT", delivered=is_delivered, for_long=True)

    with pytest.raises(OutcomeUnknown):
        insert(connection)


@pytest.mark.parametrize(
    ("statement", "is_in_doubt"),
    [
        ("SELECT * FROM work", False),
        (
            "\n    WITH known AS MATERIALIZED (SELECT what FROM work)\n    SELECT * FROM known",
            False,
        ),
        ("WITH gone AS (DELETE FROM work RETURNING what) SELECT * FROM gone", True),
    ],
)
def test_a_read_that_is_lost_leaves_no_doubt(
    connection: DatabaseWrapper, wire: PostgresProxyThread, statement: str, is_in_doubt: bool
) -> None:
    connection.ensure_connection()
    wire.break_once_at(b"SELECT", delivered=False, for_long=True)

    with pytest.raises(OperationalError) as failed, connection.cursor() as cursor:
        cursor.execute(statement)

    assert isinstance(failed.value, OutcomeUnknown) is is_in_doubt
    assert not connection.has_stored


def test_what_was_stored_before_something_failed_is_remembered(
    connection: DatabaseWrapper, wire: PostgresProxyThread
) -> None:
    work(connection, [], before_commit=lambda: None)
    wire.break_once_at(b"INSERT", delivered=False, for_long=True)

    # The call waits for another connection, which does not come.
    with deadline.within(2), pytest.raises(OperationalError), transaction.atomic(using=WIRED):
        insert(connection, "more")

    assert connection.has_stored


def test_a_constraint_that_refuses_at_commit_leaves_no_doubt(
    connection: DatabaseWrapper, database: CommittedDatabase
) -> None:
    with pytest.raises(IntegrityError):
        work(connection, [], before_commit=lambda: insert(connection))

    assert rows_of(database) == 0


@pytest.mark.parametrize("is_stored", [True, False])
@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/admin/bookings/booking/7/change/", "may be saved or not"),
        ("/v1/users", "may be carried out or not"),
    ],
)
def test_staff_and_partners_are_told_to_look_before_they_repeat(
    path: str, words: str, is_stored: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when the first of several transactions is stored, and a later one has failed."""
    monkeypatch.setattr(connections["default"], "has_stored", is_stored)
    try:
        raise OperationalError if is_stored else OutcomeUnknown
    except OperationalError:
        wrote = answer_server_error(RequestFactory().post(path))
        read = answer_server_error(RequestFactory().get(path))

    assert (wrote.status_code, words in wrote.content.decode()) == (503, True)
    # What a read stores beside, such as a session, is for the next one to do.
    assert (read.status_code, words in read.content.decode()) == (503, False)
