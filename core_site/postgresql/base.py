"""Django's PostgreSQL backend: Django imports the module ``base`` of the package in ``ENGINE``."""

from django.db.backends.base.base import NO_DB_ALIAS

from core_site.postgresql.commits import CommitCheckingWrapper
from core_site.postgresql.connection import Connection
from core_site.postgresql.pool import Pool


class DatabaseWrapper(CommitCheckingWrapper):
    """Django's PostgreSQL backend with this package's pool, and with resolved commit outcomes."""

    @property
    def pool(self) -> Pool | None:
        """The pool of this process, made as Django makes it, but without Django's check.

        That one (CONN_HEALTH_CHECKS) has no timeout, and waits for one dead session after another:
        see ``Pool.getconn``.
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
                **options,
            )
            # If two threads make a pool at the same time, both use the first one.
            self._connection_pools.setdefault(self.alias, made)
        return self._connection_pools[self.alias]
