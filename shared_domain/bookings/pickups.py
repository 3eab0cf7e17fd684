"""Pick-ups: where and when the guests of a booking are fetched, in words."""

from typing import Protocol

from shared_domain.availability import Departure


class PickedUp(Protocol):
    """What has a pick-up: a booking, a party of a manifest, or a Django model."""

    @property
    def pickup_hotel(self) -> str | None: ...

    @property
    def pickup_time(self) -> str | None: ...


def pickup_in_words(booking: PickedUp) -> str:
    """Return time and place of a pick-up, as in ``08:30 Hotel do Chiado``; "" for no pick-up."""
    return " ".join(filter(None, (booking.pickup_time, booking.pickup_hotel)))


def keep_pickup_time(
    booking: PickedUp, *, before: Departure | None, after: Departure | None
) -> str | None:
    """Return the pick-up time after a move; None where the new departure starts at another time.

    Staff then have to set a new pick-up time: the old one would be too early or too late.
    """
    starts = [departure and departure.start_time for departure in (before, after)]
    return booking.pickup_time if starts[0] == starts[1] else None
