"""A row is deleted as the page that asks showed it; what others changed meanwhile is told first."""

import re

import pytest
from django.contrib.auth.models import Group
from django.db.models import Model
from django.test import Client

from core_site.catalog.models import Price, Product, Unit
from tests.admin.forms import save
from tests.admin.staff import logged_in, text_of
from tests.admin.test_a_stale_page_is_not_saved import path_of
from tests.harness.data import Shop


@pytest.fixture
def vera(shop: Shop) -> Client:
    """Another member of staff, who saves first."""
    return logged_in(username="vera")


def deletion_of(row: Model) -> str:
    return path_of(row).replace("/change/", "/delete/")


def question(client: Client, row: Model) -> dict[str, str]:
    """Open the page that asks, and return what its button sends."""
    page = client.get(deletion_of(row)).content.decode()
    (version,) = re.findall(r'name="page_version" value="([^"]+)"', page)
    return {"post": "yes", "page_version": version}


def test_what_was_shown_is_deleted(rosa: Client, shop: Shop) -> None:
    price = Price.objects.first()

    rosa.post(deletion_of(price), question(rosa, price))

    assert not Price.objects.filter(pk=price.pk).exists()


def test_a_row_that_was_changed_is_shown_again(rosa: Client, vera: Client, shop: Shop) -> None:
    price = Price.objects.exclude(unit=None).first()
    form = question(rosa, price)
    save(vera, path_of(price), season_start="2030-02-01")

    page = rosa.post(deletion_of(price), form, follow=True)

    assert "Nothing was deleted: it was changed by others" in text_of(page)
    assert re.search(r"Season start: empty → 2030-02-01 \(Staff: vera, .* UTC\)", text_of(page))
    rosa.post(deletion_of(price), question(rosa, price))
    assert not Price.objects.filter(pk=price.pk).exists()


def test_more_would_go_with_it_than_was_shown(rosa: Client, vera: Client, shop: Shop) -> None:
    form = question(rosa, shop.kayak)
    values = {"product": shop.kayak, "code": "PM", "internal_name": "Afternoon"}
    shop.kayak.options.create(**values)

    page = rosa.post(deletion_of(shop.kayak), form, follow=True)

    assert "Options that would be deleted: 1 → 2." in text_of(page)
    assert Product.objects.exists()


def test_a_group_that_was_renamed(rosa: Client, vera: Client) -> None:
    group = Group.objects.create(name="staff")
    form = question(rosa, group)
    save(vera, path_of(group), name="guides")

    page = rosa.post(deletion_of(group), form, follow=True)

    assert "Name: staff → guides (Staff: vera, " in text_of(page)


def test_a_version_of_another_row_deletes_nothing(rosa: Client, shop: Shop) -> None:
    first, second = Unit.objects.order_by("-pk")[:2]

    page = rosa.post(deletion_of(second), question(rosa, first), follow=True)

    assert "the page's own version is damaged" in text_of(page)
    assert Unit.objects.filter(pk=second.pk).exists()
