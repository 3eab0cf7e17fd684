"""A request that a booking has answered, as the booking remembers it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AnsweredRequest:
    """A request with an idempotency key that the booking has answered, by SHA-256 in hex."""

    key_digest: str
    content_digest: str
