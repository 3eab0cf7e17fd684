"""Bulk actions take a transaction for each booking, and say which were refused and why."""

from unittest.mock import ANY

import pytest
from django.conf import settings
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.test import Client

from core_site.admin_kit.bulk_limits import BulkActionLimitMixin
from core_site.bookings.admin import BookingAdmin
from core_site.bookings.models import Booking
from core_site.catalog.admin_options import PriceAdmin
from core_site.catalog.models import Price
from tests.admin.staff import Desk, logged_in, text_of

LIST = "/admin/bookings/booking/"


def chosen(bookings: list[Booking], action: str, **form: object) -> dict[str, object]:
    return {"action": action, "_selected_action": [booking.pk for booking in bookings], **form}


def test_pending_bookings_are_accepted_and_the_others_named(rosa: Client, desk: Desk) -> None:
    confirmed = desk.confirmed()
    pending = [desk.pending(), desk.pending()]
    choice = [*pending, confirmed]

    question = rosa.post(LIST, chosen(choice, "accept_many"))
    assert confirmed.supplier_reference in text_of(question)
    assert Booking.objects.filter(status="PENDING").count() == 2

    said = text_of(rosa.post(LIST, chosen(choice, "accept_many", answered="1"), follow=True))
    assert "2 accepted." in said
    assert f"1 refused: {confirmed.supplier_reference}: This booking is confirmed;" in said
    assert Booking.objects.filter(status="CONFIRMED").count() == 3
    assert set(LogEntry.objects.values_list("object_id", "change_message")) == {
        (str(booking.pk), "Accepted.") for booking in pending
    }


def test_tickets_are_resent(rosa: Client, desk: Desk) -> None:
    choice = [desk.confirmed(), desk.confirmed(contact={})]

    said = text_of(rosa.post(LIST, chosen(choice, "resend_many", answered="1"), follow=True))

    assert "1 resent." in said
    assert "This booking has no e-mail address" in said
    assert list(Booking.objects.order_by("pk").values_list("tickets_due_at", flat=True)) == [
        ANY,
        None,
    ]


@pytest.fixture
def two_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BookingAdmin, "most_at_once", 2)


TOO_MANY = (
    "3 bookings are chosen, and at most 2 can be changed at once: nothing was changed. "
    "Choose fewer, or narrow the list with search and filters."
)


@pytest.mark.usefixtures("two_at_once")
@pytest.mark.parametrize("answered", [{}, {"answered": "1"}])
def test_too_many_are_refused_as_a_whole(rosa: Client, desk: Desk, answered: dict) -> None:
    choice = [desk.pending(), desk.pending(), desk.pending()]

    said = text_of(rosa.post(LIST, chosen(choice, "accept_many", **answered), follow=True))

    assert TOO_MANY in said
    assert Booking.objects.filter(status="PENDING").count() == 3


@pytest.mark.usefixtures("two_at_once")
def test_the_whole_list_is_counted_as_well(rosa: Client, desk: Desk) -> None:
    choice = [desk.pending(), desk.pending(), desk.pending()]
    across = {"select_across": "1", "answered": "1"}

    said = text_of(rosa.post(LIST, chosen(choice[:1], "accept_many", **across), follow=True))

    assert TOO_MANY in said
    assert Booking.objects.filter(status="PENDING").count() == 3


@pytest.mark.usefixtures("two_at_once")
def test_the_limit_is_said_before_anything_is_chosen(
    rosa: Client, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BookingAdmin, "list_per_page", 1)
    for _ in range(2):
        desk.pending()

    page = text_of(rosa.get(LIST))
    assert "Accept pending bookings (at most 2)" in page
    assert "Select all 2 bookings" in page

    desk.pending()
    page = text_of(rosa.get(LIST))
    assert "At most 2 of 3 bookings can be changed at once" in page
    assert "Select all 3 bookings" not in page


def test_deleting_many_has_the_same_limit(
    rosa: Client, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PriceAdmin, "most_at_once", 2)
    prices = list(Price.objects.all())

    deletion = chosen(prices, "delete_selected", post="yes")
    said = text_of(rosa.post("/admin/catalog/price/", deletion, follow=True))

    assert f"{len(prices)} prices are chosen, and at most 2 can be changed at once" in said
    assert Price.objects.count() == len(prices)


@pytest.mark.parametrize("page", admin.site._registry.values(), ids=str)
def test_every_page_has_a_limit(page: BulkActionLimitMixin) -> None:
    # Django reads at most DATA_UPLOAD_MAX_NUMBER_FIELDS of what a confirmation page sends.
    assert 0 < page.most_at_once < settings.DATA_UPLOAD_MAX_NUMBER_FIELDS - 100


def test_who_may_only_look_sees_no_bulk_actions_and_can_run_none(desk: Desk) -> None:
    viewer = logged_in("bookings.view_booking")
    pending = desk.pending()

    viewer.post(LIST, chosen([pending], "accept_many", answered="1"))

    pending.refresh_from_db()
    assert pending.status == "PENDING"
    assert "accept_many" not in viewer.get(LIST).content.decode()
