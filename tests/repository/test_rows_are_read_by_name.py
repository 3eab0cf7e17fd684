"""What a statement returns is read by the names of its columns, so that none is counted.

A result of one or two columns may be unpacked where it is read, and a row may be cut in two where
each part is then read by names: see ``shared_domain.rows``.
"""

import ast
from collections.abc import Iterator

import pytest

from tests.harness.databases import ROOT

FETCH_ONE = {"fetch_one", "fetchone"}
FETCH_ALL = {"fetch_all", "fetchall", "fetchmany"}

Function = ast.FunctionDef | ast.AsyncFunctionDef

#: Columns that may be unpacked without their names.
MOST_UNPACKED = 2

#: Modules that count columns, and why.
EXCEPTIONS = {
    "core_site/config/database_roles.py": "reads the catalogue of PostgreSQL, for privileges",
    "shared_domain/availability/sql_store.py": "cuts each row of a calendar into its parts",
}


def counted_columns(source: str) -> list[str]:
    """Return where a module takes columns of a row by their position."""
    if "fetch" not in source:
        return []
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, Function)]
    return sorted({found for function in functions for found in _counted(function)})


def _counted(function: Function) -> Iterator[str]:
    one = {argument.arg for argument in _arguments(function) if _is_row(argument.annotation)}
    many: set[str] = set()
    for node in ast.walk(function):
        if isinstance(node, ast.Assign | ast.NamedExpr):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = {target.id for target in targets if isinstance(target, ast.Name)}
            one |= names if _fetches(node.value, FETCH_ONE) else set()
            many |= names if _fetches(node.value, FETCH_ALL) else set()
    loops = [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.For | ast.AsyncFor | ast.comprehension)
        and (_fetches(node.iter, FETCH_ALL) or _is_one_of(node.iter, many))
    ]
    one |= {loop.target.id for loop in loops if isinstance(loop.target, ast.Name)}
    for loop in loops:
        if _unpacked(loop.target) > MOST_UNPACKED:
            yield f"{loop.target.lineno}: {ast.unparse(loop.target)}"
    for node in ast.walk(function):
        if _counts(node, one):
            yield f"{node.lineno}: {ast.unparse(node)}"


def _counts(node: ast.AST, rows: set[str]) -> bool:
    """Return whether an expression or an assignment goes by the positions of one row's columns."""
    if isinstance(node, ast.Assign):
        most = max(map(_unpacked, node.targets))
        return most > MOST_UNPACKED and _is_row_value(node.value, rows)
    is_index = isinstance(node, ast.Subscript) and not isinstance(node.slice, ast.Slice)
    return (is_index or isinstance(node, ast.Starred)) and _is_row_value(node.value, rows)


def _arguments(function: Function) -> list[ast.arg]:
    return [*function.args.args, *function.args.kwonlyargs]


def _is_row(annotation: ast.AST | None) -> bool:
    return annotation is not None and ast.unparse(annotation) in {"Row", "Row | None"}


def _fetches(node: ast.AST, names: set[str]) -> bool:
    while isinstance(node, ast.Await):
        node = node.value
    is_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    return is_call and node.func.attr in names


def _is_one_of(node: ast.AST, names: set[str]) -> bool:
    return isinstance(node, ast.Name) and node.id in names


def _is_row_value(node: ast.AST, names: set[str]) -> bool:
    return _is_one_of(node, names) or _fetches(node, FETCH_ONE)


def _unpacked(target: ast.AST) -> int:
    """Return how many names a row is unpacked into; ``*_`` passes over the others."""
    if not isinstance(target, ast.Tuple):
        return 0
    passed = [one for one in target.elts if ast.unparse(one) == "*_"]
    return len(target.elts) - len(passed)


def test_no_module_counts_the_columns_of_a_row() -> None:
    counted = {
        path.relative_to(ROOT).as_posix(): counted_columns(path.read_text(encoding="utf-8"))
        for half in ("shared_domain", "api_edge", "core_site")
        for path in sorted((ROOT / half).rglob("*.py"))
        if "migrations" not in path.parts
    }

    assert {path for path, found in counted.items() if found} == set(EXCEPTIONS)


@pytest.mark.parametrize(
    "body",
    [
        "row = await database.fetch_one(GET, {}); return row[0]",
        "return cursor.fetchone()[0]",
        "row = await database.fetch_one(GET, {}); return Place(*row)",
        "name, place, at = await database.fetch_one(GET, {})",
        "return [Place(name, place, at) for name, place, at in await database.fetch_all(GET, {})]",
        "rows = await database.fetch_all(GET, {}); return [row[1] for row in rows]",
    ],
)
def test_a_counted_column_is_found(body: str) -> None:
    assert counted_columns(f"async def read(): {body}") != []


@pytest.mark.parametrize(
    "body",
    [
        "(value,) = await database.fetch_one(GET, {})",
        "row = await database.fetch_one(GET, {}); return Place(**by_name(COLUMNS, row))",
        "return dict(await database.fetch_all(GET, {}))",
        "return {key: value for key, value in await database.fetch_all(GET, {})}",
    ],
)
def test_names_and_pairs_are_left_alone(body: str) -> None:
    assert counted_columns(f"async def read(): {body}") == []
