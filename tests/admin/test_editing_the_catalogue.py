"""The catalogue is edited in forms, and what is wrong is said beside its field."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError
from django.db.models import Model
from django.test import Client
from django.utils import timezone

from core_site.catalog.choice_titles import format_ages
from core_site.catalog.models import (
    Departure,
    Option,
    PartnerTerms,
    Price,
    Product,
    Schedule,
    Supplier,
    Unit,
)
from tests.admin.effect import answer, save_seen
from tests.admin.forms import changed, errors_of, errors_on, open_form, save
from tests.admin.staff import Desk, logged_in, text_of
from tests.harness.data import Shop, add_product, add_supplier


@pytest.mark.parametrize(
    ("ages", "words"),
    [
        ((18, 64), "18 to 64 years"),
        ((65, 99), "65 years and older"),
        ((0, 3), "0 to 3 years"),
        ((1, 1), "1 year"),
        ((0, 99), "any age"),
    ],
)
def test_99_is_no_age_but_no_limit(ages: tuple[int, int], words: str) -> None:
    assert format_ages(*ages) == words


def path_of(row: Any, page: str = "change") -> str:
    return f"/admin/catalog/{row._meta.model_name}/{row.pk}/{page}/"


def prices_of(option: Option, **columns: Any) -> dict[str, str]:
    """Return the fields that add a price on the page of an option."""
    count = option.prices.count()
    values = {"currency": "EUR", "original_minor": "1.00", "retail_minor": "1.00"} | columns
    return {
        "prices-TOTAL_FORMS": str(count + 1),
        **{f"prices-{count}-{name}": str(value) for name, value in values.items()},
    }


@pytest.fixture
def option(shop: Shop) -> Option:
    return shop.kayak.options.get()


@pytest.mark.parametrize("model", [Product, Option, Unit, Price, Schedule, PartnerTerms])
def test_saving_a_page_as_it_is_changes_nothing(
    rosa: Client, shop: Shop, model: type[Model]
) -> None:
    row = model._base_manager.earliest("pk")
    before = model._base_manager.filter(pk=row.pk).values().get()

    answer = save(rosa, path_of(row))

    assert answer.status_code == 302, errors_on(answer)
    after = model._base_manager.filter(pk=row.pk).values().get()
    assert {**after, "revision": None} == {**before, "revision": None}


#: Changes of a form that are refused, each with what is said of it.
Refused = list[tuple[dict[str, Any], str]]

BAD_PRODUCTS: Refused = [
    ({"default_currency": "JPY"}, "First currency: choose one of the currencies."),
    (
        {"available_currencies": "EUR,eur"},
        "Use the ISO 4217 code of money",
    ),
    ({"available_currencies": ""}, "This field is required"),
    ({"delivery_formats": None}, "This field is required"),
    ({"tax_name": ""}, "A tax that is more than 0 needs a name."),
    ({"tax_basis_points": "100.01"}, "at most 100 per cent"),
    ({"time_zone": "Lisbon"}, "Use the IANA time zone of a place, as in Europe/Lisbon"),
    ({"locale": "english"}, "Must be a language tag such as pt-PT (BCP 47)."),
    ({"internal_name": "a\x00b"}, "Null characters are not allowed"),
    ({"internal_name": "a\x1bb"}, "Must not contain the character U+001B."),
    ({"internal_name": "\u200b\u3164"}, "This field cannot be blank."),
]

BAD_OPTIONS: Refused = [
    ({"min_units": "5", "max_units": "4"}, "Most tickets must not be below fewest"),
    ({"min_units": "0"}, "greater than or equal to 1"),
    ({"late_refund_percent": "101"}, "less than or equal to 100"),
    (
        {"cancellation_cutoff_amount": "367", "cancellation_cutoff_unit": "day"},
        "The cancellation cut-off is at most 527,040 minutes, 8,784 hours, 366 days",
    ),
    ({"cancellation_cutoff_amount": "999999"}, "less than or equal to 527040"),
    ({"max_units": "1001"}, "less than or equal to 1000"),
    ({"units-0-pax_count": "1001"}, "less than or equal to 1000"),
    ({"units-0-max_age": "151"}, "less than or equal to 150"),
    ({"units-0-max_quantity": "0"}, "greater than or equal to 1"),
    ({"schedules-0-booking_cutoff_minutes": "527041"}, "less than or equal to 527040"),
    ({"schedules-0-duration_minutes": "527041"}, "less than or equal to 527040"),
    ({"schedules-0-capacity": "10000001"}, "less than or equal to 10000000"),
    ({"schedules-0-season_start": "0026-06-01"}, "A season lies between 2000-01-01 and"),
    ({"prices-0-season_end": "9999-12-31"}, "A season lies between 2000-01-01 and"),
    ({"required_contact_fields": ["shoeSize"]}, "not one of the available choices"),
    ({"units-0-min_age": "9", "units-0-max_age": "8"}, "Oldest must not be below youngest."),
    (
        {"units-0-min_quantity": "3", "units-0-max_quantity": "2"},
        "Most of these must not be below fewest of these.",
    ),
    ({"units-0-pax_count": "0"}, "greater than or equal to 1"),
    ({"units-0-accompanied_by": "adult"}, "A unit cannot be accompanied by itself."),
    ({"prices-0-retail_minor": "999999"}, "The list price must not be below the retail price."),
    ({"prices-0-currency": "JPY"}, "kayak is sold in EUR, GBP"),
    (
        {"prices-0-season_start": "2030-02-01", "prices-0-season_end": "2030-01-01"},
        "The season must not end before it starts.",
    ),
    ({"schedules-0-weekdays": None}, "This field is required"),
    ({"schedules-0-start_times": ""}, "kayak is sold by start times, so fill these in."),
    ({"schedules-0-start_times": "25:00"}, "Enter a valid time"),
    ({"schedules-0-opening_hours": "10-12"}, "is not a time of day"),
    (
        {"schedules-0-season_start": "2030-02-01", "schedules-0-season_end": "2030-01-01"},
        "The season must not end before it starts.",
    ),
]


def in_few_posts(refused: Refused) -> Iterator[Refused]:
    """Yield mistakes that stand in different forms of the page, and are told of apart."""
    waiting = list(refused)
    while waiting:
        together: Refused = []
        for mistake in list(waiting):
            if all(are_apart(mistake, other) for other in together):
                together.append(mistake)
                waiting.remove(mistake)
        yield together


def are_apart(one: tuple[dict[str, Any], str], other: tuple[dict[str, Any], str]) -> bool:
    forms, others = ({name.rpartition("-")[0] for name in changes} for changes, _ in (one, other))
    return not forms & others and one[1] not in other[1] and other[1] not in one[1]


@pytest.mark.parametrize(
    ("model", "refused"),
    [(Product, BAD_PRODUCTS), (Option, BAD_OPTIONS)],
    ids=["product", "option"],
)
def test_what_is_wrong_is_explained(
    rosa: Client, shop: Shop, model: type[Model], refused: Refused, subtests: pytest.Subtests
) -> None:
    path = path_of(model._base_manager.get())
    form = open_form(rosa, path)

    for mistakes in in_few_posts(refused):
        changes = {name: value for change, _ in mistakes for name, value in change.items()}
        said = errors_of(rosa, path, changed(form, **changes))
        for change, message in mistakes:
            with subtests.test(message, **change):
                assert message in said

    page = rosa.post(path, changed(form, **refused[0][0]))
    assert page.status_code == 200
    assert refused[0][1] in text_of(page)


def test_two_new_prices_for_the_same_are_told_apart(rosa: Client, option: Option) -> None:
    Price.objects.filter(unit=None).delete()
    unit = option.units.earliest("position", "id")
    Price.objects.filter(unit=unit).delete()
    count = option.prices.count()
    twice = prices_of(option, unit=unit.pk) | {
        "prices-TOTAL_FORMS": str(count + 2),
        f"prices-{count + 1}-unit": str(unit.pk),
        f"prices-{count + 1}-currency": "EUR",
        f"prices-{count + 1}-original_minor": "200",
        f"prices-{count + 1}-retail_minor": "200",
    }

    page = save(rosa, path_of(option), **twice)

    assert "This unit, currency and season are there twice." in errors_on(page)
    assert option.prices.count() == count


def test_a_price_that_exists_is_not_added_again(rosa: Client, option: Option) -> None:
    unit = option.units.earliest("position", "id").pk
    page = save(rosa, path_of(option), **prices_of(option, unit=unit))
    assert "This unit, currency and season are there twice." in errors_on(page)

    values = {"unit": unit, "currency": "EUR", "original_minor": 1, "retail_minor": 1}
    page = rosa.post("/admin/catalog/price/add/", values | {"option": option.pk})
    assert "This unit, currency and season already have a price." in errors_on(page)


def test_a_price_of_a_season_is_added(rosa: Client, option: Option) -> None:
    new = {"season_start": "2030-06-01", "season_end": "2030-08-31"}

    save(
        rosa,
        path_of(option),
        **prices_of(option, unit=option.units.earliest("position", "id").pk, **new),
    )

    assert option.prices.get(season_start__isnull=False).retail_minor == 100


def test_a_season_is_open_at_either_end_and_says_so(rosa: Client, option: Option) -> None:
    unit = option.units.earliest("position", "id")
    for season in ({"season_start": "2030-06-01"}, {"season_end": "2030-05-31"}):
        save(rosa, path_of(option), **prices_of(option, unit=unit.pk, **season))

    stored = unit.prices.exclude(season_start=None, season_end=None)
    assert [(price.season_start, price.season_end) for price in stored.order_by("id")] == [
        (date(2030, 6, 1), None),
        (None, date(2030, 5, 31)),
    ]
    names = rosa.get("/admin/catalog/price/").content.decode()
    assert "from 2030-06-01" in names
    assert "until 2030-05-31" in names


def test_a_price_needs_a_unit_of_its_own_option(rosa: Client, shop: Shop, option: Option) -> None:
    elsewhere = add_product("walk", partners=()).options.get().units.earliest("position", "id")
    values = {"option": option.pk, "currency": "EUR", "original_minor": 1, "retail_minor": 1}

    for unit, message in (
        ("", "priced per unit, so choose one"),
        (elsewhere.pk, "Choose a unit of"),
    ):
        page = rosa.post("/admin/catalog/price/add/", values | {"unit": unit})
        assert message in errors_on(page)


def test_a_second_default_option_is_explained(rosa: Client, shop: Shop) -> None:
    values = {
        "product": shop.kayak.pk, "code": "PM", "internal_name": "Afternoon", "is_default": "on",
        "position": "1", "min_units": "1", "cancellation_cutoff_amount": "24",
        "cancellation_cutoff_unit": "hour", "late_refund_percent": "0",
    }  # fmt: skip
    empty = {
        f"{inline}-{name}": "0"
        for inline in ("units", "prices", "schedules")
        for name in ("TOTAL_FORMS", "INITIAL_FORMS")
    }

    page = rosa.post("/admin/catalog/option/add/", values | empty)
    assert "Another option is offered first: switch that off before." in errors_on(page)

    del values["is_default"]
    assert rosa.post("/admin/catalog/option/add/", values | empty).status_code == 302
    page = rosa.post("/admin/catalog/option/add/", values | empty)
    assert "This product already has an option with this code." in errors_on(page)


def test_a_code_is_chosen_once(rosa: Client, shop: Shop, option: Option) -> None:
    save(rosa, path_of(shop.kayak), code="canoe")
    save(rosa, path_of(option), code="PM", **{"units-0-code": "grown-up"})

    assert Product.objects.get().code == "kayak"
    assert Option.objects.get().code == "DEFAULT"
    assert not Unit.objects.filter(code="grown-up").exists()


def test_terms_are_given_once(rosa: Client, shop: Shop) -> None:
    values = {"partner": shop.alice, "product": shop.kayak.pk, "commission_basis_points": "100.01"}

    page = rosa.post("/admin/catalog/partnerterms/add/", values)

    assert "This partner already has terms for this product." in errors_on(page)
    assert "at most 100 per cent" in errors_on(page)


def test_departures_follow_a_schedule_as_soon_as_it_is_saved(rosa: Client, option: Option) -> None:
    page = save_seen(rosa, path_of(option), **{"schedules-0-start_times": "08:00, 15:15"})

    assert page.status_code == 302
    made = Departure.objects.filter(schedule__isnull=False).select_related("option__product")
    assert {departure.local_start[11:] for departure in made} == {"08:00", "15:15"}
    assert made.count() >= 800


def test_departures_follow_on_the_schedules_own_page(rosa: Client, shop: Shop) -> None:
    schedule = Schedule.objects.get()
    save_seen(rosa, path_of(schedule), capacity="7")
    made = Departure.objects.filter(schedule=schedule)
    assert set(made.values_list("capacity", flat=True)) == {7}

    answer(rosa, rosa.post(path_of(schedule, "delete"), {"post": "yes"}))
    assert list(Departure.objects.all()) == []


def test_used_departures_are_closed_when_their_schedule_goes(rosa: Client, desk: Desk) -> None:
    desk.confirmed()

    page = rosa.post(path_of(Schedule.objects.get(), "delete"), {"post": "yes"})
    answer(rosa, page, "move")

    (left,) = Departure.objects.all()
    assert (left.is_open, left.reserved) == (False, 1)


def test_departures_follow_the_clock_of_their_product(rosa: Client, shop: Shop) -> None:
    save_seen(rosa, path_of(shop.kayak), time_zone="Asia/Tokyo")

    made = Departure.objects.filter(schedule__isnull=False)
    assert {departure.availability_id[-6:] for departure in made} == {"+09:00"}


@pytest.mark.parametrize("model", [Option, Schedule])
def test_departures_are_generated_on_request(rosa: Client, shop: Shop, model: type[Model]) -> None:
    path = path_of(model._base_manager.get(), "generate")

    assert "400 days" in text_of(rosa.get(path))
    assert Departure.objects.count() == 1

    answer(rosa, rosa.post(path))
    # The one that was there has no schedule: that of its date takes its place. Today's is not made
    # when it has begun.
    said = re.search(r"departures: (\d+) added, 1 moved\.", text_of(rosa.get("/admin/")))
    assert said
    assert int(said[1]) in (399, 400)
    assert Departure.objects.count() >= 400


def test_only_who_changes_schedules_may_generate(shop: Shop) -> None:
    viewer = logged_in("catalog.view_option", "catalog.view_schedule")
    for row in (Option.objects.get(), Schedule.objects.get()):
        assert viewer.post(path_of(row, "generate")).status_code == 403
        assert "/generate/" not in viewer.get(path_of(row)).content.decode()


def test_what_bookings_refer_to_stays_and_the_page_says_why(rosa: Client, desk: Desk) -> None:
    booking = desk.confirmed()
    for row in (desk.shop.kayak, booking.option, booking.unit_items.get().unit):
        page = rosa.post(path_of(row, "delete"), {"post": "yes"})
        assert "because these refer to it" in text_of(page)
        row.refresh_from_db()


def test_what_is_unused_goes_with_its_parts_summed_up(rosa: Client, shop: Shop) -> None:
    question = rosa.get(path_of(shop.kayak, "delete"))
    assert question.context["model_count"]
    assert dict(question.context["model_count"])["options"] == 1

    rosa.post(path_of(shop.kayak, "delete"), {"post": "yes"})

    assert not Product.objects.exists()
    assert not Departure.objects.exists()


def test_there_is_one_supplier(rosa: Client, db: None) -> None:
    supplier = add_supplier()

    assert rosa.get("/admin/catalog/supplier/")["Location"] == path_of(supplier)
    assert rosa.get("/admin/catalog/supplier/add/").status_code == 403
    assert rosa.post(path_of(supplier, "delete"), {"post": "yes"}).status_code == 403
    save(rosa, path_of(supplier), name="Rio")
    assert Supplier.objects.get().name == "Rio"


def test_what_slips_between_check_and_save_is_a_sentence(
    rosa: Client, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = {"partner": shop.alice, "product": shop.kayak.pk, "commission_basis_points": "1"}
    # As if the other one had not been there yet when the form looked.
    monkeypatch.setattr(PartnerTerms, "validate_constraints", lambda *_, **__: None)

    page = rosa.post("/admin/catalog/partnerterms/add/", values, follow=True)

    assert "Nothing was saved. This partner already has terms for this product." in text_of(page)


def test_every_constraint_of_the_catalogue_reads_well() -> None:
    rows = (Supplier, Product, Option, Unit, Price, PartnerTerms, Schedule)
    for model in rows:
        for constraint in model._meta.constraints:
            message = str(constraint.get_violation_error_message())
            assert message.endswith(".")
            assert constraint.name not in message


def test_the_database_still_has_the_last_word(shop: Shop) -> None:
    with pytest.raises(IntegrityError):
        Price.objects.update(retail_minor=10**6)


def test_a_season_may_have_passed(rosa: Client, option: Option) -> None:
    last_year = timezone.localdate() - timedelta(days=400)
    changes = {"schedules-0-season_start": last_year, "schedules-0-season_end": last_year}

    page = save_seen(rosa, path_of(option), **{name: str(day) for name, day in changes.items()})

    assert page.status_code == 302
    assert not Departure.objects.exists()
