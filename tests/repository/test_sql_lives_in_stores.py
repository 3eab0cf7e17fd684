"""SQL stands in ``sql_store`` modules, the packages ``postgresql`` and migrations only."""

import ast
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HALVES = ("api_edge", "core_site", "shared_domain")

#: Where SQL belongs.
PLACES = (
    "*sql_store.py",
    "api_edge/postgresql/*",
    "core_site/postgresql/*",
    "*/migrations/*",
)

_TRIGGERS = "bodies of triggers, which stand beside the model that declares them"
_PRIVILEGES = "privileges of roles, which the tables' owner grants"

#: Other modules with SQL, and why it stands there.
EXCEPTIONS = {
    "core_site/catalog/departure_triggers.py": _TRIGGERS,
    "core_site/catalog/pricing_models.py": _TRIGGERS,
    "core_site/catalog/revision.py": _TRIGGERS,
    "core_site/partners/models.py": _TRIGGERS,
    "core_site/rollout/models.py": _TRIGGERS,
    "core_site/config/database_roles.py": _PRIVILEGES,
    "core_site/config/management/commands/grant_roles.py": _PRIVILEGES,
}

_NAME = r"[\w.\"{}%]+"

SQL = re.compile(
    rf"""\b(
        SELECT\s+[\w'*({{%] | INSERT\s+INTO\s | UPDATE\s+{_NAME}\s+SET\s | DELETE\s+FROM\s
      | MERGE\s+INTO\s | TRUNCATE\s+(TABLE\s)?{_NAME}\s*(;|$) | COPY\s+{_NAME}\s*(\(|FROM|TO)
      | BEGIN\s*(;|$|ISOLATION|READ) | START\s+TRANSACTION | COMMIT\s*; | ROLLBACK\s*(;|$|TO\s)
      | SAVEPOINT\s | RELEASE\s+SAVEPOINT | SET\s+(LOCAL|SESSION|CONSTRAINTS|TRANSACTION|ROLE)\s
      | SET\s+{_NAME}\s*(=|TO)\s | RESET\s+(ALL|{_NAME}$) | SHOW\s+{_NAME}$ | DISCARD\s+ALL
      | LOCK\s+TABLE\s | (UN)?LISTEN\s+({_NAME}|$) | NOTIFY\s+({_NAME}|$) | PERFORM\s
      | (pg_notify|set_config|pg_(try_)?advisory\w*)\(
      | PREPARE\s+{_NAME}\s+(AS|\() | DEALLOCATE\s | EXECUTE\s+(FUNCTION|PROCEDURE|{_NAME}\s*\()
      | DECLARE\s+{_NAME}\s+(\w+\s+)*CURSOR | FETCH\s+(NEXT|FORWARD|ALL|\d|{{)
      | EXPLAIN\s+[(A-Z] | REFRESH\s+MATERIALIZED
      | (VACUUM|ANALYZE|REINDEX|CLUSTER)\s+{_NAME}\s*(;|$)
      | (CREATE|ALTER|DROP)\s+(OR\s+REPLACE\s+)?(UNIQUE\s+)?
        (TABLE|INDEX|FUNCTION|TRIGGER|ROLE|SCHEMA|DEFAULT|EXTENSION|VIEW|SEQUENCE|TYPE|DATABASE)\s
      | (GRANT|REVOKE)\s+(ALL|SELECT|INSERT|UPDATE|DELETE|USAGE|EXECUTE|CONNECT)\s
    )""",
    re.VERBOSE,
)

#: One of them is in every statement: a module without any need not be parsed.
WORDS = re.compile(
    r"\b(SELECT|INSERT|UPDATE|DELETE|MERGE|TRUNCATE|COPY|BEGIN|START TRANSACTION|COMMIT|ROLLBACK"
    r"|SAVEPOINT|SET|RESET|SHOW|DISCARD|LOCK|LISTEN|UNLISTEN|NOTIFY|PERFORM|PREPARE|DEALLOCATE"
    r"|EXECUTE|DECLARE|FETCH|EXPLAIN|VACUUM|ANALYZE|REINDEX|CLUSTER|REFRESH|CREATE|ALTER|DROP"
    r"|GRANT|REVOKE|pg_notify|set_config|pg_(try_)?advisory\w*)\b"
)


def find_sql(source: str) -> Iterator[int]:
    """Yield the lines of string literals that hold SQL; docstrings may speak of it."""
    if not WORDS.search(source):
        return
    tree = ast.parse(source)
    bare = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str | bytes)
            and id(node) not in bare
            and SQL.search(_text(node.value))
        ):
            yield node.lineno


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("latin-1")


@cache
def modules_with_sql() -> dict[str, list[int]]:
    found = {}
    for half in HALVES:
        for path in sorted((ROOT / half).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if any(fnmatch(name, place) for place in PLACES):
                continue
            if lines := sorted(find_sql(path.read_text())):
                found[name] = lines
    return found


def test_no_other_module_has_sql() -> None:
    offenders = {name: at for name, at in modules_with_sql().items() if name not in EXCEPTIONS}

    assert not offenders, "move these statements to a sql_store module"


def test_every_exception_is_needed() -> None:
    assert set(EXCEPTIONS) <= set(modules_with_sql())


@pytest.mark.parametrize(
    "source",
    [
        'X = "SELECT id FROM bookings_booking"',
        "cursor.execute('INSERT INTO a (b) VALUES (1)')",
        'X = "UPDATE bookings_booking SET a = 1"',
        'X = "BEGIN; SET LOCAL lock_timeout = 1"',
        'X = """\n    DELETE FROM a\n"""',
        "X = \"SET timezone = 'UTC'\"",
        "X = f\"SET lock_timeout = '{seconds}s'\"",
        'X = f"LISTEN {channel}".encode()',
        'X = b"LISTEN event_positions"',
        'X = "LOCK TABLE catalog_supplier IN SHARE MODE"',
        "X = \"SELECT pg_notify('channel', '')\"",
        'X = "PREPARE plan AS VALUES (1)"',
        'X = "DECLARE rows NO SCROLL CURSOR FOR TABLE a"',
        'X = "FETCH 100 FROM rows"',
        'X = "COMMIT; BEGIN"',
        'X = "ROLLBACK"',
        'X = "EXPLAIN ANALYZE TABLE a"',
        'X = "CREATE OR REPLACE FUNCTION a() RETURNS int"',
        'X = "GRANT USAGE ON SCHEMA public TO edge"',
    ],
)
def test_a_statement_is_found(source: str) -> None:
    assert list(find_sql(source)) == [1]


@pytest.mark.parametrize(
    "source",
    [
        '"""Tells how SELECT id FROM a is built."""',
        "X = 'Select a product from the list'",
        "X = 'DELETE'",
        "X = 'COMMIT would fail'",
        "# INSERT INTO a",
    ],
)
def test_prose_is_left_alone(source: str) -> None:
    assert list(find_sql(source)) == []
