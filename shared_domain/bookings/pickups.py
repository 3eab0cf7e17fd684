"""Pick-ups: where and when the guests of a booking are fetched, in words."""

from typing import Protocol

from shared_domain.availability import Departure


class PickedUp(Protocol):
    """A booking in any shape: a domain value, a party of a manifest, or a row of Django's."""

    @property
    def pickup_hotel(self) -> str | None: ...

    @property
    def pickup_time(self) -> str | None: ...


def pickup_in_words(booking: PickedUp) -> str:
    """Return ``08:30 Hotel do Chiado``; empty where the guests come themselves."""
    return " ".join(filter(None, (booking.pickup_time, booking.pickup_hotel)))


def keep_pickup_time(
    booking: PickedUp, *, before: Departure | None, after: Departure | None
) -> str | None:
    """Return the time of the pick-up on another departure; None where it starts at another time.

    Staff then say a new one: a driver who comes at the old time finds no guests.
    """
    starts = [departure and departure.start_time for departure in (before, after)]
    return booking.pickup_time if starts[0] == starts[1] else None
