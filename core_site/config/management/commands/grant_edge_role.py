"""``manage.py grant_edge_role``: the edge's own way into the database, and nothing beyond it."""

import os

from django.core.management.base import BaseCommand, CommandError
from django.db import ProgrammingError, connection, transaction
from psycopg import sql

#: Tables, the privilege, and the columns it is for (none: all of them). What is not named here,
#: the edge cannot touch: Django's users, sessions and admin log above all.
GRANTS: list[tuple[str, str, tuple[str, ...]]] = [
    (
        "partners_partner",
        "SELECT",
        ("id", "code", "name", "is_active", "max_hold_minutes", "max_held_percent"),
    ),
    ("partners_apikey", "SELECT", ()),
    ("catalog_supplier", "SELECT", ()),
    ("catalog_product", "SELECT", ()),
    ("catalog_option", "SELECT", ()),
    ("catalog_unit", "SELECT", ()),
    ("catalog_price", "SELECT", ()),
    ("catalog_partnerterms", "SELECT", ()),
    ("catalog_schedule", "SELECT", ()),
    ("catalog_departure", "SELECT", ()),
    ("catalog_departure", "UPDATE", ("reserved",)),
    ("bookings_booking", "SELECT, INSERT, UPDATE", ()),
    ("bookings_unititem", "SELECT, INSERT, UPDATE, DELETE", ()),
    ("events_event", "INSERT", ()),
    ("users_user", "SELECT, INSERT, UPDATE", ()),
    # History is written by triggers, which run with the rights of whoever changed the row.
    ("bookings_bookingevent", "INSERT", ()),
    ("bookings_unititemevent", "INSERT", ()),
    ("users_userevent", "INSERT", ()),
    ("pghistory_context", "SELECT, INSERT, UPDATE", ()),
    # Stages and what was compared.
    ("endpoints_endpoint", "SELECT, INSERT, UPDATE", ()),
    ("endpoints_pin", "SELECT", ()),
    ("endpoints_stagechange", "SELECT, INSERT", ()),
    ("endpoints_endpointhour", "SELECT, INSERT, UPDATE", ()),
    ("endpoints_paritycheck", "SELECT, INSERT", ()),
    ("endpoints_difference", "SELECT, INSERT, UPDATE", ()),
    ("endpoints_noise", "SELECT, INSERT, UPDATE", ()),
    ("endpoints_recording", "SELECT, INSERT", ()),
    # What was committed: inserted with the work, never changed.
    ("idempotency_record", "SELECT, INSERT", ()),
]

#: What one request wrote and whether another came between, and nothing else of those tables.
FUNCTIONS = ("endpoints_effects(uuid)", "endpoints_crossed(uuid, pg_snapshot)")


class Command(BaseCommand):
    help = (
        "Create the role that the edge connects with (<database>_edge, with the password from "
        "PORTICO_EDGE_PASSWORD) and grant it exactly what the edge needs. Safe to run again; "
        "run it after every migrate."
    )

    def handle(self, **options: object) -> None:
        database = connection.settings_dict["NAME"]
        role = f"{database}_edge"
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                self._ensure_role(cursor, role)
                self._grant(cursor, str(database), role)
        except ProgrammingError as error:
            raise CommandError(
                f"cannot set the role {role} up: {str(error).strip()}. The user of DATABASE_URL "
                "needs CREATEROLE and must own the tables."
            ) from error
        self.stdout.write(f"the edge may connect as {role}")

    def _ensure_role(self, cursor, role: str) -> None:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        verb = "ALTER" if cursor.fetchone() else "CREATE"
        password = os.environ.get("PORTICO_EDGE_PASSWORD")
        # A role's password cannot be a parameter of the statement; psycopg quotes it instead.
        # Nothing but LOGIN is named: only a superuser may even repeat the other attributes.
        statement = sql.SQL(verb + " ROLE {} LOGIN").format(sql.Identifier(role))
        if password:
            statement += sql.SQL(" PASSWORD {}").format(sql.Literal(password))
        cursor.execute(statement)

    def _grant(self, cursor, database: str, role: str) -> None:
        name = sql.Identifier(role)
        for statement in (
            "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}",
            "GRANT CONNECT ON DATABASE {database} TO {role}",
            "GRANT USAGE ON SCHEMA public TO {role}",
        ):
            cursor.execute(sql.SQL(statement).format(database=sql.Identifier(database), role=name))
        for function in FUNCTIONS:
            cursor.execute(
                sql.SQL("GRANT EXECUTE ON FUNCTION {function} TO {role}").format(
                    function=sql.SQL(function), role=name
                )
            )
        for table, privileges, columns in GRANTS:
            only = sql.SQL(", ").join(map(sql.Identifier, columns))
            listed = sql.SQL(" ({})").format(only) if columns else sql.SQL("")
            cursor.execute(
                sql.SQL("GRANT {privileges}{listed} ON {table} TO {role}").format(
                    privileges=sql.SQL(privileges),
                    listed=listed,
                    table=sql.Identifier(table),
                    role=name,
                )
            )
