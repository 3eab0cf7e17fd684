"""A guest is added, the booking moved, one ticket cancelled, all on its page."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.back_office.sign_in import SignIn
from tests.harness.browser import TELEPHONE

pytestmark = pytest.mark.browser


@pytest.fixture
def front_desk(signed_in: SignIn) -> Page:
    return signed_in(
        "bookings.view_booking",
        "bookings.change_booking",
        "bookings.view_personal_data",
        opens_today=False,
    )


def test_from_the_page_to_the_changed_booking(front_desk: Page) -> None:
    from core_site.bookings.models import Booking
    from core_site.catalog.models import Departure
    from tests.admin.staff import Desk, logged_in, open_shop, page_of, text_of
    from tests.harness.data import add_departure

    desk = Desk(open_shop())
    leaves_at = desk.shop.departure.starts_at + timedelta(days=1)
    later = add_departure(desk.shop.kayak, starts_at=leaves_at)
    booking = desk.confirmed("adult")
    page = front_desk
    page.goto(page_of(booking))

    # A second adult, with the price shown before it happens.
    page.get_by_role("link", name="Change", exact=True).click()
    assert _starts_a_row(page, "First name")
    assert _starts_a_row(page, "Pick-up place")
    page.get_by_label("adult").fill("2")
    page.get_by_role("button", name="Show what changes").click()
    expect(page.get_by_role("row", name="Price for the guest")).to_contain_text("EUR 90.00")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Changed.")).to_be_visible()
    expect(page.locator(".bk-summary")).to_contain_text("2 × adult")

    # The day after, chosen on the calendar.
    page.get_by_role("link", name="Move", exact=True).click()
    days = page.get_by_role("region", name="Days")
    if leaves_at.month != desk.shop.departure.starts_at.month:
        page.get_by_role("link", name="The month after").click()
    days.locator(f"a[href$='day={later.local_date}']").click()
    page.get_by_role("button", name="Move to").click()
    expect(page.get_by_role("row", name="When")).to_contain_text(str(later.local_date))
    page.get_by_role("button", name="Move").click()
    expect(page.get_by_text("Moved.")).to_be_visible()

    # One of the two stays at home.
    page.get_by_role("link", name="Cancel tickets").click()
    page.get_by_label(f"{booking.supplier_reference}-2").check()
    page.get_by_role("button", name="Show the refund").click()
    expect(page.get_by_role("row", name="Refund to the guest")).to_contain_text("EUR 45.00")
    page.get_by_role("button", name="Cancel the tickets").click()
    expect(page.locator(".bk-timeline")).to_contain_text("Tickets cancelled")

    booking.refresh_from_db()
    assert (booking.departure, booking.places, booking.retail_minor) == (later, 1, 4500)
    assert sorted(Departure.objects.values_list("reserved", flat=True)) == [0, 1]
    assert Booking.objects.get().status == "CONFIRMED"

    # On a telephone everything fits; who may only look has no buttons.
    page.set_viewport_size({"width": TELEPHONE[0], "height": TELEPHONE[1]})
    assert page.evaluate("document.documentElement.scrollWidth") <= TELEPHONE[0]
    # So do the buttons, however long the note above them is; it scrolls by itself.
    Booking.objects.update(notes="A left-handed paddle, please. " * 300)
    page.goto(page_of(booking))
    assert _is_on_screen(page, "Redeem")
    page.get_by_role("group", name="Notes").focus()
    page.keyboard.press("End")
    # A key scrolls over several frames.
    page.wait_for_function("document.querySelector('.bk-note-long').scrollTop > 0")
    viewer = logged_in("bookings.view_booking", username="bruno").get(page_of(booking))
    assert "1 × adult" in text_of(viewer)
    assert "bk-button" not in viewer.content.decode()


def _is_on_screen(page: Page, name: str) -> bool:
    """Return whether a button of the page's head is seen without scrolling."""
    box = page.get_by_role("link", name=name, exact=True).bounding_box()
    return box is not None and box["y"] + box["height"] <= TELEPHONE[1]


def _starts_a_row(page: Page, label: str) -> bool:
    """Return whether a field stands at the left edge of the dialog's form, as its first does."""
    first = page.locator(".portico-dialog input:visible").first
    boxes = [field.bounding_box() for field in (first, page.get_by_label(label))]
    return len({box["x"] for box in boxes if box}) == 1
