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

from shared_domain.availability import HeldShare, share_unavailable_reason
from shared_domain.bookings.hold_duration import HoldLimits
from shared_domain.bookings.model import Booking
from shared_domain.bookings.party import raise_if_unavailable
from shared_domain.bookings.status import BookingStatus
from shared_domain.bookings.store import BookingStore


async def check_hold_share(
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
    if not might_exceed_share(before, after, max_percent=limits.max_percent):
        return
    check_places_held(
        after,
        other_places_held=await store.other_places_held(after, now=now),
        max_percent=limits.max_percent,
    )


def might_exceed_share(before: Booking | None, after: Booking, *, max_percent: int) -> bool:
    """False when the hold takes no more than before, or the share suffices for all that is taken.

    This is what spares most reservations from counting the partner's holds.
    """
    departure = after.departure
    if after.status is not BookingStatus.ON_HOLD or departure is None or departure.capacity is None:
        return False
    earlier = before.departure if before is not None else None
    stays = before is not None and earlier is not None and earlier.id == departure.id
    more = after.places - (before.places if before is not None and stays else 0)
    return more > 0 and 100 * (departure.reserved + more) > max_percent * departure.capacity


def check_places_held(hold: Booking, *, other_places_held: int, max_percent: int) -> None:
    """Raises:
    HoldLimitReached: ``other_places_held``, the places of the partner's other running holds on the
        departure, are some, and exceed its share with those of this hold.
    """
    share = HeldShare(other_places_held, max_percent)
    raise_if_unavailable(share_unavailable_reason(hold.departure, places=hold.places, share=share))
