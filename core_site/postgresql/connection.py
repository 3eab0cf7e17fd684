"""A connection that waits for PostgreSQL with a bound."""

import math
import time
from typing import Any

import psycopg
from psycopg.errors import _WaitTimeout
from psycopg.rows import TupleRow

from shared_domain import deadline, postgres

#: How long one step of a call may wait for the server. The call as a whole may take longer: a
#: page that works on many rows has many steps.
MOST_SECONDS_OF_A_STEP = 10.0


class DeadlineExceeded(psycopg.OperationalError):
    """PostgreSQL has not answered within the time that the call, or one step of it, may take."""


class Connection(psycopg.Connection[TupleRow]):
    """A connection that waits for the server no longer than the call that uses it may take.

    The worker and commands have no deadline: they wait for a server as long as it takes.
    """

    holds_share_of_writes = False

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.opened_at = time.monotonic()

    @property
    def is_read_only(self) -> bool:
        """Whether the session is read-only, as far as the server has reported."""
        return postgres.is_read_only(self.pgconn.parameter_status)

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait for the server; psycopg does all its waiting on an open connection here.

        Raises:
            DeadlineExceeded: nothing was sent, or the connection is closed.
        """
        left = deadline.seconds_left(math.inf)
        if timeout is not None or left == math.inf:
            return super().wait(gen, interval, timeout)
        if left <= 0:
            gen.close()
            raise DeadlineExceeded
        try:
            return super().wait(gen, interval, min(left, MOST_SECONDS_OF_A_STEP))
        except _WaitTimeout:
            # What the server still does cannot be known, nor what its next answer would belong to.
            self.pgconn.finish()
            raise DeadlineExceeded from None
