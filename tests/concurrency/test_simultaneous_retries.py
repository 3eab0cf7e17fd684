"""A reservation sent several times at once makes one booking, and every caller is answered."""

from collections import Counter
from uuid import uuid4

import pytest

from core_site.bookings.models import Booking
from core_site.events.models import Event
from tests.concurrency.callers import Call, Callers, Outcome, call
from tests.harness.data import NOW, Shop, add_departure, live


@pytest.mark.parametrize("capacity", [10, 1], ids=["room for all", "room for one"])
def test_every_retry_gets_the_one_booking(
    shop: Shop, url: str, callers: Callers, capacity: int
) -> None:
    shop.departure.capacity = capacity
    shop.departure.save()
    reserving = call(
        "reserve_booking", shop.reservation(uuid=uuid4()), access=live(shop.alice), now=NOW
    )

    outcomes = callers.all_at_once(url, [reserving] * 40)

    booking = Booking.objects.get()
    assert Counter(outcomes) == {Outcome("ON_HOLD", booking.id): 40}
    assert Event.objects.filter(type__startswith="booking.").count() == 1


def test_other_content_is_refused(shop: Shop, url: str, callers: Callers) -> None:
    uuid = uuid4()
    later = add_departure(shop.kayak, starts_at=shop.departure.starts_at.replace(day=20))
    wishes = [
        shop.reservation(uuid=uuid),
        shop.reservation("adult", "child", uuid=uuid),
        shop.reservation(uuid=uuid, availability_id=later.availability_id),
    ]

    outcomes = callers.all_at_once(
        url,
        [call("reserve_booking", wish, access=live(shop.alice), now=NOW) for wish in wishes * 10],
    )

    assert Counter(outcome.said for outcome in outcomes) == {"ON_HOLD": 10, "UuidTaken": 20}
    assert Booking.objects.count() == 1


def test_retries_beside_a_cancellation_never_deadlock(
    shop: Shop, url: str, callers: Callers
) -> None:
    """The first answer is cancelled while repeats still queue for the departure."""
    programs: list[list[Call]] = []
    for _ in range(25):
        uuid = uuid4()
        reserving = call(
            "reserve_booking", shop.reservation(uuid=uuid), access=live(shop.alice), now=NOW
        )
        cancelling = call("cancel_booking", uuid, reason=None, access=live(shop.alice), now=NOW)
        programs += [[reserving, cancelling], [reserving], [reserving], [reserving]]

    outcomes = callers.in_order(url, programs)

    said = Counter(outcome.said for program in outcomes for outcome in program)
    assert said.keys() <= {"ON_HOLD", "CANCELLED", "SoldOut", "BookingNotFound", "NotCancellable"}
