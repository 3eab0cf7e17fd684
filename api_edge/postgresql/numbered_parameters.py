"""Statements with numbered parameters, ``$1``, made of those with named ones, ``%(name)s``.

psycopg makes them too, but anew for each execution where a statement is longer than 4,096
characters, as the longest here are, and looks every parameter up in a list of parts. Here each
statement is translated once.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from psycopg import AsyncRawCursor
from psycopg.rows import TupleRow

from api_edge.postgresql.pool import Connection
from shared_domain.database import Parameters

#: More than there are; those of searches differ by what is searched for.
MOST_STATEMENTS = 1_000

_PERCENT = re.compile(r"%(?:\((?P<name>\w+)\)s|(?P<itself>%)|)")


class NumberedStatement(NamedTuple):
    """A statement as PostgreSQL reads it, with the names of ``$1``, ``$2`` and so on."""

    text: bytes
    names: tuple[str, ...]


@lru_cache(maxsize=MOST_STATEMENTS)
def number_parameters(statement: str) -> NumberedStatement:
    """Return a statement whose parameters have numbers, equal names the same one.

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
    return NumberedStatement(text.encode(), tuple(numbers))


async def execute(
    connection: Connection, statement: str, parameters: Parameters
) -> AsyncRawCursor[TupleRow]:
    """Execute a statement, prepared if the connection prepares any, and return its cursor."""
    text, names = number_parameters(statement)
    cursor = AsyncRawCursor(connection)
    return await cursor.execute(text, [parameters[name] for name in names])
