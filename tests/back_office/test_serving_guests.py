"""Reservations redeem by hand, print, and write to guests; Finance can do none of it."""

import pytest
from playwright.sync_api import Page, expect

from core_site.demo.staff import FINANCE, RESERVATIONS
from core_site.messages.models import HouseNote, Message
from tests.back_office.sign_in import SignIn, client_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_tickets_are_printed_and_redeemed_by_hand(signed_in: SignIn) -> None:
    from tests.admin.staff import Desk, open_shop, page_of, page_of_departure

    desk = Desk(open_shop())
    booking = desk.admissible("adult", "adult")
    first = booking.unit_items.order_by("supplier_reference")[0]
    page = signed_in(group=RESERVATIONS, username="duarte", opens_today=False)

    page.goto(page_of(booking))
    assert is_pdf(page, "Print tickets")
    page.get_by_role("link", name="Redeem", exact=True).click()
    page.get_by_label("Only these tickets:").check()
    page.get_by_label(f"{first.supplier_reference}, adult").check()
    page.get_by_role("button", name="Redeem").click()
    expect(page.get_by_role("link", name="Undo redemption")).to_be_visible()
    booking.refresh_from_db()
    assert booking.status == "CONFIRMED"
    page.get_by_role("link", name="Redeem", exact=True).click()
    page.get_by_role("button", name="Redeem").click()
    expect(page.get_by_text("Redeemed", exact=True).first).to_be_visible()
    booking.refresh_from_db()
    assert booking.status == "REDEEMED"

    page.goto(page_of_departure(desk.shop.departure))
    expect(page.locator(".mf-total-in")).to_contain_text("2 of 2")
    assert is_pdf(page, "PDF")

    page.goto(page_of(booking))
    page.get_by_role("link", name="Undo redemption").click()
    page.get_by_role("button", name="Undo redemption").click()
    expect(page.get_by_text("Redemption undone.")).to_be_visible()
    expect(page.get_by_role("link", name="Undo redemption")).to_have_count(0)
    booking.refresh_from_db()
    assert booking.status == "CONFIRMED"

    reader = client_of(FINANCE, username="ines")
    shown = reader.get(page_of(booking)).content.decode()
    assert booking.supplier_reference in shown
    for action in ("redeem", "print_tickets"):
        assert page_of(booking, action) not in shown
        assert reader.get(page_of(booking, action)).status_code == 403


def test_letters_are_seen_before_they_leave(signed_in: SignIn) -> None:
    from tests.admin.staff import Desk, open_shop, page_of_departure

    desk = Desk(open_shop())
    desk.confirmed()
    page = signed_in(group=RESERVATIONS, username="duarte", opens_today=False)

    # A letter in each language, before anything is added to it.
    page.goto("/admin/guest_messages/housenote/")
    page.get_by_role("link", name="Preview letters").first.click()
    for language, regards in (
        ("English", "Kind regards"),
        ("German", "Mit freundlichen Grüßen"),
        ("Portuguese", "Com os melhores cumprimentos"),
    ):
        expect(page.get_by_role("article", name=language)).to_contain_text(regards)

    # A note of the supplier is shown in a tab of its own, and not saved.
    page.get_by_role("link", name="Notes in messages", exact=True).click()
    page.get_by_role("link", name="Add").first.click()
    page.get_by_label("Below").fill("Bring a towel.")
    with page.expect_popup() as letter:
        page.get_by_role("button", name="Preview").click()
    expect(letter.value.get_by_role("article", name="English")).to_contain_text("Bring a towel.")
    assert not HouseNote.objects.exists()

    page.goto(f"/admin/departures/?view=day&date={desk.shop.departure.local_date}")
    page.locator(".dc-actions").get_by_role("link", name="Message").click()
    page.get_by_label("Subject in English").fill("Pontoon 5")
    page.get_by_label("Text in English").fill("Please come to pontoon 5.")
    page.get_by_role("button", name="Show the letters").click()
    expect(page.get_by_role("article", name="English")).to_contain_text("come to pontoon 5")
    assert not Message.objects.exists()
    page.get_by_role("button", name="Send to 1 guest").click()
    page.wait_for_url(f"**{page_of_departure(desk.shop.departure)}")
    assert Message.objects.count() == 1

    reader = client_of(FINANCE, username="ines")
    assert reader.get("/admin/guest_messages/message/").status_code == 200
    write = page_of_departure(desk.shop.departure, "write_to_guests")
    for path in (write, "/admin/guest_messages/housenote/add/"):
        assert reader.get(path).status_code == 403


def is_pdf(page: Page, name: str) -> bool:
    """Return whether a link leads to a PDF: the browser shows it instead of saving it."""
    address = page.get_by_role("link", name=name, exact=True).get_attribute("href")
    return page.request.get(str(address)).body().startswith(b"%PDF")
