"""Rows by column name: how stores write a statement's columns and read what it returns.

A store names the columns of a statement once, each with its SQL expression. The SELECT list is
written from that mapping, and :func:`by_name` reads a row with it, so that no column is counted;
INSERT and UPDATE are written from the same names. A result of one column is read with
:func:`only_value` or unpacked where it is read, as is one of two.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from shared_domain.database import Row


def table_columns(table: str, names: Iterable[str]) -> dict[str, str]:
    """Return columns of a table, or of its alias, by name."""
    return {name: f"{table}.{name}" for name in names}


def select_list(columns: Mapping[str, str]) -> str:
    """Return ``expression AS name`` for each column, in their order."""
    return ", ".join(f"{expression} AS {name}" for name, expression in columns.items())


def by_name(columns: Collection[str], row: Row) -> dict[str, Any]:
    """Return a row as a dictionary by column name; ``columns`` is in the order of the SELECT list.

    Raises:
        ValueError: the row has more or fewer values.
    """
    return dict(zip(columns, row, strict=True))


def only_value(row: Row | None) -> Any:
    """Return the value of a row of one column; None where there is no row.

    Raises:
        ValueError: the row has more values.
    """
    if row is None:
        return None
    (value,) = row
    return value


def placeholders(names: Iterable[str], *, jsonb: Collection[str] = ()) -> str:
    """Return ``%(name)s`` for each column, cast to jsonb for those that hold JSON."""
    return ", ".join(_placeholder(name, jsonb) for name in names)


def assignments(names: Iterable[str], *, jsonb: Collection[str] = ()) -> str:
    """Return ``name = %(name)s`` for each column, for UPDATE."""
    return ", ".join(f"{name} = {_placeholder(name, jsonb)}" for name in names)


def table_assignments(table: str, names: Iterable[str]) -> str:
    """Return ``name = table.name`` for each column, for UPDATE from another table."""
    return ", ".join(f"{name} = {table}.{name}" for name in names)


def recordset(parameter: str, table: str, types: Mapping[str, str]) -> str:
    """Return the rows of a JSON parameter as a table, its columns by name with their types."""
    columns = ", ".join(f"{name} {kind}" for name, kind in types.items())
    return f"jsonb_to_recordset(%({parameter})s::jsonb) AS {table} ({columns})"


def _placeholder(name: str, jsonb: Collection[str]) -> str:
    return f"%({name})s::jsonb" if name in jsonb else f"%({name})s"
