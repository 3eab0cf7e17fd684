"""Tell whether a database is as this code has prepared it, so that a start need not do it again.

The stamp is a digest of everything that migrations, roles and demo data come from, and of what
they have made: the code and the lock file, the roles with their passwords and rights, applied
migrations, relations, columns, constraints, functions and triggers; not the partitions of days,
which the worker makes and drops while it runs. A start that finds another
one, or none, prepares the database, which changes nothing in one that is right.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import psycopg

from deploy.virtualenv import LOCK, ROOT

#: What a database is prepared by.
CODE = ("core_site", "shared_domain", "deploy")

_FACTS = """
    WITH prepared AS (
        SELECT oid, relnamespace, relname, relkind, relowner, relacl
          FROM pg_class
         WHERE oid >= 16384 AND relpersistence <> 't' AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
               -- The worker makes and drops a partition for each day.
           AND NOT (relispartition AND relname ~ '_[0-9]{8}$')
    )
    SELECT concat_ws(' ', 'migration', app, name) FROM django_migrations
     UNION ALL
    SELECT concat_ws(' ', 'schema', nspname, nspowner, nspacl) FROM pg_namespace
     UNION ALL
    SELECT concat_ws(' ', 'relation', prepared.*) FROM prepared
     UNION ALL
    SELECT concat_ws(' ', 'column', attrelid, attname, atttypid, attnotnull, attacl)
      FROM pg_attribute JOIN prepared ON attrelid = prepared.oid
     WHERE attnum > 0 AND NOT attisdropped
     UNION ALL
    SELECT concat_ws(' ', 'index', indexrelid, indisvalid)
      FROM pg_index JOIN prepared ON indrelid = prepared.oid
     UNION ALL
    SELECT concat_ws(' ', 'constraint', c.oid, conrelid, conname, convalidated, conbin)
      FROM pg_constraint AS c JOIN prepared ON conrelid = prepared.oid
     UNION ALL
    SELECT concat_ws(' ', 'function', oid, proname, proowner, proacl, proconfig, prosecdef, prosrc)
      FROM pg_proc WHERE oid >= 16384
     UNION ALL
    SELECT concat_ws(' ', 'trigger', t.oid, tgrelid, tgname, tgenabled, tgfoid, tgqual)
      FROM pg_trigger AS t JOIN prepared ON tgrelid = prepared.oid
     UNION ALL
    SELECT concat_ws(' ', 'role', pg_roles.*) FROM pg_roles
     UNION ALL
    SELECT concat_ws(' ', 'member', roleid, member) FROM pg_auth_members
     UNION ALL
    SELECT concat_ws(' ', 'default rights', defaclrole, defaclnamespace, defaclobjtype, defaclacl)
      FROM pg_default_acl
     UNION ALL
    SELECT concat_ws(' ', 'setting', setdatabase, setrole, setconfig) FROM pg_db_role_setting
     UNION ALL
    SELECT concat_ws(' ', 'database', oid, datname, datdba, datacl)
      FROM pg_database WHERE datname = current_database()
     UNION ALL
    SELECT 'supplier' WHERE EXISTS (SELECT FROM catalog_supplier)
"""


def make_stamp(owner_url: str, *, options: Iterable[str]) -> str | None:
    """Return the stamp of a database; None if it was never migrated.

    Args:
        options: what else it was prepared with, such as names and passwords of roles.
    """
    with psycopg.connect(owner_url, connect_timeout=5) as connection:
        try:
            facts = sorted(fact for (fact,) in connection.execute(_FACTS))
        except psycopg.errors.UndefinedTable:
            return None
    digest = hashlib.sha256()
    for part in (*options, *facts):
        digest.update(f"{len(part)} {part}".encode())
    for path in _code():
        digest.update(f"{path.relative_to(ROOT)} ".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _code() -> list[Path]:
    return [LOCK, *sorted(path for part in CODE for path in (ROOT / part).rglob("*.py"))]
