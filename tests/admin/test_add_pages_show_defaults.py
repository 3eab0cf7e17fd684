"""A page that adds a row shows the model's defaults, and saving it untouched stores them."""

from typing import Any

import pytest
from django import forms
from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import Field, Model
from django.test import Client, RequestFactory

from core_site.catalog.models import Departure, Option, Product, Schedule
from tests.admin.forms import open_form
from tests.admin.staff import logged_in
from tests.harness.data import Shop


def path_of(model: type[Model]) -> str:
    return f"/admin/{model._meta.app_label}/{model._meta.model_name}/add/"


def has_add_page(model: type[Model]) -> bool:
    request = RequestFactory().get("/")
    request.user = User(is_superuser=True, is_active=True, is_staff=True)
    return admin.site._registry[model].has_add_permission(request)


def defaults_of(form: forms.ModelForm) -> dict[str, Any]:
    """Return the default of each column that the form has a field for."""
    columns: list[Field] = form._meta.model._meta.concrete_fields
    return {
        column.name: column.get_default()
        for column in columns
        if column.has_default() and column.name in form.fields
    }


def shown_in(form: forms.ModelForm, name: str) -> Any:
    """Return what saving the field as the page shows it would store."""
    bound = form[name]
    shown = bound.field.prepare_value(bound.value())
    return bound.field.clean(shown) if not bound.field.disabled else bound.initial


@pytest.mark.django_db
def test_every_add_page_shows_the_defaults_also_in_its_rows() -> None:
    rosa = logged_in()
    tried = set()
    for model in filter(has_add_page, list(admin.site._registry)):
        answer = rosa.get(path_of(model))
        assert answer.status_code == 200
        shown = [answer.context["adminform"].form]
        shown += [inline.formset.empty_form for inline in answer.context["inline_admin_formsets"]]
        for form in shown:
            for name, default in defaults_of(form).items():
                tried.add((form._meta.model.__name__, name))
                assert shown_in(form, name) == default, (model, form, name)

    assert {
        ("Product", "delivery_methods"),
        ("Product", "available_currencies"),
        ("Schedule", "weekdays"),
        ("Option", "code"),
        ("Partner", "max_hold_minutes"),
        ("PartnerTerms", "commission_basis_points"),
    } <= tried


def test_a_product_that_only_gets_a_name_has_every_default(rosa: Client, db: None) -> None:
    path = path_of(Product)

    answer = rosa.post(path, open_form(rosa, path) | {"internal_name": "Surf", "code": "surf"})

    assert answer.status_code == 302
    stored, expected = Product.objects.get(), Product(internal_name="Surf", code="surf")
    for field in Product._meta.concrete_fields:
        if field.editable and field.has_default():
            assert getattr(stored, field.name) == getattr(expected, field.name)


def test_a_schedule_that_only_gets_its_times_runs_every_day(rosa: Client, shop: Shop) -> None:
    path = path_of(Schedule)
    option = Option.objects.get()
    Schedule.objects.all().delete()
    Departure.objects.all().delete()

    form = open_form(rosa, path) | {"option": option.pk, "start_times": "10:00"}
    answer = rosa.post(path, form)

    assert answer.status_code == 302
    assert Schedule.objects.get().weekdays == [1, 2, 3, 4, 5, 6, 7]
