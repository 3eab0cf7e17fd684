"""A dialog shows what its change makes of the balance, where the guest pays us."""

from datetime import timedelta

from django.test import Client

from core_site.catalog.models import Price
from tests.admin.staff import Desk, logged_in, page_of, text_of
from tests.admin.test_changing_a_booking import effects, filled_in, unit_field
from tests.harness.data import add_departure
from tests.payments.ledgers import receive


def test_what_more_guests_and_a_move_leave_to_be_paid(rosa: Client, desk: Desk) -> None:
    booking = desk.confirmed()
    receive(booking, 4000)
    edit, move = (page_of(booking, name) for name in ("edit", "move"))

    more = rosa.post(edit, filled_in(rosa.get(edit), **{unit_field("adult"): "2"}))
    assert effects(more)["Balance"] == ("EUR 5.00 due", "EUR 50.00 due")

    leaves_at = desk.shop.departure.starts_at + timedelta(days=1)
    slot = {"availability_id": add_departure(desk.shop.kayak, starts_at=leaves_at).availability_id}
    Price.objects.update(original_minor=3500, retail_minor=3500)
    cheaper = effects(rosa.post(move, slot | {"price": "new"}))
    assert cheaper["Balance"] == ("EUR 5.00 due", "EUR 5.00 to refund")
    assert "Balance" not in effects(rosa.post(move, slot | {"price": "kept"}))


def test_who_may_not_see_payments_is_shown_none(desk: Desk) -> None:
    booking = desk.admissible()
    receive(booking, 1000)
    other = logged_in("bookings.view_booking", "bookings.change_booking", username="bruno")
    redeem, edit = (page_of(booking, name) for name in ("redeem", "edit"))

    more = other.post(edit, filled_in(other.get(edit), **{unit_field("adult"): "2"}))

    assert "Price for the guest" in effects(more)
    assert "Balance" not in text_of(more) + text_of(other.get(redeem))


def test_what_goes_back_to_a_guest_who_is_rejected(rosa: Client, desk: Desk) -> None:
    pending = desk.pending()
    receive(pending, 4500)

    assert effects(rosa.get(page_of(pending, "reject")))["Balance"] == (
        "settled", "EUR 45.00 to refund"
    )  # fmt: skip
    assert "Balance" not in effects(rosa.get(page_of(pending, "accept")))


def test_a_hold_that_was_paid_is_not_said_to_be_unpaid(rosa: Client, desk: Desk) -> None:
    held = desk.held()
    receive(held, 4500)

    rosa.post(page_of(held, "cancel"), {"reason": "storm"})

    page = text_of(rosa.get(page_of(held)))
    assert "In full: EUR 45.00 off the price" in page
    assert "EUR 45.00 to refund" in page
    assert "nothing was paid" not in page


def test_who_is_let_in_is_seen_to_owe(rosa: Client, desk: Desk) -> None:
    booking = desk.admissible()
    receive(booking, 1000)

    assert "Balance EUR 35.00 due" in text_of(rosa.get(page_of(booking, "redeem")))
