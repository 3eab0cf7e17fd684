"""The admin's first page says what runs today and tomorrow, and what waits for staff."""

import re
from datetime import UTC, datetime, time, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from core_site.admin_kit import changelist
from core_site.bookings.hold_expiry import ends_soon
from core_site.bookings.models import Booking
from core_site.catalog.local_days import LocalToday
from core_site.catalog.models import Departure, Product
from tests.admin.staff import Desk, copy_booking, logged_in, text_of
from tests.harness.data import Shop, add_departure, add_product
from tests.harness.pages import context_of

NOON = datetime.combine(timezone.now() + timedelta(days=3), time(12), tzinfo=UTC)


@pytest.fixture(autouse=True)
def _sessions_outlast_the_clock(settings: Any) -> None:
    """The tests set the clock ahead, and a session would be over by then."""
    settings.SESSION_COOKIE_AGE = 100 * 365 * 24 * 60 * 60


def at(moment: datetime) -> object:
    return patch.object(timezone, "now", lambda: moment)


def days_on(client: Client) -> list[tuple[int, int, int]]:
    days = context_of(client, "/admin/")["days"]
    return [(day.departures, day.limited, day.capacity) for day in days]


def test_it_counts_what_waits_for_staff(rosa: Client, desk: Desk) -> None:
    desk.change(desk.held(), hold_expires_at=timezone.now() + timedelta(minutes=5))
    late = desk.confirmed()
    desk.change(late, tickets_due_at=timezone.now() - timedelta(hours=1))
    desk.pending()

    page = text_of(rosa.get("/admin/"))

    assert "Bookings to decide 1 accept or reject them" in page
    assert "Holds ending soon 1 within 30 minutes" in page
    assert "Tickets to send 1 1 of them late" in page


def test_holds_that_have_lapsed_are_not_read_to_count_those_that_end_soon(desk: Desk) -> None:
    copy_booking(desk.lapsed(), times=500)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE bookings_booking")
        # The table is small here; of a large one no scan would be cheaper than the index.
        cursor.execute("SET LOCAL enable_seqscan = off")

    plan = Booking.objects.filter(ends_soon(timezone.now())).order_by().explain()

    assert re.search(r"Index Cond: \(\(?hold_expires_at > ", plan)


def test_departures_that_are_past_are_not_read_to_list_those_ahead(desk: Desk) -> None:
    shop, now = desk.shop, timezone.now()
    begun = add_departure(
        shop.kayak, starts_at=now - timedelta(days=9), ends_at=now + timedelta(hours=1)
    )
    for days in (1, 10, 400):
        add_departure(shop.kayak, starts_at=now - timedelta(days=days, hours=3))
    with connection.cursor() as cursor:
        # The table is small here; of a large one no scan or sort were cheaper than the index.
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off")

    ahead = LocalToday.at(now).today_and_later(Departure.objects.order_by("starts_at", "id"))

    # What began nine days ago and still runs is the longest of all.
    assert list(ahead) == [begun, shop.departure]
    assert re.search(r"Scan Backward using departure_by_length", ahead.explain())
    assert re.search(r"Index Cond: \(starts_at > ", ahead.explain())


def test_it_says_who_leaves_next(rosa: Client, desk: Desk) -> None:
    desk.confirmed("adult", "adult")
    desk.held("adult")

    (departure,) = context_of(rosa, "/admin/")["next_departures"]

    assert (departure.guests, departure.row.taken) == (2, 3)
    assert departure.starts_in == "in 1\xa0week"
    with at(desk.shop.departure.starts_at - timedelta(seconds=30)):
        (departure,) = context_of(rosa, "/admin/")["next_departures"]
    assert departure.starts_in == "now"


@pytest.mark.parametrize("minutes", [-600, -59, 1, 300])
def test_figures_equal_their_lists_at_any_moment(rosa: Client, desk: Desk, minutes: int) -> None:
    """Before and after the sale of the departure has ended, its holds lapsed or not, tests too."""
    desk.held("adult")
    desk.lapsed("adult")
    late, test = desk.confirmed("adult"), desk.confirmed("adult")
    desk.change(late, tickets_due_at=timezone.now())
    desk.change(test, test_mode=True, tickets_due_at=timezone.now())
    desk.pending("adult", "adult")

    with at(desk.shop.departure.starts_at + timedelta(minutes=minutes)):
        context = context_of(rosa, "/admin/")
        for figure in context["figures"]:
            assert context_of(rosa, figure.link)["cl"].result_count == figure.value
        for day in context["days"]:
            rows = context_of(rosa, day.link)["cl"].result_list
            assert [day.departures, day.taken] == [len(rows), sum(row.taken for row in rows)]


def test_a_figure_counts_as_far_as_its_list(
    rosa: Client, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changelist, "COUNTED_TO", 2)
    for _ in range(4):
        desk.pending()

    page = rosa.get("/admin/")

    assert "Bookings to decide More than 2 accept or reject them" in text_of(page)
    pending = page.context["figures"][0]
    assert context_of(rosa, pending.link)["cl"].result_count == pending.value == 2


def test_a_day_is_a_day_on_the_clock_of_its_product(rosa: Client, shop: Shop) -> None:
    tokyo = add_product("tokyo", partners=(), time_zone="Asia/Tokyo")
    # One at night in Tokyo: already today there, and tomorrow in Lisbon.
    evening = NOON + timedelta(hours=4)
    tomorrow = NOON.date() + timedelta(days=1)
    for product in (tokyo, shop.kayak):
        add_departure(product, starts_at=evening, local_date=tomorrow, reserved=3, capacity=10)

    with at(NOON):
        assert days_on(rosa) == [(0, 0, 0), (2, 6, 20)]
    with at(evening - timedelta(minutes=30)):
        assert days_on(rosa) == [(1, 3, 10), (1, 3, 10)]


def test_closed_departures_without_guests_do_not_count(rosa: Client, shop: Shop) -> None:
    closed = add_departure(shop.kayak, starts_at=NOON + timedelta(hours=2), is_open=False)

    with at(NOON):
        assert days_on(rosa)[0] == (0, 0, 0)
        Departure.objects.filter(pk=closed.pk).update(reserved=2)
        assert days_on(rosa)[0] == (1, 2, 10)


def test_it_asks_little_of_the_database(
    rosa: Client, desk: Desk, django_assert_max_num_queries: object
) -> None:
    for _ in range(3):
        desk.held()
    rosa.get("/admin/")

    with django_assert_max_num_queries(25):
        rosa.get("/admin/")


@pytest.mark.parametrize(
    ("permission", "shown", "hidden"),
    [
        ("bookings.view_booking", "Bookings to decide", "Next to leave"),
        ("catalog.view_departure", "Next to leave", "Bookings to decide"),
    ],
)
def test_each_staff_user_sees_what_they_may(
    desk: Desk, permission: str, shown: str, hidden: str
) -> None:
    page = text_of(logged_in(permission).get("/admin/"))

    assert shown in page
    assert hidden not in page


def test_the_menu_holds_what_they_may_open(desk: Desk) -> None:
    menu = text_of(logged_in("bookings.view_booking").get("/admin/"))

    assert "Bookings" in menu
    assert "Scan" not in menu
    assert "API keys" not in menu
    assert Product.objects.exists()
