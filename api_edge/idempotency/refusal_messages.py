"""The messages of refused idempotency keys, which are the same in OCTO and ``/v1``."""

from shared_domain.idempotency import (
    AnswerNotKept,
    CallStillRunning,
    IdempotencyKeyReused,
    IdempotencyRefused,
)


def idempotency_message(refusal: IdempotencyRefused) -> str:
    """Return the message of a refusal.

    Raises:
        LookupError: there are no words for a refusal of this class.
    """
    match refusal:
        case IdempotencyKeyReused(part, first, repeated):
            return (
                f"Idempotency-Key was sent before with another request: {part} differs "
                f"(fingerprint {first} then, {repeated} now); send each request with a key of its "
                "own, and the same key only to repeat it"
            )
        case CallStillRunning():
            return (
                "Idempotency-Key belongs to a request that is still being carried out; send it "
                "again after the seconds in Retry-After, and get its answer"
            )
        case AnswerNotKept():
            return (
                "Idempotency-Key belongs to a request that was carried out, and whose answer is no "
                "longer kept; nothing was done again: GET what it was about"
            )
    raise LookupError(f"no words for {type(refusal).__name__}")
