"""When a booking that waits runs out, in SQL: said once for all statements that ask."""


def expires_at(booking: str) -> str:
    """Return the SQL of ``Booking.expires_at``, for an alias of bookings beside ``departure``.

    A hold ends with its time, and like a PENDING booking at its departure's booking cut-off;
    ``least`` passes over NULL.
    """
    return f"least({booking}.hold_expires_at, departure.booking_cutoff_at)"
