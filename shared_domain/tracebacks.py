"""Tracebacks without values, for logs: the text of an exception may quote personal data.

PostgreSQL's DETAIL quotes whole rows ("Failing row contains …"), its message may quote an input
(22P02), and so do most ValueErrors. A log keeps what finds the mistake: types of exceptions,
SQLSTATE, constraint, table and column, and lines of code.
"""

import logging
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import TypeAlias

#: Exceptions whose texts name modules, variables and lines of source files only.
OF_THE_CODE = (ImportError, SyntaxError, NameError)

MOST_CAUSES = 10

_Raised: TypeAlias = (
    tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
)


class ValueFreeFormatter(logging.Formatter):
    """A logging formatter that writes exceptions without their values."""

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
    """Return the traceback of an exception and of its causes, the oldest first, without values."""
    parts = [
        "".join(traceback.format_tb(cause.__traceback__)) + exception_name(cause)
        for cause in _causes(problem)
    ]
    return "\n\nfrom which came\n\n".join(reversed(parts))


def exception_name(problem: BaseException) -> str:
    """Return an exception's type, with PostgreSQL's codes and names and without its texts."""
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
    """Return an exception with its text for a terminal, but of PostgreSQL's without values."""
    return (
        exception_name(problem)
        if is_postgresql_error(problem)
        else f"{type(problem).__name__}: {problem}"
    )


def is_postgresql_error(problem: BaseException) -> bool:
    """Return whether the PostgreSQL server sent the error, which may quote stored data.

    An error of the driver, such as an unreachable server, quotes none.
    """
    return any(_sqlstate(cause) for cause in _causes(problem))


def _sqlstate(problem: BaseException) -> str | None:
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
