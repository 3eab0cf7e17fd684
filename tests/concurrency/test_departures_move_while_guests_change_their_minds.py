"""Departures move with their guests while partners book and cancel: all who stay are told."""

from datetime import time
from uuid import uuid4

from core_site.bookings.models import Booking, MoveNotice
from core_site.catalog.models import Departure, Schedule
from core_site.events.models import Event
from shared_domain.availability import WithGuests
from shared_domain.bookings import BookingChange, UnitItemRequest
from shared_domain.catalog import OptionId
from tests.concurrency.callers import Callers, call
from tests.harness.data import NOW, Shop, live

LIVE = ("ON_HOLD", "CONFIRMED")


def test_moving_reserving_changing_and_cancelling(shop: Shop, url: str, callers: Callers) -> None:
    option_id = OptionId(shop.kayak.options.get().pk)
    moving = call("generate_departures", option_id, now=NOW, with_guests=WithGuests.MOVE)
    callers.all_at_once(url, [moving])
    departures = list(Departure.objects.filter(option=option_id).order_by("id")[:12])
    uuids = [uuid4() for _ in range(24)]
    by_partner = {"access": live(shop.alice), "now": NOW}
    reserving = [
        call(
            "reserve_booking",
            shop.reservation(uuid=uuid, availability_id=departure.availability_id),
            **by_partner,
        )
        for uuid, departure in zip(uuids, departures * 2, strict=True)
    ]
    assert {outcome.said for outcome in callers.all_at_once(url, reserving)} == {"ON_HOLD"}
    Schedule.objects.update(start_times=[time(16)])
    two = BookingChange(
        unit_items=(UnitItemRequest(unit_code="adult"), UnitItemRequest(unit_code="adult"))
    )
    changing = [
        call("cancel_booking", uuid, reason=None, **by_partner)
        if number % 3 == 0
        else call("update_booking", uuid, two, **by_partner)
        for number, uuid in enumerate(uuids)
    ]
    late = [
        call(
            "reserve_booking",
            shop.reservation(uuid=uuid4(), availability_id=departure.availability_id),
            **by_partner,
        )
        for departure in departures
    ]

    outcomes = callers.all_at_once(url, [*changing[:12], moving, *late, moving, *changing[12:]])

    # A run that met a booking in the hands of a partner may give up, and the next one succeeds.
    said = {outcome.said for outcome in outcomes}
    assert said <= {"ON_HOLD", "CANCELLED", "done", "LockNotAvailable"}
    assert callers.all_at_once(url, [moving])[0].said == "done"
    for departure in Departure.objects.filter(bookings__status__in=LIVE).distinct():
        standing = Booking.objects.filter(departure=departure, status__in=LIVE)
        assert departure.start_time == time(16) or departure.pk == shop.departure.pk
        assert departure.reserved == sum(standing.values_list("places", flat=True))
    moved = Booking.objects.filter(uuid__in=uuids, status__in=LIVE)
    told = set(Event.objects.filter(type="booking.moved").values_list("booking_uuid", flat=True))
    assert set(moved.values_list("uuid", flat=True)) <= told
    assert set(moved.values_list("pk", flat=True)) <= set(
        MoveNotice.objects.values_list("booking", flat=True)
    )
