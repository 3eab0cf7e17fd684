"""What Django's part of ``/v1`` answers to each refusal: HTTP status, words, the field at fault.

The edge has its own table for the endpoints that have moved to it (``api_edge/v1/refusals.py``);
``tests/both_doors`` and ``tests/users`` hold the two against each other.
"""

from datetime import UTC, datetime
from typing import NamedTuple

from shared_domain import partners, users
from shared_domain.refusals import Refused


class ApiRefusal(NamedTuple):
    """An HTTP status with its message; ``field`` is the header or part of the request at fault."""

    status: int
    message: str
    field: str = "Authorization"


def api_refusal(refusal: Refused) -> ApiRefusal:
    """Return the answer to a refusal.

    Raises:
        LookupError: there are no words for a refusal of this class.
    """
    match refusal:
        case partners.KeyRefused():
            return _key_refusal(refusal)
        case users.UserNotFound():
            return ApiRefusal(404, "id is not one of your users", "id")
        case users.EmailTaken():
            return ApiRefusal(409, "email belongs to another of your users", "email")
        case users.InvalidEmail(wanted):
            return ApiRefusal(422, f"email {wanted}", "email")
        case users.AgeOutOfRange(oldest):
            return ApiRefusal(422, f"age must be from 0 to {oldest}", "age")
        case users.InvalidCursor():
            return ApiRefusal(
                422,
                "cursor must be the nextCursor of an earlier answer; leave it out to start at the "
                "top",
                "cursor",
            )
    raise LookupError(f"no words for {type(refusal).__name__}")


def _key_refusal(refusal: partners.KeyRefused) -> ApiRefusal:
    match refusal:
        case partners.KeyMissing():
            return ApiRefusal(
                401, "No API key was sent. Send the header 'Authorization: Bearer <API key>'."
            )
        case partners.KeyMalformed(is_repeated=True):
            return ApiRefusal(
                401, "The Authorization header is unusable: it was sent more than once."
            )
        case partners.KeyMalformed():
            return ApiRefusal(
                401,
                "The Authorization header is unusable: what it holds is not an API key: keys begin "
                "with pk_live_ or pk_test_, and this one is mistyped or cut off.",
            )
        case partners.KeyUnknown():
            return ApiRefusal(
                401, "This API key is unknown here. Check that it was issued for this address."
            )
        case partners.KeyRevoked(prefix, revoked_at):
            return ApiRefusal(
                401,
                f"The API key {prefix}… was revoked on {_format(revoked_at)}. "
                "Use another key or ask for a new one.",
            )
        case partners.KeyExpired(prefix, expired_at):
            return ApiRefusal(
                401,
                f"The API key {prefix}… expired on {_format(expired_at)}. "
                "Use another key or ask for a new one.",
            )
        case partners.PartnerInactive():
            return ApiRefusal(403, "The partner account is not active.")
        case partners.ScopeMissing(needed):
            return ApiRefusal(
                403, f"This API key lacks the scope '{needed}', which this request needs."
            )
        case partners.EnvironmentUnknown():
            return ApiRefusal(
                400,
                "The header Octo-Env must be sent at most once, as 'test' or 'live'.",
                "Octo-Env",
            )
        case partners.TestKeyCannotGoLive():
            return ApiRefusal(
                403,
                "This is a test API key, and Octo-Env asks for live. "
                "Leave Octo-Env out, or use a live key.",
                "Octo-Env",
            )
    raise LookupError(f"no words for {type(refusal).__name__}")


def _format(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d at %H:%M} UTC"
