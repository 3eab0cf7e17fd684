"""A page is at most 100 kB on the wire and 3,000 elements, so that it is quick on any line.

Here those that hold as much as they may. All pages of the demo are opened in ``tests/demo``, those
of a shop with 1,000,000 bookings in ``tests/at_scale``.
"""

import gzip
from datetime import time, timedelta
from urllib.parse import urlsplit

from django.db.models import F
from django.test import Client

from core_site.bookings.models import Booking, UnitItem
from core_site.catalog.models import Departure, Product, Schedule
from core_site.departure_calendar.calendar import SHOWN_IN_A_WEEK, SHOWN_OF_A_DAY
from core_site.departure_calendar.views import MOST_OFFERED
from core_site.guide.links import make_link
from core_site.manifest.page import GUESTS_PER_PAGE, PARTIES_PER_PAGE
from tests.admin.staff import Desk, copy_booking, page_of_departure
from tests.harness.pages import count_elements
from tests.payments.ledgers import open_direct_shop

MOST_BYTES = 100_000
MOST_ELEMENTS = 3_000


def measure(client: Client, path: str) -> tuple[int, int]:
    """Return the bytes on the wire and the elements of a page."""
    page = client.get(path, follow=True, headers={"accept-encoding": "gzip"})
    assert page.status_code == 200, path
    assert page["Content-Encoding"] == "gzip", path
    return len(page.content), count_elements(gzip.decompress(page.content).decode())


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
