"""Rebooking takes places on the new slot, then frees the old ones; a refusal changes nothing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from core_site.bookings.models import UnitItem
from core_site.catalog.models import Departure
from core_site.events.models import Event
from shared_domain import availability, bookings, catalog
from shared_domain.bookings import Booking, BookingChange, UnitItemRequest
from shared_domain.catalog import ContactField
from shared_domain.run_now import run_now
from tests.harness.data import (
    NOW,
    Shop,
    add_departure,
    add_product,
    bookings_on_django,
    live,
    open_shop,
)


@pytest.fixture
def shop(db: None) -> Shop:
    return open_shop()


@pytest.fixture
def later(shop: Shop) -> Departure:
    return add_departure(shop.kayak, starts_at=datetime(2026, 7, 20, 8, 30, tzinfo=UTC), capacity=3)


@pytest.fixture
def confirmed(shop: Shop) -> Booking:
    store = bookings_on_django()
    held = run_now(
        bookings.reserve_booking(
            shop.reservation("adult", "child", uuid=uuid4()),
            access=live(shop.alice),
            now=NOW,
            store=store,
        )
    )
    return run_now(
        bookings.confirm_booking(
            held.uuid, BookingChange(), access=live(shop.alice), now=NOW, store=store
        )
    )


def change(booking: Booking, *, now: Any = NOW, by_staff: bool = False, **changes: Any) -> Booking:
    return run_now(
        bookings.update_booking(
            booking.uuid,
            BookingChange(**changes),
            access=booking.access,
            now=now,
            by_staff=by_staff,
            store=bookings_on_django(),
        )
    )


def reserved(*departures: Departure) -> list[int]:
    return [Departure.objects.get(pk=departure.pk).reserved for departure in departures]


def test_places_move_to_the_new_slot(shop: Shop, confirmed: Booking, later: Departure) -> None:
    moved = change(confirmed, availability_id=later.availability_id)

    assert moved.status == "CONFIRMED"
    assert moved.departure is not None
    assert moved.departure.reserved == 2
    assert reserved(shop.departure, later) == [0, 2]
    assert Event.objects.filter(type="booking.updated").count() == 1


def test_tickets_keep_their_codes(confirmed: Booking, later: Departure) -> None:
    moved = change(confirmed, availability_id=later.availability_id)

    assert moved.voucher_code == confirmed.voucher_code
    assert [item.ticket_code for item in moved.unit_items] == [
        item.ticket_code for item in confirmed.unit_items
    ]


def test_new_tickets_get_codes_and_numbers_of_their_own(confirmed: Booking) -> None:
    first, second = confirmed.unit_items
    kept = UnitItemRequest(unit_code="adult", uuid=first.uuid)

    changed = change(confirmed, unit_items=(kept, UnitItemRequest(unit_code="adult")))

    new = changed.unit_items[1]
    assert new.ticket_code not in (None, first.ticket_code, second.ticket_code)
    assert new.supplier_reference == f"{confirmed.supplier_reference}-3"
    assert not UnitItem.objects.filter(uuid=second.uuid).exists()


def test_codes_stay_when_the_product_is_delivered_in_another_way(
    shop: Shop, confirmed: Booking, later: Departure
) -> None:
    issued = confirmed.voucher_code, [item.ticket_code for item in confirmed.unit_items]
    shop.kayak.delivery_methods = ["VOUCHER"] if issued[0] is None else ["TICKET"]
    shop.kayak.save()

    moved = change(confirmed, availability_id=later.availability_id)

    assert (moved.voucher_code, [item.ticket_code for item in moved.unit_items]) == issued


def test_new_tickets_get_codes_where_staff_have_sent_the_others(
    shop: Shop, confirmed: Booking
) -> None:
    shop.kayak.delivery_methods = ["TICKET"]
    shop.kayak.instant_delivery = False
    shop.kayak.save()
    kept = tuple(
        UnitItemRequest(unit_code=item.unit.code, uuid=item.uuid) for item in confirmed.unit_items
    )

    changed = change(confirmed, unit_items=(*kept, UnitItemRequest(unit_code="adult")))

    assert all(item.ticket_code for item in changed.unit_items)


@pytest.mark.parametrize(
    ("break_it", "refusal"),
    [
        ({"capacity": 1}, bookings.SoldOut),
        ({"is_open": False}, bookings.DepartureClosed),
        ({"booking_cutoff_at": NOW}, bookings.DepartureClosed),
        ({"max_units": 1}, bookings.PartyRefused),
    ],
)
def test_a_slot_that_refuses_changes_nothing(
    shop: Shop,
    confirmed: Booking,
    later: Departure,
    break_it: dict[str, Any],
    refusal: type[Exception],
) -> None:
    Departure.objects.filter(pk=later.pk).update(**break_it)

    with pytest.raises(refusal):
        change(confirmed, availability_id=later.availability_id)

    assert reserved(shop.departure, later) == [2, 0]
    assert Event.objects.filter(type__startswith="booking.").count() == 2


def test_what_does_not_exist_is_named(confirmed: Booking) -> None:
    with pytest.raises(availability.AvailabilityNotFound):
        change(confirmed, availability_id="2026-07-15T09:30:00+01:00")
    with pytest.raises(catalog.ProductNotFound):
        change(confirmed, product_code="canoe")
    with pytest.raises(catalog.OptionNotFound):
        change(confirmed, option_code="EVENING")
    with pytest.raises(bookings.UnitItemsMissing):
        change(confirmed, unit_items=())


def test_to_another_product_at_the_same_time(shop: Shop, confirmed: Booking) -> None:
    canoe = add_product("canoe", partners=(shop.alice,))
    departure = add_departure(canoe)

    moved = change(confirmed, product_code="canoe")

    assert moved.product.code == "canoe"
    assert [item.unit.code for item in moved.unit_items] == ["adult", "child"]
    assert reserved(shop.departure, departure) == [0, 2]


def test_a_lapsed_hold_makes_room_at_its_moment(
    shop: Shop, confirmed: Booking, later: Departure
) -> None:
    wish = shop.reservation(*["adult"] * 3, uuid=uuid4(), availability_id=later.availability_id)
    run_now(
        bookings.reserve_booking(wish, access=live(shop.bob), now=NOW, store=bookings_on_django())
    )
    expiry = NOW + timedelta(minutes=30)

    with pytest.raises(bookings.SoldOut):
        change(
            confirmed,
            availability_id=later.availability_id,
            now=expiry - timedelta(microseconds=1),
        )
    change(confirmed, availability_id=later.availability_id, now=expiry)

    assert reserved(later) == [2]


def test_a_confirmed_booking_cannot_lose_a_contact_it_needs(shop: Shop, confirmed: Booking) -> None:
    shop.kayak.options.update(required_contact_fields=["firstName"])
    change(confirmed, contact={"first_name": "Clara"})

    with pytest.raises(bookings.ContactIncomplete):
        change(confirmed, contact={"first_name": ""})


def test_what_is_required_since_the_confirmation_stands_in_no_changes_way(
    shop: Shop, confirmed: Booking
) -> None:
    shop.kayak.options.update(required_contact_fields=["firstName"])
    shop.kayak.options.get().units.update(required_contact_fields=["lastName"])
    child = UnitItemRequest(unit_code="child", uuid=confirmed.unit_items[1].uuid)
    adult = UnitItemRequest(unit_code="adult", uuid=confirmed.unit_items[0].uuid)

    assert change(confirmed, notes="Vegetarian lunch").notes == "Vegetarian lunch"
    assert change(confirmed, unit_items=(adult,)).places == 1
    with pytest.raises(bookings.ContactIncomplete) as refused:
        change(confirmed, unit_items=(adult, replace(child, uuid=None)))
    assert refused.value.missing == (bookings.MissingContactField(ContactField.LAST_NAME, 1),)


def test_a_partners_change_does_not_pass_by_the_decision_of_staff(
    shop: Shop, confirmed: Booking, later: Departure
) -> None:
    shop.kayak.instant_confirmation = False
    shop.kayak.save()
    adult, child = (
        UnitItemRequest(unit_code=item.unit.code, uuid=item.uuid) for item in confirmed.unit_items
    )
    more = (adult, child, UnitItemRequest(unit_code="adult"))
    elsewhere = {"availability_id": later.availability_id}

    for refused in (elsewhere, {"unit_items": more}, {"unit_items": more[1:]}):
        with pytest.raises(bookings.AgreementMissing):
            change(confirmed, **refused)

    assert reserved(shop.departure, later) == [2, 0]
    changed = change(confirmed, contact={"notes": "Nut allergy"}, unit_items=(adult,))
    assert [item.uuid for item in changed.unit_items] == [adult.uuid]
    assert change(confirmed, by_staff=True, **elsewhere).status == "CONFIRMED"


def test_what_is_final_cannot_be_changed(confirmed: Booking) -> None:
    assert confirmed.cancellation_deadline is not None

    with pytest.raises(bookings.NotCancellable, match="CHANGE"):
        change(confirmed, notes="late", now=confirmed.cancellation_deadline)


def test_the_time_of_a_pick_up_was_said_for_one_hotel_and_one_product(
    shop: Shop, confirmed: Booking
) -> None:
    change(confirmed, pickup_hotel="Hotel do Chiado", pickup_time="08:05")

    same = change(confirmed, pickup_hotel=" Hotel do Chiado ", notes="a pram")
    other = change(confirmed, pickup_hotel="Hotel Avenida")
    said_anew = change(confirmed, pickup_hotel="Hotel do Chiado", pickup_time="08:10")
    canoe = add_product("canoe", partners=(shop.alice,))
    slot = add_departure(canoe, starts_at=shop.departure.starts_at)
    rebooked = change(confirmed, product_code="canoe", availability_id=slot.availability_id)

    times = [booking.pickup_time for booking in (same, other, said_anew, rebooked)]
    assert times == ["08:05", None, "08:10", None]
    assert rebooked.pickup_hotel == "Hotel do Chiado"


def test_an_email_that_is_not_wanted_any_more_does_not_leave(confirmed: Booking) -> None:
    wanted = change(
        confirmed, email_receipt=True, contact={"email_address": "clara.duarte@example.com"}
    )

    unwanted = change(confirmed, email_receipt=False)

    assert (wanted.tickets_due_at, unwanted.tickets_due_at) == (NOW, None)
