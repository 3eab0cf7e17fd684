"""Finance records a payment, sees the balance, and settles a refund that a cancellation owes."""

import re

import pytest
from django.utils import timezone

from core_site import stores
from core_site.bookings.models import Booking
from shared_domain import bookings
from shared_domain.run_now import run_now
from tests.admin.staff import Desk
from tests.back_office.sign_in import SignIn
from tests.payments.ledgers import balance_of, open_direct_shop

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FINANCE = (
    *("bookings.view_booking", "payments.view_entry", "payments.view_account"),
    *("payments.add_entry", "payments.refund_entry"),
)


def test_a_payment_and_its_refund(signed_in: SignIn) -> None:
    desk = Desk(open_direct_shop())
    booking = desk.confirmed("adult", "adult")
    page = signed_in(*FINANCE, username="ines", opens_today=False)

    page.goto(f"/admin/bookings/booking/{booking.pk}/change/")
    page.get_by_role("link", name="EUR 90.00 due").wait_for()
    page.get_by_role("link", name="Record payment").click()
    page.get_by_label("Reference").fill("T-1704")
    page.get_by_role("button", name="Record payment").click()
    page.get_by_role("link", name="settled", exact=True).wait_for()
    page.get_by_text("T-1704").wait_for()
    # On a tablet no word of the ledger is broken in two.
    page.set_viewport_size({"width": 800, "height": 1180})
    what = page.locator(".bk-table td", has_text="Received").first
    lines = "(cell) => { const text = new Range(); text.selectNodeContents(cell.firstChild);"
    assert what.evaluate(lines + " return text.getClientRects().length; }") == 1

    cancel(booking)
    page.goto("/admin/")
    page.get_by_role("link", name=re.compile("Refunds due")).first.click()
    page.get_by_text("EUR 90.00 to refund").first.wait_for()
    page.get_by_role("link", name="Refund", exact=True).click()
    page.get_by_role("button", name="Record refund").click()
    page.get_by_text("EUR 90.00 recorded; now settled").wait_for()

    assert balance_of(Booking.objects.get(pk=booking.pk)).is_settled


def cancel(booking: Booking) -> None:
    run_now(
        bookings.cancel_booking(
            booking.uuid,
            reason=None,
            access=booking.access,
            now=timezone.now(),
            store=stores.bookings(),
        )
    )
