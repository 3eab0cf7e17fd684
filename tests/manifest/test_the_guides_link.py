"""A guide works with one departure by a link: without an account, until the day after."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from core_site.catalog.models import Departure
from core_site.guide.links import make_link
from core_site.guide.views import GUIDE
from core_site.manifest.as_pdf import departure_facts
from core_site.manifest.departure_admin import load_page
from core_site.resources.models import Assignment, Resource
from shared_domain import manifest
from shared_domain.disruptions import DisruptionKind
from shared_domain.time_zones import zone
from tests.admin.staff import Desk, logged_in, text_of
from tests.disruptions.windy_day import WindyDay
from tests.harness.data import add_departure


@pytest.fixture
def guide() -> Client:
    """The browser of a guide, who has no account."""
    return Client(enforce_csrf_checks=True)


def link_of(desk: Desk) -> str:
    """Return the path of the guide's view of the shop's departure."""
    link = make_link(Departure.objects.get(pk=desk.shop.departure.pk))
    return link[link.index("/guide/") :]


def admin_page(desk: Desk) -> str:
    return f"/admin/catalog/departure/{desk.shop.departure.pk}/guide-link"


def test_the_guide_sees_who_comes_and_checks_in(guide: Client, desk: Desk) -> None:
    booking = desk.admissible(notes="Two left feet")
    page = guide.get(link_of(desk))

    assert "Clara Duarte" in text_of(page)
    assert "Two left feet" in text_of(page)
    assert "clara@example.com" not in page.content.decode()
    assert "/admin/" not in page.content.decode()
    assert not page.cookies
    assert page["Referrer-Policy"] == "no-referrer"
    assert "no-store" in page["Cache-Control"]

    answer = guide.post(link_of(desk), {"do": f"check_in:{booking.pk}:"},
                        headers={"x-manifest": "1"})  # fmt: skip

    assert "Checked in 1 of 1" in text_of(answer)
    assert not answer.cookies
    booking.refresh_from_db()
    assert booking.status == "REDEEMED"


@pytest.mark.django_db(transaction=True)
def test_the_history_says_that_it_was_the_link(guide: Client, desk: Desk) -> None:
    booking = desk.admissible()

    guide.post(link_of(desk), {"do": f"late:{booking.pk}:"})

    item = booking.unit_items.get()
    assert (item.attendance, item.attendance_by) == ("LATE", "guide")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT metadata->>'guide_link', metadata->>'url'"
            "  FROM pghistory_context ORDER BY created_at DESC LIMIT 1"
        )
        # The link gives access without a password, and no history is ever changed.
        assert cursor.fetchone() == (str(booking.departure), "/guide/…/")


def test_a_poll_is_answered_304(guide: Client, desk: Desk) -> None:
    desk.admissible()
    tag = guide.get(link_of(desk), headers={"x-manifest": "1"})["ETag"]

    again = guide.get(link_of(desk), headers={"x-manifest": "1", "if-none-match": tag})

    assert again.status_code == 304


def test_it_ends_with_the_day_after(guide: Client, desk: Desk) -> None:
    link, now = link_of(desk), timezone.now()
    days = Departure.objects.filter(pk=desk.shop.departure.pk)
    yesterday = now - timedelta(days=1)
    days.update(
        local_date=yesterday.date(), starts_at=yesterday, ends_at=yesterday + timedelta(0, 1)
    )
    assert guide.get(link).status_code == 200

    earlier = now - timedelta(days=3)
    days.update(local_date=earlier.date(), starts_at=earlier, ends_at=earlier + timedelta(hours=1))

    page = guide.get(link)
    assert page.status_code == 404
    assert "Ask the office for a new one" in text_of(page)


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        (DisruptionKind.CANCEL, "This departure is cancelled."),
        (DisruptionKind.MOVE, "The guests of this departure were moved to {day}"),
    ],
)
def test_it_says_that_the_departure_is_off(
    db: None, guide: Client, kind: DisruptionKind, says: str
) -> None:
    wind = WindyDay.dawn()
    link = link_of(wind.desk)
    tag = guide.get(link, headers={"x-manifest": "1"})["ETag"]

    wind.carry_out(kind)
    poll = guide.get(link, headers={"x-manifest": "1", "if-none-match": tag})

    assert says.format(day=wind.day_after.local_date) in text_of(poll)
    printed = load_page(Departure.objects.get(pk=wind.departure.pk), GUIDE, url="", number=1)
    assert says.format(day=wind.day_after.local_date) in dict(departure_facts(printed))["Note"]


def test_one_that_has_guests_again_is_not_said_to_be_off(db: None, guide: Client) -> None:
    """Staff cancelled it, opened it again when the wind dropped, and closed it when it was full."""
    wind = WindyDay.dawn()
    wind.desk.confirmed()
    wind.carry_out()
    departure = Departure.objects.filter(pk=wind.departure.pk)
    departure.update(is_open=True)
    wind.desk.confirmed()
    departure.update(is_open=False)

    page = text_of(guide.get(link_of(wind.desk)))

    assert "This departure is cancelled" not in page
    assert "Checked in 0 of 1" in page


def test_staff_make_all_links_invalid(guide: Client, desk: Desk) -> None:
    office = logged_in("catalog.view_departure", "bookings.view_booking",
                       "bookings.change_booking", "bookings.view_personal_data")  # fmt: skip
    old = link_of(desk)
    assert old in office.get(admin_page(desk)).content.decode()

    page = office.post(admin_page(desk), follow=True)

    assert "All links from before are invalid" in text_of(page)
    assert guide.get(old).status_code == 404
    assert guide.get(link_of(desk)).status_code == 200


def test_it_is_sent_to_the_telephone_of_the_departures_guide(desk: Desk) -> None:
    departure = desk.shop.departure
    guide = Resource.objects.create(kind="GUIDE", name="Tomás", telephone="+351 912 345 678")
    Assignment.objects.create(
        resource=guide, departure=departure, during=(departure.starts_at, departure.ends_at)
    )
    may = ("catalog.view_departure", "bookings.view_booking", "bookings.change_booking",
           "bookings.view_personal_data")  # fmt: skip

    page = logged_in(*may, "resources.view_resource").get(admin_page(desk)).content.decode()
    other = logged_in(*may, username="ines").get(admin_page(desk)).content.decode()

    assert "sms:+351%20912%20345%20678?&amp;body=http" in page
    assert "Send to Tomás" in page
    assert "Tomás" not in other


def test_only_who_sees_guests_may_pass_them_on(desk: Desk) -> None:
    clerk = logged_in("catalog.view_departure", "bookings.view_booking", "bookings.change_booking")

    assert clerk.get(admin_page(desk)).status_code == 403
    assert clerk.post(admin_page(desk)).status_code == 403


def test_a_link_opens_no_other_departure(guide: Client, desk: Desk) -> None:
    booking = desk.admissible()
    other = add_departure(desk.shop.kayak, starts_at=timezone.now() + timedelta(days=3))
    link = make_link(other)

    answer = guide.post(link[link.index("/guide/") :], {"do": f"check_in:{booking.pk}:"})

    assert "no longer on the manifest" in text_of(answer)
    booking.refresh_from_db()
    assert booking.status == "CONFIRMED"


def test_a_forged_link_is_refused_without_a_query(
    guide: Client, desk: Desk, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for token in ("x", "1-0~x", f"{desk.shop.departure.pk}-0", "~", "9" * 500):
        with django_assert_num_queries(0):
            assert guide.get(f"/guide/{token}/").status_code == 404


class _Garden:
    """Open all day, until midnight."""

    local_date = date(2031, 7, 14)
    ends_at = datetime(2031, 7, 14, 23, tzinfo=UTC)  # 00:00 in Lisbon.


def test_a_day_that_ends_at_midnight_is_no_day_longer() -> None:
    expires_at = manifest.link_expires_at(_Garden(), zone("Europe/Lisbon"))

    assert expires_at == datetime(2031, 7, 16, tzinfo=zone("Europe/Lisbon"))
