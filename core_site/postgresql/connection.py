"""A psycopg connection that observes the deadline of the request when it waits for PostgreSQL."""

import math
import time
from typing import Any, Self

import psycopg
from psycopg.errors import _WaitTimeout
from psycopg.rows import TupleRow

from shared_domain import deadline, postgres

#: How long one wait for the server may take. The request may take longer as a whole: a page that
#: changes many rows executes many statements.
MOST_SECONDS_OF_A_STEP = 10.0


class DeadlineExceeded(psycopg.OperationalError):
    """PostgreSQL has not answered before the request's deadline, or within the time of one step."""


class Connection(psycopg.Connection[TupleRow]):
    """A connection that waits for the server until the deadline of the current request at most.

    The worker and commands have no deadline, and wait without a timeout.
    """

    holds_share_of_writes = False

    #: When it was asked for, which is before the server began the session.
    asked_for_at = 0.0

    @classmethod
    def connect(cls, conninfo: str = "", **options: Any) -> Self:
        asked_for_at = time.monotonic()
        connection = super().connect(conninfo, **options)
        connection.asked_for_at = asked_for_at
        return connection

    @property
    def is_read_only(self) -> bool:
        """Whether the session is read-only, as far as the server has reported.

        False for a closed one, of which libpq tells nothing.
        """
        return not self.closed and postgres.is_read_only(self.pgconn.parameter_status)

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait for the server; psycopg calls it for every operation on an open connection.

        Raises:
            DeadlineExceeded: the deadline had passed before anything was sent, or has passed now,
                and the connection is closed.
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
            # The server may still be executing the statement; its late answer would be mistaken for
            # that of the next one.
            self.pgconn.finish()
            raise DeadlineExceeded from None
