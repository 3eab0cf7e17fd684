"""How much of a departure one partner may hold at once: a share of its capacity.

A hold ends with its ceiling, but nothing keeps a partner from holding anew; without a bound, one
partner could keep a departure from all others for as long as it likes, and sell nothing. So its
running holds on a departure together may take ``Partner.max_held_percent`` of the capacity. The
first of them is always allowed, whatever it takes: a boat is also sold as a whole. What is
confirmed or PENDING does not count, nor what has run out; freesale has no bound; tests are counted
apart, as their stock is. Availability asks by the same rule: a slot that the partner cannot hold
more of is SOLD_OUT to it.
"""

from datetime import datetime

from shared_domain.availability import HeldShare, obstacle_of_share
from shared_domain.bookings.hold_duration import HoldLimits
from shared_domain.bookings.model import Booking
from shared_domain.bookings.party import demand_none
from shared_domain.bookings.status import BookingStatus
from shared_domain.bookings.store import BookingStore


async def check_share(
    before: Booking | None,
    after: Booking,
    *,
    limits: HoldLimits,
    now: datetime,
    store: BookingStore,
) -> None:
    """Check that a new or changed hold keeps the partner within its share; nothing is stored.

    The departure of ``after`` is locked, so that no other hold on it can appear meanwhile.

    Raises:
        HoldLimitReached: this hold and the partner's others on the departure exceed the share.
    """
    if not might_exceed_share(before, after, most_percent=limits.most_percent):
        return
    check_held(
        after,
        held_besides=await store.places_held_besides(after, now=now),
        most_percent=limits.most_percent,
    )


def might_exceed_share(before: Booking | None, after: Booking, *, most_percent: int) -> bool:
    """False when the hold takes no more than before, or the share suffices for all that is taken.

    This is what spares most reservations from counting the partner's holds.
    """
    departure = after.departure
    if after.status is not BookingStatus.ON_HOLD or departure is None or departure.capacity is None:
        return False
    earlier = before.departure if before is not None else None
    stays = before is not None and earlier is not None and earlier.id == departure.id
    more = after.places - (before.places if before is not None and stays else 0)
    return more > 0 and 100 * (departure.reserved + more) > most_percent * departure.capacity


def check_held(hold: Booking, *, held_besides: int, most_percent: int) -> None:
    """Raises:
    HoldLimitReached: ``held_besides``, the places of the partner's other running holds on the
        departure, are some, and exceed its share with those of this hold.
    """
    share = HeldShare(held_besides, most_percent)
    demand_none(obstacle_of_share(hold.departure, places=hold.places, share=share))
