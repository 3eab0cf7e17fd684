"""Endpoints of bookings: reserve, confirm, extend, change, cancel, get and search."""

from datetime import datetime
from typing import Annotated

from fastapi import Path, Query, Request, Response

from api_edge.auth.authentication import CallerWithBookingsRead, CallerWithBookingsWrite
from api_edge.examples import EXAMPLE_BOOKING_UUID, EXAMPLE_HOLD_UUID
from api_edge.http.strict_models import Uuid
from api_edge.idempotency.header import TAKES_IDEMPOTENCY_KEY
from api_edge.octo import render_bookings, to_domain
from api_edge.octo.answers import octo_answer
from api_edge.octo.capabilities import Capabilities, RequestedCapabilities
from api_edge.octo.route import octo_router
from api_edge.octo.schemas.booking_requests import (
    BookingFilters,
    CancellationRequest,
    Change,
    Confirmation,
    Extension,
    Reservation,
)
from api_edge.octo.schemas.bookings import Booking
from api_edge.octo.schemas.errors import error_responses
from api_edge.wiring import (
    ReadBookings,
    WriteBookings,
    WriteMessages,
    current_time,
    expect_lock,
)
from shared_domain import availability, bookings, catalog, idempotency, messages
from shared_domain.bookings import BookingAction, BookingStatus, MissingContactField
from shared_domain.catalog import CancellationPolicy, ContactField, DurationUnit
from shared_domain.partners import Scope

router = octo_router("Bookings")

#: What a repeat with an idempotency key may be told, whatever it is of.
KEY_REFUSALS = (
    idempotency.IdempotencyKeyReused("notes", "9f2c61d07b34a8e5", "05be7a1c4d92f638"),
    idempotency.AnswerNotKept(),
)

BookingUuid = Annotated[
    Uuid, Path(description="A booking's `uuid`.", examples=[EXAMPLE_BOOKING_UUID])
]
HoldUuid = Annotated[Uuid, Path(description="A hold's `uuid`.", examples=[EXAMPLE_HOLD_UUID])]

NOT_FOUND = bookings.BookingNotFound(EXAMPLE_BOOKING_UUID)

PARTY_REFUSALS = (
    catalog.UnitNotFound("dog", ticket=0),
    bookings.UnitItemsMissing(),
    bookings.PartyRefused(availability.TooManyTickets(8)),
    bookings.PartyRefused(bookings.NoTicketForUser((bookings.UnitAges("adult", 15, 99),))),
    bookings.BookingUserNotFound(),
    bookings.SoldOut(places=4, vacancies=3),
    bookings.DepartureClosed(),
)

NO_LAST_NAME = bookings.ContactIncomplete((MissingContactField(ContactField.LAST_NAME),))
NO_PRICE = catalog.PriceMissing("child", currency="GBP")
NO_SUCH_CURRENCY = catalog.CurrencyNotOffered("USD", offered=("EUR", "GBP"))

SLOT_REFUSALS = (
    catalog.ProductNotFound("river-canoe"),
    catalog.OptionNotFound("EVENING"),
    availability.AvailabilityNotFound("2026-07-14T03:00:00+01:00"),
    *PARTY_REFUSALS,
)


def example_past_cutoff(action: BookingAction) -> bookings.NotCancellable:
    """Return an example of the refusal of a booking that is past its cancellation cut-off."""
    cutoff = catalog.describe_cutoff(CancellationPolicy.UNTIL_CUTOFF, 24, DurationUnit.HOUR)
    return bookings.NotCancellable(
        action, BookingStatus.CONFIRMED, is_partly_redeemed=False, cutoff=cutoff
    )


@router.get(
    "/bookings/{uuid}",
    summary="One booking",
    response_model=Booking,
    responses=error_responses(NOT_FOUND, scope=Scope.BOOKINGS_READ),
)
async def get_booking(
    uuid: BookingUuid,
    caller: CallerWithBookingsRead,
    capabilities: Capabilities,
    store: ReadBookings,
) -> Response:
    """Return one of your bookings, in any status. Reading is always safe to repeat."""
    now = current_time()
    booking = await bookings.get_booking(uuid, access=caller.access, now=now, store=store)
    return _answer(booking, capabilities, now)


@router.get(
    "/bookings",
    summary="Find bookings",
    response_model=list[Booking],
    responses=error_responses(
        bookings.TooManyBookings(bookings.SEARCH_LIMIT),
        bookings.SearchTooLarge(bookings.TICKETS_LIMIT),
        scope=Scope.BOOKINGS_READ,
        bad_request="localDateEnd must come with localDateStart",
    ),
)
async def find_bookings(
    filters: Annotated[BookingFilters, Query()],
    caller: CallerWithBookingsRead,
    capabilities: Capabilities,
    store: ReadBookings,
) -> Response:
    """Return your bookings that match every filter, newest first; `[]` when none does.

    Reading is always safe to repeat.
    """
    now = current_time()
    found = await bookings.find_bookings(
        to_domain.booking_filter(filters), access=caller.access, now=now, store=store
    )
    shown = [
        render_bookings.booking(booking, with_pricing=capabilities.pricing, now=now)
        for booking in found
    ]
    return octo_answer(shown, capabilities)


@router.post(
    "/bookings",
    summary="Reserve",
    response_model=Booking,
    openapi_extra=TAKES_IDEMPOTENCY_KEY,
    responses=error_responses(
        *SLOT_REFUSALS,
        bookings.HoldLimitReached(held=8, capacity=12, max_percent=80),
        bookings.AvailabilityMissing(),
        NO_SUCH_CURRENCY,
        NO_PRICE,
        bookings.UuidTaken(EXAMPLE_BOOKING_UUID),
        *KEY_REFUSALS,
        scope=Scope.BOOKINGS_WRITE,
        bad_request="unitItems[0].unitId is required",
    ),
)
async def reserve(
    request: Request,
    reservation: Reservation,
    caller: CallerWithBookingsWrite,
    capabilities: Capabilities,
    store: WriteBookings,
) -> Response:
    """Hold places for a party: the booking is ON_HOLD until `utcExpiresAt`.

    A hold ends with the slot's `utcCutoffAt` at the latest. Your running holds on one slot may take
    a share of its capacity that the supplier sets. A single hold may take more; a further one that
    exceeds the share is refused: confirm or cancel another one first.

    Safe to repeat with a `uuid` of your own: the same content returns the booking that exists, as
    it is by then. Also safe with the header `Idempotency-Key`, which returns the first answer.
    Without either, each request makes another booking.
    """
    now = current_time()
    expect_lock(request, reservation.product_id, reservation.option_id, reservation.availability_id)
    wanted = to_domain.reservation(reservation, with_pricing=capabilities.pricing)
    booking = await bookings.reserve_booking(wanted, access=caller.access, now=now, store=store)
    return _answer(booking, capabilities, now)


@router.post(
    "/bookings/{uuid}/confirm",
    summary="Confirm",
    response_model=Booking,
    openapi_extra=TAKES_IDEMPOTENCY_KEY,
    responses=error_responses(
        NOT_FOUND,
        bookings.HoldExpired(EXAMPLE_BOOKING_UUID),
        NO_LAST_NAME,
        bookings.WrongStatus(BookingAction.CONFIRM, BookingStatus.CANCELLED, BookingStatus.ON_HOLD),
        *PARTY_REFUSALS,
        NO_PRICE,
        *KEY_REFUSALS,
        scope=Scope.BOOKINGS_WRITE,
        bad_request="contact is required",
    ),
)
async def confirm(
    uuid: HoldUuid,
    confirmation: Confirmation,
    caller: CallerWithBookingsWrite,
    capabilities: Capabilities,
    store: WriteBookings,
) -> Response:
    """Make the hold a booking: CONFIRMED, or PENDING where the supplier must agree first.

    PENDING becomes CONFIRMED or REJECTED. What the supplier has not decided by the slot's
    `utcCutoffAt` is REJECTED from then on.

    Safe to repeat: a booking that is CONFIRMED or PENDING is returned unchanged.
    """
    now = current_time()
    booking = await bookings.confirm_booking(
        uuid, to_domain.confirmation(confirmation), access=caller.access, now=now, store=store
    )
    return _answer(booking, capabilities, now)


@router.post(
    "/bookings/{uuid}/extend",
    summary="Hold for longer",
    response_model=Booking,
    openapi_extra=TAKES_IDEMPOTENCY_KEY,
    responses=error_responses(
        NOT_FOUND,
        bookings.WrongStatus(BookingAction.EXTEND, BookingStatus.CONFIRMED, BookingStatus.ON_HOLD),
        bookings.DepartureClosed(),
        catalog.ProductNotFound("river-canoe"),
        *KEY_REFUSALS,
        scope=Scope.BOOKINGS_WRITE,
        bad_request="expirationMinutes must be at least 1",
    ),
)
async def extend(
    uuid: HoldUuid,
    extension: Extension,
    caller: CallerWithBookingsWrite,
    capabilities: Capabilities,
    store: WriteBookings,
) -> Response:
    """Add minutes to a hold; `utcExpiresAt` tells the outcome.

    The supplier's ceiling is for the whole hold, counted from `utcCreatedAt`, and a hold ends with
    the slot's `utcCutoffAt` at the latest: one that lasts as long as it may is returned unchanged.
    A hold of what the supplier has closed or taken off sale meanwhile may still be confirmed until
    it ends, and gets no more time.

    Safe to repeat only with the header `Idempotency-Key`: without it, each request adds minutes.
    """
    now = current_time()
    booking = await bookings.extend_booking(
        uuid,
        extension.expiration_minutes,
        access=caller.access,
        now=now,
        store=store,
    )
    return _answer(booking, capabilities, now)


@router.patch(
    "/bookings/{uuid}",
    summary="Change",
    response_model=Booking,
    openapi_extra=TAKES_IDEMPOTENCY_KEY,
    responses=error_responses(
        NOT_FOUND,
        example_past_cutoff(BookingAction.CHANGE),
        *SLOT_REFUSALS,
        bookings.AvailabilityMissing(),
        bookings.AgreementMissing(),
        bookings.HoldLimitReached(held=8, capacity=12, max_percent=80),
        NO_LAST_NAME,
        NO_PRICE,
        NO_SUCH_CURRENCY,
        bookings.CurrencyKept("GBP", offered=("EUR", "USD")),
        *KEY_REFUSALS,
        scope=Scope.BOOKINGS_WRITE,
        bad_request="notes must be text, not a number",
    ),
)
async def update(
    uuid: BookingUuid,
    change: Change,
    caller: CallerWithBookingsWrite,
    capabilities: Capabilities,
    store: WriteBookings,
) -> Response:
    """Change a booking before or after its confirmation, while `cancellable` is true.

    Absent fields stay as they are. Tickets can be given back until the cancellation cut-off, also
    when the slot's sale is over; more places are a sale. Another product, option or slot is a
    rebooking: when the new slot refuses, nothing changes, and the booking keeps its currency unless
    `currency` asks for another one; a booking for which the supplier took money always keeps it.
    A confirmed booking gets no other slot and no more tickets of a product without
    `instantConfirmation`: reserve them as a new booking, on which the supplier decides.
    `expirationMinutes` adds to a hold as `extend` does. A guest who was sent the tickets by e-mail,
    or is to be (`emailReceipt`), is sent them again when a change alters them.

    Safe to repeat with the header `Idempotency-Key`. Without it, a repeat does nothing more when
    every ticket in `unitItems` carries its `uuid` and `expirationMinutes` is left out: that adds
    minutes each time, and a ticket without a `uuid` is a new one each time.
    """
    now = current_time()
    booking = await bookings.update_booking(
        uuid,
        to_domain.change(change, with_pricing=capabilities.pricing),
        access=caller.access,
        now=now,
        store=store,
    )
    return _answer(booking, capabilities, now)


@router.post(
    "/bookings/{uuid}/cancel",
    summary="Cancel",
    response_model=Booking,
    openapi_extra=TAKES_IDEMPOTENCY_KEY,
    responses=error_responses(
        NOT_FOUND,
        example_past_cutoff(BookingAction.CANCEL),
        *KEY_REFUSALS,
        scope=Scope.BOOKINGS_WRITE,
        bad_request="force must be true or false, not text",
    ),
)
async def cancel(
    uuid: BookingUuid,
    cancellation: CancellationRequest,
    caller: CallerWithBookingsWrite,
    capabilities: Capabilities,
    store: WriteBookings,
    outbox: WriteMessages,
) -> Response:
    """Cancel a hold or a booking; `cancellation.refund` tells what the guest gets back.

    The guest of a confirmed booking for which the e-mails were asked for (`emailReceipt`) is sent
    one about it.

    Safe to repeat: a booking that is CANCELLED is returned as it is.
    """
    now = current_time()
    booking = await messages.cancel_for_partner(
        uuid,
        reason=cancellation.reason,
        force=bool(cancellation.force),
        access=caller.access,
        now=now,
        store=store,
        outbox=outbox,
    )
    return _answer(booking, capabilities, now)


def _answer(
    booking: bookings.Booking, capabilities: RequestedCapabilities, now: datetime
) -> Response:
    shown = render_bookings.booking(booking, with_pricing=capabilities.pricing, now=now)
    return octo_answer(shown, capabilities)
