"""Wherever staff read a time of day, the page names the zone of the clock that shows it."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from core_site import stores
from core_site.admin_kit.viewer_zone import COOKIE
from core_site.bookings.models import Booking
from core_site.exports.models import Export
from core_site.messages.models import Message
from core_site.partners.models import Partner
from core_site.persons.models import PersonRequest
from shared_domain import partners
from shared_domain.run_now import run_now
from tests.admin.staff import Desk, logged_in, page_of, page_of_departure, text_of

#: A date with a time of day, and what stands behind it.
A_TIME = re.compile(r"\b\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d)?(?=(?P<behind>.{0,20}))")

#: A table may name the zone once, in its head.
IN_UTC = re.compile(r"<table(?:(?!</table>).)*\(UTC\).*?</table>", re.DOTALL)


def assert_zones_are_named(client: Client, path: str, *, at_least: int = 1) -> None:
    page = client.get(path)
    page.content = IN_UTC.sub("", page.content.decode()).encode()
    times = list(A_TIME.finditer(text_of(page)))
    assert len(times) >= at_least
    for time in times:
        assert re.match(r" UTC| [A-Z]\w+/\w+|[+-]\d\d:\d\d", time["behind"]), f"{path}: {time[0]}"


@pytest.fixture
def booking(desk: Desk) -> Booking:
    booking = desk.confirmed("adult")
    desk.change(booking, tickets_due_at=timezone.now())
    booking.unit_items.update(redeemed_at=timezone.now())
    return booking


def test_on_the_pages_of_bookings(rosa: Client, booking: Booking) -> None:
    # It travels and was made; on its page it was confirmed, redeemed and is due as well.
    assert_zones_are_named(rosa, "/admin/bookings/booking/", at_least=1)
    assert_zones_are_named(rosa, page_of(booking), at_least=6)
    assert_zones_are_named(rosa, page_of(booking, "cancel"))
    assert "Europe/Lisbon" in text_of(rosa.get(page_of(booking)))


def test_on_the_pages_of_departures(rosa: Client, booking: Booking) -> None:
    for path in (
        "/admin/",
        "/admin/catalog/departure/",
        page_of_departure(booking.departure),
        page_of_departure(booking.departure, "close"),
    ):
        assert_zones_are_named(rosa, path)
        assert "Europe/Lisbon" in text_of(rosa.get(path))


def test_on_the_pages_of_schedules(rosa: Client, booking: Booking) -> None:
    assert "09:30 Europe/Lisbon" in text_of(rosa.get("/admin/catalog/schedule/"))
    (schedule,) = booking.option.schedules.all()
    for path in (
        f"/admin/catalog/schedule/{schedule.pk}/change/",
        f"/admin/catalog/option/{booking.option_id}/change/",
    ):
        assert "09:30,14:00. By the clock of Europe/Lisbon." in text_of(rosa.get(path))


def test_on_the_pages_of_partners_and_their_keys(rosa: Client, desk: Desk) -> None:
    issued = run_now(
        partners.issue_key(
            desk.shop.alice,
            label="web shop",
            is_test=False,
            scopes=list(partners.Scope),
            expires_at=timezone.now() + timedelta(days=5),
            now=timezone.now(),
            store=stores.keys(),
        )
    )
    partner = Partner.objects.get(pk=desk.shop.alice)

    assert_zones_are_named(rosa, "/admin/partners/partner/")
    assert_zones_are_named(rosa, f"/admin/partners/partner/{partner.pk}/change/", at_least=2)
    assert_zones_are_named(rosa, "/admin/partners/apikey/", at_least=2)
    assert_zones_are_named(rosa, f"/admin/partners/apikey/{issued.id}/change/", at_least=2)


def test_on_the_pages_of_events_and_staff(rosa: Client, booking: Booking) -> None:
    staff = User.objects.get()

    assert_zones_are_named(rosa, "/admin/events/event/")
    assert_zones_are_named(rosa, f"/admin/auth/user/{staff.pk}/change/")


@pytest.mark.parametrize(
    ("cookie", "shown"),
    [("", "08:00 UTC"), ("Asia%2FTokyo", "17:00 "), ("Europe/Atlantis", "08:00 UTC")],
)
def test_a_moment_of_no_place_is_shown_by_the_viewers_clock(
    rosa: Client, cookie: str, shown: str
) -> None:
    Export.objects.create(list="Bookings", kind="csv")
    Export.objects.update(at=datetime(2026, 12, 24, 8, tzinfo=UTC))
    rosa.cookies[COOKIE] = cookie

    page = rosa.get("/admin/exports/export/").content.decode()

    assert re.search(rf"2026-12-24 {shown}\s*<", page)


def test_the_day_of_a_file_and_of_a_request_about_a_person_is_the_viewers(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    half_past_eight_in_tokyo = datetime(2026, 12, 24, 23, 30, tzinfo=UTC)
    monkeypatch.setattr(timezone, "now", lambda: half_past_eight_in_tokyo)
    request, rosa = PersonRequest.objects.create(action="EXPORT", subject="x"), logged_in()
    rosa.cookies[COOKIE] = "Asia/Tokyo"

    file = rosa.get("/admin/bookings/booking/export/csv/")

    assert file.headers["Content-Disposition"].endswith('-2026-12-25.csv"')
    assert "Export of 2026-12-25" in heading(
        rosa, f"/admin/persons/personrequest/{request.pk}/change/"
    )


def test_a_list_filtered_by_days_ends_with_the_last_of_them_by_the_viewers_clock(
    rosa: Client, booking: Booking
) -> None:
    half_past_eight_in_tokyo = datetime(2026, 12, 24, 23, 30, tzinfo=UTC)
    Message.objects.create(
        booking=booking, partner=booking.partner, test_mode=False, kind="TICKETS", outcome="SENT",
        stands_since=half_past_eight_in_tokyo,
    )  # fmt: skip
    rosa.cookies[COOKIE] = "Asia/Tokyo"

    def found(day: str) -> bool:
        days = {"stands_since_from": day, "stands_since_to": day}
        page = text_of(rosa.get("/admin/guest_messages/message/", days))
        return "2026-12-25 08:30" in page

    assert found("2026-12-25")
    assert not found("2026-12-24")
    assert not found("2026-12-26")


def test_a_row_is_called_without_the_viewers_own_zone(rosa: Client, booking: Booking) -> None:
    page = page_of_departure(booking.departure)
    assert "Europe/Lisbon" in heading(rosa, page)

    rosa.cookies[COOKIE] = "Europe/Lisbon"
    assert "Europe/Lisbon" not in heading(rosa, page)
    assert "Europe/Lisbon" not in heading(rosa, page_of_departure(booking.departure, "history"))


def heading(client: Client, path: str) -> str:
    found = re.search(r"<h1.*?</h1>", client.get(path).content.decode(), re.DOTALL)
    assert found is not None
    return found[0]
