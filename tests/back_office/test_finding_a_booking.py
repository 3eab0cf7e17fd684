"""A staff user on the telephone finds a booking by keyboard alone, or among 20 on the screen."""

import pytest

from tests.admin.staff import Desk, copy_booking, open_shop
from tests.back_office.sign_in import SignIn
from tests.harness.browser import DESKTOP, TELEPHONE

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_from_typing_to_the_booking(signed_in: SignIn) -> None:
    desk = Desk(open_shop())
    booking = desk.confirmed(contact={"first_name": "João", "last_name": "Núñez"})
    desk.confirmed(contact={"first_name": "Joana", "last_name": "Nunes"})
    page = signed_in("bookings.view_booking", "bookings.view_personal_data")
    assert page.get_by_text("Ctrl K").is_visible()

    page.keyboard.press("Control+k")
    page.keyboard.type("nunez jo")
    page.locator("#portico-search-list a").wait_for()
    found = page.locator("#portico-search-list").inner_text()
    assert "João Núñez" in found
    assert "Confirmed" in found
    page.keyboard.press("ArrowDown")
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
