"""Repeating a reservation with its uuid gives the same booking; other content is refused."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from core_site.bookings.models import Booking as Row
from core_site.events.models import Event
from shared_domain import bookings
from shared_domain.bookings import (
    Booking,
    BookingChange,
    BookingStatus,
    ReservationRequest,
    UnitItemRequest,
)
from shared_domain.partners import PartnerId
from shared_domain.run_now import run_now
from tests.harness.data import NOW, Shop, bookings_on_django, live, open_shop

A_UUID = UUID("0b6f2a54-8c1e-4d37-9a60-5e2f7c3b9d18")


@pytest.fixture
def shop(db: None) -> Shop:
    return open_shop()


@pytest.fixture
def wish(shop: Shop) -> ReservationRequest:
    return shop.reservation("adult", "adult", uuid=A_UUID)


def reserve(wish: ReservationRequest, partner_id: PartnerId, now: Any = NOW) -> Booking:
    return run_now(
        bookings.reserve_booking(wish, access=live(partner_id), now=now, store=bookings_on_django())
    )


def test_the_repeat_gets_the_same_booking(shop: Shop, wish: ReservationRequest) -> None:
    first = reserve(wish, shop.alice)

    assert reserve(wish, shop.alice, NOW + timedelta(minutes=1)) == first
    assert Row.objects.count() == Event.objects.filter(booking_uuid=first.uuid).count() == 1
    shop.departure.refresh_from_db()
    assert shop.departure.reserved == 2


@pytest.mark.parametrize(
    "written_out",
    [
        {"expiration_minutes": 30},
        {"contact": {"first_name": None, "notes": ""}},
        {
            "unit_items": tuple(
                UnitItemRequest(unit_code="adult", reseller_reference=None) for _ in "12"
            )
        },
    ],
)
def test_what_was_left_out_may_be_written_out(
    shop: Shop, wish: ReservationRequest, written_out: dict[str, Any]
) -> None:
    first = reserve(wish, shop.alice)

    assert reserve(replace(wish, **written_out), shop.alice) == first


def test_as_it_is_by_then(shop: Shop, wish: ReservationRequest) -> None:
    first = reserve(wish, shop.alice)
    confirmed = run_now(
        bookings.confirm_booking(
            first.uuid,
            BookingChange(),
            access=live(shop.alice),
            now=NOW,
            store=bookings_on_django(),
        )
    )

    assert reserve(wish, shop.alice) == confirmed


def test_after_the_hold_has_run_out_it_is_the_expired_one(
    shop: Shop, wish: ReservationRequest
) -> None:
    reserve(wish, shop.alice)
    later = NOW + timedelta(minutes=30)

    again = reserve(wish, shop.alice, later)

    assert again.status_at(later) is BookingStatus.EXPIRED
    assert Row.objects.count() == 1


def test_even_when_the_slot_is_full_or_gone_by_now(shop: Shop, wish: ReservationRequest) -> None:
    first = reserve(wish, shop.alice)
    shop.departure.capacity = 2
    shop.departure.is_open = False
    shop.departure.save()

    assert reserve(wish, shop.alice).id == first.id


WITH_TEXTS = {
    "contact": {
        "first_name": "Clara",
        "email_address": "clara@example.com",
        "phone_number": "+351210000000",
        "country": "PT",
        "locales": ["pt-PT"],
    },
    "notes": "Vegetarian\nlunch",
    "reseller_reference": "TRV-1",
    "unit_items": (UnitItemRequest(unit_code="adult", reseller_reference="T-1"),),
}


@pytest.mark.parametrize(
    ("field", "spelled"),
    [
        ("contact", {"first_name": "Clara\u00a0"}),
        ("contact", {"email_address": " clara@EXAMPLE.com"}),
        ("contact", {"phone_number": "210 000 000"}),
        ("contact", {"country": "pt"}),
        ("contact", {"locales": ("PT_pt", "pt-PT")}),
        ("contact", {"last_name": "\u200b"}),
        ("notes", "Vegetarian\r\nlunch "),
        ("reseller_reference", "\tTRV-1"),
        ("unit_items", (UnitItemRequest(unit_code="adult", reseller_reference="T-1\n"),)),
    ],
)
def test_texts_that_are_stored_alike_are_alike(
    shop: Shop, wish: ReservationRequest, field: str, spelled: Any
) -> None:
    wish = replace(wish, **WITH_TEXTS)
    first = reserve(wish, shop.alice)
    differently = wish.contact | spelled if field == "contact" else spelled

    assert reserve(replace(wish, **{field: differently}), shop.alice) == first


PLAIN = ReservationRequest(
    product_code="kayak",
    option_code="DEFAULT",
    availability_id="2026-07-14T09:30:00+01:00",
    unit_items=(
        UnitItemRequest(unit_code="adult", contact={"first_name": "Ana"}),
        UnitItemRequest(unit_code="adult", reseller_reference="T-1"),
    ),
    uuid=A_UUID,
    contact={
        "first_name": "Clara",
        "last_name": "Duarte",
        "email_address": "clara.duarte@example.com",
        "phone_number": "+351210000000",
        "country": "PT",
        "locales": ["pt-PT", "en"],
    },
    notes="Vegetarian lunch",
    reseller_reference="TRV-2026-88310",
    email_receipt=True,
    currency="EUR",
)

AS_TYPED = replace(
    PLAIN,
    contact={**PLAIN.contact, "phone_number": "+351 210 000 000"},
    reseller_reference="TRV-2026-88310 ",
)


@pytest.mark.parametrize(
    ("wish", "stored_before_texts_were_normalised"),
    [
        (PLAIN, "18158e83fd92bcc48523e4ee35802c4672ab4da18b291c06800b546baadaacf8"),
        (AS_TYPED, "3ccfd5e6abe2e5010897da3888502e9c7266f14dfa3f09b081af030082329503"),
    ],
)
def test_a_repeat_across_an_upgrade_is_a_repeat(
    wish: ReservationRequest, stored_before_texts_were_normalised: str
) -> None:
    by_alice = live(PartnerId(1))
    fingerprint = PLAIN.fingerprint(by_alice)

    assert wish.matches_fingerprint(bytes.fromhex(stored_before_texts_were_normalised), by_alice)
    assert wish.matches_fingerprint(fingerprint, by_alice)
    assert not replace(wish, notes="Lunch").matches_fingerprint(fingerprint, by_alice)


@pytest.mark.parametrize(
    "other",
    [
        {"unit_items": (UnitItemRequest(unit_code="adult"),)},
        {"unit_items": (UnitItemRequest(unit_code="adult"), UnitItemRequest(unit_code="child"))},
        {"unit_items": (UnitItemRequest(unit_code="adult", contact={"first_name": "Ana"}),) * 2},
        {"unit_items": (UnitItemRequest(unit_code="adult", reseller_reference="unset"),) * 2},
        {"contact": {"first_name": "Ana"}},
        {"notes": "hello"},
        {"reseller_reference": "TRV-1"},
        {"email_receipt": True},
        {"expiration_minutes": 31},
        {"currency": "GBP"},
        {"availability_id": "2026-07-15T09:30:00+01:00"},
        {"product_code": "canoe"},
    ],
    ids=lambda different: next(iter(different)),
)
def test_other_content_is_refused(
    shop: Shop, wish: ReservationRequest, other: dict[str, Any]
) -> None:
    reserve(wish, shop.alice)

    with pytest.raises(bookings.UuidTaken) as refused:
        reserve(replace(wish, **other), shop.alice)

    assert refused.value.uuid == str(A_UUID)
    assert Row.objects.count() == 1


def test_anothers_uuid_is_as_good_as_any_other(shop: Shop, wish: ReservationRequest) -> None:
    ours = reserve(wish, shop.alice)

    theirs = reserve(replace(wish, notes="other"), shop.bob)

    assert (theirs.uuid, theirs.partner_id, theirs.notes) == (ours.uuid, shop.bob, "other")
    assert theirs.id != ours.id
    assert reserve(wish, shop.alice).id == ours.id


def test_the_order_of_keys_does_not_matter(shop: Shop, wish: ReservationRequest) -> None:
    contact = {"first_name": "Ana", "last_name": "Dias"}
    first = reserve(replace(wish, contact=contact), shop.alice)

    again = reserve(replace(wish, contact=dict(reversed(contact.items()))), shop.alice)

    assert again.id == first.id


def test_a_refused_reservation_leaves_its_uuid_free(shop: Shop, wish: ReservationRequest) -> None:
    with pytest.raises(bookings.SoldOut):
        reserve(replace(wish, unit_items=(UnitItemRequest(unit_code="family"),) * 3), shop.alice)

    assert reserve(wish, shop.alice).uuid == A_UUID


def test_without_a_uuid_every_reservation_is_a_new_one(
    shop: Shop, wish: ReservationRequest
) -> None:
    wish = replace(wish, uuid=None)

    assert reserve(wish, shop.alice).uuid != reserve(wish, shop.alice).uuid
