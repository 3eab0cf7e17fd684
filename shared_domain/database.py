"""The interface of a database connection, which both halves implement for the stores."""

import re
from collections.abc import Mapping
from typing import Any, Protocol

#: Values for the ``%(name)s`` places of a statement.
Parameters = Mapping[str, object]

_PERCENT = re.compile(r"%(?:\((?P<name>\w+)\)s|(?P<itself>%)|)")

#: One row, in the order of the statement's columns.
Row = tuple[Any, ...]


class Database(Protocol):
    """A connection to PostgreSQL inside a transaction that the caller owns.

    ``api_edge.postgresql.database`` implements it on async psycopg, ``core_site.database`` on
    Django's own connection, where nothing ever waits. On both, ``jsonb`` arrives as text,
    timestamps as aware datetimes in UTC and ``uuid`` as :class:`uuid.UUID`; one contract suite
    checks it. A store neither commits nor rolls back.
    """

    async def fetch_all(self, statement: str, parameters: Parameters) -> list[Row]:
        """Return every row of the result."""
        ...

    async def fetch_one(self, statement: str, parameters: Parameters) -> Row | None:
        """Return the first row of the result, or None when there is none."""
        ...

    async def execute(self, statement: str, parameters: Parameters) -> int:
        """Run a statement that returns no rows, and return how many rows it affected."""
        ...


def number_parameters(statement: str) -> tuple[str, tuple[str, ...]]:
    """Return a statement as PostgreSQL reads it, and the names of ``$1``, ``$2`` and so on.

    Equal names have the same number.

    Raises:
        ValueError: a ``%`` is neither doubled nor the beginning of a named parameter.
    """
    numbers: dict[str, int] = {}

    def replace(found: re.Match[str]) -> str:
        if found["itself"]:
            return "%"
        if not found["name"]:
            raise ValueError(f"no named parameter: {statement[found.start() :][:20]!r}")
        number = numbers.setdefault(found["name"], len(numbers) + 1)
        return f"${number}"

    text = _PERCENT.sub(replace, statement)
    return text, tuple(numbers)
