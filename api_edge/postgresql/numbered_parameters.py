"""Execute statements with numbered parameters, ``$1``, in place of named ones, ``%(name)s``.

psycopg numbers them too, but anew for each execution where a statement is longer than 4,096
characters, as the longest here are, and looks every parameter up in a list of parts. Here each
statement is translated once.
"""

from functools import lru_cache

from psycopg import AsyncRawCursor
from psycopg.rows import TupleRow

from api_edge.postgresql.pool import Connection
from shared_domain.database import Parameters, number_parameters

#: More than there are; those of searches differ by what is searched for.
MOST_STATEMENTS = 1_000


@lru_cache(maxsize=MOST_STATEMENTS)
def _encode_numbered(statement: str) -> tuple[bytes, tuple[str, ...]]:
    text, names = number_parameters(statement)
    return text.encode(), names


async def execute(
    connection: Connection, statement: str, parameters: Parameters
) -> AsyncRawCursor[TupleRow]:
    """Execute a statement, prepared if the connection prepares any, and return its cursor."""
    text, names = _encode_numbered(statement)
    cursor = AsyncRawCursor(connection)
    return await cursor.execute(text, [parameters[name] for name in names])
