"""OCTO's error bodies, and the table that gives every refusal of the domain its OCTO error code.

A test compares the table with the tree of refusals, so that none is missing.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api_edge.request_state import request_state
from shared_domain import availability, bookings, catalog, partners, users
from shared_domain.refusals import Refused


@dataclass(frozen=True, slots=True)
class OctoError:
    """An error of the OCTO dialect; ``echoes`` names the field that repeats what was sent."""

    code: str
    status: int = 400
    echoes: str | None = None


BAD_REQUEST = OctoError("BAD_REQUEST")
UNPROCESSABLE_ENTITY = OctoError("UNPROCESSABLE_ENTITY")
UNAUTHORIZED = OctoError("UNAUTHORIZED", 401)
FORBIDDEN = OctoError("FORBIDDEN", 403)
INTERNAL_SERVER_ERROR = OctoError("INTERNAL_SERVER_ERROR", 500)
UNAVAILABLE = OctoError("INTERNAL_SERVER_ERROR", 503)
INVALID_PRODUCT_ID = OctoError("INVALID_PRODUCT_ID", echoes="productId")
INVALID_OPTION_ID = OctoError("INVALID_OPTION_ID", echoes="optionId")
INVALID_UNIT_ID = OctoError("INVALID_UNIT_ID", echoes="unitId")
INVALID_AVAILABILITY_ID = OctoError("INVALID_AVAILABILITY_ID", echoes="availabilityId")
INVALID_BOOKING_UUID = OctoError("INVALID_BOOKING_UUID", echoes="uuid")

#: Source: OCTO, section 2. Its codes know no "not found": 404 and 405 are BAD_REQUEST too.
OCTO_ERRORS: dict[type[Refused], OctoError] = {
    partners.KeyMissing: UNAUTHORIZED,
    partners.KeyMalformed: FORBIDDEN,
    partners.KeyUnknown: FORBIDDEN,
    partners.KeyRevoked: FORBIDDEN,
    partners.KeyExpired: FORBIDDEN,
    partners.PartnerInactive: FORBIDDEN,
    partners.ScopeMissing: FORBIDDEN,
    partners.TestKeyCannotGoLive: FORBIDDEN,
    partners.EnvironmentUnknown: BAD_REQUEST,
    catalog.ProductNotFound: INVALID_PRODUCT_ID,
    catalog.OptionNotFound: INVALID_OPTION_ID,
    catalog.UnitNotFound: INVALID_UNIT_ID,
    catalog.CurrencyNotOffered: BAD_REQUEST,
    catalog.PriceMissing: UNPROCESSABLE_ENTITY,
    availability.AvailabilityNotFound: INVALID_AVAILABILITY_ID,
    availability.InvalidDateRange: BAD_REQUEST,
    bookings.BookingNotFound: INVALID_BOOKING_UUID,
    bookings.UuidTaken: INVALID_BOOKING_UUID,
    bookings.HoldExpired: INVALID_BOOKING_UUID,
    bookings.AvailabilityMissing: BAD_REQUEST,
    bookings.CurrencyKept: UNPROCESSABLE_ENTITY,
    bookings.IdempotencyKeyReused: UNPROCESSABLE_ENTITY,
    bookings.UnitItemsMissing: UNPROCESSABLE_ENTITY,
    bookings.PartyRefused: UNPROCESSABLE_ENTITY,
    bookings.UnaccompaniedUnit: UNPROCESSABLE_ENTITY,
    bookings.SoldOut: UNPROCESSABLE_ENTITY,
    bookings.HoldLimitReached: UNPROCESSABLE_ENTITY,
    bookings.DepartureClosed: UNPROCESSABLE_ENTITY,
    bookings.ContactIncomplete: UNPROCESSABLE_ENTITY,
    bookings.InvalidDetails: BAD_REQUEST,
    bookings.NotCancellable: UNPROCESSABLE_ENTITY,
    bookings.WrongStatus: UNPROCESSABLE_ENTITY,
    bookings.TooManyBookings: UNPROCESSABLE_ENTITY,
    users.UserNotFound: UNPROCESSABLE_ENTITY,
    users.EmailTaken: UNPROCESSABLE_ENTITY,
    users.InvalidEmail: UNPROCESSABLE_ENTITY,
    users.AgeOutOfRange: UNPROCESSABLE_ENTITY,
    users.InvalidCursor: BAD_REQUEST,
    # Only staff can meet these; should one reach a partner all the same, it is still an answer.
    partners.PartnerNotFound: UNPROCESSABLE_ENTITY,
    partners.KeyNotFound: UNPROCESSABLE_ENTITY,
    partners.KeyAlreadyReplaced: UNPROCESSABLE_ENTITY,
    partners.InvalidLabel: UNPROCESSABLE_ENTITY,
    partners.InvalidScopes: UNPROCESSABLE_ENTITY,
    partners.ExpiryInPast: UNPROCESSABLE_ENTITY,
    partners.OverlapOutOfRange: UNPROCESSABLE_ENTITY,
    partners.RateLimitOutOfRange: UNPROCESSABLE_ENTITY,
    availability.DepartureNotFound: UNPROCESSABLE_ENTITY,
    availability.CapacityBelowReserved: UNPROCESSABLE_ENTITY,
    bookings.NotAcceptable: UNPROCESSABLE_ENTITY,
    bookings.NotRedeemable: UNPROCESSABLE_ENTITY,
    bookings.WrongDay: UNPROCESSABLE_ENTITY,
    bookings.RedemptionFinal: UNPROCESSABLE_ENTITY,
    bookings.NothingToSend: UNPROCESSABLE_ENTITY,
}

ENVIRONMENTS = frozenset({"test", "live"})


def octo_error_response(
    request: Request,
    error: OctoError,
    message: str,
    *,
    echo: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return OCTO's ``{"error": …, "errorMessage": …}``; ``echo`` is the id at fault, as sent."""
    body = {"error": error.code, "errorMessage": message}
    if error.echoes is not None and echo:
        body[error.echoes] = echo
    body["requestId"] = request_state(request.scope)["request_id"]
    environment = request.headers.get("octo-env", "").strip().lower()
    if environment in ENVIRONMENTS:
        headers = {**(headers or {}), "Octo-Env": environment}
    return JSONResponse(body, error.status, headers)
