"""The backend: see the package. Everything else is that of ``django.db.backends.postgresql``."""

import math
import time
from typing import Any

import psycopg
from django.db.backends.base.base import NO_DB_ALIAS
from psycopg.errors import _WaitTimeout
from psycopg_pool import ConnectionPool

from core_site.postgresql.commits import CommitCheckingWrapper
from core_site.postgresql.pool import Pool
from shared_domain import deadline, postgres

#: How long one step of a call may wait for the server. The call as a whole may take longer: a
#: page that works on many rows has many steps.
MOST_SECONDS_OF_A_STEP = 10.0

#: How long a session may take to show that it still is there.
CHECK_SECONDS = 3.0

#: A session that is read-only and older than this may be of another time: a new one may not be.
STALE_AFTER_SECONDS = 1.0


class DeadlineExceeded(psycopg.OperationalError):
    """PostgreSQL has not answered within the time that the call, or one step of it, may take."""


class StaleSession(psycopg.OperationalError):
    """The session is read-only; by now its server, or another one, may take writes."""


class Connection(psycopg.Connection):
    """A connection that waits for the server no longer than the call that uses it may take.

    The worker and commands have no deadline: they wait for a server as long as it takes.
    """

    holds_share_of_writes = False

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.opened_at = time.monotonic()

    @property
    def is_read_only(self) -> bool:
        """Whether it takes no writes, as far as the server has told."""
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


class DatabaseWrapper(CommitCheckingWrapper):
    """Django's own, with another pool, and commits that are settled."""

    @property
    def pool(self) -> ConnectionPool | None:
        """The pool of this process, made as Django makes it, with a check of ours.

        Django's own check (CONN_HEALTH_CHECKS) waits without a bound, and for one dead session
        after the other longer and longer.
        """
        options = self.settings_dict["OPTIONS"].get("pool")
        if self.alias == NO_DB_ALIAS or not options:
            return None
        if self.alias not in self._connection_pools:
            made = Pool(
                kwargs=self.get_connection_params() | {"autocommit": True},
                connection_class=Connection,
                open=False,
                configure=self._configure_connection,
                check=lambda connection: _check(connection, made),
                **options,
            )
            # Of two threads that come at once, the first one's pool is used by both.
            self._connection_pools.setdefault(self.alias, made)
        return self._connection_pools[self.alias]


def _check(connection: Connection, pool: ConnectionPool) -> None:
    """Have a session show that it is of use, before it is handed out.

    Raises:
        OperationalError: it is not; every idle one of the pool is replaced, as all of them may
            have been ended with it.
    """
    try:
        with deadline.within(min(CHECK_SECONDS, deadline.seconds_left(CHECK_SECONDS))):
            connection.execute("")
        if connection.is_read_only and (
            time.monotonic() - connection.opened_at > STALE_AFTER_SECONDS
        ):
            connection.close()
            raise StaleSession
    except psycopg.OperationalError:
        pool.drain()
        raise
