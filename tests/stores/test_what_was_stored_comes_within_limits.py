"""What was stored before numbers had limits is brought within them, and nothing else changes."""

from datetime import date
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models

from core_site.catalog.models import Departure, Option, Price, Product, Schedule, Unit
from tests.harness.data import Shop

pytestmark = pytest.mark.django_db

MIGRATION = next(
    import_module(f"core_site.catalog.migrations.{name}") for name in ("0004_clamp_numbers",)
)
MODELS = (Product, Option, Unit, Price, Schedule, Departure)


def within_limits() -> None:
    with connection.schema_editor() as editor:
        MIGRATION.within_limits(apps, editor)


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def drop_limits() -> None:
    for model in MODELS:
        for constraint in model._meta.constraints:
            if isinstance(constraint, models.CheckConstraint):
                run(f"ALTER TABLE {model._meta.db_table} DROP CONSTRAINT {constraint.name}")


def everything() -> list[Any]:
    return [list(model.objects.order_by("pk").values()) for model in MODELS]


def test_what_is_within_limits_stays_as_it_is(shop: Shop) -> None:
    before = everything()

    within_limits()

    assert everything() == before


@pytest.mark.parametrize(
    ("change", "becomes"),
    [
        (
            "catalog_option SET cancellation_cutoff_amount = 999999,"
            " cancellation_cutoff_unit = 'day'",
            {"cancellation_policy": "NEVER", "cancellation_cutoff_amount": 366},
        ),
        (
            "catalog_option SET cancellation_cutoff_amount = 2000000000,"
            " cancellation_cutoff_unit = 'minute'",
            {"cancellation_policy": "NEVER", "cancellation_cutoff_amount": 527_040},
        ),
        ("catalog_option SET min_units = 2000, max_units = 30000", {"max_units": 1000}),
        (
            "catalog_option SET required_contact_fields = '{shoeSize,notes}'",
            {"required_contact_fields": ["notes"]},
        ),
        ("catalog_unit SET min_age = 200, max_age = 999", {"min_age": 150, "max_age": 150}),
        ("catalog_unit SET min_quantity = 2000, max_quantity = 9999", {"max_quantity": 1000}),
        ("catalog_unit SET pax_count = 32767", {"pax_count": 1000}),
        ("catalog_unit SET type = 'DOG'", {"type": "ADULT"}),
        ("catalog_product SET tax_basis_points = 99999", {"tax_basis_points": 10_000}),
        ("catalog_product SET delivery_formats = '{PDF}'", {"delivery_formats": ["QRCODE"]}),
        ("catalog_product SET pricing_per = 'DAY'", {"pricing_per": "UNIT"}),
        ("catalog_schedule SET booking_cutoff_minutes = 2000000000", {}),
        ("catalog_schedule SET duration_minutes = 2000000000", {"duration_minutes": 527_040}),
        ("catalog_schedule SET duration_minutes = 0", {"duration_minutes": 1}),
        ("catalog_schedule SET capacity = 2000000000", {"capacity": 10_000_000}),
        ("catalog_schedule SET weekdays = '{8,9}'", {"is_active": False}),
        ("catalog_schedule SET weekdays = '{0,3,3,3,2,2,2,2}'", {"weekdays": [2, 3]}),
        (
            "catalog_schedule SET season_start = '0026-06-01', season_end = '9999-12-31'",
            {"season_start": date(2000, 1, 1), "season_end": date(2199, 12, 31)},
        ),
        ("catalog_schedule SET season_end = '0001-01-01'", {"season_end": date(2000, 1, 1)}),
        ("catalog_departure SET capacity = 2000000000", {"capacity": 10_000_000}),
        ("catalog_price SET season_start = 'infinity'", {"season_start": date(2199, 12, 31)}),
    ],
)
def test_what_was_beyond_a_limit_comes_within(
    shop: Shop, change: str, becomes: dict[str, Any]
) -> None:
    drop_limits()
    run(f"UPDATE {change}")

    within_limits()

    table = change.partition(" ")[0]
    model = next(model for model in MODELS if model._meta.db_table == table)
    for row in model.objects.all():
        row.validate_constraints()
        assert {name: getattr(row, name) for name in becomes} == becomes


def test_of_prices_that_become_the_same_the_winner_stays(shop: Shop) -> None:
    drop_limits()
    unit = Unit.objects.filter(code="adult").first()
    assert unit is not None
    for year, retail in ((7, 100), (26, 200)):
        Price.objects.create(
            option=unit.option, unit=unit, currency="EUR", original_minor=900,
            retail_minor=retail, season_start=date(year, 1, 1), season_end=date(2026, 1, 1),
        )  # fmt: skip

    within_limits()

    seasonal = unit.prices.exclude(season_start=None)
    assert [(price.retail_minor, price.season_start) for price in seasonal] == [
        (200, date(2000, 1, 1))
    ]
    assert unit.prices.filter(season_start=None, currency="EUR").exists()
