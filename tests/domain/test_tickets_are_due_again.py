"""When what the tickets' e-mail says changes, a guest who relies on it is sent it again."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared_domain.bookings import Booking
from shared_domain.bookings.contact import Contact
from tests.domain.samples import NOW, make_booking, make_confirmed, make_pending

LATER = NOW + timedelta(hours=1)
REACHABLE = Contact(email_address="clara@example.com")


@pytest.mark.parametrize(
    ("email_receipt", "was_sent"), [(True, False), (False, True), (True, True)]
)
def test_a_guest_who_asked_for_it_or_had_it(email_receipt: bool, was_sent: bool) -> None:
    booking = make_confirmed(
        contact=REACHABLE, email_receipt=email_receipt, tickets_sent_at=NOW if was_sent else None
    )

    due = booking.with_tickets_due(now=LATER)

    assert due == replace(booking, tickets_due_at=LATER)


@pytest.mark.parametrize(
    "booking",
    [
        make_confirmed(contact=REACHABLE),
        make_confirmed(email_receipt=True),
        replace(
            make_confirmed(contact=REACHABLE, email_receipt=True, unit_items=()), voucher_code=None
        ),
        make_booking(contact=REACHABLE, email_receipt=True),
        make_pending(contact=REACHABLE, email_receipt=True),
    ],
    ids=["never asked for", "no address", "not issued", "on hold", "pending"],
)
def test_no_other_tickets_are_due(booking: Booking) -> None:
    assert booking.with_tickets_due(now=LATER) is booking


def test_what_was_sent_is_remembered() -> None:
    sent = make_confirmed(contact=REACHABLE, tickets_due_at=NOW).with_tickets_sent(now=LATER)

    assert (sent.tickets_due_at, sent.tickets_sent_at) == (None, LATER)


def test_without_an_address_nothing_was_sent() -> None:
    settled = make_confirmed(tickets_due_at=NOW).with_tickets_sent(now=LATER)

    assert (settled.tickets_due_at, settled.tickets_sent_at) == (None, None)
