"""Reservations give guides and boats, black days out, and move a departure; others only look."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect

from core_site.blackouts.models import Blackout
from core_site.demo.staff import FINANCE, RESERVATIONS
from core_site.disruptions.jobs import resume_disruptions
from core_site.resources.models import Assignment, Resource
from tests.back_office.sign_in import SignIn, client_of, links_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

CALENDAR = "/admin/departures/?view=day&date="


def test_a_guide_and_a_boat_are_given_and_the_guide_sees_the_week(signed_in: SignIn) -> None:
    from tests.admin.staff import Desk, logged_in, open_shop, page_of_departure, text_of

    desk = Desk(open_shop())
    desk.confirmed("adult", "adult")
    departure = desk.shop.departure
    tomas = Resource.objects.create(kind="GUIDE", name="Tomás")
    Resource.objects.create(kind="BOAT", name="Gaivota", capacity=8)
    page = signed_in(group=RESERVATIONS, username="duarte", opens_today=False)

    page.goto(f"{CALENDAR}{departure.local_date}")
    page.locator(".dc-actions").get_by_role("link", name="Guides and boats").click()
    page.get_by_label("Guide: Tomás").check()
    page.get_by_label("Boat: Gaivota (8 places)").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("guides and boats stored")).to_be_visible()
    page.goto(f"{CALENDAR}{departure.local_date}")
    expect(page.locator(".dc-state")).to_contain_text("2 guests · Gaivota, Tomás")
    assert Assignment.objects.count() == 2

    guide = logged_in("resources.see_own_week", username="tomas")
    tomas.staff_user = User.objects.get(username="tomas")
    tomas.save()
    # Today leads a guide, who may open nothing else, to the own week.
    links = links_of(guide.get("/admin/", follow=True))
    assert "Calendar" not in " ".join(links)
    week = guide.get(links["My week"], {"week": f"{departure.local_date}"})
    assert re.search("kayak.* with Gaivota", text_of(week))
    assert guide.get(page_of_departure(departure, "assign")).status_code == 403
    # The guests of the own departure, as the link shows them that staff would send.
    (guests,) = (
        address for name, address in links_of(week).items() if name.startswith("Guests of kayak")
    )
    shown = text_of(guide.get(guests[guests.index("/guide/") :]))
    assert "Clara Duarte" in shown
    assert "clara@example.com" not in shown


def test_days_are_blacked_out_and_opened_again(signed_in: SignIn) -> None:
    from tests.admin.staff import text_of
    from tests.blackouts.days import Days

    days = Days.generate()
    booking = days.desk.confirmed("adult", availability_id=days.on(11).availability_id)
    page = signed_in(group=RESERVATIONS, username="clara", opens_today=False)

    page.goto("/admin/blackouts/blackout/")
    page.get_by_role("link", name="Add a blackout period").first.click()
    page.get_by_label("Place").select_option("Cascais")
    page.get_by_label("From").fill(f"{days.day(10)}")
    page.get_by_label("Until").fill(f"{days.day(12)}")
    page.get_by_label("Reason").fill("Regatta")
    page.get_by_role("button", name="Show what it closes").click()
    expect(page.get_by_text("1 guest in 1 booking")).to_be_visible()
    assert days.open_days(10, 12) == [10, 11, 12]
    page.get_by_role("button", name="Close 3 departures").click()
    expect(page.get_by_text("3 departures closed.")).to_be_visible()
    assert days.open_days(9, 13) == [9, 13]

    # Finance reads of it, and can neither add nor lift one.
    reader = client_of(FINANCE, username="ines")
    shown = reader.get(urlsplit(page.url).path)
    assert "Regatta" in text_of(shown)
    assert "Lift" not in " ".join(links_of(shown))
    lift = f"/admin/blackouts/blackout/{Blackout.objects.get().pk}/lift/"
    assert reader.get(lift).status_code == 403

    page.get_by_role("link", name="Lift").click()
    page.get_by_role("button", name="Lift").click()
    expect(page.get_by_text("3 departures open again.")).to_be_visible()
    assert days.open_days(9, 13) == [9, 10, 11, 12, 13]
    booking.refresh_from_db()
    assert booking.status == "CONFIRMED"


def test_a_departure_is_moved_to_the_next_day(signed_in: SignIn) -> None:
    from tests.disruptions.windy_day import WindyDay

    windy_day = WindyDay.dawn()
    booking = windy_day.desk.confirmed("adult", "adult")
    departure = windy_day.departure
    reader = client_of(FINANCE, username="ines")
    links = links_of(reader.get(f"{CALENDAR}{departure.local_date}"))
    assert "Manifest" in links
    start = "/admin/disruptions/disruption/start/"
    assert not any(address.startswith(start) for address in links.values())
    assert reader.get(start).status_code == 403

    page = signed_in(group=RESERVATIONS, username="clara", opens_today=False)
    page.goto(f"{CALENDAR}{departure.local_date}")
    page.locator(".dc-actions").get_by_role("link", name="Cancel or move").click()
    page.get_by_label("Move to another day").check()
    page.get_by_label("Move to the day").fill(f"{departure.local_date + timedelta(days=1)}")
    page.get_by_role("button", name="Show who is affected").click()
    page.get_by_label("Message to guests").fill("Six metres of waves.")
    page.get_by_role("button", name="Move 1 departure with 2 guests").click()
    page.get_by_text("0 of 1 bookings carried out").wait_for()
    resume_disruptions()
    page.get_by_text("Done: 1 moved.").wait_for()

    booking.refresh_from_db()
    assert (booking.departure, booking.retail_minor) == (windy_day.day_after, 9000)
    page.get_by_role("link", name=booking.supplier_reference).click()
    expect(page.locator(".bk-summary")).to_contain_text(f"{windy_day.day_after.local_date}")
