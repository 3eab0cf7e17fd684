"""A list that is longer than what is counted says "more than", and ends where its pages end."""

import pytest
from django.contrib import admin
from django.test import Client

from core_site.admin_kit import bulk_limits, changelist
from core_site.admin_kit.changelist import BoundedPaginator
from core_site.bookings.admin import BookingAdmin
from core_site.bookings.models import Booking
from shared_domain import search
from tests.admin.staff import Desk, text_of
from tests.harness.pages import context_of

LIST = "/admin/bookings/booking/"


@pytest.fixture
def counted_to_four(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changelist, "COUNTED_TO", 4)
    monkeypatch.setattr(bulk_limits, "COUNTED_TO", 4)
    monkeypatch.setattr(BookingAdmin, "list_per_page", 2)


def hold(desk: Desk, count: int) -> None:
    for _ in range(count):
        desk.held()


@pytest.mark.usefixtures("counted_to_four")
def test_more_rows_than_are_counted(rosa: Client, desk: Desk) -> None:
    hold(desk, 5)

    page = text_of(rosa.get(LIST))

    assert "More than 4 bookings (the pages end here: search or filter to see the others)" in page


@pytest.mark.usefixtures("counted_to_four")
def test_exactly_as_many_rows_as_are_counted(rosa: Client, desk: Desk) -> None:
    hold(desk, 4)

    page = text_of(rosa.get(LIST))

    assert "4 bookings" in page
    assert "ore than" not in page


@pytest.mark.usefixtures("counted_to_four")
def test_the_last_page_is_full_and_the_next_leads_back(rosa: Client, desk: Desk) -> None:
    hold(desk, 5)

    last = context_of(rosa, f"{LIST}?p=2")["cl"]

    assert len(last.result_list) == 2
    assert last.paginator.num_pages == 2
    assert rosa.get(f"{LIST}?p=3", follow=True).status_code == 200


def test_a_search_that_finds_more_than_is_listed_says_so_once(
    rosa: Client, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "FOUND_AT_MOST", 3)
    said = "At least 3 bookings match."
    hold(desk, 2)
    assert said not in text_of(rosa.get(f"{LIST}?q=duarte"))

    hold(desk, 1)
    assert text_of(rosa.get(f"{LIST}?q=duarte")).count(said) == 1
    assert said not in text_of(rosa.get(LIST))
    # A file cannot say it: the page after it does.
    rosa.get(f"{LIST}export/csv/?q=duarte")
    assert text_of(rosa.get(LIST)).count(said) == 1


def test_thousands_are_set_apart(rosa: Client, desk: Desk) -> None:
    paginator = BoundedPaginator(Booking.objects.order_by("pk"), 50)
    paginator._bounded_count = 5_001
    assert (paginator.count, paginator.format_count) == (5_000, "More than 5,000")

    paginator = BoundedPaginator(Booking.objects.order_by("pk"), 50)
    paginator._bounded_count = 1_234
    assert (paginator.count, paginator.format_count) == (1_234, "1,234")


@pytest.mark.parametrize("page", admin.site._registry.values(), ids=str)
def test_every_list_is_bounded(page: admin.ModelAdmin) -> None:
    assert page.paginator is BoundedPaginator
    assert not page.show_full_result_count
