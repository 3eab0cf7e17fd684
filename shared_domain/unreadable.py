"""A stored row that cannot be read breaks its own answer only, never a list that it is in.

Constraints and forms keep such rows out, but what an earlier release, a migration or a hand on the
database left behind is there all the same. One of them must not take a partner's whole catalogue
or a day's departures off sale.
"""

import logging
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TypeVar

logger = logging.getLogger(__name__)

Row = TypeVar("Row")
Value = TypeVar("Value")

#: What reading raises for a column that holds what it should not. Anything else is a mistake of
#: ours or the database's, and is not kept back.
_FLAWS = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, StopIteration)


class RowUnreadable(RuntimeError):
    """A single row was asked for, and a column of it holds what no rule allows.

    The log names the table and the id; open the row in the admin, which shows it, and save what is
    right. No request is at fault: it is answered as an error of the server.
    """

    def __init__(self, kind: str, row_id: object) -> None:
        super().__init__(f"{kind} {row_id} cannot be read")


def read_each(
    rows: Iterable[Row], read: Callable[[Row], Value], *, kind: str, id_of: Callable[[Row], object]
) -> list[Value]:
    """Return what can be read of the rows, in order; each of the others is logged once."""
    values: list[Value] = []
    for row in rows:
        try:
            values.append(read(row))
        except _FLAWS as flaw:
            _tell_once(kind, str(id_of(row)), type(flaw).__name__)
    return values


# Bounded, and so is what it remembers: a row is logged again at most when a thousand others were.
@lru_cache(maxsize=1024)
def _tell_once(kind: str, row_id: str, flaw: str) -> None:
    # Neither the flaw's text nor the row: they may hold personal data.
    logger.error("%s %s cannot be read (%s) and is left out of every list", kind, row_id, flaw)
