"""Pick-ups: where and when the guests of a booking are fetched, in words."""

from typing import Protocol


class PickedUp(Protocol):
    """A booking in any shape: a domain value, a party of a manifest, or a row of Django's."""

    @property
    def pickup_hotel(self) -> str | None: ...

    @property
    def pickup_time(self) -> str | None: ...


def pickup_in_words(booking: PickedUp) -> str:
    """Return ``08:30 Hotel do Chiado``; empty where the guests come themselves."""
    return " ".join(filter(None, (booking.pickup_time, booking.pickup_hotel)))
