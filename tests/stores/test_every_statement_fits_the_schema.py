"""Every SQL statement of the services is one that the migrated schema understands."""

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connection

from core_site.config.checks import statements
from core_site.postgresql.server import parse
from shared_domain.database import number_parameters

STATEMENTS = dict(statements())


def test_the_statements_are_found() -> None:
    features = {name.partition(".")[0] for name in STATEMENTS}

    assert {"availability", "bookings", "catalog", "partners"} <= features
    assert "bookings.sql_store.INSERT" in STATEMENTS
    assert len(STATEMENTS) > 25


@pytest.mark.django_db
@pytest.mark.parametrize("name", STATEMENTS)
def test_postgresql_understands(name: str) -> None:
    numbered, _ = number_parameters(STATEMENTS[name])
    parse(numbered)


@pytest.mark.parametrize("name", STATEMENTS)
def test_every_parameter_is_named(name: str) -> None:
    numbered, names = number_parameters(STATEMENTS[name])

    assert "%" not in numbered.replace("'%'", "")
    assert all(f"${number}" in numbered for number in range(1, len(names) + 1))


@pytest.mark.django_db
def test_manage_py_check_agrees(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("check", databases=["default"])


@pytest.mark.django_db
def test_manage_py_check_names_a_statement_that_a_renamed_column_breaks() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE catalog_departure RENAME COLUMN booking_cutoff_at TO closes_at")

    with pytest.raises(SystemCheckError) as failed:
        call_command("check", databases=["default"])

    assert "availability.sql_store.BETWEEN does not fit the schema" in str(failed.value)
    assert "booking_cutoff_at" in str(failed.value)
