"""Idempotency keys: recognise a repeated extension or change of a booking.

Reserving is idempotent by its uuid, confirming and cancelling by the status. Extending and changing
do something more each time; so a caller may send an idempotency key, which the booking stores with
a digest of the request. A booking keeps its latest ``MAX_REMEMBERED_KEYS`` keys: a retry comes
within seconds of its request.
"""

import hashlib
from dataclasses import dataclass, replace

from shared_domain.bookings.answered_requests import AnsweredRequest
from shared_domain.bookings.errors import IdempotencyKeyReused
from shared_domain.bookings.model import Booking
from shared_domain.bookings.requests import DEFAULT_HOLD_MINUTES, BookingChange

#: How many requests a booking remembers.
MAX_REMEMBERED_KEYS = 20


@dataclass(frozen=True, slots=True)
class IdempotentRequest:
    """A request with its idempotency key, if any; without a key, each is a new request."""

    carried_out: AnsweredRequest | None

    def was_answered(self, booking: Booking) -> bool:
        """Return whether the booking has carried out this request before.

        Raises:
            IdempotencyKeyReused: it did something else under this key.
        """
        if self.carried_out is None:
            return False
        for earlier in booking.carried_out:
            if earlier.key_digest == self.carried_out.key_digest:
                if earlier.content_digest != self.carried_out.content_digest:
                    raise IdempotencyKeyReused
                return True
        return False

    def record_in(self, booking: Booking) -> Booking:
        """Return the booking with this request's key stored in it."""
        if self.carried_out is None:
            return booking
        earlier = booking.carried_out[-(MAX_REMEMBERED_KEYS - 1) :]
        return replace(booking, carried_out=(*earlier, self.carried_out))


def extension(minutes: int | None, *, idempotency_key: str | None) -> IdempotentRequest:
    """Return the request to extend a hold by these minutes."""
    return _repeatable(idempotency_key, f"extend {minutes or DEFAULT_HOLD_MINUTES}".encode())


def update(change: BookingChange, *, idempotency_key: str | None) -> IdempotentRequest:
    """Return the request to change a booking."""
    return _repeatable(idempotency_key, change.fingerprint() if idempotency_key else b"")


def _repeatable(key: str | None, content: bytes) -> IdempotentRequest:
    if key is None:
        return IdempotentRequest(None)
    # Digests: a caller may put anything into its keys, and a booking has no use for it.
    return IdempotentRequest(AnsweredRequest(_digest(key.encode()), _digest(content)))


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
