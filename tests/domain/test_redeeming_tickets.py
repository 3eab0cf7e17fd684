"""Each used ticket becomes REDEEMED; the booking follows with its last ticket, or its voucher."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from shared_domain.bookings import (
    Booking,
    BookingStatus,
    NothingToSend,
    NotRedeemable,
    redeem_tickets,
)
from shared_domain.bookings.contact import Contact
from tests.domain.samples import (
    ONE_SECOND,
    STARTS_AT,
    make_booking,
    make_confirmed,
    make_pending,
)

LATER = STARTS_AT + ONE_SECOND


def uuids(booking: Booking) -> list[UUID]:
    return [item.uuid for item in booking.unit_items]


def test_one_ticket_after_the_other() -> None:
    confirmed = make_confirmed()
    first, second = uuids(confirmed)

    partly = redeem_tickets(confirmed, frozenset({first}), now=STARTS_AT)
    wholly = redeem_tickets(partly, frozenset({second}), now=LATER)

    assert (partly.status, partly.redeemed_at) == ("CONFIRMED", None)
    assert [item.redeemed_at for item in partly.unit_items] == [STARTS_AT, None]
    assert (wholly.status, wholly.redeemed_at) == ("REDEEMED", LATER)
    assert [item.redeemed_at for item in wholly.unit_items] == [STARTS_AT, LATER]
    assert wholly.status.takes_places


def test_the_voucher_uses_all_that_is_left() -> None:
    confirmed = make_confirmed()
    partly = redeem_tickets(confirmed, frozenset(uuids(confirmed)[:1]), now=STARTS_AT)

    redeemed = redeem_tickets(partly, None, now=LATER)

    assert redeemed.status is BookingStatus.REDEEMED
    assert [item.redeemed_at for item in redeemed.unit_items] == [STARTS_AT, LATER]


def test_a_ticket_admits_once() -> None:
    confirmed = make_confirmed()
    chosen = frozenset(uuids(confirmed)[:1])
    used = redeem_tickets(confirmed, chosen, now=STARTS_AT)

    with pytest.raises(NotRedeemable, match=r"USED_BEFORE: .*PT-SAMPLE-1"):
        redeem_tickets(used, chosen, now=LATER)
    with pytest.raises(NotRedeemable, match=r"USED_BEFORE: .*PT-SAMPLE-1"):
        redeem_tickets(used, frozenset(uuids(confirmed)), now=LATER)


def test_a_voucher_admits_once() -> None:
    redeemed = redeem_tickets(make_confirmed(), None, now=STARTS_AT)

    with pytest.raises(NotRedeemable, match="REDEEMED"):
        redeem_tickets(redeemed, None, now=LATER)


@pytest.mark.parametrize("chosen", [frozenset(), frozenset({uuid4()})], ids=["none", "unknown"])
def test_tickets_must_be_of_this_booking(chosen: frozenset[UUID]) -> None:
    with pytest.raises(NotRedeemable, match="NOT_OF_THIS_BOOKING"):
        redeem_tickets(make_confirmed(), chosen, now=STARTS_AT)


def test_a_test_does_not_admit() -> None:
    with pytest.raises(NotRedeemable, match="TEST_BOOKING"):
        redeem_tickets(replace(make_confirmed(), test_mode=True), None, now=STARTS_AT)


@pytest.mark.parametrize("booking", [make_booking(), make_pending()], ids=["held", "pending"])
def test_only_confirmed_bookings_admit(booking: Booking) -> None:
    with pytest.raises(NotRedeemable, match=booking.status):
        redeem_tickets(booking, None, now=booking.created_at)


def test_tickets_are_sent_again_with_the_same_codes() -> None:
    confirmed = replace(make_confirmed(), contact=Contact(email_address="clara@example.com"))

    sent_again = confirmed.resend_tickets(now=LATER)

    assert sent_again.tickets_due_at == LATER
    assert sent_again.voucher_code == confirmed.voucher_code
    assert sent_again.unit_items == confirmed.unit_items
    assert sent_again.with_tickets_sent(now=LATER).tickets_due_at is None


@pytest.mark.parametrize("booking", [make_confirmed(), make_booking()], ids=["no address", "held"])
def test_there_must_be_tickets_and_a_recipient(booking: Booking) -> None:
    with pytest.raises(NothingToSend):
        booking.resend_tickets(now=LATER)
