"""Staff choose what a cancellation gives back, and see each amount before it happens."""

from typing import Any

import pytest
from django.test import Client

from core_site.bookings.models import Booking, UnitItem
from core_site.catalog.models import Option
from core_site.events.models import Event
from shared_domain import statements
from shared_domain.run_now import run_now
from tests.admin.staff import Desk, page_of, text_of
from tests.harness.data import Shop


def owed(booking: Booking) -> int | None:
    """Return what the partner's statement bills for the booking."""
    from core_site import stores

    billed = run_now(
        statements.statement_line(booking.uuid, access=booking.access, store=stores.statements())
    )
    return None if billed is None else billed.line.owed_minor


@pytest.mark.parametrize(
    ("percent", "by_the_rules"),
    [
        (0, "By the rules: EUR 0.00 back to the guest, the partner owes EUR 36.00"),
        (40, "By the rules: EUR 18.00 back to the guest, the partner owes EUR 21.60"),
        (100, "By the rules: EUR 45.00 back to the guest, the partner owes EUR 0.00"),
    ],
)
def test_every_choice_is_shown_in_money(
    rosa: Client, desk: Desk, percent: int, by_the_rules: str
) -> None:
    Option.objects.update(late_refund_percent=percent)

    page = text_of(rosa.get(page_of(desk.past_cutoff(), "cancel")))

    assert by_the_rules in page
    assert "In full: EUR 45.00 back to the guest, the partner owes EUR 0.00" in page
    assert "None: EUR 0.00 back to the guest, the partner owes EUR 36.00" in page
    assert "Free cancellation was over at" in page
    by_us = "; when we cancel, EUR 45.00 back to the guest, the partner owes EUR 0.00"
    assert (by_us in page) == (percent < 100)


@pytest.mark.parametrize(
    ("choice", "refund", "refunded", "owes"),
    [
        ({}, "PARTIAL", (1800, 1440), 2160),
        ({"refund": "BY_THE_RULES", "initiator": "PARTNER"}, "PARTIAL", (1800, 1440), 2160),
        ({"refund": "BY_THE_RULES", "initiator": "SUPPLIER"}, "FULL", (4500, 3600), 0),
        ({"refund": "FULL", "initiator": "PARTNER"}, "FULL", (4500, 3600), 0),
        ({"refund": "NONE", "initiator": "SUPPLIER"}, "NONE", (0, 0), 3600),
    ],
)
def test_what_was_chosen_is_stored_billed_and_shown(
    rosa: Client,
    desk: Desk,
    choice: dict[str, str],
    refund: str,
    refunded: tuple[int, int],
    owes: int,
) -> None:
    Option.objects.update(late_refund_percent=40)
    late = desk.past_cutoff()

    rosa.post(page_of(late, "cancel"), {"reason": "wind", **choice})

    late.refresh_from_db()
    assert late.cancellation_refund == refund
    assert (late.refund_retail_minor, late.refund_net_minor) == refunded
    item = UnitItem.objects.get()
    assert (item.refund_retail_minor, item.refund_net_minor) == refunded
    assert owed(late) == owes
    initiator = choice.get("initiator", "PARTNER")
    assert late.cancellation_initiator == initiator
    assert Event.objects.get(type="booking.cancelled").data["initiator"] == initiator
    # Terms that change afterwards change nothing of it.
    Option.objects.update(late_refund_percent=77)
    assert owed(late) == owes
    page = text_of(rosa.get(page_of(late)))
    named = {"FULL": "In full", "PARTIAL": "In part", "NONE": "None"}[refund]
    assert f"{named}: EUR {refunded[0] / 100:.2f} back to the guest" in page
    assert f"EUR {owes / 100:.2f} in {late.departure.local_date:%Y-%m}" in page
    assert {"PARTNER": "The partner or its guest", "SUPPLIER": "We, the supplier"}[
        initiator
    ] in page


def test_before_the_cutoff_the_rules_give_everything_back(rosa: Client, desk: Desk) -> None:
    confirmed = desk.confirmed()

    page = text_of(rosa.get(page_of(confirmed, "cancel")))

    assert "By the rules: EUR 45.00 back to the guest, the partner owes EUR 0.00" in page
    assert "when we cancel" not in page
    assert "Free cancellation is over at" in page


def test_a_hold_asks_for_no_refund(rosa: Client, desk: Desk) -> None:
    held = desk.held()

    page = rosa.get(page_of(held, "cancel"))
    assert "nothing is billed, and what was paid is due back" in text_of(page)
    assert 'name="refund"' not in page.content.decode()

    rosa.post(page_of(held, "cancel"), {"reason": "storm", "refund": "NONE"})
    held.refresh_from_db()
    assert held.cancellation_refund == "FULL"
    assert owed(held) is None
    page = text_of(rosa.get(page_of(held)))
    assert "In full: nothing was paid" in page
    assert "not billed" in page


def test_a_test_is_never_billed(rosa: Client, desk: Desk) -> None:
    test = desk.confirmed(test_mode=True)

    assert "a test is never billed" in text_of(rosa.get(page_of(test, "cancel")))
    assert "not billed: a test" in text_of(rosa.get(page_of(test)))


def test_a_booking_says_what_it_will_be_billed(rosa: Client, desk: Desk) -> None:
    confirmed = desk.confirmed()

    page = text_of(rosa.get(page_of(confirmed)))

    assert f"EUR 36.00 in {confirmed.departure.local_date:%Y-%m}" in page


@pytest.mark.parametrize("wrong", [{"refund": "HALF"}, {"initiator": "WEATHER"}])
def test_another_choice_is_refused_and_nothing_is_stored(
    rosa: Client, desk: Desk, wrong: dict[str, Any]
) -> None:
    confirmed = desk.confirmed()

    page = rosa.post(page_of(confirmed, "cancel"), {"reason": "wind", **wrong})

    assert page.status_code == 400
    assert "is not one of the available choices" in text_of(page)
    confirmed.refresh_from_db()
    assert confirmed.status == "CONFIRMED"


def test_the_partner_is_told_what_staff_decided(rosa: Client, shop: Shop, desk: Desk) -> None:
    late = desk.past_cutoff()

    rosa.post(page_of(late, "cancel"), {"reason": "wind", "initiator": "SUPPLIER"})

    assert shop.alice == late.partner_id
    late.refresh_from_db()
    assert (late.cancellation_refund, late.cancellation_reason) == ("FULL", "wind")


def test_the_page_says_what_was_kept_for_cancelled_tickets(rosa: Client, desk: Desk) -> None:
    booking = desk.confirmed("adult", "adult")
    page = page_of(booking)
    assert "kept for cancelled tickets" not in text_of(rosa.get(page))
    ticket = str(booking.unit_items.all()[0].uuid)
    form = {"tickets": [ticket], "initiator": "PARTNER", "refund": "NONE"}
    shown = rosa.post(page_of(booking, "cancel_tickets"), form)

    rosa.post(
        page_of(booking, "cancel_tickets"),
        form | {"reviewed": shown.context["confirmation"].reviewed},
    )

    assert "Of it kept for cancelled tickets EUR 45.00" in text_of(rosa.get(page))
