"""What OCTO answers to each refusal of the domain: its error code, its words, the id at fault.

Source of the codes: OCTO, section 2. A test holds this table against the tree of refusals.
"""

from typing import NamedTuple

from api_edge.auth.refusal_messages import key_refusal_message
from api_edge.idempotency.refusal_messages import idempotency_message
from api_edge.octo.notifications.refusals import notification_message
from api_edge.octo.problems import (
    BAD_REQUEST,
    FORBIDDEN,
    INVALID_AVAILABILITY_ID,
    INVALID_BOOKING_UUID,
    INVALID_OPTION_ID,
    INVALID_PRODUCT_ID,
    INVALID_UNIT_ID,
    UNAUTHORIZED,
    UNPROCESSABLE_ENTITY,
    OctoError,
)
from api_edge.text_flaws import say_flaw
from shared_domain import availability, bookings, catalog, idempotency, notifications, partners
from shared_domain.availability import DateRangeProblem
from shared_domain.bookings import BookingStatus, TextPath
from shared_domain.quantities import format_quantity
from shared_domain.refusals import Refused
from shared_domain.usage import MOST_FIELDS


class OctoRefusal(NamedTuple):
    """An error code with its message; ``echo`` is the id at fault, as it was sent."""

    error: OctoError
    message: str
    echo: str | None = None


def octo_refusal(refusal: Refused) -> OctoRefusal:
    """Return OCTO's answer to a refusal.

    Raises:
        LookupError: OCTO has no words for a refusal of this class.
    """
    match refusal:
        case partners.KeyRefused():
            return OctoRefusal(_key_error(refusal), key_refusal_message(refusal).text)
        case catalog.CatalogRefused():
            return _catalog_refusal(refusal)
        case availability.AvailabilityNotFound(availability_id):
            return OctoRefusal(
                INVALID_AVAILABILITY_ID,
                "availabilityId is not an availability of this product and option; "
                "POST /availability lists them",
                availability_id,
            )
        case availability.InvalidDateRange(problem):
            return OctoRefusal(BAD_REQUEST, _DATE_RANGE_MESSAGES[problem])
        case bookings.BookingNotFound(uuid):
            return OctoRefusal(INVALID_BOOKING_UUID, "uuid is not one of your bookings", uuid)
        case bookings.UuidTaken(uuid):
            return OctoRefusal(
                INVALID_BOOKING_UUID,
                "uuid was already used with other content; send a new uuid for a new booking",
                uuid,
            )
        case bookings.HoldExpired(uuid):
            return OctoRefusal(
                INVALID_BOOKING_UUID, "uuid is a hold that has expired; reserve again", uuid
            )
        case bookings.BookingUserNotFound():
            return OctoRefusal(
                BAD_REQUEST, "userId is not one of your users; GET /v1/users lists them"
            )
        case bookings.AvailabilityMissing():
            return OctoRefusal(
                BAD_REQUEST,
                "availabilityId is required for this product; POST /availability lists them",
            )
        case bookings.InvalidDetails(path, flaw):
            return OctoRefusal(BAD_REQUEST, f"{_spell(path)} {say_flaw(flaw)}")
        case notifications.NotificationRefused():
            return _notification_refusal(refusal)
    return OctoRefusal(UNPROCESSABLE_ENTITY, _unprocessable_message(refusal))


def fields_at_fault(refusal: Refused) -> list[str]:
    """Return the fields, or the header, that a refusal is about, where it names any of its own."""
    match refusal:
        case partners.KeyRefused():
            return [key_refusal_message(refusal).header]
        case bookings.BookingUserNotFound() | bookings.PartyRefused(bookings.NoTicketForUser()):
            return ["userId"]
        case idempotency.IdempotencyRefused():
            return ["Idempotency-Key"]
        case bookings.InvalidDetails(path):
            return [_spell(path)]
        case notifications.NotificationRefused():
            return [notification_message(refusal)[1]]
        case bookings.ContactIncomplete(missing):
            return [_spell_contact_field(field) for field in missing[:MOST_FIELDS]]
    return []


def _notification_refusal(refusal: notifications.NotificationRefused) -> OctoRefusal:
    message, _ = notification_message(refusal)
    match refusal:
        case notifications.TooManySubscriptions() | notifications.HeadersUnreadable():
            return OctoRefusal(UNPROCESSABLE_ENTITY, message)
    return OctoRefusal(BAD_REQUEST, message)


def _key_error(refusal: partners.KeyRefused) -> OctoError:
    match refusal:
        case partners.KeyMissing():
            return UNAUTHORIZED
        case partners.EnvironmentUnknown():
            return BAD_REQUEST
    return FORBIDDEN


def _catalog_refusal(refusal: catalog.CatalogRefused) -> OctoRefusal:
    match refusal:
        case catalog.ProductNotFound(code):
            return OctoRefusal(
                INVALID_PRODUCT_ID,
                "productId is not one of your products; GET /products lists them",
                code,
            )
        case catalog.OptionNotFound(code):
            return OctoRefusal(
                INVALID_OPTION_ID,
                "optionId is not an option of this product; the product lists its options",
                code,
            )
        case catalog.UnitNotFound(code, ticket, party_entry):
            field = "unitId"
            if ticket is not None:
                field = f"unitItems[{ticket}].unitId"
            elif party_entry is not None:
                field = f"units[{party_entry}].id"
            return OctoRefusal(
                INVALID_UNIT_ID,
                f"{field} is not a unit of this option; the option lists its units",
                code,
            )
        case catalog.CurrencyNotOffered(_, offered):
            return OctoRefusal(
                BAD_REQUEST,
                f"currency must be one of the product's availableCurrencies: {', '.join(offered)}",
            )
        case catalog.PriceMissing(code, currency):
            return OctoRefusal(
                UNPROCESSABLE_ENTITY,
                f"{code} has no price in {currency} on this date; choose another date or currency",
            )
    raise LookupError(f"OCTO has no words for {type(refusal).__name__}")


def _unprocessable_message(refusal: Refused) -> str:
    match refusal:
        case bookings.AgreementMissing():
            return (
                "productId: the supplier decides on each booking of this product, and has agreed "
                "to this one as it is; reserve another slot or more tickets as a new booking, and "
                "cancel this one if that replaces it"
            )
        case bookings.CurrencyKept(own, None):
            return (
                f"currency: this booking is in {own}, and its prices are frozen; another currency "
                "is only possible together with another productId, optionId or availabilityId"
            )
        case bookings.CurrencyKept(own, (only,)) if only == own:
            return (
                f"currency: this booking is in {own}, in which money was paid or kept for it; "
                f"ask for {own}, or for none"
            )
        case bookings.CurrencyKept(own, offered):
            return (
                f"currency: this booking is in {own}, which the product it moves to is not sold "
                "in; ask for one of its availableCurrencies (octo/pricing): "
                f"{', '.join(offered or ())}"
            )
        case idempotency.IdempotencyRefused():
            return idempotency_message(refusal)
        case bookings.UnitItemsMissing():
            return "unitItems must hold at least one item"
        case bookings.PartyRefused(reason):
            return _party_message(reason)
        case bookings.SoldOut(places, vacancies):
            left = format_quantity(vacancies, "place")
            return f"availabilityId has {left} left and unitItems take {places}"
        case bookings.HoldLimitReached(held, capacity, max_percent):
            of_its = f"{held} of its {format_quantity(capacity, 'place')}"
            return (
                f"availabilityId cannot be held for more: you have {of_its} on hold already, and "
                f"at most {max_percent} % may be at once; confirm or cancel a hold first"
            )
        case bookings.DepartureClosed():
            return "availabilityId is closed, or past its utcCutoffAt; choose another one"
        case bookings.ContactIncomplete(missing):
            fields = ", ".join(_spell_contact_field(field) for field in missing)
            return f"required to confirm, and missing: {fields}"
        case bookings.NotCancellable(action, status, is_partly_redeemed, cutoff):
            if is_partly_redeemed:
                why = "a ticket of it was used"
            elif status in (BookingStatus.PENDING, BookingStatus.CONFIRMED):
                why = cutoff.too_late_reason
            else:
                why = f"it is {status}"
            return f"uuid can no longer be {action}: {why}"
        case bookings.WrongStatus(action, status, needed):
            return f"uuid is {status}; only a booking {needed} can be {action}"
        case bookings.TooManyBookings(limit):
            most = format_quantity(limit, "booking")
            return f"more than {most} match; narrow the search, for instance by localDate"
        case bookings.SearchTooLarge(limit):
            most = format_quantity(limit, "ticket")
            return (
                f"the bookings that match have more than {most}; narrow the search, for instance "
                "by localDate"
            )
    raise LookupError(f"OCTO has no words for {type(refusal).__name__}")


def _party_message(
    reason: availability.PartyLimit | bookings.TicketUuidRepeated | bookings.NoTicketForUser,
) -> str:
    match reason:
        case availability.TooFewTickets(least):
            return f"unitItems must hold at least {format_quantity(least, 'item')}"
        case availability.TooManyTickets(most):
            return f"unitItems must hold at most {format_quantity(most, 'item')}"
        case availability.TooFewOfUnit(code, least):
            return f"unitItems must hold at least {least} of {code}"
        case availability.TooManyOfUnit(code, most):
            return f"unitItems must hold at most {most} of {code}"
        case availability.Unaccompanied(code, companions):
            return f"unitItems: {code} must be booked together with {' or '.join(companions)}"
        case bookings.TicketUuidRepeated(ticket):
            return f"unitItems[{ticket}].uuid is used twice; each ticket has its own"
        case bookings.NoTicketForUser(units):
            ages = ", ".join(f"{unit.unit_code} for {unit.least} to {unit.most}" for unit in units)
            return f"userId: no ticket of unitItems is for the user's age on that day: {ages}"


_DATE_RANGE_MESSAGES = {
    DateRangeProblem.MISSING: "localDateStart and localDateEnd are required",
    DateRangeProblem.BACKWARDS: "localDateEnd must not be before localDateStart",
    DateRangeProblem.TOO_LONG: "localDateEnd must be at most one year after localDateStart",
}


def _spell_contact_field(missing: bookings.MissingContactField) -> str:
    of_ticket = "" if missing.ticket is None else f"unitItems[{missing.ticket}]."
    return f"{of_ticket}contact.{missing.field}"


def _spell(path: TextPath) -> str:
    """Return where a text stands in the request: ``unitItems[0].contact.firstName``."""
    first, *others = path.name.split("_")
    of_ticket = "" if path.ticket is None else f"unitItems[{path.ticket}]."
    of_contact = "contact." if path.is_of_contact else ""
    position = "" if path.position is None else f"[{path.position}]"
    return f"{of_ticket}{of_contact}{first}{''.join(map(str.capitalize, others))}{position}"
