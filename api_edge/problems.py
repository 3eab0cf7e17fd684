"""What each "no" of the domain is called in each dialect: two tables, one line per refusal.

A test holds both against the tree of refusals, so neither falls behind.
"""

import re
from dataclasses import dataclass

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
OCTO: dict[type[Refused], OctoError] = {
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
    users.EmailUnusable: UNPROCESSABLE_ENTITY,
    users.AgeOutOfRange: UNPROCESSABLE_ENTITY,
    users.CursorUnusable: BAD_REQUEST,
    # Only staff can meet these; should one reach a partner all the same, it is still an answer.
    partners.PartnerNotFound: UNPROCESSABLE_ENTITY,
    partners.KeyNotFound: UNPROCESSABLE_ENTITY,
    partners.KeyAlreadyReplaced: UNPROCESSABLE_ENTITY,
    partners.LabelUnusable: UNPROCESSABLE_ENTITY,
    partners.ScopesUnusable: UNPROCESSABLE_ENTITY,
    partners.ExpiryNotAhead: UNPROCESSABLE_ENTITY,
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

#: The HTTP status of each refusal in the house dialect; its type and title are the class's name.
V1: dict[type[Refused], int] = {
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
    partners.LabelUnusable: 422,
    partners.ScopesUnusable: 422,
    partners.ExpiryNotAhead: 422,
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
    users.EmailUnusable: 422,
    users.AgeOutOfRange: 422,
    users.CursorUnusable: 422,
}


def problem_type(refusal: type[Exception]) -> str:
    """Return the stable name of a problem: ``urn:portico:problem:hold-expired``."""
    return f"urn:portico:problem:{_words(refusal.__name__).replace(' ', '-')}"


def problem_title(refusal: type[Exception]) -> str:
    """Return the short, human name of a problem: ``Hold expired``."""
    return _words(refusal.__name__).capitalize()


def _words(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()
