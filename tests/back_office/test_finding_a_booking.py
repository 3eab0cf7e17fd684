"""A staff user on the telephone finds a booking by keyboard alone, or among 20 on the screen."""

import pytest
from playwright.sync_api import Route, expect

from tests.admin.staff import Desk, copy_booking, open_shop
from tests.back_office.sign_in import SignIn
from tests.harness.browser import DESKTOP, TELEPHONE
from tests.harness.waiting import eventually

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_from_typing_to_the_booking(signed_in: SignIn) -> None:
    desk = Desk(open_shop())
    booking = desk.confirmed(contact={"first_name": "João", "last_name": "Núñez"})
    desk.confirmed(contact={"first_name": "Joana", "last_name": "Nunes"})
    page = signed_in("bookings.view_booking", "bookings.view_personal_data")
    assert page.get_by_text("Ctrl K").is_visible()

    page.keyboard.press("Control+k")
    page.keyboard.type("nunez")
    links = page.locator("#portico-search-list a")
    expect(links).to_have_count(1)
    found = page.locator("#portico-search-list").inner_text()
    assert "João Núñez" in found
    assert "Confirmed" in found
    # The keyboard stays on what was found when that is found again, by more letters.
    held: list[Route] = []
    page.route("**/find/?list=1*", lambda route: held.append(route))
    page.keyboard.type(" jo")
    # A route is heard of while the page is asked.
    assert eventually(lambda: page.title() and held and held[-1].request.url.endswith("jo"))
    page.keyboard.press("ArrowDown")
    expect(links).to_be_focused()
    links.evaluate("(link) => link.classList.add('before')")
    held[-1].continue_()
    expect(page.locator("#portico-search-list a:not(.before)")).to_be_focused()
    # On a telephone the box stays over the header while the keyboard is on what was found.
    page.set_viewport_size({"width": TELEPHONE[0], "height": TELEPHONE[1]})
    background = "(form) => getComputedStyle(form).backgroundColor"
    assert page.locator(".portico-search form").evaluate(background) == "rgb(255, 255, 255)"
    page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
    page.keyboard.press("Enter")

    page.wait_for_url(f"**/bookings/booking/{booking.pk}/change/")
    page.goto("/admin/find/?q=nune")
    assert page.locator(".portico-search-results a").count() == 2

    # A screen of 900 px holds 20 bookings of the list, each on one line.
    copy_booking(booking, times=25)
    page.goto("/admin/bookings/booking/")
    rows = page.locator("#result_list tbody tr").evaluate_all(
        "(rows) => rows.map((row) => row.getBoundingClientRect().bottom <= innerHeight)"
    )
    assert sum(rows) >= 20


def test_the_answer_to_letters_that_were_taken_back_is_not_shown(signed_in: SignIn) -> None:
    Desk(open_shop()).confirmed(contact={"first_name": "João", "last_name": "Núñez"})
    page = signed_in("bookings.view_booking", "bookings.view_personal_data")
    links = page.locator("#portico-search-list a")
    held: list[Route] = []
    page.clock.install()
    page.keyboard.press("Control+k")
    page.keyboard.type("nunez")
    page.clock.run_for(1000)
    expect(links).to_have_count(1)
    page.route("**/find/?list=1*", lambda route: held.append(route))

    page.keyboard.type("q")
    page.clock.run_for(1000)
    # A route is heard of while the page is asked.
    assert eventually(lambda: page.title() and held)
    page.keyboard.press("Backspace")
    page.clock.run_for(1000)
    held[0].fulfill(body="<p>nothing found</p>")

    # What is shown is still that of the other letters: this one is asked for anew.
    page.keyboard.type("q")
    page.clock.run_for(1000)
    assert eventually(lambda: page.title() and len(held) == 2)
    expect(links).to_have_count(1)
