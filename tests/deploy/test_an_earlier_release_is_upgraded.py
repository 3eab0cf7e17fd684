"""A database of the release before is migrated with all that it holds, and nothing is lost.

What it is made of is then the same as in an empty database, which takes the squashed migrations.
"""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.sql import SQL, Identifier, Placeholder
from psycopg.types.json import Jsonb

from deploy.database_url import with_parts
from tests.harness.databases import ROOT, CommittedDatabase, manage
from tests.harness.schema import describe_schema

#: The last migrations of that release: what came later is tried here.
RELEASE_BEFORE = {
    "partners": "0001",
    "catalog": "0001",
    "bookings": "0002",
    "users": "0001",
    "events": "0001",
    "endpoints": "0009",
}

#: As that release's migration made pins; Portico's own no longer do.
PINS_OF_PARTNERS = """
    ALTER TABLE endpoints_pin ADD CONSTRAINT pin_of_a_partner FOREIGN KEY (partner_id)
        REFERENCES partners_partner (id) DEFERRABLE INITIALLY DEFERRED;
    CREATE INDEX pin_by_partner ON endpoints_pin (partner_id);
"""

#: What that release's edge writes of comparisons; ON CONFLICT needs exactly these unique keys.
FINDINGS_OF_RELEASE_BEFORE = (
    """
    INSERT INTO endpoints_paritycheck
           (endpoint_id, at, partner_id, request_id, verdict, django_status, edge_status,
            django_ms, edge_ms, covers)
    VALUES (%(endpoint)s, now(), 4711, gen_random_uuid(), 'match', 200, 200, 1, 1, '')
    """,
    """
    INSERT INTO endpoints_difference AS d
           (endpoint_id, path, kind, count, first_at, last_at, example_request_id, example)
    VALUES (%(endpoint)s, '/age', 'value', 1, now(), now(), gen_random_uuid(), '{}')
        ON CONFLICT (endpoint_id, path, kind) DO UPDATE SET count = d.count + EXCLUDED.count
    """,
    """
    INSERT INTO endpoints_noise (endpoint_id, path, kind, learned_at)
    VALUES (%(endpoint)s, '/at', 'value', now())
        ON CONFLICT (endpoint_id, path, kind) DO UPDATE SET learned_at = EXCLUDED.learned_at
    """,
    """
    INSERT INTO endpoints_endpointhour AS h
           (endpoint_id, hour, django_calls, django_errors, django_ms, edge_calls, edge_errors,
            edge_ms, fell_back, matched, mismatched, undecided, dropped, too_large, abandoned)
    VALUES (%(endpoint)s, '2026-06-01 10:00Z', 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
        ON CONFLICT (endpoint_id, hour) DO UPDATE
       SET django_calls = h.django_calls + EXCLUDED.django_calls
    """,
    """
    UPDATE endpoints_endpoint SET self_test_at = now(), self_test_passed = true
     WHERE id = %(endpoint)s
    """,
)

# In one process: each start of Django takes seconds. That release had no squashed migrations.
MIGRATE_TO_RELEASE_BEFORE = f"""
import django
django.setup()
from django.core.management import call_command
from django.db.migrations.loader import MigrationLoader
load_disk = MigrationLoader.load_disk
def load_disk_of_then(loader):
    load_disk(loader)
    for key, migration in list(loader.disk_migrations.items()):
        if migration.replaces:
            del loader.disk_migrations[key]
MigrationLoader.load_disk = load_disk_of_then
for app, number in {RELEASE_BEFORE!r}.items():
    call_command("migrate", app, number, verbosity=0)
"""

RESERVED_AT = datetime(2026, 6, 1, 10, tzinfo=UTC)


@pytest.fixture
def old_database() -> Iterator[str]:
    """The address of a database as the release before made it, without rows."""
    server = os.environ["DATABASE_URL"]
    name = f"{conninfo_to_dict(server)['dbname']}_{secrets.token_hex(4)}"
    with psycopg.connect(make_conninfo(server, dbname="postgres"), autocommit=True) as maintenance:
        maintenance.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        address = with_parts(server, dbname=name)
        try:
            run_python(MIGRATE_TO_RELEASE_BEFORE, address)
            yield address
        finally:
            maintenance.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(name)))


def run_python(code: str, address: str) -> None:
    environment = os.environ | {"DATABASE_URL": address}
    subprocess.run([sys.executable, "-c", code], env=environment, cwd=ROOT, check=True)


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
            is_default=True, position=0, cancellation_cutoff_amount=999_999,
            cancellation_cutoff_unit="day", allows_late_cancellation=True,
            late_refund_percent=33, required_contact_fields=[], min_units=1,
        )  # fmt: skip
        self.unit = self.insert(
            "catalog_unit", option_id=self.option, code="adult", internal_name="Adult",
            type="ADULT", position=0, min_age=0, max_age=999, id_required=False, pax_count=2,
            accompanied_by=[], required_contact_fields=[],
        )  # fmt: skip
        self.departures = [
            self.insert(
                "catalog_departure", option_id=self.option, availability_id=availability_id,
                local_date="2026-07-14", starts_at=starts_at,
                ends_at=starts_at + timedelta(hours=2), cutoffs_count_from=starts_at,
                booking_cutoff_at=starts_at, opening_hours=Jsonb([]), capacity=10,
                reserved=reserved, is_open=is_open, is_edited=False,
            )
            for availability_id, starts_at, reserved, is_open in (
                # The second is what a correction of the zone left beside the first.
                ("2026-07-14T09:30:00+01:00", datetime(2026, 7, 14, 8, 30, tzinfo=UTC), 2, False),
                ("2026-07-14T09:30:00+02:00", datetime(2026, 7, 14, 7, 30, tzinfo=UTC), 0, True),
            )
        ]  # fmt: skip

    def book(self, status: str, **columns: Any) -> UUID:
        """Add a booking of two tickets at 45.00, of which the partner pays 36.00."""
        uuid = uuid4()
        money = {"original_minor": 9_000, "retail_minor": 9_000, "net_minor": 7_200}
        booking = self.insert(
            "bookings_booking",
            **{
                "uuid": uuid, "partner_id": self.partner, "product_id": self.product,
                "option_id": self.option, "departure_id": self.departures[0],
                "test_mode": False, "status": status,
                "supplier_reference": f"PT-{secrets.token_hex(5)}",
                "reservation_fingerprint": b"x" * 32, "created_at": RESERVED_AT,
                "updated_at": RESERVED_AT, "contact": Jsonb({"fullName": "Clara\nDuarte"}),
                "email_receipt": False, "places": 2, "currency": "EUR", "taxes": Jsonb([]),
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
        return uuid

    def insert(self, table: str, **values: object) -> int:
        statement = SQL("INSERT INTO {} ({}) VALUES ({}) RETURNING id").format(
            Identifier(table),
            SQL(", ").join(map(Identifier, values)),
            SQL(", ").join(map(Placeholder, values)),
        )
        row = self._connection.execute(statement, values).fetchone()
        assert row is not None
        (row_id,) = row
        return row_id


def test_what_was_stored_is_there_and_right(
    old_database: str, committed_database: CommittedDatabase
) -> None:
    with psycopg.connect(old_database) as connection:
        shop = OldShop(connection)
        held = shop.book("ON_HOLD", hold_expires_at=RESERVED_AT + timedelta(minutes=30))
        confirmed = shop.book("CONFIRMED", confirmed_at=RESERVED_AT)
        cancelled = shop.book(
            "CANCELLED", confirmed_at=RESERVED_AT, cancelled_at=RESERVED_AT + timedelta(days=1),
            cancellation_refund="PARTIAL",
        )  # fmt: skip
        test = shop.book("CONFIRMED", confirmed_at=RESERVED_AT, test_mode=True, places=0)
        for email in ("clara@example.com", "STRASSE@example.com", "straße@example.com", "nonsense"):
            connection.execute(
                "INSERT INTO users_user (id, partner_id, email, age, created_at, updated_at)"
                " VALUES (%s, %s, %s, 34, %s, %s)",
                [uuid4(), shop.partner, email, RESERVED_AT, RESERVED_AT],
            )
        for told in (confirmed, test):
            shop.insert(
                "events_event", partner_id=shop.partner, type="booking.confirmed",
                booking_uuid=told, data=Jsonb({}),
            )  # fmt: skip
        endpoint = shop.insert(
            "endpoints_endpoint", method="GET", path_template="/v1/users", path_shape="/v1/users",
            is_on_edge=True, is_on_site=True, stage="canary", stage_since=RESERVED_AT, percent=5,
            salt="pepper", sample_percent=100, is_reverse_shadowed=False, most_mismatches=5,
            most_errors=3, most_latency_ratio=3, mismatches=0, errors=0, retired_calls=0,
        )  # fmt: skip
        connection.execute(PINS_OF_PARTNERS)
        shop.insert("endpoints_pin", endpoint_id=endpoint, partner_id=shop.partner, side="edge")
        history = connection.execute("SELECT count(*) FROM bookings_bookingevent").fetchone()
        for statement in FINDINGS_OF_RELEASE_BEFORE:
            connection.execute(statement, {"endpoint": endpoint})

    manage("migrate", "--no-input", environment=os.environ | {"DATABASE_URL": old_database})

    assert describe_schema(old_database) == describe_schema(committed_database.owner_url)
    with psycopg.connect(old_database) as connection:

        def found(statement: str) -> list[tuple[Any, ...]]:
            return connection.execute(statement).fetchall()

        assert dict(found("SELECT uuid, places FROM bookings_booking")) == {
            held: 2, confirmed: 2, cancelled: 2, test: 4,
        }  # fmt: skip
        assert found(
            "SELECT refund_retail_minor, refund_net_minor, sale_date::text, "
            "cancellation_initiator FROM bookings_booking WHERE status = 'CANCELLED'"
        ) == [(2_970, 2_376, "2026-06-01", "PARTNER")]
        assert found(
            "SELECT sum(refund_retail_minor)::int, sum(refund_net_minor)::int "
            "FROM bookings_unititem WHERE refund_retail_minor IS NOT NULL"
        ) == [(2_970, 2_376)]
        assert found("SELECT availability_id, start_time::text, fold FROM catalog_departure") == [
            ("2026-07-14T09:30:00+01:00", "09:30:00", 0)
        ], "the empty twin has gone"
        assert found("SELECT cancellation_policy FROM catalog_option") == [("NEVER",)]
        assert found("SELECT test_mode, count(*) FROM users_user GROUP BY 1") == [(False, 4)]
        assert dict(found("SELECT booking_uuid, test_mode FROM events_event")) == {
            confirmed: False, test: True,
        }  # fmt: skip
        assert found("SELECT count(*) FROM bookings_bookingevent") == [history]
        assert found("SELECT partner_id, side FROM endpoints_pin") == [(str(shop.partner), "edge")]
        # The release before goes on writing numbers while processes are replaced.
        connection.execute("UPDATE endpoints_pin SET partner_id = %s::bigint", [4711])
        assert found("SELECT jsonb_object_agg(partner_id, side)::text FROM endpoints_pin") == [
            ('{"4711": "edge"}',)
        ]
        # So do its comparisons, which belong to no build that an edge has reported.
        for statement in FINDINGS_OF_RELEASE_BEFORE:
            connection.execute(statement, {"endpoint": endpoint})
        assert found("SELECT verdict, build_id FROM endpoints_paritycheck") == [("match", 0)] * 2
        assert found("SELECT path, count FROM endpoints_difference") == [("/age", 2)]
        assert found("SELECT path, kind FROM endpoints_noise") == [("/at", "value")]
        assert found("SELECT django_calls FROM endpoints_endpointhour") == [(2,)]
        assert found("SELECT count(*) FROM endpoints_builddifference") == [(0,)]
