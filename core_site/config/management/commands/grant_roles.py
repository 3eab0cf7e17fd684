"""``manage.py grant_roles``: create the database roles of Django and edge, and grant privileges."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import ProgrammingError, connection, transaction
from psycopg import sql

from core_site.config.database_roles import REVOKED_FUNCTIONS, privileges
from core_site.environment import env

#: What neither role may have, by whatever way it came to it.
_STILL_OPEN = """
    SELECT r.rolname || ' ' || open.what
      FROM pg_roles AS r
     CROSS JOIN LATERAL (VALUES
           (r.rolsuper, 'is a superuser'),
           (r.rolcreaterole OR r.rolcreatedb, 'may create roles or databases'),
           (r.rolreplication OR r.rolbypassrls, 'may replicate or bypass row security'),
           (EXISTS (SELECT FROM pg_auth_members WHERE member = r.oid), 'is a member of a role'),
           (EXISTS (SELECT FROM pg_class WHERE relowner = r.oid)
            OR EXISTS (SELECT FROM pg_proc WHERE proowner = r.oid), 'owns tables or functions'),
           (has_database_privilege(r.oid, current_database(), 'CREATE'), 'may create schemas'),
           (has_database_privilege(r.oid, current_database(), 'TEMPORARY'),
            'may create temporary tables'),
           (has_schema_privilege(r.oid, 'public', 'CREATE'), 'may create in schema public')
           ) AS open (is_so, what)
     WHERE r.rolname = ANY (%s) AND open.is_so
"""


class Command(BaseCommand):
    help = (
        "Create the roles that Django and the edge connect with, where they do not exist, and "
        "grant each exactly what it needs. Run it after every migrate, as the owner of the tables "
        "(OWNER_DATABASE_URL). It is safe to run again. Passwords come from "
        "PORTICO_DJANGO_PASSWORD and PORTICO_EDGE_PASSWORD; that of a role that exists is left "
        "alone."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "--django", "--site", help="Django's role (default <database>_site); formerly --site"
        )
        parser.add_argument("--edge", help="the edge's role (default <database>_edge)")
        parser.add_argument(
            "--set-passwords",
            action="store_true",
            help="give roles that exist the passwords as well; what uses the old ones is shut out",
        )

    def handle(self, **options: Any) -> None:
        database = str(connection.settings_dict["NAME"])
        django = options["django"] or f"{database}_site"
        edge = options["edge"] or f"{database}_edge"
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                self._refuse_the_owner(cursor, django, edge)
                for role, variable in (
                    (django, "PORTICO_DJANGO_PASSWORD"),
                    (edge, "PORTICO_EDGE_PASSWORD"),
                ):
                    self._ensure_role(cursor, role, env(variable), options["set_passwords"])
                for statement in privileges(cursor, database=database, django=django, edge=edge):
                    cursor.execute(statement)
                self._close_what_only_a_superuser_can(cursor)
                self._refuse_what_is_still_open(cursor, database, [django, edge])
        except ProgrammingError as error:
            raise CommandError(
                f"cannot set up the roles {django} and {edge}: {str(error).strip()}. The role that "
                "runs this must own the tables, and may need CREATEROLE: see Roles in "
                "deploy/OPERATING.md."
            ) from error
        self.stdout.write(f"Django may connect as {django}, the edge as {edge}")

    def _refuse_the_owner(self, cursor: Any, django: str, edge: str) -> None:
        cursor.execute("SELECT current_user")
        (owner,) = cursor.fetchone()
        if len({owner, django, edge}) < 3:
            raise CommandError(
                f"owner, Django and edge must be three roles; they are {owner}, {django} and {edge}"
            )

    def _ensure_role(self, cursor: Any, role: str, password: str | None, replace: bool) -> None:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        exists = cursor.fetchone() is not None
        if exists and not (replace and password):
            return
        # A role's password cannot be a parameter of the statement; psycopg quotes it instead.
        # Nothing but LOGIN is named: only a superuser may even repeat the other attributes.
        statement = sql.SQL(("ALTER" if exists else "CREATE") + " ROLE {} LOGIN").format(
            sql.Identifier(role)
        )
        if password:
            # Hashed here: the statement may end in the server's log.
            encoding = connection.connection.info.encoding
            hashed = connection.connection.pgconn.encrypt_password(
                password.encode(encoding), role.encode(encoding), b"scram-sha-256"
            )
            statement += sql.SQL(" PASSWORD {}").format(sql.Literal(hashed.decode()))
        cursor.execute(statement)

    def _close_what_only_a_superuser_can(self, cursor: Any) -> None:
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        (is_superuser,) = cursor.fetchone()
        if is_superuser:
            cursor.execute(f"REVOKE EXECUTE ON FUNCTION {', '.join(REVOKED_FUNCTIONS)} FROM PUBLIC")

    def _refuse_what_is_still_open(self, cursor: Any, database: str, roles: list[str]) -> None:
        cursor.execute(_STILL_OPEN, [roles])
        if found := [what for (what,) in cursor.fetchall()]:
            raise CommandError(
                f"nothing was granted: {'; '.join(found)}. Take this away first. PUBLIC's rights "
                f"are the database's owner's to revoke: REVOKE ALL ON DATABASE {database} FROM "
                "PUBLIC; REVOKE CREATE ON SCHEMA public FROM PUBLIC"
            )
