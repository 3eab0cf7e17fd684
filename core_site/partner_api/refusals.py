"""Translation of each refusal to an exception of REST framework, for ``/v1``."""

from rest_framework.exceptions import (
    APIException,
    AuthenticationFailed,
    NotAuthenticated,
    NotFound,
    ParseError,
    PermissionDenied,
)
from rest_framework.pagination import CursorPagination
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
        case partners.EnvironmentUnknown():
            return ParseError(), "Octo-Env"
        case partners.TestKeyCannotGoLive():
            return PermissionDenied(), "Octo-Env"
        case partners.ScopeMissing(needed):
            return PermissionDenied(f"The scope '{needed}' is required."), "Authorization"
        case partners.PartnerInactive():
            return PermissionDenied(), "Authorization"
        case partners.KeyMissing():
            return NotAuthenticated(), "Authorization"
        case partners.KeyRefused():
            return AuthenticationFailed(), "Authorization"
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
            return Unprocessable(CursorPagination.invalid_cursor_message), "cursor"
    raise LookupError(f"no exception for {type(refusal).__name__}")
