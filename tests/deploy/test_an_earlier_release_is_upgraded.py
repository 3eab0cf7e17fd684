"""A database of the release before is migrated with all that it holds, and nothing is lost."""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.sql import SQL, Identifier, Placeholder
from psycopg.types.json import Jsonb

from deploy.database_url import with_parts
from tests.harness.databases import ROOT, CommittedDatabase
from tests.harness.schema import describe_schema

#: The last migrations of that release: what came later is tried here.
RELEASE_BEFORE = {
    "admin_kit": "0001",
    "blackouts": "0001",
    "booking_desk": "0002",
    "bookings": "0023",
    "catalog": "0017",
    "disruptions": "0001",
    "endpoints": "0014",
    "events": "0005",
    "exports": "0001",
    "guest_messages": "0002",
    "history": "0001",
    "idempotency": "0001",
    "partners": "0005",
    "payments": "0002",
    "persons": "0001",
    "resources": "0002",
    "search": "0003",
    "sign_in": "0001",
    "statements": "0003",
    "usage": "0001",
    "users": "0005",
}

# What is squashed today was not in that release, which has recorded each of the migrations that it
# stands for.
MIGRATE_TO_RELEASE_BEFORE = f"""
from django.apps import apps
from django.core.management.sql import emit_post_migrate_signal
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
release = {RELEASE_BEFORE!r}
executor = MigrationExecutor(connection)
graph = executor.loader.graph
last = [
    (app, name)
    for app, name in graph.nodes
    if app in release
    and (name.startswith(release[app]) or f"_squashed_{{release[app]}}_" in name)
]
assert len(last) == len(release), last
of_libraries = [
    (app, name)
    for app, name in graph.leaf_nodes()
    if not apps.get_app_config(app).name.startswith("core_site.")
]
state = executor.migrate([*last, *of_libraries])
emit_post_migrate_signal(0, False, "default", plan=[], apps=state.apps)
with connection.cursor() as cursor:
    cursor.execute("DELETE FROM django_migrations WHERE name ~ '^[0-9]+_squashed_'")
"""

#: Two processes, the second with nothing of the first: to start Django takes 1.4 s of CPU. The
#: second waits for a line.
MIGRATE = f"""
import os, sys
import django
from django.core.management import execute_from_command_line
django.setup()
first = os.fork()
if not first:
    exec({MIGRATE_TO_RELEASE_BEFORE!r})
    os._exit(0)
if os.waitpid(first, 0)[1]:
    sys.exit(1)
print("has the tables of the release before", flush=True)
sys.stdin.readline()
execute_from_command_line(["manage.py", "migrate", "--no-input"])
"""

RESERVED_AT = datetime(2026, 6, 1, 10, tzinfo=UTC)
STARTS_AT = datetime(2026, 7, 14, 8, 30, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class OldDatabase:
    """A database as the release before made it, without rows, and what migrates it from there."""

    address: str
    process: "subprocess.Popen[str]"

    def migrate(self) -> None:
        self.process.communicate("now\n")
        assert self.process.returncode == 0


@pytest.fixture
def old_database() -> Iterator[OldDatabase]:
    server = os.environ["DATABASE_URL"]
    name = f"{conninfo_to_dict(server)['dbname']}_{secrets.token_hex(4)}"
    with psycopg.connect(make_conninfo(server, dbname="postgres"), autocommit=True) as maintenance:
        maintenance.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        address = with_parts(server, dbname=name)
        try:
            with subprocess.Popen(
                [sys.executable, "-c", MIGRATE],
                env=os.environ | {"DATABASE_URL": address}, cwd=ROOT, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            ) as process:  # fmt: skip
                assert process.stdout
                assert process.stdout.readline() == "has the tables of the release before\n"
                yield OldDatabase(address=address, process=process)
        finally:
            maintenance.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


class OldShop:
    """Rows in the columns of the release before."""

    def __init__(self, connection: "psycopg.Connection[Any]") -> None:
        self._connection = connection
        self.partner = self.insert(
            "partners_partner", code="alpine", name="Alpine", email="it@alpine.example",
            is_active=True, max_hold_minutes=240, created_at=RESERVED_AT,
        )  # fmt: skip
        self.product = self.insert(
            "catalog_product", code="kayak", internal_name="Kayak", is_active=True,
            locale="en-GB", time_zone="Europe/Lisbon", allow_freesale=False,
            instant_confirmation=True, instant_delivery=True, availability_required=True,
            availability_type="START_TIME", delivery_formats=["QRCODE"],
            delivery_methods=["VOUCHER"], redemption_method="DIGITAL", pricing_per="UNIT",
            default_currency="EUR", available_currencies=["EUR"], tax_name="",
            tax_basis_points=0, revision=1, created_at=RESERVED_AT,
        )  # fmt: skip
        self.option = self.insert(
            "catalog_option", product_id=self.product, code="DEFAULT", internal_name="Kayak",
            is_default=True, position=0, cancellation_cutoff_amount=2,
            cancellation_cutoff_unit="day", allows_late_cancellation=True,
            late_refund_percent=33, required_contact_fields=[], min_units=1,
        )  # fmt: skip
        self.unit = self.insert(
            "catalog_unit", option_id=self.option, code="adult", internal_name="Adult",
            type="ADULT", position=0, min_age=0, max_age=99, id_required=False, pax_count=2,
            accompanied_by=[], required_contact_fields=[],
        )  # fmt: skip
        self.departure = self.insert(
            "catalog_departure", option_id=self.option, start_time="09:30", fold=0,
            availability_id="2026-07-14T09:30:00+01:00", local_date="2026-07-14",
            starts_at=STARTS_AT, ends_at=STARTS_AT + timedelta(hours=2),
            cutoffs_count_from=STARTS_AT, booking_cutoff_at=STARTS_AT, opening_hours=Jsonb([]),
            capacity=10, reserved=4, is_open=True, is_edited=False,
        )  # fmt: skip
        self.user = self.insert(
            "users_user", id=uuid4(), partner_id=self.partner, test_mode=False, age=34,
            email="clara@example.com", email_key="clara@example.com",
            created_at=RESERVED_AT, updated_at=RESERVED_AT,
        )  # fmt: skip
        self.endpoint = self.insert(
            "endpoints_endpoint", method="GET", path_template="/v1/users", path_shape="/v1/users",
            is_on_edge=True, is_on_site=True, stage="canary", stage_since=RESERVED_AT, percent=5,
            salt="pepper", sample_percent=100, is_reverse_shadowed=False, most_mismatches=5,
            most_errors=3, most_latency_ratio=3, mismatches=0, errors=0, retired_calls=0,
        )  # fmt: skip
        self.insert(
            "endpoints_pin", endpoint_id=self.endpoint, partner_id=str(self.partner), side="edge"
        )

    def book(self, status: str, **columns: Any) -> UUID:
        """Add a booking of two tickets at 45.00, of which the partner pays 36.00."""
        uuid = uuid4()
        money = {"original_minor": 9_000, "retail_minor": 9_000, "net_minor": 7_200}
        booking = self.insert(
            "bookings_booking",
            **{
                "uuid": uuid, "partner_id": self.partner, "product_id": self.product,
                "option_id": self.option, "departure_id": self.departure,
                "test_mode": False, "status": status,
                "supplier_reference": f"PT-{secrets.token_hex(5)}",
                "reservation_fingerprint": b"x" * 32, "created_at": RESERVED_AT,
                "updated_at": RESERVED_AT, "contact": Jsonb({"fullName": "Clara\nDuarte"}),
                "email_receipt": False, "places": 4, "currency": "EUR", "taxes": Jsonb([]),
            }
            | money
            | columns,
        )  # fmt: skip
        for position in range(2):
            self.insert(
                "bookings_unititem", booking_id=booking, uuid=uuid4(), position=position,
                unit_id=self.unit, supplier_reference=f"PT-{position}", contact=Jsonb({}),
                taxes=Jsonb([]), original_minor=4_500, retail_minor=4_500, net_minor=3_600,
            )  # fmt: skip
        self.insert(
            "events_event", partner_id=self.partner, test_mode=False, booking_uuid=uuid,
            type="booking.updated", data=Jsonb({}),
        )  # fmt: skip
        return uuid

    def insert(self, table: str, **values: object) -> Any:
        statement = SQL("INSERT INTO {} ({}) VALUES ({}) RETURNING id").format(
            Identifier(table),
            SQL(", ").join(map(Identifier, values)),
            SQL(", ").join(map(Placeholder, values)),
        )
        row = self._connection.execute(statement, values).fetchone()
        assert row is not None
        return row[0]


def read_rows(address: str) -> dict[str, list[Any]]:
    """Return the rows of every table but the log of migrations, each as it is stored."""
    with psycopg.connect(address) as connection:
        tables = connection.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r'"
            " AND relnamespace = 'public'::regnamespace AND relname <> 'django_migrations'"
        ).fetchall()
        return {
            table: connection.execute(
                SQL("SELECT to_jsonb(stored) FROM {} AS stored ORDER BY 1").format(
                    Identifier(table)
                )
            ).fetchall()
            for (table,) in tables
        }


def test_what_was_stored_is_there_and_right(
    old_database: OldDatabase, committed_database: CommittedDatabase
) -> None:
    address = old_database.address
    with psycopg.connect(address) as connection:
        shop = OldShop(connection)
        shop.book("ON_HOLD", hold_expires_at=RESERVED_AT + timedelta(minutes=30))
        shop.book("CONFIRMED", confirmed_at=RESERVED_AT, sale_date="2026-06-01")
        shop.book("CONFIRMED", confirmed_at=RESERVED_AT, sale_date="2026-06-01", test_mode=True)
    stored = read_rows(address)
    assert len(stored["bookings_bookingevent"]) == len(stored["bookings_booking"]) == 3

    old_database.migrate()

    assert describe_schema(address) == describe_schema(committed_database.owner_url)
    migrated = read_rows(address)
    for table, rows in stored.items():
        # A column may have been added, and content types and permissions with new models.
        assert all(
            any(row.items() <= found.items() for (found,) in migrated[table]) for (row,) in rows
        ), table
