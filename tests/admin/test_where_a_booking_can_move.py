"""The calendar of a move says where there are places, and offers the price that the booking has."""

from datetime import timedelta

from django.test import Client

from core_site.catalog.models import Product
from tests.admin.staff import Desk, page_of, text_of
from tests.harness.data import add_departure


def test_a_currency_given_up_keeps_no_booking_where_it_is(rosa: Client, desk: Desk) -> None:
    in_pounds = desk.confirmed(currency="GBP")
    later = add_departure(
        desk.shop.kayak, starts_at=desk.shop.departure.starts_at + timedelta(days=1)
    )
    Product.objects.update(available_currencies=["EUR"])

    page = rosa.get(page_of(in_pounds, "move"), {"day": later.local_date.isoformat()})

    assert "The booking is in GBP, which does not change by itself" in text_of(page)
    (choice,) = page.context["month"].choices
    assert [price.button for price in choice.prices] == ["Keep the price"]


def test_a_day_that_lacks_places_is_told_from_a_full_one(rosa: Client, desk: Desk) -> None:
    pair = desk.confirmed("adult", "adult")
    one_left, full = (
        add_departure(
            desk.shop.kayak,
            starts_at=desk.shop.departure.starts_at + timedelta(days=days),
            capacity=10,
            reserved=reserved,
        )
        for days, reserved in ((1, 9), (2, 10))
    )

    month = rosa.get(page_of(pair, "move")).context["month"]

    shown = {day.date: (day.free, day.is_available) for week in month.weeks for day in week}
    assert shown[one_left.local_date] == ("1 free", False)
    assert shown[full.local_date] == ("full", False)
