"""Tracebacks without values, for every log: the text of an exception may quote personal data.

PostgreSQL's DETAIL quotes whole rows ("Failing row contains …"), its message may quote an input
(22P02), and a ValueError of Python mostly does. A log keeps what finds the mistake without them:
the exceptions' types, SQLSTATE, constraint, table and column, and the lines of code.
"""

import logging
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import TypeAlias

#: Their texts name modules, variables and places in source files.
OF_THE_CODE = (ImportError, SyntaxError, NameError)

MOST_CAUSES = 10

_Raised: TypeAlias = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
)


class ValueFreeFormatter(logging.Formatter):
    """Writes a record's exception as ``format_without_values`` does."""

    def format(self, record: logging.LogRecord) -> str:
        # Another handler's formatter may have left the whole text here, for every other handler.
        record.exc_text = None
        try:
            return super().format(record)
        finally:
            record.exc_text = None

    def formatException(self, ei: _Raised) -> str:
        return format_without_values(ei[1]) if ei[1] else ""


def format_without_values(problem: BaseException) -> str:
    """Return the traceback of an exception and of those that it came from, the oldest first."""
    parts = [
        "".join(traceback.format_tb(cause.__traceback__)) + exception_name(cause)
        for cause in _causes(problem)
    ]
    return "\n\nfrom which came\n\n".join(reversed(parts))


def exception_name(problem: BaseException) -> str:
    """Return the type of an exception, and what PostgreSQL says of it that is no value."""
    name = type(problem).__qualname__
    # Django wraps the exception of psycopg that has the diagnosis.
    diagnosis = getattr(problem, "diag", None) or getattr(problem.__cause__, "diag", None)
    named = {
        "SQLSTATE": getattr(diagnosis, "sqlstate", None),
        "constraint": getattr(diagnosis, "constraint_name", None),
        "table": getattr(diagnosis, "table_name", None),
        "column": getattr(diagnosis, "column_name", None),
    }
    if isinstance(problem, OF_THE_CODE):
        return f"{name}: {problem}"
    if isinstance(problem, BaseExceptionGroup):
        return f"{name} of " + ", ".join(
            exception_name(part) for part in problem.exceptions[:MOST_CAUSES]
        )
    told = ", ".join(f"{kind} {value}" for kind, value in named.items() if value)
    return f"{name} ({told})" if told else name


def describe(problem: BaseException) -> str:
    """Return an exception as a terminal shows it, without the values that PostgreSQL quotes."""
    return (
        exception_name(problem)
        if is_postgresql_error(problem)
        else f"{type(problem).__name__}: {problem}"
    )


def is_postgresql_error(problem: BaseException) -> bool:
    """Return whether the server has answered with an error, which may quote what is stored.

    That it cannot be reached at all is said by the driver, and quotes nothing.
    """
    return any(_sqlstate_of(cause) for cause in _causes(problem))


def _sqlstate_of(problem: BaseException) -> str | None:
    sqlstate: str | None = getattr(getattr(problem, "diag", None), "sqlstate", None)
    return sqlstate


def _causes(problem: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    cause: BaseException | None = problem
    while cause is not None and id(cause) not in seen and len(seen) < MOST_CAUSES:
        yield cause
        seen.add(id(cause))
        context = None if cause.__suppress_context__ else cause.__context__
        cause = cause.__cause__ or context
