"""A hold is confirmed until the moment it runs out, once its guests are named."""

from datetime import timedelta
from typing import Any

import pytest

from shared_domain.bookings import (
    Booking,
    BookingStatus,
    ContactIncomplete,
    HoldExpired,
    MissingContactField,
    WrongStatus,
)
from shared_domain.bookings.contact import Contact
from shared_domain.catalog import ContactField, DeliveryMethod
from tests.domain.samples import (
    ADULT,
    NOW,
    ONE_SECOND,
    build_unit_items,
    make_booking,
    make_confirmed,
    make_departure,
    make_option,
    make_pending,
    make_product,
    make_unit,
)

EXPIRY = NOW + timedelta(minutes=30)
ONE_MICROSECOND = timedelta(microseconds=1)


def test_in_the_last_moment() -> None:
    confirmed = make_booking().confirm(now=EXPIRY - ONE_MICROSECOND)

    assert confirmed.status is BookingStatus.CONFIRMED
    assert confirmed.confirmed_at == confirmed.updated_at == EXPIRY - ONE_MICROSECOND
    assert confirmed.hold_expires_at is None


@pytest.mark.parametrize("late", [timedelta(0), ONE_SECOND, timedelta(days=400)])
def test_too_late(late: timedelta) -> None:
    held = make_booking()

    assert held.status_at(EXPIRY + late) is BookingStatus.EXPIRED
    with pytest.raises(HoldExpired) as refused:
        held.confirm(now=EXPIRY + late)
    assert refused.value.uuid == str(held.uuid)


def test_the_slots_cut_off_counts_as_well() -> None:
    departure = make_departure(booking_cutoff_at=NOW + timedelta(minutes=10))
    held = make_booking(departure=departure)

    assert held.confirm(now=NOW + timedelta(minutes=10) - ONE_SECOND)
    with pytest.raises(HoldExpired):
        held.confirm(now=NOW + timedelta(minutes=10))


def test_a_slot_closed_by_staff_keeps_its_guests() -> None:
    held = make_booking(departure=make_departure(is_open=False))

    assert held.confirm(now=NOW).status is BookingStatus.CONFIRMED


@pytest.mark.parametrize("done", [make_confirmed(), make_pending()], ids=["confirmed", "pending"])
def test_twice_changes_nothing(done: Booking) -> None:
    assert done.confirm(now=NOW + timedelta(days=1)) is done


@pytest.mark.parametrize("status", ["CANCELLED", "REJECTED", "REDEEMED"])
def test_what_is_over_stays_over(status: str) -> None:
    over = make_booking(status=BookingStatus(status), hold_expires_at=None)

    with pytest.raises(WrongStatus, match=status):
        over.confirm(now=NOW)


def test_staff_must_agree_where_nothing_is_instant() -> None:
    held = make_booking(product=make_product(instant_confirmation=False))

    pending = held.confirm(now=NOW)

    assert pending.status is BookingStatus.PENDING
    assert pending.hold_expires_at is pending.confirmed_at is pending.voucher_code is None
    accepted = pending.accept(now=NOW + ONE_SECOND)
    assert (accepted.status, accepted.confirmed_at) == ("CONFIRMED", NOW + ONE_SECOND)
    assert accepted.voucher_code
    rejected = pending.reject(now=NOW)
    assert rejected.status is BookingStatus.REJECTED
    assert not rejected.status.takes_places


@pytest.mark.parametrize("booking", [make_booking(), make_confirmed()], ids=["held", "confirmed"])
def test_only_what_is_pending_is_accepted_or_rejected(booking: Booking) -> None:
    with pytest.raises(WrongStatus, match="PENDING"):
        booking.accept(now=NOW)
    with pytest.raises(WrongStatus, match="PENDING"):
        booking.reject(now=NOW)


def needing(*of_option: ContactField, of_unit: tuple[ContactField, ...] = ()) -> dict[str, Any]:
    option = make_option(required_contact_fields=of_option)
    unit = make_unit(required_contact_fields=of_unit)
    return {
        "product": make_product(options=(option,)),
        "unit_items": build_unit_items(unit, ADULT),
    }


def test_every_missing_field_is_named() -> None:
    held = make_booking(
        **needing(
            ContactField.FIRST_NAME,
            ContactField.LAST_NAME,
            ContactField.LOCALES,
            of_unit=(ContactField.EMAIL_ADDRESS,),
        ),
        contact=Contact(first_name="Clara"),
    )

    with pytest.raises(ContactIncomplete) as refused:
        held.confirm(now=NOW)

    assert refused.value.missing == (
        MissingContactField(ContactField.LAST_NAME),
        MissingContactField(ContactField.LOCALES),
        MissingContactField(ContactField.EMAIL_ADDRESS, ticket=0),
    )


def test_a_full_name_stands_for_both_names() -> None:
    held = make_booking(
        **needing(ContactField.FIRST_NAME, ContactField.LAST_NAME),
        contact=Contact(full_name="Clara Duarte"),
    )

    assert held.confirm(now=NOW).status is BookingStatus.CONFIRMED


@pytest.mark.parametrize(
    ("methods", "has_voucher", "has_tickets"),
    [
        ((DeliveryMethod.VOUCHER,), True, False),
        ((DeliveryMethod.TICKET,), False, True),
        ((DeliveryMethod.TICKET, DeliveryMethod.VOUCHER), True, True),
    ],
)
def test_codes_are_issued_as_the_product_is_delivered(
    methods: tuple[DeliveryMethod, ...], has_voucher: bool, has_tickets: bool
) -> None:
    held = make_booking(product=make_product(delivery_methods=methods))

    confirmed = held.confirm(now=NOW)

    assert bool(confirmed.voucher_code) is has_voucher
    codes = {item.ticket_code for item in confirmed.unit_items}
    assert codes == {None} or (has_tickets and None not in codes and len(codes) == 2)
    assert (codes != {None}) is has_tickets


def test_without_instant_delivery_codes_come_later() -> None:
    held = make_booking(product=make_product(instant_delivery=False))

    assert held.confirm(now=NOW).voucher_code is None


@pytest.mark.parametrize(
    ("email_receipt", "address", "is_owed"),
    [(True, "clara@example.com", True), (True, None, False), (False, "clara@example.com", False)],
)
def test_the_guest_is_owed_an_e_mail_when_asked_for(
    email_receipt: bool, address: str | None, is_owed: bool
) -> None:
    held = make_booking(email_receipt=email_receipt, contact=Contact(email_address=address))

    assert (held.confirm(now=NOW).tickets_due_at == NOW) is is_owed
