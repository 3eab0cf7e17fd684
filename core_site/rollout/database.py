"""Database router that keeps the tables of the rollout in a PostgreSQL database of their own.

It is for a project whose own data are elsewhere, in SQLite for example. The setting
``ENDPOINT_DATABASE`` names one of ``DATABASES`` that is PostgreSQL, and ``DATABASE_ROUTERS`` lists
``core_site.rollout.database.RegistryRouter``; the edge then needs ``PORTICO_FOREIGN_DATABASE``.
"""

from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS

APPS = frozenset({"endpoints", "idempotency"})


def registry_alias() -> str:
    """Return the alias of the registry's database."""
    alias: str = getattr(settings, "ENDPOINT_DATABASE", DEFAULT_DB_ALIAS)
    return alias


class RegistryRouter:
    """Database router that keeps the registry's tables, and no others, in their own database."""

    def db_for_read(self, model: Any, **_: object) -> str | None:
        return registry_alias() if model._meta.app_label in APPS else None

    def db_for_write(self, model: Any, **_: object) -> str | None:
        return self.db_for_read(model)

    def allow_migrate(self, db: str, app_label: str, **_: object) -> bool | None:
        if app_label in APPS:
            return db == registry_alias()
        return False if db == registry_alias() != DEFAULT_DB_ALIAS else None
