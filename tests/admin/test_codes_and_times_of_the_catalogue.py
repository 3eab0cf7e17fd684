"""Codes are told apart by people, units come with units that exist, and a start is there once."""

from typing import Any

import pytest
from django.test import Client

from core_site.catalog.admin_forms import ScheduleForm
from core_site.catalog.models import Option
from tests.admin.forms import errors_on, open_form, save
from tests.admin.staff import text_of
from tests.harness.data import Shop

#: Rows of an inline that a page has and that stay empty.
NO_ROWS = {
    f"{inline}-{name}": "0"
    for inline in ("options", "terms", "units", "prices", "schedules")
    for name in ("TOTAL_FORMS", "INITIAL_FORMS")
}


def path_of(row: Any) -> str:
    return f"/admin/catalog/{row._meta.model_name}/{row.pk}/change/"


@pytest.fixture
def option(shop: Shop) -> Option:
    return shop.kayak.options.get()


def test_units_accompany_one_another_within_their_option(rosa: Client, option: Option) -> None:
    child, family = option.units.get(code="child"), option.units.get(code="family")

    page = save(rosa, path_of(family), accompanied_by="adult,senior")
    assert "This option has no unit senior; its units are adult, child, family" in errors_on(page)

    page = save(rosa, path_of(option), **{"units-2-accompanied_by": "senior"})
    assert "This option has no unit senior" in errors_on(page)
    count = option.units.count()
    together = {
        "units-TOTAL_FORMS": str(count + 1),
        **{
            f"units-{count}-{name}": value
            for name, value in open_form(rosa, path_of(child)).items()
        },
        f"units-{count}-code": "senior",
        f"units-{count}-accompanied_by": "adult",
        "units-2-accompanied_by": "senior",
    }
    page = save(rosa, path_of(option), **together)
    assert page.status_code == 302, errors_on(page)
    family.refresh_from_db()
    assert family.accompanied_by == ["senior"]
    senior = f"/admin/catalog/unit/{option.units.get(code='senior').pk}/delete/"
    page = rosa.post(senior, {"post": "yes"})
    assert "family, which must be booked together with it" in text_of(page)
    assert option.units.filter(code="senior").exists()
    save(rosa, path_of(family), accompanied_by="adult")
    rosa.post(senior, {"post": "yes"})
    assert not option.units.filter(code="senior").exists()


def test_a_code_that_differs_only_in_capitals_is_refused(rosa: Client, option: Option) -> None:
    unit = open_form(rosa, path_of(option.units.get(code="adult")))
    for path, values, message in (
        ("unit", unit | {"option": str(option.pk), "code": "Adult"}, "adult exists and differs"),
        ("product", {"code": "KAYAK"}, "kayak exists and differs only in capitals."),
        ("option", {"product": str(option.product_id), "code": "default"}, "DEFAULT exists"),
    ):
        page = rosa.post(f"/admin/catalog/{path}/add/", NO_ROWS | values)
        assert message in errors_on(page)


def test_two_codes_of_one_page_differ_in_more_than_capitals(rosa: Client, option: Option) -> None:
    unit = open_form(rosa, path_of(option.units.get(code="adult")))
    count = option.units.count()
    both = {
        f"units-{number}-{name}": value
        for number, code in enumerate(("Senior", "senior"), start=count)
        for name, value in (unit | {"code": code}).items()
    }

    page = save(rosa, path_of(option), **both, **{"units-TOTAL_FORMS": str(count + 2)})

    assert page.status_code == 200
    assert "Senior exists and differs only in capitals." in errors_on(page)


def test_a_schedule_keeps_each_day_and_each_minute_once(option: Option) -> None:
    schedule = option.schedules.get()
    shown = {bound.name: bound.value() for bound in ScheduleForm(instance=schedule)}
    typed = shown | {"weekdays": ["7", "1", "1"], "start_times": "14:00,09:30,14:00"}

    form = ScheduleForm(typed, instance=schedule)
    with_seconds = ScheduleForm(typed | {"start_times": "09:30:15"}, instance=schedule)

    assert form.is_valid(), form.errors
    assert form.cleaned_data["weekdays"] == [1, 7]
    assert [f"{start:%H:%M}" for start in form.cleaned_data["start_times"]] == ["09:30", "14:00"]
    assert "Enter a valid time" in str(with_seconds.errors)
