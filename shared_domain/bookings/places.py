"""Places: by how much a changed booking changes each departure's ``reserved`` counter."""

from dataclasses import replace

from shared_domain.bookings.model import Booking


def reserved_deltas(before: Booking | None, after: Booking) -> dict[int, int]:
    """Return by how many places the ``reserved`` of each departure changes; empty for a test."""
    return {} if after.test_mode else _place_changes(before, after)


def with_updated_departure(before: Booking | None, after: Booking) -> Booking:
    """Return the booking with its departure as it stands once the change is stored."""
    if after.departure is None:
        return after
    change = _place_changes(before, after).get(after.departure.id, 0)
    departure = replace(after.departure, reserved=after.departure.reserved + change)
    return replace(after, departure=departure)


def _place_changes(before: Booking | None, after: Booking) -> dict[int, int]:
    changes: dict[int, int] = {}
    for booking, sign in ((before, -1), (after, 1)):
        if booking and booking.departure and booking.status.takes_places and booking.places:
            departure_id = booking.departure.id
            changes[departure_id] = changes.get(departure_id, 0) + sign * booking.places
    return {departure_id: places for departure_id, places in changes.items() if places}
