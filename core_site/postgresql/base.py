"""Django's PostgreSQL backend: Django imports the module ``base`` of the package in ``ENGINE``."""

import time

import psycopg
from django.db.backends.base.base import NO_DB_ALIAS

from core_site.postgresql.commits import CommitCheckingWrapper
from core_site.postgresql.connection import Connection
from core_site.postgresql.pool import Pool
from shared_domain import deadline

#: How long a session may take to show that it still is there.
CHECK_SECONDS = 3.0


class StaleSession(psycopg.OperationalError):
    """The session is read-only; a new one may reach a server that takes writes."""


class DatabaseWrapper(CommitCheckingWrapper):
    """Django's PostgreSQL backend with this package's pool, and with resolved commit outcomes."""

    @property
    def pool(self) -> Pool | None:
        """The pool of this process, made as Django makes it, but with ``_check``.

        Django's own check (CONN_HEALTH_CHECKS) has no timeout, and waits for one dead session after
        another.
        """
        options = self.settings_dict["OPTIONS"].get("pool")
        if self.alias == NO_DB_ALIAS or not options:
            return None
        if self.alias not in self._connection_pools:
            made: Pool = Pool(
                kwargs=self.get_connection_params() | {"autocommit": True},
                connection_class=Connection,
                open=False,
                configure=self._configure_connection,
                check=lambda connection: _check(connection, made),
                **options,
            )
            # If two threads make a pool at the same time, both use the first one.
            self._connection_pools.setdefault(self.alias, made)
        return self._connection_pools[self.alias]


def _check(connection: Connection, pool: Pool) -> None:
    """Check that a session of the pool works, before it is handed out.

    Raises:
        OperationalError: it does not; every idle session of the pool is replaced, since all of them
            may be dead.
    """
    try:
        with deadline.within(min(CHECK_SECONDS, deadline.seconds_left(CHECK_SECONDS))):
            connection.execute("")
        if pool.read_only_sessions.is_stale(connection, now=time.monotonic()):
            connection.close()
            raise StaleSession
    except psycopg.OperationalError:
        pool.drain()
        raise
