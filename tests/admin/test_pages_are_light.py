"""A page is at most 100 kB on the wire and 3,000 elements, so that it is quick on any line."""

import gzip
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from django.contrib import admin
from django.test import Client

from core_site.bookings.models import Booking
from core_site.catalog.models import Option, Price, Schedule, Unit
from tests.admin.staff import Desk

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
    one = desk.confirmed()
    names = [field.attname for field in Booking._meta.concrete_fields if not field.primary_key]
    values = {name: getattr(one, name) for name in names}
    Booking.objects.bulk_create(
        Booking(**values | {"supplier_reference": f"PT-{number:010}", "voucher_code": None,
                            "uuid": f"00000000-0000-0000-0000-{number:012}"})
        for number in range(60)
    )  # fmt: skip
    return option


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


def test_answers_of_endpoints_are_not_compressed(desk: Desk) -> None:
    answer = Client().get("/v1/users", headers={"accept-encoding": "gzip"})

    assert "Content-Encoding" not in answer.headers
