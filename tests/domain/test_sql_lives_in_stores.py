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

#: Other modules with SQL, and why it stands there.
EXCEPTIONS = {
    "api_edge/health.py": "readiness asks no table",
    "core_site/config/urls.py": "readiness asks no table",
    "core_site/config/database_roles.py": "privileges of roles, granted by the tables' owner",
    "core_site/config/management/commands/grant_roles.py": "privileges, as above",
    "core_site/catalog/revision.py": "the body of a trigger that migrations create",
    "core_site/history/append_only.py": "asks after migrate whether its tables are there",
    "core_site/catalog/pricing_models.py": "the body of a trigger that migrations create",
    "core_site/catalog/departure_triggers.py": "bodies of triggers that migrations create",
    "core_site/partners/models.py": "bodies of triggers that migrations create",
    "core_site/rollout/models.py": "bodies of triggers that migrations create",
    "core_site/rollout/effects.py": "triggers that are created after migrate",
    "core_site/demo/simulation.py": "the demo's history, dated back by the tables' owner",
}

SQL = re.compile(
    r"""\b(
        SELECT\s+[\w'*(] | INSERT\s+INTO\s | UPDATE\s+[\w".]+\s+SET\s | DELETE\s+FROM\s
      | BEGIN\s*(;|ISOLATION) | SET\s+(LOCAL|CONSTRAINTS)\s | ROLLBACK\s+TO\s | SAVEPOINT\s
    )""",
    re.VERBOSE,
)

#: One of them is in every statement: a module without any need not be parsed.
WORDS = re.compile("SELECT|INSERT|UPDATE|DELETE|BEGIN|SET|ROLLBACK|SAVEPOINT")


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
            and isinstance(node.value, str)
            and id(node) not in bare
            and SQL.search(node.value)
        ):
            yield node.lineno


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
    ],
)
def test_a_statement_is_found(source: str) -> None:
    assert list(find_sql(source)) == [1]


@pytest.mark.parametrize(
    "source",
    [
        '"""Tells how SELECT id FROM a is built."""',
        "X = 'Select a product from the list'",
        "# INSERT INTO a",
    ],
)
def test_prose_is_left_alone(source: str) -> None:
    assert list(find_sql(source)) == []
