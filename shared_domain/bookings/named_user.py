"""The user that a booking names: one of its partner's customers, who travels on one of its tickets.

A user may be deleted: the booking then keeps the id, and changes treat it as one without a user.
"""

from datetime import datetime

from shared_domain.bookings.errors import BookingUserNotFound
from shared_domain.bookings.model import Booking
from shared_domain.bookings.party import check_age
from shared_domain.bookings.store import BookingStore
from shared_domain.bookings.unit_items import travel_date
from shared_domain.users import UserId


async def check_user(
    after: Booking, *, before: Booking | None, now: datetime, store: BookingStore
) -> None:
    """Check that the user of a new or changed booking exists, and may travel on one of its tickets.

    The age is that on the day of travel. Nothing is checked where a change keeps user and slot and
    adds no ticket: giving tickets back follows the rules of cancelling.

    Raises:
        BookingUserNotFound: the partner has no such user in the booking's mode.
        PartyRefused: no ticket is for the user's age.
    """
    is_kept = before is not None and after.user_id == before.user_id
    if after.user_id is None or (is_kept and not _sells_anew(after, before)):
        return
    user = await store.users.get(UserId(after.user_id), after.access)
    if user is not None:
        day = travel_date(after.product, after.departure, now)
        check_age(user.age_on(day), [item.unit for item in after.unit_items])
    elif not is_kept:
        raise BookingUserNotFound


def _sells_anew(after: Booking, before: Booking | None) -> bool:
    if before is None:
        return True
    had = {(item.uuid, item.unit.id) for item in before.unit_items}
    has = {(item.uuid, item.unit.id) for item in after.unit_items}
    slots = [booking.departure and booking.departure.id for booking in (before, after)]
    return slots[0] != slots[1] or after.option.id != before.option.id or not has <= had
