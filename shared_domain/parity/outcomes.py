"""What a side answered and what it wrote: the two things that are compared.

Neither shows its content in ``repr``, so that a traceback or a log line gives nothing away.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

#: Stands in the place of written rows of which there are too many to be compared.
TOO_MANY_EFFECTS = "too many"


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP answer: header names in lower case, everything of them decoded as latin-1."""

    status: int
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(repr=False)

    def header(self, name: str) -> str | None:
        """Return the header, several of one name joined as HTTP allows; None when not sent."""
        values = [value for known, value in self.headers if known == name]
        return ", ".join(values) if values else None


@dataclass(frozen=True, slots=True)
class Effect:
    """One written row, the outbox's rows among them.

    ``action`` is ``insert``, ``update``, ``delete`` or ``truncate``; ``row`` is None when only the
    fact of the write is known. ``hidden`` names the columns that the edge may not read.
    """

    table: str
    action: str
    row: Mapping[str, object] | None = field(repr=False)
    hidden: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """Everything that a request led to; ``effects`` is None for reads.

    ``apart`` is how much time lay between the beginning of a dry run and Django's answer, None
    where that was not measured; ``ended_at`` is when that time ended. ``ways_out``
    names what a dry run tried to use beside the transaction that it was given.
    """

    response: Response
    effects: tuple[Effect, ...] | None = None
    ways_out: tuple[str, ...] = ()
    apart: timedelta | None = None
    ended_at: datetime | None = None
