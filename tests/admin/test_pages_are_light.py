"""A page is at most 100 kB on the wire and 3,000 elements, so that it is quick on any line."""

import gzip
from collections.abc import Iterator
from datetime import time, timedelta
from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from django.contrib import admin
from django.db.models import F
from django.test import Client

from core_site.bookings.models import Booking, UnitItem
from core_site.catalog.models import Departure, Option, Price, Product, Schedule, Unit
from core_site.departure_calendar.calendar import SHOWN_IN_A_WEEK, SHOWN_OF_A_DAY
from core_site.departure_calendar.views import MOST_OFFERED
from core_site.guide.links import make_link
from core_site.manifest.page import GUESTS_PER_PAGE, PARTIES_PER_PAGE
from tests.admin.staff import Desk, page_of_departure
from tests.payments.ledgers import open_direct_shop

MOST_BYTES = 100_000
MOST_ELEMENTS = 3_000


class ElementCounter(HTMLParser):
    count = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.count += 1


def measure(client: Client, path: str) -> tuple[int, int]:
    """Return the bytes on the wire and the elements of a page."""
    page = client.get(path, follow=True, headers={"accept-encoding": "gzip"})
    assert page.status_code == 200, path
    assert page["Content-Encoding"] == "gzip", path
    counter = ElementCounter()
    counter.feed(gzip.decompress(page.content).decode())
    return len(page.content), counter.count


@pytest.fixture
def large(desk: Desk) -> Option:
    """As much as the demo's largest option has, and more bookings than a page of the list."""
    option = Option.objects.get()
    for number in range(5):
        unit = Unit.objects.create(option=option, code=f"u{number}", internal_name=f"U {number}")
        for currency in ("EUR", "GBP", "JPY", "USD"):
            for month in range(1, 6):
                Price.objects.create(
                    option=option, unit=unit, currency=currency, original_minor=1, retail_minor=1,
                    season_start=f"2030-{month:02}-01", season_end=f"2030-{month:02}-28",
                )  # fmt: skip
    for number in range(8):
        Schedule.objects.create(
            option=option, weekdays=[1], start_times=["09:00"], duration_minutes=60 + number
        )
    copy_booking(desk.confirmed(), times=60)
    return option


def copy_booking(one: Booking, *, times: int, **values: object) -> list[Booking]:
    names = [field.attname for field in Booking._meta.concrete_fields if not field.primary_key]
    same = {name: getattr(one, name) for name in names} | values
    return Booking.objects.bulk_create(
        Booking(**same | {"supplier_reference": f"PT-{number:010}", "voucher_code": None,
                          "uuid": f"00000000-0000-0000-0000-{number:012}"})
        for number in range(times)
    )  # fmt: skip


def pages(option: Option) -> Iterator[str]:
    for model in admin.site._registry:
        address = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        yield address
        row = option if model is Option else model._default_manager.order_by("pk").first()
        if row is not None:
            yield f"{address}{row.pk}/change/"
    yield "/admin/"
    yield "/admin/find/?q=duarte"


def test_every_list_and_every_page_of_a_row(rosa: Client, large: Option) -> None:
    measured = {path: measure(rosa, path) for path in pages(large)}

    assert [path for path, (size, _) in measured.items() if size > MOST_BYTES] == []
    assert {path: n for path, (_, n) in measured.items() if n > MOST_ELEMENTS} == {}


def test_the_calendar_at_the_limit_of_its_rows(rosa: Client, desk: Desk) -> None:
    fill_calendar(desk.shop.departure)
    day = desk.shop.departure.local_date

    for view, least in (("week", 7 * SHOWN_IN_A_WEEK), ("day", SHOWN_OF_A_DAY)):
        path = f"/admin/departures/?view={view}&date={day}"
        assert rosa.get(path).content.decode().count('class="dc-entry') == least
        size, elements = measure(rosa, path)
        assert size < MOST_BYTES
        # Each may have a line of weather besides.
        assert elements + least < MOST_ELEMENTS


def fill_calendar(departure: Departure) -> None:
    """Add more departures to each day of a week than are shown, each with all it may have."""
    monday = departure.local_date - timedelta(days=departure.local_date.weekday())
    schedule = Schedule.objects.get()
    names = [field.attname for field in Departure._meta.concrete_fields if not field.primary_key]
    values = {name: getattr(departure, name) for name in names}
    Departure.objects.bulk_create(
        Departure(**values | {"local_date": monday + timedelta(days=day), "schedule": schedule,
                              "start_time": time(minute // 60, minute % 60),
                              "availability_id": f"{day} {minute}"})
        for day in range(7)
        for minute in range(SHOWN_OF_A_DAY + 10)
    )  # fmt: skip
    Product.objects.bulk_create(
        Product(code=f"p{number}", internal_name=f"Product {number}", place=f"Place {number % 50}")
        for number in range(MOST_OFFERED)
    )


def test_a_manifest_at_the_limit_of_its_rows(rosa: Client) -> None:
    desk = Desk(open_direct_shop())
    admissible = desk.admissible("adult", "adult", "adult")
    add_parties(admissible)
    departure = admissible.departure
    Departure.objects.update(cutoffs_count_from=F("starts_at"))
    guides = urlsplit(make_link(departure)).path

    for client, path in ((rosa, page_of_departure(departure)), (Client(), guides)):
        shown = client.get(path).content.decode()
        assert shown.count('class="mf-party') == 50
        assert shown.count('class="mf-guest') - shown.count('class="mf-guests') == GUESTS_PER_PAGE
        # Of the whole party and of each guest, whatever there can be.
        assert shown.count('name="do"') == 3 * (50 + GUESTS_PER_PAGE)
        size, elements = measure(client, path)
        assert size < MOST_BYTES
        # There may be more and smaller parties, and a line on pick-up for each.
        assert elements + 14 * (PARTIES_PER_PAGE - 50) + 3 * PARTIES_PER_PAGE < MOST_ELEMENTS


def add_parties(one: Booking) -> None:
    """Add parties of three, who owe, call, speak, ask, and are picked up each somewhere else."""
    contact = one.contact | {"phoneNumber": "+351912345678", "locales": ["pt"], "notes": "Vegan"}
    parties = copy_booking(one, times=GUESTS_PER_PAGE, contact=contact, notes="At the back")
    for number, party in enumerate(parties):
        party.pickup_hotel, party.pickup_time = f"Hotel {number}", "08:30"
    Booking.objects.bulk_update(parties, ["pickup_hotel", "pickup_time"])
    names = [field.attname for field in UnitItem._meta.concrete_fields if not field.primary_key]
    UnitItem.objects.bulk_create(
        UnitItem(**{name: getattr(item, name) for name in names} | {
            "booking_id": party.pk, "ticket_code": None, "contact": {"fullName": "Ada Lima"},
        })
        for party in parties
        for item in one.unit_items.all()
    )  # fmt: skip


def test_answers_of_endpoints_are_not_compressed(desk: Desk) -> None:
    answer = Client().get("/v1/users", headers={"accept-encoding": "gzip"})

    assert "Content-Encoding" not in answer.headers
