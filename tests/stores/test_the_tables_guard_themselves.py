"""Whatever writes: the database itself refuses what must never be stored."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from shared_domain import bookings
from shared_domain.run_now import run_now
from tests.harness.data import NOW, Shop, add_supplier, bookings_on_django, live, open_shop

#: All that a cancellation says, but for its refund.
CANCELLED = (
    "status = 'CANCELLED', hold_expires_at = NULL, cancelled_at = now(),"
    " cancellation_initiator = 'PARTNER'"
)
PARTIAL = "cancellation_refund = 'PARTIAL'"


#: Changes of what is stored, and the constraint that refuses each.
BROKEN_RULES = [
    ("catalog_departure SET reserved = 11", "departure_not_oversold"),
    ("catalog_departure SET capacity = 1", "departure_not_oversold"),
    ("catalog_departure SET reserved = -1", "reserved_check"),
    ("catalog_departure SET ends_at = starts_at", "departure_ends_after_its_start"),
    ("bookings_booking SET status = 'LOST'", "booking_status_is_known"),
    ("bookings_booking SET hold_expires_at = NULL", "exactly_holds_expire"),
    ("bookings_booking SET status = 'PENDING'", "exactly_holds_expire"),
    (
        "bookings_booking SET status = 'CANCELLED', hold_expires_at = NULL,"
        " refund_retail_minor = 0, refund_net_minor = 0",
        "exactly_cancelled_bookings_say_so",
    ),
    ("bookings_booking SET cancelled_at = now()", "exactly_cancelled_bookings_say_so"),
    (
        "bookings_booking SET cancellation_initiator = 'SUPPLIER'",
        "exactly_cancelled_bookings_say_so",
    ),
    (f"bookings_booking SET {CANCELLED}, {PARTIAL}", "exactly_cancelled_bookings_refund"),
    (
        f"bookings_booking SET {CANCELLED}, {PARTIAL}, refund_retail_minor = 1",
        "exactly_cancelled_bookings_refund",
    ),
    ("bookings_booking SET refund_net_minor = 0", "exactly_cancelled_bookings_refund"),
    (
        f"bookings_booking SET {CANCELLED}, {PARTIAL}, refund_net_minor = 0,"
        " refund_retail_minor = -1",
        "booking_refund_is_of_its_price",
    ),
    (
        f"bookings_booking SET {CANCELLED}, {PARTIAL}, refund_retail_minor = 0,"
        " refund_net_minor = net_minor + 1",
        "booking_refund_is_of_its_price",
    ),
    (
        f"bookings_booking SET {CANCELLED}, refund_retail_minor = 0, refund_net_minor = 1,"
        " cancellation_refund = 'NONE'",
        "booking_refund_is_what_it_is_called",
    ),
    (
        f"bookings_booking SET {CANCELLED}, refund_retail_minor = 1, refund_net_minor = 1,"
        " cancellation_refund = 'FULL'",
        "booking_refund_is_what_it_is_called",
    ),
    (
        "bookings_booking SET confirmed_at = now(), sale_date = NULL",
        "confirmed_bookings_have_a_sale_date",
    ),
    ("bookings_unititem SET refund_net_minor = 0", "item_refund_is_of_its_price"),
    (
        "bookings_unititem SET refund_retail_minor = 0, refund_net_minor = net_minor + 1",
        "item_refund_is_of_its_price",
    ),
    (
        "bookings_unititem SET original_minor = NULL, retail_minor = NULL, net_minor = NULL,"
        " refund_retail_minor = 0, refund_net_minor = 0",
        "item_refund_is_of_its_price",
    ),
    (
        "bookings_booking SET status = 'CONFIRMED', hold_expires_at = NULL",
        "confirmed_bookings_say_when",
    ),
    ("bookings_booking SET net_minor = -1", "booking_money_makes_sense"),
    ("bookings_booking SET retail_minor = original_minor + 1", "booking_money_makes_sense"),
    ("bookings_unititem SET net_minor = retail_minor + 1", "item_money_makes_sense"),
    ("bookings_unititem SET uuid = gen_random_uuid(), ticket_code = 'X'", "ticket_code"),
    ("catalog_product SET default_currency = 'USD'", "default_currency_is_available"),
    ("catalog_product SET delivery_methods = '{}'", "product_is_delivered_somehow"),
    ("catalog_product SET tax_name = ''", "tax_has_a_name"),
    ("catalog_option SET min_units = 0", "option_units_make_a_range"),
    ("catalog_option SET min_units = 3, max_units = 2", "option_units_make_a_range"),
    ("catalog_option SET late_refund_percent = 101", "late_refund_is_a_percentage"),
    ("catalog_unit SET pax_count = 0", "unit_takes_a_place"),
    ("catalog_unit SET min_age = 9, max_age = 8", "unit_ages_make_a_range"),
    ("catalog_price SET original_minor = retail_minor - 1", "original_is_the_higher"),
    (
        "catalog_price SET season_start = '2026-01-02', season_end = '2026-01-01'",
        "price_season_makes_a_range",
    ),
    ("catalog_price SET currency = 'EUR'", "one_price_per_unit_currency_and_season"),
    ("catalog_partnerterms SET commission_basis_points = 10001", "commission_is_a_share"),
    ("catalog_schedule SET weekdays = '{}'", "schedule_has_weekdays"),
    ("catalog_schedule SET weekdays = '{8}'", "schedule_weekdays_are_known"),
    ("catalog_schedule SET weekdays = '{1,1,1,1,1,1,1,1}'", "schedule_weekdays_are_known"),
    ("catalog_schedule SET booking_cutoff_minutes = 527041", "schedule_minutes_are_in_range"),
    ("catalog_schedule SET duration_minutes = 527041", "schedule_duration_is_in_range"),
    ("catalog_schedule SET duration_minutes = 0", "schedule_duration_is_in_range"),
    ("catalog_schedule SET capacity = 10000001", "schedule_capacity_is_in_range"),
    ("catalog_schedule SET max_units = 1001", "schedule_units_are_in_range"),
    ("catalog_schedule SET season_start = '1999-12-31'", "schedule_season_is_in_range"),
    ("catalog_schedule SET season_end = 'infinity'", "schedule_season_is_in_range"),
    ("catalog_departure SET capacity = 10000001", "departure_capacity_is_in_range"),
    ("catalog_price SET season_end = '2200-01-01'", "price_season_is_in_range"),
    ("catalog_price SET original_minor = 1000000000001", "price_is_in_range"),
    ("catalog_option SET cancellation_policy = 'SOMETIMES'", "cancellation_policy_is_known"),
    (
        "catalog_option SET cancellation_cutoff_amount = 367, cancellation_cutoff_unit = 'day'",
        "cancellation_cutoff_is_in_range",
    ),
    ("catalog_option SET cancellation_cutoff_amount = 8785", "cancellation_cutoff_is_in_range"),
    ("catalog_option SET max_units = 1001", "option_units_are_in_range"),
    ("catalog_option SET required_contact_fields = '{shoeSize}'", "option_contact_is_known"),
    ("catalog_unit SET max_age = 151", "unit_ages_are_in_range"),
    ("catalog_unit SET max_quantity = 1001", "unit_quantities_are_in_range"),
    ("catalog_unit SET pax_count = 1001", "unit_pax_is_in_range"),
    ("catalog_unit SET type = 'DOG'", "unit_type_is_known"),
    ("catalog_product SET tax_basis_points = 10001", "tax_is_a_share"),
    ("catalog_product SET delivery_formats = '{PDF_URL}'", "delivery_formats_are_known"),
    ("catalog_product SET pricing_per = 'DAY'", "pricing_per_is_known"),
]


@pytest.fixture
def shop(db: None) -> Shop:
    return open_shop()


@pytest.fixture
def held(shop: Shop) -> bookings.Booking:
    wish = shop.reservation("adult", "adult", uuid=uuid4())
    return run_now(
        bookings.reserve_booking(wish, access=live(shop.alice), now=NOW, store=bookings_on_django())
    )


def run(statement: str, *values: Any) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)


def test_a_broken_rule_is_refused(held: bookings.Booking, subtests: pytest.Subtests) -> None:
    """One booking for all of them: what is refused leaves it as it was."""
    for change, constraint in BROKEN_RULES:
        with subtests.test(change), pytest.raises(IntegrityError, match=constraint):
            run(f"UPDATE {change}")


def test_a_uuid_is_used_once(shop: Shop, held: bookings.Booking) -> None:
    with pytest.raises(IntegrityError, match="uuid"):
        run(
            "INSERT INTO bookings_booking (uuid, partner_id, product_id, option_id, test_mode,"
            " status, supplier_reference, reservation_fingerprint, created_at, updated_at,"
            " hold_expires_at, contact, email_receipt, places, currency, original_minor,"
            " retail_minor, net_minor, taxes)"
            " SELECT uuid, partner_id, product_id, option_id, test_mode, status, 'other',"
            " reservation_fingerprint, created_at, updated_at, hold_expires_at, contact,"
            " email_receipt, places, currency, original_minor, retail_minor, net_minor, taxes"
            " FROM bookings_booking"
        )


def test_there_is_one_supplier(shop: Shop) -> None:
    add_supplier()

    with pytest.raises(IntegrityError):
        run(
            "INSERT INTO catalog_supplier (code, name, website, email, telephone, address, is_only)"
            " VALUES ('other', 'Other', '', '', '', '', true)"
        )
    with pytest.raises(IntegrityError, match="one_supplier"):
        run("UPDATE catalog_supplier SET is_only = false")


def test_no_table_that_grows_runs_out_of_ids(db: None) -> None:
    # Staff users and their permissions, content types and the log of what staff clicked: Django's.
    djangos = ("auth_", "django_")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT attrelid::regclass::text FROM pg_attribute"
            "  JOIN pg_class ON pg_class.oid = attrelid"
            " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
            "   AND atttypid <> 'bigint'::regtype"
            "   AND (attidentity <> '' OR attnum = ANY ("
            "        SELECT refobjsubid FROM pg_depend JOIN pg_sequence ON objid = seqrelid"
            "         WHERE refobjid = attrelid))"
        )
        narrow = {table for (table,) in cursor.fetchall()}

    assert {table for table in narrow if not table.startswith(djangos)} == set()
    assert "auth_user" in narrow


def test_every_change_leaves_its_history(held: bookings.Booking) -> None:
    run("UPDATE bookings_booking SET notes = 'private', email_receipt = true")

    with connection.cursor() as cursor:
        cursor.execute("SELECT pgh_label FROM bookings_bookingevent ORDER BY pgh_id")
        labels = [label for (label,) in cursor.fetchall()]
        cursor.execute(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_name = 'bookings_bookingevent'"
        )
        columns = {name for (name,) in cursor.fetchall()}
    assert labels == ["insert", "update"]
    assert columns.isdisjoint({"contact", "notes", "cancellation_reason"})
