"""The interface of a database connection, which both halves implement for the stores."""

from collections.abc import Mapping
from typing import Any, Protocol

#: Values for the ``%(name)s`` places of a statement.
Parameters = Mapping[str, object]

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
