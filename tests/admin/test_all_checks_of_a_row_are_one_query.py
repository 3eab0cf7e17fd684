"""The check constraints of a changed row are one query, and each violation is named."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import CheckConstraint
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from core_site.catalog.models import Departure, Schedule
from tests.admin.forms import changed, errors_of, open_form
from tests.harness.data import Shop

VIOLATED = {"capacity": -1, "season_start": date(2030, 2, 1), "season_end": date(2030, 1, 1)}


@pytest.fixture
def schedule(shop: Shop) -> Schedule:
    return Schedule.objects.get()


def test_a_row_that_keeps_them_costs_one_query(
    schedule: Schedule, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    checks = [one for one in Schedule._meta.constraints if isinstance(one, CheckConstraint)]
    assert len(checks) >= 4

    with django_assert_num_queries(3):  # The query, and a savepoint around it.
        schedule.validate_constraints()


def test_each_violation_is_named(schedule: Schedule) -> None:
    for name, value in VIOLATED.items():
        setattr(schedule, name, value)

    with pytest.raises(ValidationError) as refused:
        schedule.validate_constraints()

    assert len(refused.value.messages) == 2
    schedule.validate_constraints(exclude=set(VIOLATED))


def test_a_value_that_no_query_can_send_hides_no_violation(shop: Shop) -> None:
    """The query of all constraints fails; Django then asks for each by itself."""
    shop.kayak.tax_name, shop.kayak.tax_basis_points = "\x00", 10_001

    with pytest.raises(ValidationError, match=r"Tax: use a whole number from 0 to 10,000"):
        shop.kayak.validate_constraints()


def test_what_is_unique_is_asked_once_although_a_check_is_violated(shop: Shop) -> None:
    departure = Departure.objects.first()
    assert departure is not None
    departure.capacity = -1

    with (
        pytest.raises(ValidationError),
        CaptureQueriesContext(connection) as asked,
    ):
        departure.validate_constraints()

    of_the_table = [one["sql"] for one in asked if '"catalog_departure"' in one["sql"]]
    assert len(of_the_table) == len(Departure._meta.total_unique_constraints) == 2


def test_a_row_of_an_inline_is_validated_when_it_was_changed(
    rosa: Client, schedule: Schedule
) -> None:
    path = f"/admin/catalog/option/{schedule.option_id}/change/"
    form = changed(open_form(rosa, path), internal_name="")
    assert int(form["units-TOTAL_FORMS"]) + int(form["prices-TOTAL_FORMS"]) >= 4

    def count_validated(**changes: str) -> int:
        with CaptureQueriesContext(connection) as sent:
            errors_of(rosa, path, changed(form, **changes))
        return sum('AS "_check"' in query["sql"] for query in sent)

    assert count_validated() == 1  # The option itself.
    assert count_validated(**{"schedules-0-capacity": "7"}) == 2
