"""A page that adds a row adds one: a double click or the way back in the browser adds no other."""

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client, RequestFactory

from core_site.catalog.models import Departure, Option, Product, Schedule
from shared_domain.availability import WithGuests
from tests.admin.effect import answer
from tests.admin.forms import open_form
from tests.admin.staff import Desk, logged_in, open_shop, text_of
from tests.admin.test_a_stale_page_is_not_saved import path_of
from tests.harness.data import Shop
from tests.harness.staff_sessions import open_second_tab

ADD = "/admin/catalog/schedule/add/"


def schedule_form(client: Client) -> dict[str, Any]:
    """Open the page and fill in a schedule, of which there may be any number alike."""
    option = str(Option.objects.get().pk)
    # It ended long ago and nothing else is on sale, so there is no effect to be looked at first.
    Departure.objects.all().delete()
    past = {"season_start": "2020-01-01", "season_end": "2020-01-31"}
    return open_form(client, ADD) | {"option": option, "start_times": "11:00"} | past


def test_the_same_page_sent_again_leads_to_what_it_added(rosa: Client, shop: Shop) -> None:
    form = schedule_form(rosa)
    assert rosa.post(ADD, form).status_code == 302
    added = Schedule.objects.latest("pk")

    again = rosa.post(ADD, form, follow=True)

    assert Schedule.objects.latest("pk") == added
    assert again.redirect_chain[-1][0] == path_of(added)
    assert "Nothing was added now: this form has added its schedule before." in text_of(again)


def test_it_is_told_before_a_code_is_called_taken(rosa: Client, db: None) -> None:
    path = "/admin/catalog/product/add/"
    form = open_form(rosa, path) | {"internal_name": "Surf", "code": "surf"}
    rosa.post(path, form)

    again = rosa.post(path, form, follow=True)

    assert "this form has added its product before" in text_of(again)
    assert Product.objects.count() == 1


def test_what_it_added_may_be_gone(rosa: Client, shop: Shop) -> None:
    form = schedule_form(rosa)
    rosa.post(ADD, form)
    Schedule.objects.all().delete()

    again = rosa.post(ADD, form, follow=True)

    assert again.status_code == 200
    assert not Schedule.objects.exists()


def test_an_effect_that_was_looked_at_belongs_to_the_page(rosa: Client, desk: Desk) -> None:
    desk.confirmed()
    option = str(Option.objects.get().pk)
    Schedule.objects.all().delete()
    form = open_form(rosa, ADD) | {"option": option, "start_times": "11:00"}
    assert answer(rosa, rosa.post(ADD, form), WithGuests.KEEP.value).status_code == 302

    again = rosa.post(ADD, form, follow=True)

    assert "this form has added its schedule before" in text_of(again)
    assert Schedule.objects.count() == 1


def test_a_page_that_is_opened_anew_adds_another(rosa: Client, shop: Shop) -> None:
    before = Schedule.objects.count()
    for form in [schedule_form(rosa), schedule_form(rosa)]:
        rosa.post(ADD, form)

    assert Schedule.objects.count() == before + 2


def test_a_page_that_was_refused_can_be_sent_again(rosa: Client, shop: Shop) -> None:
    before = Schedule.objects.count()
    form = schedule_form(rosa)
    assert rosa.post(ADD, form | {"start_times": "noon"}).status_code == 200

    assert rosa.post(ADD, form).status_code == 302
    assert Schedule.objects.count() == before + 1


def test_every_page_that_adds_is_known_again(rosa: Client, db: None) -> None:
    request = RequestFactory().get("/")
    request.user = User(is_superuser=True, is_active=True, is_staff=True)
    for model, page in admin.site._registry.items():
        if page.has_add_permission(request):
            path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/add/"
            content = rosa.get(path).content.decode()
            assert (
                len(re.findall(r'<input type="hidden" name="submission" value="\w+"', content)) == 1
            ), path


@pytest.mark.django_db(transaction=True)
def test_a_double_click_adds_one() -> None:
    open_shop()
    first = logged_in()
    browsers = [first, open_second_tab(first)]
    form = schedule_form(browsers[0])
    before = Schedule.objects.count()

    def click(browser: Client) -> int:
        try:
            return browser.post(ADD, form).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(browsers)) as threads:
        assert list(threads.map(click, browsers)) == [302, 302]

    assert Schedule.objects.count() == before + 1
