"""A day or a week shows every departure with its places and guests, and leads to each action."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core_site import stores
from core_site.admin_kit.viewer_zone import COOKIE
from core_site.catalog.models import Departure, Product, Schedule
from core_site.departure_calendar import calendar
from core_site.resources.models import Assignment, Resource
from shared_domain import resources
from shared_domain.availability import DepartureId
from shared_domain.resources import ResourceId
from shared_domain.run_now import run_now
from tests.admin.staff import Desk, logged_in, page_of_departure, text_of
from tests.harness.data import add_departure

PAGE = "/admin/departures/"


def of_day(desk: Desk, **query: object) -> dict[str, object]:
    return {"view": "day", "date": str(desk.shop.departure.local_date), **query}


def test_the_week_holds_the_departures_of_its_days(rosa: Client, desk: Desk) -> None:
    desk.confirmed("adult", "family")
    later = add_departure(
        desk.shop.kayak, starts_at=desk.shop.departure.starts_at + timedelta(days=8)
    )

    page = rosa.get(PAGE, {"date": str(desk.shop.departure.local_date)})

    assert "5 guests" in text_of(page)
    assert page_of_departure(desk.shop.departure) in page.content.decode()
    assert page_of_departure(later) not in page.content.decode()


def test_who_is_checked_in_is_counted_as_the_guests_are(rosa: Client, desk: Desk) -> None:
    booking = desk.admissible("adult", "family")
    booking.unit_items.filter(unit__code="family").update(redeemed_at=timezone.now())
    day = Departure.objects.get(pk=booking.departure_id).local_date

    assert "5 guests, 4 checked in" in text_of(rosa.get(PAGE, {"date": str(day)}))


ACTIONS = (
    "Manifest", "Book", "Guides and boats", "Guide's link", "Message", "Places", "Schedule",
    "Close to sale", "Cancel or move",
)  # fmt: skip


def test_every_action_is_one_click_away(rosa: Client, desk: Desk) -> None:
    desk.confirmed()
    Departure.objects.update(schedule=Schedule.objects.get())

    page = rosa.get(PAGE, of_day(desk)).content.decode()

    (entry,) = re.findall(r'<span class="dc-actions">(.*?)</span>', page)
    links = dict(re.findall(r'href="([^"]+)"[^>]*>([^<]+)<', entry))
    assert tuple(map(unescape, links.values())) == ACTIONS
    assert {rosa.get(address, follow=True).status_code for address in links} == {200}


def test_a_week_shows_the_next_of_each_day_and_leads_to_the_others(
    rosa: Client, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calendar, "SHOWN_IN_A_WEEK", 1)
    monkeypatch.setattr(calendar, "SHOWN_OF_A_DAY", 1)
    first = desk.shop.departure
    second = add_departure(desk.shop.kayak, starts_at=first.starts_at + timedelta(minutes=5))
    desk.confirmed("adult", "family")
    day = str(first.local_date)

    week = rosa.get(PAGE, {"date": day})
    pages = [rosa.get(PAGE, of_day(desk, page=page)) for page in (1, 2, 3)]

    assert "5 guests" in text_of(week)
    assert "1 more" in text_of(week)
    assert page_of_departure(first) in week.content.decode()
    assert page_of_departure(second) not in week.content.decode()
    for page, shown, other in zip(pages, (first, second, second), (second, first, first),
                                  strict=True):  # fmt: skip
        assert page_of_departure(shown) in page.content.decode()
        assert page_of_departure(other) not in page.content.decode()
        assert "5 guests" in text_of(page)


def test_a_departure_that_is_deleted_meanwhile_is_left_out(
    rosa: Client, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    starts_at = desk.shop.departure.starts_at
    gone = add_departure(desk.shop.kayak, starts_at=starts_at + timedelta(hours=1))
    load = calendar._load_entries

    def delete_and_load(*arguments: Any, **named: Any) -> Any:
        gone.delete()
        return load(*arguments, **named)

    monkeypatch.setattr(calendar, "_load_entries", delete_and_load)

    page = rosa.get(f"/admin/departures/?view=day&date={gone.local_date}")

    assert page.status_code == 200
    assert [len(day.entries) for day in page.context["calendar"].days] == [1]


def test_a_day_leads_to_cancelling_all_of_it_with_the_filter(rosa: Client, desk: Desk) -> None:
    desk.confirmed()
    page = rosa.get(PAGE, of_day(desk, product=desk.shop.kayak.pk))
    (start,) = re.findall(r'href="([^"]+)">Cancel or move this day<', page.content.decode())

    preview = rosa.get(unescape(start))

    assert preview.context["choice"].cleaned_data["product"] == desk.shop.kayak
    assert "Cancel 1 departure with 1 guest" in text_of(preview)


def test_it_names_the_guides_and_boats(rosa: Client, desk: Desk) -> None:
    marta = Resource.objects.create(kind="GUIDE", name="Marta")
    departure = desk.shop.departure
    during = DateTimeTZRange(departure.starts_at, departure.ends_at)
    Assignment.objects.create(resource=marta, departure=departure, during=during)

    assert "Marta" in text_of(rosa.get(PAGE, of_day(desk)))


def test_it_says_that_a_boat_is_full(rosa: Client, desk: Desk) -> None:
    boat = Resource.objects.create(kind="BOAT", name="Gaivota", capacity=4)
    departure = DepartureId(desk.shop.departure.pk)
    given = ([ResourceId(boat.pk)], [departure])
    run_now(resources.assign_resources(*given, store=stores.resources()))
    desk.confirmed("adult", "adult", "adult")
    assert "3/4" in text_of(rosa.get(PAGE, of_day(desk)))

    desk.confirmed("adult")

    page = text_of(rosa.get(PAGE, of_day(desk)))
    assert "4/4" in page
    assert "Boat full" in page


def test_it_is_filtered_by_product_and_place(rosa: Client, desk: Desk) -> None:
    Product.objects.update(place="Lagos")
    kayak, here = desk.shop.kayak.pk, page_of_departure(desk.shop.departure)

    def shows(**query: object) -> bool:
        return here in rosa.get(PAGE, of_day(desk, **query)).content.decode()

    assert shows(product=kayak, place="Lagos")
    assert not shows(product=kayak + 1)


@pytest.mark.parametrize(
    "query",
    ["view=x", "date=x", "date=9999-12-31", "date=0001-01-01", "product=x", f"product={9**30}"],
)
def test_an_address_that_cannot_be_read_shows_this_week(
    rosa: Client, desk: Desk, query: str
) -> None:
    assert rosa.get(f"{PAGE}?{query}").status_code == 200


def test_the_queries_do_not_grow_with_the_departures(rosa: Client, desk: Desk) -> None:
    with CaptureQueriesContext(connection) as of_one:
        rosa.get(PAGE, of_day(desk))
    for hours in range(1, 6):
        starts_at = desk.shop.departure.starts_at + timedelta(minutes=10 * hours)
        add_departure(desk.shop.kayak, starts_at=starts_at)

    with CaptureQueriesContext(connection) as of_many:
        rosa.get(PAGE, of_day(desk))

    assert len(of_many) == len(of_one) <= 10


def test_who_may_only_look_has_no_actions(desk: Desk) -> None:
    desk.confirmed()
    viewer = logged_in("catalog.view_departure")

    page = text_of(viewer.get(PAGE, of_day(desk)))

    assert "Manifest" in page
    assert "Close" not in page
    assert "1 guest" not in page
    assert logged_in("bookings.view_booking", username="eve").get(PAGE).status_code == 403


@pytest.mark.parametrize("view", ["day", "week"])
def test_times_name_their_zone_unless_it_is_the_viewers(
    rosa: Client, desk: Desk, view: str
) -> None:
    departure = desk.shop.departure
    times = {}
    for viewer in ("Europe/Lisbon", "Asia/Tokyo"):
        rosa.cookies[COOKIE] = viewer
        page = rosa.get(PAGE, {"view": view, "date": str(departure.local_date)}).content.decode()
        (times[viewer],) = re.findall(r'<b class="dc-when">(.*?)</b>', page)

    start = f"{departure.start_time:%H:%M}"
    assert times == {"Europe/Lisbon": start, "Asia/Tokyo": f"{start} Europe/Lisbon"}
