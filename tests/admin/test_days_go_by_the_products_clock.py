"""Past, today and tomorrow are those of each product's own clock, and figures equal their lists."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client
from django.utils import timezone

from core_site.catalog.departure_states import FILTERABLE_STATES, DepartureState
from core_site.catalog.local_days import supplier_today
from core_site.catalog.models import Departure, Product
from shared_domain.time_zones import zone
from tests.admin.staff import Desk, logged_in, text_of
from tests.harness.data import Shop, add_departure, add_product
from tests.harness.pages import context_of

LIST = "/admin/catalog/departure/"

ZONES = ["Europe/Lisbon", "Pacific/Auckland", "America/Los_Angeles", "Pacific/Kiritimati"]


@pytest.fixture(autouse=True)
def _sessions_outlast_the_clock(settings: Any) -> None:
    """The tests set the clock ahead, and a session would be over by then."""
    settings.SESSION_COOKIE_AGE = 100 * 365 * 24 * 60 * 60


def next_change_of_clocks() -> datetime:
    """Return the next midnight before Lisbon's clocks change; Auckland's did weeks before."""
    lisbon = zone("Europe/Lisbon")
    day = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=2)
    while day.astimezone(lisbon).dst() == (day + timedelta(days=1)).astimezone(lisbon).dst():
        day += timedelta(days=1)
    return day


DAY = next_change_of_clocks()

MOMENTS = [
    DAY + timedelta(hours=hours, minutes=minutes)
    for hours, minutes in ((0, 0), (0, 30), (6, 59), (7, 0), (10, 0), (11, 0), (23, 0), (23, 59))
]


def at(moment: datetime) -> object:
    return patch.object(timezone, "now", lambda: moment)


@pytest.fixture
def rosa(db: None) -> Client:
    """Logged in on that day: a session lasts two weeks."""
    with at(DAY):
        return logged_in()


def add(product: Product, start: datetime, **values: object) -> Departure:
    """Add a departure that starts at this local time of the product."""
    return add_departure(
        product,
        starts_at=start.astimezone(UTC),
        **{
            "availability_id": start.isoformat(),
            "local_date": start.date(),
            "capacity": 20,
        }
        | values,
    )


@pytest.fixture
def tours(shop: Shop) -> list[Departure]:
    """Departures at every sixth hour of five days in each zone; every second is closed."""
    rows = []
    for number, name in enumerate(ZONES):
        product = add_product(f"tour-{number}", partners=(), time_zone=name)
        for hours in range(-48, 72, 6):
            start = (DAY + timedelta(hours=hours)).astimezone(zone(name))
            taken = (number + hours) % 5
            is_open = hours % 4 != 0
            rows.append(add(product, start, reserved=taken, is_open=is_open))
    return rows


def rows_of(client: Client, path: str) -> list[Departure]:
    rows: list[Departure] = []
    changelist = context_of(client, path)["cl"]
    for number in changelist.paginator.page_range:
        rows += changelist.paginator.page(number).object_list
    return rows


def on_their_day(rows: list[Departure], now: datetime, ahead: int) -> set[int]:
    """Return what a clock in each place says, without asking the code under test."""
    return {
        row.pk
        for row in rows
        if row.local_date
        == now.astimezone(zone(row.option.product.time_zone)).date() + timedelta(days=ahead)
    }


def test_figures_equal_the_lists_they_link_to(rosa: Client, tours: list[Departure]) -> None:
    running = [row for row in tours if row.is_open or row.reserved]
    for now in MOMENTS:
        with at(now):
            days = context_of(rosa, "/admin/")["days"]
            for ahead, day in enumerate(days):
                listed = rows_of(rosa, day.link)
                assert {row.pk for row in listed} == on_their_day(running, now, ahead), now
                assert day.departures == len(listed) > 0, now
                assert day.limited == sum(row.taken for row in listed), now
                assert day.capacity == sum(row.capacity for row in listed), now


def test_the_list_begins_with_today(rosa: Client, tours: list[Departure]) -> None:
    for now in MOMENTS:
        with at(now):
            listed = {row.pk for row in rows_of(rosa, LIST)} - {tours[0].pk}

        running = {row.pk for row in tours if row.ends_at > now}
        today = set().union(*(on_their_day(tours, now, ahead) for ahead in range(5)))
        assert listed & {row.pk for row in tours} == today | running, now


def test_lapsed_holds_and_departures_without_limit(rosa: Client, desk: Desk) -> None:
    desk.lapsed("adult")
    desk.held("adult", "adult")
    desk.confirmed("family")
    freesale = add_departure(
        desk.shop.kayak,
        starts_at=desk.shop.departure.starts_at + timedelta(minutes=5),
        capacity=None,
        reserved=3,
    )
    now = desk.shop.departure.starts_at - timedelta(hours=2)

    with at(now):
        (day, *_) = [d for d in context_of(rosa, "/admin/")["days"] if d.departures]
        listed = rows_of(rosa, day.link)

    assert {row.pk for row in listed} == {desk.shop.departure.pk, freesale.pk}
    assert day.taken == sum(row.taken for row in listed) == day.limited + 3
    assert (day.without_limit, day.capacity) == (3, 10)


@pytest.fixture
def with_an_unknown_zone(tours: list[Departure]) -> Iterator[Product]:
    product = tours[-1].option.product
    Product.objects.filter(pk=product.pk).update(time_zone="Mars/Olympus")
    return product


def test_a_zone_that_is_none_breaks_no_page(
    rosa: Client, desk: Desk, with_an_unknown_zone: Product
) -> None:
    with at(DAY):
        page = rosa.get("/admin/")
        assert page.status_code == 200
        for day in page.context["days"]:
            assert day.departures == len(rows_of(rosa, day.link))
        mine = rows_of(rosa, f"{LIST}?option__product__id__exact={with_an_unknown_zone.pk}")
        assert mine
        shown = text_of(rosa.get(f"{LIST}{mine[0].pk}/change/"))
    assert "Mars/Olympus" in shown
    assert "UTC (no time zone: 'Mars/Olympus')" in shown


def test_any_zone_that_is_stored_can_be_looked_at(rosa: Client, desk: Desk) -> None:
    booking = desk.confirmed()
    rows = (
        f"{LIST}{booking.departure_id}/change/",
        f"/admin/bookings/booking/{booking.pk}/change/",
    )
    stored = ("", "localtime", "Factory", "../../etc/passwd", "US/Pacific")
    for number, name in enumerate(stored):
        product = add_product(f"tour-{number}", partners=())
        add_departure(product, starts_at=desk.shop.departure.starts_at)
        Product.objects.filter(pk=product.pk).update(time_zone=name)

    for path in ("/admin/", LIST, f"{LIST}?time=today", "/admin/catalog/product/"):
        assert rosa.get(path).status_code == 200, path
    for name in stored:
        Product.objects.filter(pk=desk.shop.kayak.pk).update(time_zone=name)
        for path in (*rows, "/admin/bookings/booking/"):
            assert rosa.get(path).status_code == 200, (name, path)


STATES = [
    (-120, "open"),
    (-61, "open"),
    (-60, "cut-off passed"),
    (-1, "cut-off passed"),
    (0, "under way"),
    (119, "under way"),
    (120, "past"),
    (3000, "past"),
]


@pytest.mark.parametrize(("minutes", "state"), STATES)
def test_a_departure_is_what_its_own_moments_say(
    rosa: Client, shop: Shop, minutes: int, state: str
) -> None:
    with at(shop.departure.starts_at + timedelta(minutes=minutes)):
        assert_state(rosa, shop.departure, state)


@pytest.mark.parametrize(
    ("values", "minutes", "state"),
    [
        ({"is_open": False}, -120, "closed"),
        ({"is_open": False}, -30, "closed"),
        ({"is_open": False}, 30, "closed"),
        ({"is_open": False, "reserved": 2}, -120, "closed"),
        ({"is_open": False, "reserved": 2}, 30, "under way"),
        ({"is_open": False}, 120, "past"),
        ({"reserved": 10}, -120, "sold out"),
        ({"reserved": 10}, -30, "cut-off passed"),
        ({"reserved": 10}, 30, "under way"),
        ({"capacity": None, "reserved": 99}, -120, "open"),
    ],
)
def test_what_sale_and_places_make_of_it(
    rosa: Client, shop: Shop, values: dict[str, object], minutes: int, state: str
) -> None:
    Departure.objects.update(**values)

    with at(shop.departure.starts_at + timedelta(minutes=minutes)):
        assert_state(rosa, shop.departure, state)


@pytest.mark.parametrize(
    ("hours", "state"), [(-1, "open"), (9, "open"), (17, "under way"), (18, "past"), (23, "past")]
)
def test_a_day_of_opening_hours_is_sold_while_it_runs(
    rosa: Client, shop: Shop, hours: int, state: str
) -> None:
    museum = add_product("museum", partners=(), availability_type="OPENING_HOURS", time_zone="UTC")
    day = add(
        museum,
        DAY,
        ends_at=DAY + timedelta(days=1),
        cutoffs_count_from=DAY + timedelta(hours=18),
        booking_cutoff_at=DAY + timedelta(hours=17),
        opening_hours=[{"from": "10:00", "to": "18:00"}],
        reserved=1,
    )

    with at(DAY + timedelta(hours=hours)):
        assert_state(rosa, day, state)
        page = text_of(rosa.get("/admin/"))
        assert (f"{DAY:%Y-%m-%d} 10:00–18:00 UTC" in page) == (state != "past")


def assert_state(client: Client, departure: Departure, state: str) -> None:
    page = context_of(client, f"{LIST}{departure.pk}/change/")
    assert page["original"].state_now == state
    assert departure in rows_of(client, f"{LIST}?time=all&state={state.replace(' ', '+')}")


def test_every_departure_is_found_by_one_state(rosa: Client, tours: list[Departure]) -> None:
    with at(DAY + timedelta(hours=7)):
        found = {
            state: {row.pk for row in rows_of(rosa, f"{LIST}?time=all&state={state}")}
            for state in FILTERABLE_STATES
        }

    rare = {DepartureState.SOLD_OUT, DepartureState.CUT_OFF_PASSED}
    assert all(found[state] for state in set(FILTERABLE_STATES) - rare)
    assert sum(len(rows) for rows in found.values()) == Departure.objects.count()


def test_a_night_tour_stays_on_the_list_after_midnight(rosa: Client, shop: Shop) -> None:
    night = add(shop.kayak, DAY - timedelta(minutes=30))

    with at(DAY + timedelta(minutes=30)):
        assert night in rows_of(rosa, LIST)
        assert night not in rows_of(rosa, f"{LIST}?time=today")


def test_a_trek_of_three_days_stays_on_the_list_until_its_end(rosa: Client, shop: Shop) -> None:
    start = DAY - timedelta(days=2)
    trek = add(shop.kayak, start, ends_at=start + timedelta(days=3), is_open=True)

    for hours, is_listed in ((0, True), (23, True), (24, False)):
        with at(DAY + timedelta(hours=hours)):
            assert (trek in rows_of(rosa, LIST)) is is_listed
            assert (trek in rows_of(rosa, f"{LIST}?state=under+way")) is is_listed


def test_empty_date_fields_of_the_filters_do_not_bring_the_past_back(
    rosa: Client, shop: Shop
) -> None:
    past = add(shop.kayak, datetime(2025, 1, 15, 23, 30, tzinfo=UTC))

    assert past not in rows_of(rosa, f"{LIST}?time=ahead&local_date_from=&local_date_to=")
    assert past in rows_of(rosa, f"{LIST}?time=ahead&local_date_from=2025-01-01&local_date_to=")
    assert past in rows_of(rosa, f"{LIST}?q=2025-01-15")
    assert past in rows_of(rosa, f"{LIST}?q=Kayak+2025-01-15")


def test_a_date_filter_reads_what_its_calendar_writes(rosa: Client, shop: Shop) -> None:
    june = add(shop.kayak, datetime(2100, 6, 1, 12, tzinfo=UTC))
    january = add(shop.kayak, datetime(2100, 1, 6, 12, tzinfo=UTC))
    catalogue = rosa.get("/admin/jsi18n/").content.decode()

    # The first of these formats is the one that the calendar writes.
    written = catalogue[catalogue.index('"DATE_INPUT_FORMATS"') :].partition('"%')[2]
    assert written.startswith('Y-%m-%d"')
    for typed in ("2100-06-01", "01/06/2100"):
        found = rows_of(rosa, f"{LIST}?local_date_from={typed}&local_date_to={typed}")
        assert (june in found, january in found) == (True, False)


@pytest.mark.parametrize(
    ("searched", "finds"),
    [
        ("2100-06-01", True),
        ("2100-06", True),
        ("2100-06-01 12:00 Atlantic/Azores", True),
        ("12:00 canoe", True),
        ("2100-06-01T12:00", True),
        ("2100-06-02", False),
        ("2100-06-01 13:00", False),
        ("2100-13-45", False),
        ("0000-00", False),
        ("25:61", False),
        ("2100-06-01 12:00 Europe/Lisbon", False),
    ],
)
def test_a_start_is_searched_for_as_it_is_shown(
    rosa: Client, shop: Shop, searched: str, finds: bool
) -> None:
    canoe = add_product("canoe", partners=(), time_zone="Atlantic/Azores")
    departure = add(canoe, datetime(2100, 6, 1, 12, tzinfo=zone("Atlantic/Azores")))

    found = context_of(rosa, LIST, {"q": searched, "time": "all"})["cl"].queryset

    assert (departure in found) is finds


def test_an_hour_that_comes_twice_says_which_one(rosa: Client, shop: Shop) -> None:
    lisbon = zone("Europe/Lisbon")
    moments = [datetime(2099, 10, 25, hour, 30, tzinfo=UTC).astimezone(lisbon) for hour in (0, 1)]
    for moment in moments:
        add(shop.kayak, moment, start_time=moment.time(), fold=moment.fold)

    page = text_of(rosa.get(f"{LIST}?q=2099-10-25"))

    for which in ("first", "second"):
        assert f"2099-10-25 01:30 ({which} time) Europe/Lisbon" in page


def test_counting_what_each_filter_finds_breaks_nothing(
    rosa: Client, tours: list[Departure]
) -> None:
    with at(DAY):
        assert rosa.get(f"{LIST}?_facets=True&time=today").status_code == 200


@pytest.mark.parametrize(
    ("now", "zones", "today"),
    [
        ("2026-07-13T23:30+00:00", ["Europe/Lisbon"] * 2 + ["Asia/Tokyo"], date(2026, 7, 14)),
        ("2026-07-14T02:00+00:00", ["America/New_York", "no/zone"], date(2026, 7, 13)),
        ("2026-07-13T23:30+00:00", [], date(2026, 7, 13)),
    ],
)
def test_the_house_goes_by_the_zone_of_most_products(
    now: str, zones: list[str], today: date
) -> None:
    assert supplier_today(datetime.fromisoformat(now), zones) == today
