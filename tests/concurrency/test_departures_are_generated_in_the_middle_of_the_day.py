"""Departures follow their schedules while guests book them: no guest is lost, no place oversold."""

from datetime import timedelta
from uuid import uuid4

from core_site.bookings.models import Booking
from core_site.catalog.models import Departure, Schedule
from shared_domain.catalog import OptionId
from tests.concurrency.callers import Callers, call
from tests.harness.data import NOW, Shop, live


def test_reservations_and_generation(shop: Shop, url: str, callers: Callers) -> None:
    option_id = OptionId(shop.kayak.options.get().pk)
    generating = call("generate_departures", option_id, now=NOW)
    callers.all_at_once(url, [generating])
    departures = list(Departure.objects.filter(option=option_id).order_by("id")[:20])
    # What is generated from now on is smaller, and half of the days are gone.
    Schedule.objects.update(capacity=3, weekdays=[1, 3, 5, 7])
    reserving = [
        call(
            "reserve_booking",
            shop.reservation(
                "adult", "adult", uuid=uuid4(), availability_id=departure.availability_id
            ),
            access=live(shop.alice),
            now=NOW,
        )
        for departure in departures * 3
    ]

    outcomes = callers.all_at_once(url, [*reserving[:30], *[generating] * 4, *reserving[30:]])

    reserved = [outcome.said for outcome in outcomes if outcome.said != "done"]
    assert {*reserved} <= {"ON_HOLD", "SoldOut", "DepartureClosed", "AvailabilityNotFound"}
    assert len(outcomes) - len(reserved) == 4
    assert Booking.objects.count() == reserved.count("ON_HOLD")


def test_generating_at_the_same_time_makes_every_departure_once(
    shop: Shop, url: str, callers: Callers
) -> None:
    shop.departure.delete()
    option_id = OptionId(shop.kayak.options.get().pk)
    generating = call("generate_departures", option_id, now=NOW)

    outcomes = callers.all_at_once(url, [generating] * 8)

    assert {outcome.said for outcome in outcomes} == {"done"}
    last = NOW.date() + timedelta(days=400)
    # Today's at 09:30 has left.
    assert Departure.objects.count() == (last - NOW.date()).days
