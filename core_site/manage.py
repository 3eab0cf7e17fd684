#!/usr/bin/env python
"""Django's command line for Portico: ``python core_site/manage.py help``."""

import os
import sys
from pathlib import Path

from django.core.management import execute_from_command_line

#: What changes tables or writes history by hand: done as their owner, as whom nothing serves.
AS_THE_OWNER = {"migrate", "grant_roles", "load_demo", "flush"}


def connect_directly(direct: str) -> None:
    """Let DATABASE_URL lead to PostgreSQL itself, by the same login.

    LISTEN and long transactions: the worker and commands need sessions of their own.
    """
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict, make_conninfo

    from shared_domain.postgres import direct_parts

    addresses = {
        "DATABASE_URL": os.environ.get("DATABASE_URL", ""),
        "PORTICO_DIRECT_DATABASE_URL": direct,
    }
    parts = []
    for name, address in addresses.items():
        try:
            parts.append(conninfo_to_dict(address))
        except ProgrammingError:
            # libpq repeats parts of the address, which may hold a password.
            sys.exit(f"{name} is malformed; it looks like postgresql://user:password@host:5432")
    # One that is not set is missed by the settings.
    if addresses["DATABASE_URL"]:
        os.environ["DATABASE_URL"] = make_conninfo(**direct_parts(*parts))


def describe_connection_error() -> str:
    """Return why there is no connection to the database, which its pool does not say.

    libpq names host, user and database, and never the password.
    """
    import psycopg

    try:
        psycopg.connect(os.environ["DATABASE_URL"], connect_timeout=5).close()
    except psycopg.OperationalError as error:
        return " ".join(str(error).split())
    return "all that there are were taken for too long"


if __name__ == "__main__":
    # The repository's folder replaces this one, so that `core_site.bookings` has one name only.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core_site.config.settings")
    if set(sys.argv[1:2]) & AS_THE_OWNER and os.environ.get("OWNER_DATABASE_URL"):
        os.environ["DATABASE_URL"] = os.environ["OWNER_DATABASE_URL"]
    if direct := os.environ.pop("PORTICO_DIRECT_DATABASE_URL", ""):
        connect_directly(direct)
    from shared_domain.tracebacks import format_without_values, is_postgresql_error

    try:
        execute_from_command_line(sys.argv)
    except Exception as problem:
        if type(problem.__cause__).__name__ == "PoolTimeout":
            sys.exit(f"no connection to the database: {describe_connection_error()}")
        # PostgreSQL's texts quote rows, and what a command prints is often kept in a log.
        if not is_postgresql_error(problem):
            raise
        sys.exit(format_without_values(problem))
