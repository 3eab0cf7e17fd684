"""Cancellations and sales from before refunds were stored keep what statements said of them."""

from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from core_site.bookings.models import Booking, UnitItem
from core_site.catalog.models import Product
from tests.statements.books import Books, open_books

FROZEN = (
    "exactly_cancelled_bookings_refund", "exactly_cancelled_bookings_say_so",
    "booking_refund_is_what_it_is_called", "confirmed_bookings_have_a_sale_date",
)  # fmt: skip

BEFORE = {
    "sale_date": None,
    "cancellation_initiator": None,
    "refund_retail_minor": None,
    "refund_net_minor": None,
}

CANCELLED_AT = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def old_books(db: None) -> Books:
    """Books that were kept before: without amounts of refunds, and without dates of sale."""
    books = open_books()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for name in FROZEN:
            cursor.execute(f"ALTER TABLE bookings_booking DROP CONSTRAINT {name}")
    return books


def migrate() -> None:
    (migration,) = (
        import_module(f"core_site.bookings.migrations.{name}")
        for name in migration_names()
        if name.endswith("_refunds_before")
    )
    with connection.schema_editor(atomic=False) as schema_editor:
        migration.freeze_refunds(None, schema_editor)
        migration.date_sales(None, schema_editor)


def migration_names() -> list[str]:
    from django.db.migrations.loader import MigrationLoader

    return [name for app, name in MigrationLoader(connection).disk_migrations if app == "bookings"]


def history_says(books: Books, percent: int, at: datetime) -> None:
    """Let the option's history say that late guests got this share from that moment on."""
    books.kayak.options.update(late_refund_percent=percent)
    with connection.cursor() as cursor:
        cursor.execute("SELECT history_open('test', 'the clock cannot be turned')")
        cursor.execute(
            "UPDATE catalog_optionevent SET pgh_created_at = %s"
            " WHERE pgh_id = (SELECT max(pgh_id) FROM catalog_optionevent)",
            [at],
        )


@pytest.mark.parametrize(
    ("refund", "refunded"),
    [("FULL", (4500, 3600)), ("NONE", (0, 0)), ("PARTIAL", (1350, 1080))],
)
def test_a_refund_is_what_the_terms_of_its_moment_promised(
    old_books: Books, refund: str, refunded: tuple[int, int]
) -> None:
    history_says(old_books, 30, CANCELLED_AT - timedelta(seconds=1))
    history_says(old_books, 80, CANCELLED_AT + timedelta(seconds=1))
    old = old_books.cancel(refund, cancelled_at=CANCELLED_AT, **BEFORE)

    migrate()

    old.refresh_from_db()
    assert (old.refund_retail_minor, old.refund_net_minor) == refunded
    assert old.cancellation_initiator == "PARTNER"


def test_without_a_history_the_option_as_it_is_has_to_do(old_books: Books) -> None:
    old_books.kayak.options.update(late_refund_percent=33)
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    old = old_books.cancel(
        "PARTIAL", cancelled_at=long_ago, net_minor=4_000_000_000,
        retail_minor=4_000_000_000, original_minor=4_000_000_000, **BEFORE,
    )  # fmt: skip

    migrate()

    old.refresh_from_db()
    assert old.net_minor - old.refund_net_minor == 2_680_000_000


def test_tickets_add_up_to_their_booking(old_books: Books) -> None:
    history_says(old_books, 33, CANCELLED_AT)
    old = old_books.cancel(
        "PARTIAL", cancelled_at=CANCELLED_AT, retail_minor=10_001, net_minor=8_003,
        original_minor=20_000, **BEFORE,
    )  # fmt: skip
    unit = old_books.kayak.options.get().units.first()
    for position, (retail_minor, net_minor) in enumerate(
        [(3333, 2667), (3335, 2669), (3333, 2667)]
    ):
        UnitItem.objects.create(
            booking=old, uuid=uuid4(), position=position, unit=unit,
            supplier_reference=f"{old.supplier_reference}-{position}",
            original_minor=retail_minor, retail_minor=retail_minor, net_minor=net_minor,
        )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")

    migrate()

    old.refresh_from_db()
    refunds: list[Any] = list(
        UnitItem.objects.values_list("refund_retail_minor", "refund_net_minor")
    )
    assert tuple(map(sum, zip(*refunds, strict=True))) == (3300, 2641)
    assert (old.refund_retail_minor, old.refund_net_minor) == (3300, 2641)


@pytest.mark.parametrize(
    ("confirmed_at", "sale_date"),
    [
        # Lisbon is an hour ahead of UTC in summer: its July begins at 23:00.
        (datetime(2026, 6, 30, 22, 59, tzinfo=UTC), date(2026, 6, 30)),
        (datetime(2026, 6, 30, 23, 0, tzinfo=UTC), date(2026, 7, 1)),
    ],
)
def test_a_sale_keeps_the_local_date_of_its_confirmation(
    old_books: Books, confirmed_at: datetime, sale_date: date
) -> None:
    old = old_books.enter(on=None, confirmed_at=confirmed_at, sale_date=None)
    held = old_books.enter("ON_HOLD", on=None, sale_date=None)

    migrate()

    old.refresh_from_db()
    held.refresh_from_db()
    assert (old.sale_date, held.sale_date) == (sale_date, None)


def test_a_zone_that_is_none_breaks_no_migration(old_books: Books) -> None:
    Product.objects.update(time_zone="localtime")
    old = old_books.enter(on=None, confirmed_at=datetime(2026, 6, 30, 23, 59, tzinfo=UTC))
    Booking.objects.update(sale_date=None)

    migrate()

    old.refresh_from_db()
    assert old.sale_date == date(2026, 6, 30)


def test_the_history_of_bookings_does_not_mention_it(old_books: Books) -> None:
    old = old_books.cancel("NONE", **BEFORE)
    steps = old.events.count()

    migrate()

    assert old.events.count() == steps
