"""The office's manifest and a guide's telephone show each other's ticks while both stay open."""

import re
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone
from playwright.sync_api import Route, expect

from tests.back_office.sign_in import SignIn
from tests.harness.browser import TELEPHONE
from tests.harness.waiting import eventually

if TYPE_CHECKING:
    from tests.admin.staff import Desk

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PERMISSIONS = (
    *("catalog.view_departure", "bookings.view_booking", "bookings.change_booking"),
    "bookings.view_personal_data",
)


@pytest.fixture
def desk(transactional_db: None) -> "Desk":
    from tests.admin.staff import Desk, open_shop

    return Desk(open_shop())


def test_two_at_the_door_see_each_others_ticks(signed_in: SignIn, desk: "Desk") -> None:
    from core_site.catalog.models import Departure

    booking = desk.admissible("adult", "adult", "adult")
    desk.change(booking, pickup_hotel="Hotel do Chiado", pickup_time="08:05")
    first, second, _ = booking.unit_items.all()
    office = signed_in(*PERMISSIONS, opens_today=False)
    # In the calendar's week, a departure has its actions as soon as it is pointed at.
    office.goto(f"/admin/departures/?date={Departure.objects.get().local_date}")
    office.locator("[data-departure]").hover()
    office.get_by_role("link", name="Guide's link").click()
    link = office.get_by_label("Link", exact=True).input_value()
    office.get_by_role("link", name="Back to the manifest").click()
    door = signed_in(username="guide", size=TELEPHONE, opens_today=False)
    door.context.clear_cookies()
    door.goto(link[link.index("/guide/") :])

    door.get_by_role("button", name=f"Check in: {first.supplier_reference}").click()

    expect(door.locator(".mf-total-in")).to_contain_text("1 of 3")
    expect(office.locator(".mf-total-in")).to_contain_text("1 of 3")

    office.get_by_role("button", name=f"Check in: {second.supplier_reference}").click()

    expect(door.locator(".mf-total-in")).to_contain_text("2 of 3")
    # Marks stand beneath the telephone, whatever buttons a line has.
    left = "(parts) => parts.map((part) => Math.round(part.getBoundingClientRect().left))"
    assert len({*office.locator(".mf-contact, .mf-guest > .mf-state").evaluate_all(left)}) == 1
    # On A4 stands the list alone, with its ticks; 703 px are its width without the margins.
    office.emulate_media(media="print")
    office.set_viewport_size({"width": 703, "height": 1000})
    for control in ("#nav-sidebar", ".mf-tools", ".mf-guest button"):
        expect(office.locator(control).first).to_be_hidden()
    expect(office.locator(".mf-guest.is-in")).to_have_count(2)
    expect(office.locator(".mf-pickups li")).to_be_visible()
    tick = "(guest) => getComputedStyle(guest, '::before').content"
    assert office.locator(".mf-guest").evaluate_all(f"(guests) => guests.map({tick})") == [
        '"✓"', '"✓"', '""',
    ]  # fmt: skip
    assert office.evaluate("document.documentElement.scrollWidth") <= 703

    assert door.context.cookies() == []
    assert door.evaluate("document.documentElement.scrollWidth") <= TELEPHONE[0]
    assert booking.unit_items.exclude(redeemed_at=None).count() == 2


def test_an_answer_that_comes_late_takes_no_tick_away(signed_in: SignIn, desk: "Desk") -> None:
    from core_site.catalog.models import Departure

    booking = desk.admissible("adult", "adult")
    first, second = booking.unit_items.all()
    page = signed_in(*PERMISSIONS, opens_today=False)
    page.goto(f"/admin/catalog/departure/{Departure.objects.get().pk}/change/")
    polls: list[Route] = []
    page.route(
        re.compile(r"/manifest\?"),
        lambda route: route.fallback() if is_sent(route) else polls.append(route),
    )

    # A colleague's tick is on its way to the page when another one is made here.
    booking.unit_items.filter(pk=first.pk).update(redeemed_at=timezone.now())
    # A route is heard of while the page is asked.
    assert eventually(lambda: page.title() and polls)
    late = polls[0].fetch()
    page.get_by_role("button", name=f"Check in: {second.supplier_reference}").click()
    expect(page.locator(".mf-total-in")).to_contain_text("2 of 2")
    polls[0].fulfill(response=late)

    # It asks again after each answer: one for the tick, and one for what came late.
    assert late.status == 200
    assert eventually(lambda: page.title() and len(polls) == 3)
    expect(page.locator(".mf-total-in")).to_contain_text("2 of 2")
    page.unroute_all(behavior="ignoreErrors")


def test_a_button_that_is_pressed_stays_until_it_is_let_go(signed_in: SignIn, desk: "Desk") -> None:
    from core_site.catalog.models import Departure

    booking = desk.admissible("adult", "adult")
    first, second = booking.unit_items.all()
    page = signed_in(*PERMISSIONS, opens_today=False)
    page.goto(f"/admin/catalog/departure/{Departure.objects.get().pk}/change/")
    total = page.locator(".mf-total-in")
    answers: list[int] = []
    page.on("response", lambda answer: answers.append(answer.status))

    # However slow the machine is, it is not a long press.
    page.clock.set_fixed_time(timezone.now())
    page.get_by_role("button", name=f"Check in: {second.supplier_reference}").hover()
    page.mouse.down()
    # What a colleague has done comes while the finger is down.
    booking.unit_items.filter(pk=first.pk).update(redeemed_at=timezone.now())
    answers.clear()
    assert eventually(lambda: page.title() and 200 in answers)
    expect(total).to_contain_text("0 of 2")
    page.mouse.up()

    expect(total).to_contain_text("2 of 2")


def is_sent(route: Route) -> bool:
    return route.request.method == "POST"
