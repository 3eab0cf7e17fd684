"""The RFC 9457 problems of ``/v1``, and the table that gives every refusal its HTTP status.

A test compares the table with the tree of refusals, so that none is missing.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api_edge.request_state import request_state
from shared_domain import availability, bookings, catalog, partners, users
from shared_domain.refusals import Refused, problem_name

#: The HTTP status of each refusal; the problem's type and title are made of the class's name.
PROBLEM_STATUSES: dict[type[Refused], int] = {
    partners.KeyMissing: 401,
    partners.KeyMalformed: 401,
    partners.KeyUnknown: 401,
    partners.KeyRevoked: 401,
    partners.KeyExpired: 401,
    partners.PartnerInactive: 403,
    partners.ScopeMissing: 403,
    partners.TestKeyCannotGoLive: 403,
    partners.EnvironmentUnknown: 400,
    partners.PartnerNotFound: 404,
    partners.KeyNotFound: 404,
    partners.KeyAlreadyReplaced: 409,
    partners.InvalidLabel: 422,
    partners.InvalidScopes: 422,
    partners.ExpiryInPast: 422,
    partners.OverlapOutOfRange: 422,
    partners.RateLimitOutOfRange: 422,
    catalog.ProductNotFound: 404,
    catalog.OptionNotFound: 404,
    catalog.UnitNotFound: 404,
    catalog.CurrencyNotOffered: 422,
    catalog.PriceMissing: 409,
    availability.AvailabilityNotFound: 404,
    availability.InvalidDateRange: 422,
    availability.DepartureNotFound: 404,
    availability.CapacityBelowReserved: 409,
    bookings.BookingNotFound: 404,
    bookings.UuidTaken: 409,
    bookings.HoldExpired: 409,
    bookings.AvailabilityMissing: 422,
    bookings.CurrencyKept: 409,
    bookings.IdempotencyKeyReused: 422,
    bookings.UnitItemsMissing: 422,
    bookings.PartyRefused: 422,
    bookings.UnaccompaniedUnit: 422,
    bookings.SoldOut: 409,
    bookings.HoldLimitReached: 409,
    bookings.DepartureClosed: 409,
    bookings.ContactIncomplete: 422,
    bookings.InvalidDetails: 422,
    bookings.NotCancellable: 409,
    bookings.WrongStatus: 409,
    bookings.NotAcceptable: 409,
    bookings.NotRedeemable: 409,
    bookings.WrongDay: 409,
    bookings.RedemptionFinal: 409,
    bookings.NothingToSend: 409,
    bookings.TooManyBookings: 422,
    users.UserNotFound: 404,
    users.EmailTaken: 409,
    users.InvalidEmail: 422,
    users.AgeOutOfRange: 422,
    users.InvalidCursor: 422,
}


def problem_type(refusal: type[Exception]) -> str:
    """Return the stable name of a problem: ``urn:portico:problem:hold-expired``."""
    return f"urn:portico:problem:{problem_name(refusal)}"


def problem_title(refusal: type[Exception]) -> str:
    """Return the short, human name of a problem: ``Hold expired``."""
    return problem_name(refusal).replace("-", " ").capitalize()


def problem_response(
    request: Request,
    status: int,
    message: str,
    *,
    kind: type[Exception] | None = None,
    field: str | None = None,
    errors: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return an RFC 9457 problem; its ``type`` is named after ``kind``, or is ``about:blank``."""
    body: dict[str, object] = {
        "type": problem_type(kind) if kind else "about:blank",
        "title": problem_title(kind) if kind else HTTPStatus(status).phrase,
        "status": int(status),
        "detail": message,
    }
    if field:
        body["field"] = field
    if errors:
        body["errors"] = errors
    body["requestId"] = request_state(request.scope)["request_id"]
    return JSONResponse(body, status, headers, media_type="application/problem+json")
