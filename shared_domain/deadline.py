"""The deadline of a call: the moment by which everything that the call waits for has to end.

Each half sets it where a call begins, and its connections to PostgreSQL keep to it: waiting for a
free connection, for a lock, for a statement, and for a server that says nothing at all.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

#: By the clock of ``time.monotonic``; None where no call is being answered.
_ends_at: ContextVar[float | None] = ContextVar("deadline", default=None)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Give what happens inside so many seconds, whatever was left outside.

    A call that is over its deadline may still have to clean up; it does so in a block of its own.
    """
    token = _ends_at.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _ends_at.reset(token)


def seconds_left(most: float) -> float:
    """Return how long a step may take: until the deadline, at most ``most`` seconds.

    It is 0 when the deadline has passed, and ``most`` where there is none.
    """
    ends_at = _ends_at.get()
    return most if ends_at is None else max(0.0, min(most, ends_at - time.monotonic()))
