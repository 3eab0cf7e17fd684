"""On the telephone: the guest's mail was refused, and the tickets go to another address."""

import pytest
from playwright.sync_api import expect

from tests.back_office.sign_in import SignIn, links_of

pytestmark = pytest.mark.browser


def test_from_the_booking_to_another_address(signed_in: SignIn) -> None:
    from django.core import mail
    from django.utils import timezone

    from core_site.messages.jobs import send_messages
    from core_site.messages.models import Message
    from tests.admin.staff import Desk, logged_in, open_shop, page_of, text_of

    booking = Desk(open_shop()).confirmed()
    Message.objects.create(
        booking=booking, partner=booking.partner, test_mode=False, kind="TICKETS", language="en",
        outcome="REFUSED", reason="RECIPIENT", stands_since=timezone.now(), recipient="c@x.example",
    )  # fmt: skip
    page = signed_in(
        *("bookings.view_booking", "bookings.change_booking", "bookings.view_personal_data"),
        "guest_messages.view_message",
        opens_today=False,
    )
    page.goto(page_of(booking))
    panel = page.get_by_role("region", name="Messages to the guest")
    expect(panel).to_contain_text("The mail server refuses the recipient's address.")

    panel.get_by_role("link", name="Send again").press("Enter")
    page.get_by_label("Another address, this once").check()
    page.get_by_label("Another address", exact=True).fill("ana@example.com")
    page.get_by_role("button", name="Send again").click()

    expect(page.get_by_text("it leaves within a minute or two")).to_be_visible()
    expect(panel).to_contain_text("Waiting")
    send_messages()
    page.reload()
    expect(panel).to_contain_text("Accepted")
    expect(panel).to_contain_text("to ana@example.com")
    assert [letter.to for letter in mail.outbox] == [["ana@example.com"]]

    # The list of messages leads back to the booking by what looks as a link.
    page.goto("/admin/guest_messages/message/")
    cells = page.locator("#result_list tbody tr").first
    back = cells.get_by_role("link", name=booking.supplier_reference)
    colour = "(element) => getComputedStyle(element).color"
    assert back.evaluate(colour) != cells.locator("td.field-partner").evaluate(colour)

    viewer = logged_in("bookings.view_booking", "guest_messages.view_message", username="bruno")
    shown = viewer.get(page_of(booking))
    assert "Messages to the guest" in text_of(shown)
    assert "ana@example.com" not in shown.content.decode()
    assert "Send again" not in " ".join(links_of(shown))
