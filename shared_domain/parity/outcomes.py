"""The outcome of a request on one side: its response and the rows that it wrote.

``repr`` shows neither bodies nor rows, so that a log line or a traceback discloses nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

#: In place of written rows when there are too many to be compared.
TOO_MANY_EFFECTS = "too many"


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP response: header names in lower case, header values decoded as latin-1."""

    status: int
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(repr=False)

    def header(self, name: str) -> str | None:
        """Return a header, repeated ones joined by commas (RFC 9110, section 5.3), or None."""
        values = [value for known, value in self.headers if known == name]
        return ", ".join(values) if values else None


@dataclass(frozen=True, slots=True)
class Effect:
    """One written row, of any table.

    ``action`` is ``insert``, ``update``, ``delete`` or ``truncate``; ``row`` is None when only the
    fact of the write is known. ``hidden`` names the columns that the edge's role may not read.
    """

    table: str
    action: str
    row: Mapping[str, object] | None = field(repr=False)
    hidden: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """The response to a request and the rows that it wrote; ``effects`` is None for reads.

    ``apart`` is the time between the beginning of a dry run and Django's response, None where it
    was not measured; ``ended_at`` is when that time ended. ``ways_out`` names what a dry run tried
    to use outside its transaction, such as a socket or a file.
    """

    response: Response
    effects: tuple[Effect, ...] | None = None
    ways_out: tuple[str, ...] = ()
    apart: timedelta | None = None
    ended_at: datetime | None = None
