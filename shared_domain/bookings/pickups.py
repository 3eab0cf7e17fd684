"""Pick-ups: where and when the guests of a booking are fetched, in words."""

from collections.abc import Mapping
from typing import Any, Protocol

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


def settle_pickup_time(before: PickedUp, texts: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a change of texts that takes the pick-up time away where it names another hotel.

    The supplier said that time for the hotel before. A change that says a time itself keeps it.
    """
    hotel = texts.get("pickup_hotel", before.pickup_hotel)
    if "pickup_time" in texts or hotel == before.pickup_hotel:
        return texts
    return {**texts, "pickup_time": None}


def keep_pickup_time(
    booking: PickedUp, *, before: Departure | None, after: Departure | None
) -> str | None:
    """Return the pick-up time after a move; None where the new departure starts at another time.

    Staff then have to set a new pick-up time: the old one would be too early or too late.
    """
    starts = [departure and departure.start_time for departure in (before, after)]
    return booking.pickup_time if starts[0] == starts[1] else None
