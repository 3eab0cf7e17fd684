"""The deadline of a call: the moment by which everything that the call waits for has to end.

Each half sets it when a call begins. Its connections to PostgreSQL keep to it while they wait for a
free connection, a lock, a statement, or a server that does not respond.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

#: By the clock of ``time.monotonic``; None where no call is being answered.
_ends_at: ContextVar[float | None] = ContextVar("deadline", default=None)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Set a deadline in ``seconds`` for the block, whatever deadline applies outside of it.

    A call that has exceeded its deadline may still have to clean up, in a block of its own.
    """
    token = _ends_at.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _ends_at.reset(token)


def seconds_left(most: float) -> float:
    """Return how long a step may take: until the deadline, ``most`` seconds at most.

    0 when the deadline has passed, ``most`` where none is set.
    """
    ends_at = _ends_at.get()
    return most if ends_at is None else max(0.0, min(most, ends_at - time.monotonic()))
