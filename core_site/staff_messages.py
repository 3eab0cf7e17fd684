"""The messages of refusals for staff, in the admin and in commands.

A test checks that every class of refusal has a message here.
"""

from datetime import datetime
from typing import NamedTuple

from core_site.key_refusal_messages import format_local, key_message
from core_site.notifications.refusal_messages import notification_message
from core_site.payments.refusal_messages import payment_message
from core_site.rollout.refusal_messages import stage_message
from core_site.text_flaws import say_flaw
from core_site.webhooks.refusal_messages import webhook_message
from shared_domain import (
    availability,
    booking_desk,
    bookings,
    catalog,
    disruptions,
    manifest,
    notifications,
    partners,
    payments,
    persons,
    resources,
    rollout,
    settlements,
    webhooks,
)
from shared_domain.availability import DateRangeProblem
from shared_domain.bookings import BookingStatus, RedemptionProblem, TextPath
from shared_domain.quantities import format_quantity
from shared_domain.refusals import Refused
from shared_domain.time_zones import zone

#: References of bookings that one sentence names.
MOST_REFERENCES = 5


class StaffMessage(NamedTuple):
    """A sentence without its full stop, and the name of the form's field at fault, if any."""

    text: str
    field: str | None = None


class AdminRefused(Refused):
    """A refusal by the admin itself, such as for a locked row; it has its own message."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return self.message


def staff_message(refusal: Refused) -> StaffMessage:
    """Return the message of a refusal for staff.

    Raises:
        LookupError: the refusal's class has no message.
    """
    match refusal:
        case AdminRefused(message=message):
            return StaffMessage(message[:1].upper() + message[1:])
        case rollout.StageRefused():
            text, field = stage_message(refusal)
            return StaffMessage(text[:1].upper() + text[1:], field)
        case bookings.BookingRefused():
            return _booking_message(refusal)
        case booking_desk.HoldAfterCutoff():
            return StaffMessage(
                "The sale of this departure is over, so a hold would end at once; confirm the "
                "booking instead"
            )
        case booking_desk.BoatFull(names=names, left=left, places=places):
            has = f"{' and '.join(names)} {'has' if len(names) == 1 else 'have'}"
            return StaffMessage(
                f"{has} {format_quantity(left, 'seat')} left at this time, and the "
                f"tickets take {places:,}; give the departure another boat first, or choose "
                "another time"
            )
        case booking_desk.ExemptionReasonMissing():
            return StaffMessage(
                "Say why it may be booked all the same, in at most "
                f"{booking_desk.LONGEST_REASON} characters",
                "reason",
            )
        case manifest.ManifestRefused():
            return _manifest_message(refusal)
        case disruptions.DisruptionRefused():
            return _disruption_message(refusal)
        case resources.ResourceNotFound():
            return StaffMessage("A guide, boat or departure that you chose is gone; look again")
        case partners.KeyRefused() | partners.KeyChangeRefused():
            return StaffMessage(*key_message(refusal))
        case payments.PaymentRefused() | settlements.SettlementRefused():
            return StaffMessage(*payment_message(refusal))
        case webhooks.WebhookRefused():
            return StaffMessage(*webhook_message(refusal))
        case notifications.NotificationRefused():
            return StaffMessage(*notification_message(refusal))
        case persons.PersonNotFound():
            return StaffMessage("Nothing is stored under this e-mail address, reference or id")
        case persons.TravelNotOver(references):
            return StaffMessage(
                f"Still ahead: {', '.join(references[:MOST_REFERENCES])}; cancel first, or say "
                "that bookings which are still ahead are to be erased as well"
            )
    return _sale_message(refusal)


def contact_field_name(attribute: str, ticket: int | None = None) -> str:
    """Return the form field's name for an attribute of the booking's or a ticket's contact."""
    return f"contact.{attribute}" if ticket is None else f"tickets.{ticket}.contact.{attribute}"


def _booking_message(refusal: bookings.BookingRefused) -> StaffMessage:
    match refusal:
        case bookings.BookingNotFound():
            return StaffMessage("This booking no longer exists")
        case bookings.UuidTaken():
            return StaffMessage("Another booking of the partner has this UUID")
        case bookings.HoldExpired():
            return StaffMessage("This hold has expired, and its places are free; book them anew")
        case bookings.BookingUserNotFound():
            return StaffMessage("The partner has no such user any more; reload the page")
        case bookings.AvailabilityMissing():
            return StaffMessage("This product is only sold for a chosen departure")
        case bookings.AgreementMissing():
            return StaffMessage("Staff decide on each booking of this product")
        case bookings.CurrencyKept(own):
            return StaffMessage(f"The booking is in {own}, which does not change by itself")
        case bookings.UnitItemsMissing():
            return StaffMessage("A booking needs at least one ticket")
        case bookings.PartyRefused(reason):
            return StaffMessage(_party_message(reason))
        case bookings.SoldOut(places, vacancies):
            left = format_quantity(vacancies, "place")
            return StaffMessage(f"The departure has {left} left, and the tickets take {places:,}")
        case bookings.HoldLimitReached(held, capacity, max_percent):
            of_all = format_quantity(capacity, "place")
            return StaffMessage(
                f"The partner has {held:,} of the departure's {of_all} on hold, and may "
                f"hold at most {max_percent} % at once"
            )
        case bookings.DepartureClosed():
            return StaffMessage("The departure is closed, or past its booking cut-off")
        case bookings.ContactIncomplete(missing):
            first = missing[0]
            attribute = first.field.attribute
            return StaffMessage(
                f"Required to confirm, and missing: {_name_detail(attribute)}",
                contact_field_name(attribute, first.ticket),
            )
        case bookings.InvalidDetails(path, flaw):
            return StaffMessage(f"{_label(path)} {say_flaw(flaw)}", _form_field(path))
        case bookings.NotCancellable(action, status, is_partly_redeemed, cutoff):
            if is_partly_redeemed:
                why = "a ticket of it was used"
            elif status in (BookingStatus.PENDING, BookingStatus.CONFIRMED):
                why = cutoff.too_late_reason
            else:
                why = f"it is {_describe(status)}"
            return StaffMessage(f"This booking can no longer be {action}: {why}")
        case bookings.WrongStatus(_, _, _, datetime() as undecided_until):
            return StaffMessage(
                "This booking was not decided before its cut-off, "
                f"{format_local(undecided_until)}, and is rejected since"
            )
        case bookings.WrongStatus(action, status, needed):
            return StaffMessage(
                f"This booking is {_describe(status)}; only one that is {_describe(needed)} can "
                f"be {action}"
            )
        case bookings.TooManyBookings(limit):
            return StaffMessage(
                f"More than {format_quantity(limit, 'booking')} match; narrow the search"
            )
        case bookings.SearchTooLarge(limit):
            most = format_quantity(limit, "ticket")
            return StaffMessage(f"The bookings that match have more than {most}; narrow the search")
        case bookings.NotAcceptable(is_open=False):
            return StaffMessage(
                "This booking cannot be accepted: its departure is closed; reopen it first, or "
                "reject the booking"
            )
        case bookings.NotAcceptable(_, capacity, reserved):
            taken = format_quantity(reserved, "place")
            return StaffMessage(
                "This booking cannot be accepted: its departure has too few places, with "
                f"{taken} taken of {capacity:,}; give it more first, or reject the booking"
            )
        case bookings.TicketsGone():
            return StaffMessage(
                "Choose some of the tickets that the booking has now; to cancel all of them, "
                "cancel the booking"
            )
        case bookings.NothingToSend(BookingStatus.CONFIRMED):
            return StaffMessage("This booking has no e-mail address to send its tickets to")
        case bookings.NothingToSend(status):
            return StaffMessage(f"This booking is {_describe(status)}: it has no valid tickets")
        case bookings.WrongDay(valid_on, today, time_zone):
            return StaffMessage(
                f"These tickets are for {valid_on}; there, by the clock of "
                f"{time_zone}, it is {today}"
            )
        case bookings.NotRedeemable(RedemptionProblem.NOT_CONFIRMED, status):
            return StaffMessage(f"This booking is {_describe(status)}, so its tickets do not admit")
        case bookings.NotRedeemable(problem, _, ticket) | bookings.RedemptionFinal(problem, ticket):
            return StaffMessage(_redemption_message(problem, ticket))
    raise LookupError(f"no words for staff about {type(refusal).__name__}")


def _disruption_message(refusal: disruptions.DisruptionRefused) -> StaffMessage:
    match refusal:
        case disruptions.NoDepartures():
            return StaffMessage("Choose at least one departure that still exists")
        case disruptions.DisruptionTooLarge(departures, _, most_departures, most_bookings):
            if departures > most_departures:
                most = format_quantity(most_departures, "departure")
                return StaffMessage(
                    f"At most {most} can be cancelled or moved at once, and {departures:,} are "
                    "chosen; choose fewer days or one product"
                )
            most = format_quantity(most_bookings, "booking")
            return StaffMessage(
                f"At most {most} can be cancelled or moved at once; choose fewer departures"
            )
        case disruptions.MoveOntoItself():
            return StaffMessage("Guests cannot be moved to a departure that is itself being moved")
        case disruptions.DisruptionRunning():
            return StaffMessage(
                "Nothing was started: one of the departures is being cancelled or moved at this "
                "moment. Wait until its report says that it is over"
            )
        case disruptions.AffectedChanged():
            return StaffMessage(
                "Nothing was started: bookings or places have changed since you saw this page. "
                "Look at the figures below and start again"
            )
    raise LookupError(f"no words for staff about {type(refusal).__name__}")


def _party_message(
    reason: availability.PartyLimit | bookings.TicketUuidRepeated | bookings.NoTicketForUser,
) -> str:
    match reason:
        case availability.TooFewTickets(least):
            return f"A booking needs at least {format_quantity(least, 'ticket')} here"
        case availability.TooManyTickets(most):
            return f"A booking may have at most {format_quantity(most, 'ticket')} here"
        case availability.TooFewOfUnit(code, least):
            return f"A booking needs at least {least:,} of {code}"
        case availability.TooManyOfUnit(code, most):
            return f"A booking may have at most {most:,} of {code}"
        case availability.Unaccompanied(code, companions):
            return f"{code} must be booked together with {' or '.join(companions)}"
        case bookings.TicketUuidRepeated(ticket):
            return f"Ticket {ticket + 1} has the UUID of another ticket"
        case bookings.NoTicketForUser(units):
            ages = ", ".join(f"{unit.unit_code} for {unit.least} to {unit.most}" for unit in units)
            return f"No ticket is for the age of the booking's user on that day: {ages}"


def _redemption_message(problem: RedemptionProblem, ticket: str | None) -> str:
    match problem:
        case RedemptionProblem.TEST_BOOKING:
            return "This is a test booking: its codes do not admit"
        case RedemptionProblem.NOT_CONFIRMED:
            return "This booking is not confirmed, so its tickets do not admit"
        case RedemptionProblem.NOT_OF_THIS_BOOKING:
            return "Choose tickets of this booking"
        case RedemptionProblem.USED_BEFORE:
            return f"Ticket {ticket} was used before"
        case RedemptionProblem.NOT_USED:
            return f"Ticket {ticket} was not used"
        case RedemptionProblem.NONE_USED:
            return "No ticket of this booking was used"
        case RedemptionProblem.USED_TOO_LONG_AGO:
            return f"Ticket {ticket} was used more than a day ago, which can no longer be undone"


def _manifest_message(refusal: manifest.ManifestRefused) -> StaffMessage:
    match refusal:
        case manifest.GuestNotOnManifest():
            return StaffMessage("This guest is no longer on the manifest: moved or cancelled")
        case manifest.NothingToCheckIn(reference):
            return StaffMessage(
                f"All guests of {reference} are marked as no-show; check in each who came"
            )
        case manifest.NotMarkable(BookingStatus.CONFIRMED, ticket):
            return StaffMessage(f"Ticket {ticket} is checked in; undo that first")
        case manifest.NotMarkable(status, _):
            return StaffMessage(f"This booking is {_describe(status)}; its guests are not marked")
        case manifest.NoShowTooEarly(known_from, time_zone):
            start = known_from.astimezone(zone(time_zone))
            return StaffMessage(
                f"Guests may still come until {start:%H:%M}; mark no-shows after that"
            )
        case manifest.MarkFinal(ticket):
            return StaffMessage(
                f"Ticket {ticket} was marked more than a day ago, which can no longer be undone"
            )
    raise LookupError(f"no words for staff about {type(refusal).__name__}")


def _sale_message(refusal: Refused) -> StaffMessage:
    match refusal:
        case catalog.ProductNotFound(code):
            return StaffMessage(f"The product {code} is not on sale to the partner")
        case catalog.OptionNotFound(code):
            return StaffMessage(f"The product has no option {code}")
        case catalog.UnitNotFound(code):
            return StaffMessage(f"The option has no unit {code}")
        case catalog.CurrencyNotOffered(currency, offered):
            return StaffMessage(
                f"The product is not sold in {currency}, only in {', '.join(offered)}"
            )
        case catalog.PriceMissing(code, currency):
            return StaffMessage(f"{code} has no price in {currency} on this date")
        case availability.AvailabilityNotFound():
            return StaffMessage("The option has no such departure")
        case availability.InvalidDateRange(problem):
            return StaffMessage(_DATE_RANGE_MESSAGES[problem])
        case availability.DepartureNotFound():
            return StaffMessage("This departure no longer exists; reload the list")
        case availability.CapacityBelowReserved(reserved):
            taken = format_quantity(reserved, "place")
            return StaffMessage(
                f"Capacity must be at least {reserved:,}: {taken} reserved already", "capacity"
            )
        case availability.BlackoutScope():
            return StaffMessage("Choose either a product or a place", "product")
        case availability.BlackoutTooLong(most_days):
            most = format_quantity(most_days - 1, "day")
            return StaffMessage(f"The last day must be the first one or up to {most} later", "last")
        case availability.BlackoutLifted():
            return StaffMessage("This blackout was lifted before")
    raise LookupError(f"no words for staff about {type(refusal).__name__}")


_DATE_RANGE_MESSAGES = {
    DateRangeProblem.MISSING: "Dates are required",
    DateRangeProblem.BACKWARDS: "The last date must not be before the first",
    DateRangeProblem.TOO_LONG: "The dates must span at most a year",
}


def _describe(status: BookingStatus) -> str:
    return status.value.lower().replace("_", " ")


def _label(path: TextPath) -> str:
    of_ticket = "" if path.ticket is None else f"ticket {path.ticket + 1}: "
    label = f"{of_ticket}{_name_detail(path.name)}"
    return label[:1].upper() + label[1:]


#: What details of a booking are called on its forms, where that is not their name.
_DETAILS = {
    "email_address": "e-mail address",
    "phone_number": "telephone",
    "locales": "language",
    "reseller_reference": "partner's reference",
    "pickup_hotel": "pick-up place",
    "pickup_time": "pick-up time",
}


def _name_detail(name: str) -> str:
    return _DETAILS.get(name, name.replace("_", " "))


def _form_field(path: TextPath) -> str:
    return contact_field_name(path.name, path.ticket) if path.is_of_contact else path.name
