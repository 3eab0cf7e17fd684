"""The edge's role can do what the edge's statements do, Django's role changes rows: no more."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any, LiteralString, cast
from uuid import uuid4

import psycopg
import pytest

from core_site.config.checks import statements
from core_site.config.database_roles import DJANGO_HISTORY_FUNCTIONS, DJANGO_MAY_ADD, EDGE_FUNCTIONS
from shared_domain.database import number_parameters
from tests.harness.databases import CommittedDatabase
from tests.stores.edge_statements import edge_statements
from tests.stores.needed_privileges import Need, Parser

#: While a release is rolled out, edges of the one before write these.
OF_THE_RELEASE_BEFORE: set[Need] = {
    ("bookings_booking", "SELECT", "carried_out"),
    ("bookings_booking", "UPDATE", "carried_out"),
    ("endpoints_endpoint", "UPDATE", "self_test_at"),
    ("endpoints_endpoint", "UPDATE", "self_test_passed"),
}

#: Every privilege on a table, whichever release of PostgreSQL knows it.
TABLE_PRIVILEGES = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")

Connection = psycopg.Connection[Any]


@pytest.fixture(scope="module")
def database(
    make_committed_database: Callable[[], AbstractContextManager[CommittedDatabase]],
) -> Iterator[CommittedDatabase]:
    with make_committed_database() as made:
        yield made


@pytest.fixture
def owner(database: CommittedDatabase) -> Iterator[Connection]:
    with psycopg.connect(database.owner_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def edge(database: CommittedDatabase) -> Iterator[Connection]:
    with psycopg.connect(database.edge_url) as connection:
        yield connection


@pytest.fixture
def django(database: CommittedDatabase) -> Iterator[Connection]:
    with psycopg.connect(database.django_url) as connection:
        yield connection


def is_refused(role: Connection, statement: str) -> bool:
    """Try a statement, and take it back."""
    try:
        with role.transaction(force_rollback=True):
            role.execute(cast(LiteralString, statement), prepare=False)
    except psycopg.errors.InsufficientPrivilege:
        return True
    return False


def may_run(role: Connection, statement: str) -> bool:
    """Ask PostgreSQL for a plan: it checks the permissions, and runs nothing."""
    numbered, names = number_parameters(statement)
    nulls = f"({', '.join(['NULL'] * len(names))})" if names else ""
    try:
        return not is_refused(role, f"PREPARE asked AS {numbered}; EXPLAIN EXECUTE asked{nulls}")
    finally:
        # Prepared statements outlive the transaction.
        role.execute("DEALLOCATE ALL", prepare=False)


def tables(owner: Connection) -> dict[str, bool]:
    """Return the tables and views, and of each whether it is history."""
    return dict(
        owner.execute(
            "SELECT relname, oid IN (SELECT history_tables()) FROM pg_class"
            " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')"
            " ORDER BY relname"
        ).fetchall()
    )


def granted(owner: Connection, role: Connection) -> set[Need]:
    """Return every privilege on a column that the role has, by whatever way it came to it."""
    return {
        (table, privilege, column)
        for table, privilege, column in owner.execute(
            "SELECT c.relname, p.name, a.attname FROM pg_class AS c"
            "  JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
            " CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'REFERENCES']) AS p (name)"
            " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')"
            "   AND has_column_privilege(%s, c.oid, a.attnum, p.name)",
            [role.info.user],
        ).fetchall()
    }


def functions_of(owner: Connection, role: Connection) -> set[str]:
    return {
        name
        for (name,) in owner.execute(
            "SELECT proname FROM pg_proc WHERE pronamespace::regnamespace::text NOT IN"
            " ('pg_catalog', 'information_schema') AND has_function_privilege(%s, oid, 'EXECUTE')",
            [role.info.user],
        ).fetchall()
    }


def test_the_edge_runs_every_statement_of_its_own(edge: Connection) -> None:
    refused = [name for name, text in edge_statements().items() if not may_run(edge, text)]

    assert refused == []


def test_the_edge_has_the_columns_that_its_statements_name_and_no_others(
    owner: Connection, edge: Connection
) -> None:
    parser = Parser(owner)
    needed: set[Need] = set()
    for statement in edge_statements().values():
        needed |= parser.needs(statement)

    has, columns = granted(owner, edge), {need for need in needed if need[2]}
    assert sorted(columns - has) == [], "missing in EDGE of core_site/config/database_roles.py"
    assert sorted(has - columns - OF_THE_RELEASE_BEFORE) == [], "needed by no statement"
    # A row is locked with the right to update any column of it.
    locked = {(table, privilege) for table, privilege, column in needed if column is None}
    assert locked <= {(table, privilege) for table, privilege, _ in has}


def test_the_edge_has_no_right_on_a_whole_table_but_to_read_it(
    owner: Connection, edge: Connection
) -> None:
    let_through = [
        statement
        for table in tables(owner)
        for statement in (
            f"TRUNCATE {table}",
            f"DELETE FROM {table}",
            f"LOCK TABLE {table} IN ROW EXCLUSIVE MODE",
            f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE",
            f"ALTER TABLE {table} DISABLE TRIGGER USER",
            f"DROP TABLE {table}",
            f"CREATE TRIGGER a AFTER INSERT ON {table} EXECUTE FUNCTION history_is_append_only()",
        )
        if not is_refused(edge, statement)
    ]

    assert let_through == []


def test_the_edge_reads_and_writes_no_table_of_history(owner: Connection, edge: Connection) -> None:
    history = {table for table, is_history in tables(owner).items() if is_history}
    touched = {(table, privilege) for table, privilege, _ in granted(owner, edge)}

    assert {(table, privilege) for table, privilege in touched if table in history} == {
        ("endpoints_stagechange", "INSERT"),
        ("events_event", "INSERT"),
        # The log, which its partners' readers follow.
        ("events_event", "SELECT"),
    }


def test_each_role_calls_its_own_functions_only(
    owner: Connection, edge: Connection, django: Connection
) -> None:
    assert functions_of(owner, edge) == set(EDGE_FUNCTIONS)
    assert {
        name
        for name in functions_of(owner, django)
        if name.startswith(("history_", "_pgh_", "_pgtrigger_", "pgtrigger_"))
    } == set(DJANGO_HISTORY_FUNCTIONS)


@pytest.mark.parametrize("role", ["edge", "django"])
@pytest.mark.parametrize(
    "statement",
    [
        "SET session_replication_role = replica",
        "SET ROLE postgres",
        "SET log_statement = 'none'",
        "CREATE TABLE mine (id int)",
        "CREATE TEMPORARY TABLE mine (id int)",
        "CREATE SCHEMA mine",
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE ROLE mine",
        "SELECT lo_create(0)",
        "SELECT lo_from_bytea(0, 'x')",
        "SELECT pg_advisory_lock(1)",
        "SELECT pg_try_advisory_lock_shared(1, 1)",
        "SELECT pg_read_file('/etc/passwd')",
        "SELECT rolpassword FROM pg_authid",
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "ALTER DATABASE {database} SET timezone = 'UTC'",
        "UPDATE pghistory_context SET metadata = '{}'",
        "SELECT history_open('mine', 'mine')",
        "INSERT INTO history_removal (id) VALUES (1)",
        "INSERT INTO bookings_bookingevent (pgh_id) VALUES (1)",
        "INSERT INTO django_migrations (app, name, applied) VALUES ('x', 'x', now())",
    ],
)
def test_neither_role_gets_out_of_its_rows(
    role: str, statement: str, request: pytest.FixtureRequest
) -> None:
    connection: Connection = request.getfixturevalue(role)

    assert is_refused(connection, statement.replace("{database}", connection.info.dbname))


def test_no_sequence_is_the_edges(owner: Connection, edge: Connection) -> None:
    found = owner.execute(
        "SELECT seqrelid::regclass FROM pg_sequence"
        " WHERE has_sequence_privilege(%s, seqrelid, 'USAGE, SELECT, UPDATE')",
        [edge.info.user],
    ).fetchall()

    assert found == []


def change_user(role: Connection, **settings: str) -> None:
    """Change a tracked row with these settings of the audit trail."""
    for name, value in settings.items():
        role.execute("SELECT set_config(%s, %s, true)", [name.replace("__", "."), value])
    role.execute(
        "UPDATE users_user SET age = age + 1, updated_at = now() WHERE email = 'a@example.com'"
    )


@pytest.fixture
def user(owner: Connection) -> Iterator[None]:
    """A user who is in the table alone, without a partner."""
    owner.execute("SET session_replication_role = replica")
    owner.execute(
        "INSERT INTO users_user"
        "       (id, partner_id, test_mode, email, email_key, age, created_at, updated_at)"
        " VALUES (%s, 1, false, 'a@example.com', 'a@example.com', 30, now(), now())",
        [uuid4()],
    )
    yield
    owner.execute("DELETE FROM users_user")


def test_the_edge_writes_history_by_changing_a_row_whatever_it_sets(
    user: None, owner: Connection, edge: Connection
) -> None:
    triggers = owner.execute("SELECT array_agg(tgname)::text FROM pg_trigger").fetchall()[0][0]
    context = str(uuid4())

    change_user(
        edge,
        pgtrigger__ignore=triggers,
        pghistory__context_id=context,
        pghistory__context_metadata='{"api_key": 1}',
    )
    edge.commit()

    assert owner.execute(
        "SELECT count(*) FROM users_userevent WHERE pgh_context_id = %s", [context]
    ).fetchone() == (1,)


@pytest.mark.parametrize("claim", ['{"user": 1}', '{"job": "send_tickets", "api_key": 1}'])
def test_the_edge_never_acts_for_staff_nor_for_a_job(
    user: None, edge: Connection, claim: str
) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="may not act for staff"):
        change_user(edge, pghistory__context_id=str(uuid4()), pghistory__context_metadata=claim)


def rows_of_request(role: Connection, request_id: str) -> list[Any]:
    ((effects,),) = role.execute("SELECT endpoints_effects(%s)", [request_id]).fetchall()
    role.rollback()
    return [(effect["table"], effect["row"]) for effect in effects]


def test_the_edge_learns_of_a_request_what_it_may_read_itself_and_only_while_it_is_new(
    database: CommittedDatabase, edge: Connection
) -> None:
    request_id = str(uuid4())
    with psycopg.connect(database.owner_url) as owner:
        owner.execute("SELECT set_config('pghistory.context_id', %s, true)", [request_id])
        owner.execute("SELECT set_config('pghistory.context_metadata', '{\"user\": 1}', true)")
        owner.execute(
            "INSERT INTO partners_partner SELECT (jsonb_populate_record(NULL::partners_partner,"
            " jsonb_object_agg(attname, CASE WHEN atttypid = 'bool'::regtype THEN 'true'"
            "   WHEN atttypid = 'timestamptz'::regtype THEN to_jsonb(now())"
            "   WHEN attname = 'kind' THEN '\"reseller\"'"
            "   WHEN atttypid IN ('text'::regtype, 'varchar'::regtype) THEN '\"secret\"'"
            "   WHEN attndims > 0 OR atttypid = 'jsonb'::regtype THEN '[]'"
            "   ELSE '60'::jsonb END))).* FROM pg_attribute"
            " WHERE attrelid = 'partners_partner'::regclass AND attnum > 0 AND NOT attisdropped"
        )

    ((table, row),) = rows_of_request(edge, request_id)
    assert (table, row["id"]) == ("partners_partner", 60)
    assert "secret" not in str(row)

    with psycopg.connect(database.owner_url) as owner:
        owner.execute("SELECT history_open('test', 'the clock cannot be turned')")
        owner.execute("UPDATE pghistory_context SET created_at = now() - interval '6 minutes'")
    assert rows_of_request(edge, request_id) == []


def test_django_changes_rows_of_every_table_but_those_of_history(
    owner: Connection, django: Connection
) -> None:
    held = {
        table: {
            name
            for name in TABLE_PRIVILEGES
            for (has,) in owner.execute(
                "SELECT has_table_privilege(%s, %s, %s)", [django.info.user, table, name]
            ).fetchall()
            if has
        }
        for table in tables(owner)
    }

    for table, is_history in tables(owner).items():
        if table in DJANGO_MAY_ADD:
            assert held[table] == {"SELECT", "INSERT"}
        elif is_history or table in ("django_migrations", "events_log"):
            assert held[table] == {"SELECT"}, table
        else:
            assert held[table] == {"SELECT", "INSERT", "UPDATE", "DELETE"}, table


def test_django_runs_every_statement(django: Connection) -> None:
    assert [name for name, statement in statements() if not may_run(django, statement)] == []


def test_a_table_or_function_made_later_is_closed(
    owner: Connection, edge: Connection, django: Connection
) -> None:
    owner.execute("CREATE TABLE later (id int)")
    owner.execute("CREATE FUNCTION later() RETURNS int LANGUAGE sql AS 'SELECT 1'")
    try:
        for role in (edge, django):
            assert is_refused(role, "SELECT id FROM later")
            assert is_refused(role, "SELECT later()")
    finally:
        owner.execute("DROP TABLE later")
        owner.execute("DROP FUNCTION later()")


def test_a_role_of_another_database_cannot_enter(owner: Connection) -> None:
    """PostgreSQL lets every role into every database until that is revoked."""
    assert owner.execute(
        "SELECT has_database_privilege('public', current_database(), 'CONNECT')"
    ).fetchone() == (False,)
