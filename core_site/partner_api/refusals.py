"""Translation of each refusal to an exception of REST framework, for ``/v1``."""

from datetime import UTC, datetime

from rest_framework.exceptions import (
    APIException,
    AuthenticationFailed,
    NotAuthenticated,
    NotFound,
    ParseError,
    PermissionDenied,
)
from rest_framework.validators import UniqueValidator

from core_site.text_flaws import say_flaw
from shared_domain import idempotency, partners, users
from shared_domain.refusals import Refused

#: The header of an idempotent call.
KEY = "Idempotency-Key"


class Conflict(APIException):
    status_code = 409


class Unprocessable(APIException):
    status_code = 422


def api_exception(refusal: Refused) -> tuple[APIException, str]:
    """Return the exception, with its status and message, and the header or field at fault.

    Raises:
        LookupError: the refusal's class has no exception.
    """
    match refusal:
        case partners.KeyRefused():
            return _key_exception(refusal)
        case idempotency.IdempotencyKeyReused(part):
            return Unprocessable("The Idempotency-Key was sent before with other content."), part
        case idempotency.CallStillRunning():
            return Conflict("A request with this Idempotency-Key is being carried out."), KEY
        case idempotency.AnswerNotKept():
            return Conflict("This request was carried out; its answer is no longer kept."), KEY
        case users.UserNotFound():
            return NotFound(), "id"
        case users.EmailTaken():
            return Conflict(UniqueValidator.message), "email"
        case users.InvalidEmail(flaw):
            return Unprocessable(f"This field {say_flaw(flaw)}."), "email"
        case users.AgeOutOfRange(oldest):
            return Unprocessable(f"This field must be from 0 to {oldest}."), "age"
        case users.InvalidCursor():
            return Unprocessable("This field must be the nextCursor of an earlier page."), "cursor"
    raise LookupError(f"no exception for {type(refusal).__name__}")


def _key_exception(refusal: partners.KeyRefused) -> tuple[APIException, str]:
    match refusal:
        case partners.EnvironmentUnknown():
            return ParseError("Octo-Env must be sent once at most, as test or live."), "Octo-Env"
        case partners.TestKeyCannotGoLive():
            message = "This is a test API key: leave Octo-Env out, or use a live key."
            return PermissionDenied(message), "Octo-Env"
    return _exception_of_authorization(refusal), "Authorization"


def _exception_of_authorization(refusal: partners.KeyRefused) -> APIException:
    match refusal:
        case partners.ScopeMissing(needed):
            return PermissionDenied(f"The scope '{needed}' is required.")
        case partners.PartnerInactive():
            return PermissionDenied("The partner account is not active.")
        case partners.KeyMissing():
            return NotAuthenticated("Send the header Authorization: Bearer, with your API key.")
        case partners.KeyMalformed(is_repeated=True):
            return AuthenticationFailed("The Authorization header must be sent once.")
        case partners.KeyMalformed():
            return AuthenticationFailed(
                "This is not an API key: keys begin with pk_live_ or pk_test_, and this one is "
                "mistyped or cut off."
            )
        case partners.KeyUnknown():
            return AuthenticationFailed("This API key was not issued for this address.")
        case partners.KeyRevoked(prefix, revoked_at):
            return AuthenticationFailed(f"API key {prefix}… was revoked on {_day(revoked_at)}.")
        case partners.KeyExpired(prefix, expired_at):
            return AuthenticationFailed(f"API key {prefix}… expired on {_day(expired_at)}.")
    raise LookupError(f"no exception for {type(refusal).__name__}")


def _day(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d} (UTC)"
