"""Rows that are edited on the page of their parent count as part of it when others change them."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from core_site.catalog.admin_options import PriceInline
from core_site.catalog.models import Option, Price, Product, Schedule, Unit
from tests.admin.forms import filled_in, open_form, save
from tests.admin.staff import logged_in, open_shop, text_of
from tests.admin.test_a_stale_page_is_not_saved import REFUSED, path_of, sent
from tests.admin.test_editing_the_catalogue import prices_of
from tests.harness.data import Shop


@pytest.fixture
def option(shop: Shop) -> Option:
    return shop.kayak.options.get()


@pytest.fixture
def vera(shop: Shop) -> Client:
    return logged_in(username="vera")


def key_prefix(form: dict[str, Any], kind: str, row: Any) -> str:
    """Return how the fields of a row begin on its parent's page."""
    (name,) = [
        name
        for name, value in form.items()
        if name.startswith(f"{kind}-") and name.endswith("-id") and value == str(row.pk)
    ]
    return name.removesuffix("id")


def test_a_row_that_was_changed_on_its_own_page(rosa: Client, vera: Client, option: Option) -> None:
    unit = option.units.get(code="adult")
    form = open_form(rosa, path_of(option))
    row = key_prefix(form, "units", unit)
    save(vera, path_of(unit), internal_name="Grown-up", min_age="18")

    page = sent(rosa, path_of(option), form, **{f"{row}internal_name": "Adult person"})

    said = text_of(page)
    assert REFUSED in said
    assert f"Unit “{option}: Grown-up”, Name: adult → Grown-up (Staff: vera, " in said
    assert "Youngest: 0 → 18 (Staff: vera, " in said
    again = filled_in(page)
    assert (again[f"{row}internal_name"], again[f"{row}min_age"]) == ("Adult person", "18")
    assert sent(rosa, path_of(option), again).status_code == 302
    unit.refresh_from_db()
    assert (unit.internal_name, unit.min_age) == ("Adult person", 18)


def test_a_row_that_was_added(rosa: Client, vera: Client, option: Option) -> None:
    form = open_form(rosa, path_of(option))
    unit = option.units.first().pk
    new = {"season_start": "2030-06-01", "season_end": "2030-08-31"}
    assert save(vera, path_of(option), **prices_of(option, unit=unit, **new)).status_code == 302

    page = sent(rosa, path_of(option), form, internal_name="Evening")

    assert REFUSED in text_of(page)
    assert "was added (Staff: vera, " in text_of(page)
    assert sent(rosa, path_of(option), filled_in(page)).status_code == 302
    assert option.prices.filter(season_start="2030-06-01").exists()
    assert Option.objects.get().internal_name == "Evening"


def test_a_row_that_was_deleted_and_left_alone_here_stays_deleted(
    rosa: Client, vera: Client, option: Option
) -> None:
    price = option.prices.get(unit=None, currency="GBP")
    form = open_form(rosa, path_of(option))
    vera.post(f"/admin/catalog/price/{price.pk}/delete/", {"post": "yes"})
    count = option.prices.count()

    page = sent(rosa, path_of(option), form, internal_name="Evening")

    assert f"Price “{price}” was deleted (Staff: vera, " in text_of(page)
    assert sent(rosa, path_of(option), filled_in(page)).status_code == 302
    assert option.prices.count() == count
    assert Option.objects.get().internal_name == "Evening"


def test_a_row_that_was_deleted_and_edited_here_comes_back_as_a_new_one(
    rosa: Client, vera: Client, option: Option
) -> None:
    price = option.prices.get(unit__code="adult", currency="EUR")
    form = open_form(rosa, path_of(option))
    row = key_prefix(form, "prices", price)
    vera.post(f"/admin/catalog/price/{price.pk}/delete/", {"post": "yes"})
    others = set(option.prices.values_list("pk", flat=True))

    page = sent(rosa, path_of(option), form, **{f"{row}season_start": "2030-05-01"})

    assert f"Price “{price}” was deleted (Staff: vera, " in text_of(page)
    answer = sent(rosa, path_of(option), filled_in(page))
    assert answer.status_code == 302
    (added,) = option.prices.exclude(pk__in=others)
    assert (str(added.season_start), added.currency, added.retail_minor) == (
        "2030-05-01",
        "EUR",
        price.retail_minor,
    )


def test_a_row_that_both_deleted_is_gone(rosa: Client, vera: Client, option: Option) -> None:
    schedule = Schedule.objects.get()
    form = open_form(rosa, path_of(option))
    row = key_prefix(form, "schedules", schedule)
    Schedule.objects.all().delete()

    page = sent(rosa, path_of(option), form, **{f"{row}DELETE": "on"})

    assert "was deleted" in text_of(page)
    assert sent(rosa, path_of(option), filled_in(page)).status_code == 302
    assert not Schedule.objects.exists()


def test_a_row_that_is_deleted_here_and_was_changed_by_others(
    rosa: Client, vera: Client, option: Option
) -> None:
    price = option.prices.get(unit__code="adult", currency="GBP")
    form = open_form(rosa, path_of(option))
    row = key_prefix(form, "prices", price)
    save(vera, path_of(price), season_start="2030-05-01")

    page = sent(rosa, path_of(option), form, **{f"{row}DELETE": "on"})

    assert "Season start: empty → 2030-05-01 (Staff: vera, " in text_of(page)
    assert Price.objects.filter(pk=price.pk).exists()
    assert sent(rosa, path_of(option), filled_in(page)).status_code == 302
    assert not Price.objects.filter(pk=price.pk).exists()


def test_rows_of_other_pages_of_a_long_list_are_known(
    rosa: Client, vera: Client, option: Option, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is on the other pages of the prices is neither new nor deleted."""
    monkeypatch.setattr(PriceInline, "per_page", 5)
    for page_number in (1, 2):
        path = f"{path_of(option)}?prices-page={page_number}"
        assert sent(rosa, path, open_form(rosa, path)).status_code == 302

    path = f"{path_of(option)}?prices-page=2"
    form = open_form(rosa, path)
    # It comes before the others, so that every page of the list begins elsewhere now.
    new = {"season_start": "2030-01-01", "unit": option.units.first().pk}
    assert save(vera, path_of(option), **prices_of_page(vera, option, **new)).status_code == 302
    page = sent(rosa, path, form)
    assert "was added" in text_of(page)
    assert "was deleted" not in text_of(page)
    assert sent(rosa, path, filled_in(page)).status_code == 302


def test_a_row_of_another_page_of_a_long_list_is_part_of_the_version(
    rosa: Client, option: Option, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Leafing exchanges the rows on the page, and the version stays that of the first."""
    monkeypatch.setattr(PriceInline, "per_page", 5)
    version = open_form(rosa, path_of(option))["page_version"]
    second = f"{path_of(option)}?prices-page=2"
    form = open_form(rosa, second) | {"page_version": version}
    price = Price.objects.get(pk=form["prices-0-id"])
    Price.objects.filter(pk=price.pk).update(season_end="2039-12-31")

    page = sent(rosa, second, form, **{"prices-0-season_end": "2038-12-31"})

    assert "Season end: empty → 2039-12-31" in text_of(page)
    price.refresh_from_db()
    assert str(price.season_end) == "2039-12-31"


def prices_of_page(client: Client, option: Option, **columns: Any) -> dict[str, str]:
    """Return the fields that add a price on the first page of an option's prices."""
    count = int(open_form(client, path_of(option))["prices-TOTAL_FORMS"])
    values = {"currency": "EUR", "original_minor": "100", "retail_minor": "100"} | columns
    return {
        "prices-TOTAL_FORMS": str(count + 1),
        **{f"prices-{count}-{name}": str(value) for name, value in values.items()},
    }


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("model", [Product, Option, Unit, Price])
def test_of_two_saves_at_the_same_moment_one_is_refused(model: type) -> None:
    open_shop()
    row = model.objects.order_by("pk").first()
    desks = [logged_in(username=name) for name in ("north", "south")]
    name = "season_start" if model is Price else "internal_name"
    values = ("2030-01-01", "2030-02-01") if model is Price else ("North", "South")
    saves = [
        (desk, open_form(desk, path_of(row)) | {name: value})
        for desk, value in zip(desks, values, strict=True)
    ]

    def click(one: tuple[Client, dict[str, Any]]) -> int:
        try:
            return sent(one[0], path_of(row), one[1]).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(saves)) as threads:
        assert sorted(threads.map(click, saves)) == [200, 302]


@pytest.mark.django_db(transaction=True)
def test_a_page_and_the_page_of_its_row_saved_at_the_same_moment() -> None:
    open_shop()
    option = Option.objects.get()
    unit = option.units.order_by("position", "pk").first()
    north, south = logged_in(username="north"), logged_in(username="south")
    of_option = open_form(north, path_of(option))
    of_option |= {f"{key_prefix(of_option, 'units', unit)}internal_name": "North"}
    of_unit = open_form(south, path_of(unit)) | {"internal_name": "South"}

    def click(one: tuple[Client, str, dict[str, Any]]) -> int:
        try:
            return sent(*one).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        saves = [(north, path_of(option), of_option), (south, path_of(unit), of_unit)]
        assert sorted(threads.map(click, saves)) == [200, 302]
