"""Reading stored rows that break a rule: such a row is left out of lists and logged.

Constraints and forms keep such rows out, but an earlier release, a migration or a manual change of
the database may leave one behind. It must not take a partner's whole catalogue or a day's
departures off sale.
"""

import logging
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TypeVar

logger = logging.getLogger(__name__)

Row = TypeVar("Row")
Value = TypeVar("Value")

#: What reading a column with an invalid value raises. Other errors are mistakes in the code or of
#: the database, and are raised.
_FLAWS = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, StopIteration)


class RowUnreadable(RuntimeError):
    """The row that a request is about cannot be read: the value of a column breaks a rule.

    The log names the table and the id. Open the row in the admin, which shows it, and correct it.
    The request is answered with a server error.
    """

    def __init__(self, kind: str, row_id: object) -> None:
        super().__init__(f"{kind} {row_id} cannot be read")


def read_each(
    rows: Iterable[Row], read: Callable[[Row], Value], *, kind: str, id_of: Callable[[Row], object]
) -> list[Value]:
    """Return the values of the rows that can be read, in order; log each of the others once."""
    values: list[Value] = []
    for row in rows:
        try:
            values.append(read(row))
        except _FLAWS as flaw:
            _log_once(kind, str(id_of(row)), type(flaw).__name__)
    return values


# Bounded, and so is what it remembers: a row is logged again at most when a thousand others were.
@lru_cache(maxsize=1024)
def _log_once(kind: str, row_id: str, flaw: str) -> None:
    # Neither the flaw's text nor the row: they may hold personal data.
    logger.error("%s %s cannot be read (%s) and is left out of every list", kind, row_id, flaw)
