"""Every type of event: its description, the model of its body, and an example."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import ConfigDict, Field, create_model

from api_edge.http.strict_models import ResponseModel, UtcMoment
from api_edge.v1.events import data
from api_edge.v1.events.examples import EXAMPLE_EVENT, EXAMPLE_OF
from shared_domain.events import PublishedType, needed_scope


class EventEnvelope(ResponseModel, defer_build=True):
    """The fields of every event.

    Only the documentation uses the models of events, so none has a validator before that.
    ``type``, ``timestamp`` and ``data`` are those of Standard Webhooks.
    """

    id: str = Field(description="Names the event for ever: one that comes twice has the same.")
    type: str
    #: ``BODY_VERSION``.
    version: Literal[1] = Field(
        description="Of `data`. A field that is added does not change it; pass over what you do "
        "not know."
    )
    position: int = Field(description="Its place in the log, a cursor: `after` goes on behind it.")
    timestamp: UtcMoment = Field(description="When it happened.")
    test_mode: bool | None = Field(
        description="true: of your tests; null: of both, such as a product that has changed."
    )
    data: ResponseModel


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of event in the documentation, and the model of its body."""

    name: PublishedType
    summary: str
    description: str
    data: type[ResponseModel]
    model: type[EventEnvelope]
    example: Mapping[str, Any]


#: What each type says: a line, when it is written, and the model of its data.
_KINDS: Mapping[PublishedType, tuple[str, str, type[ResponseModel]]] = {
    PublishedType.BOOKING_RESERVED: (
        "A booking was reserved",
        "It is ON_HOLD, by your own call.",
        data.BookingData,
    ),
    PublishedType.BOOKING_CONFIRMED: (
        "A booking was confirmed",
        "By your call or by the supplier's desk; what the supplier must agree to first is "
        "`booking.pending` instead.",
        data.BookingData,
    ),
    PublishedType.BOOKING_PENDING: (
        "A booking waits for the supplier",
        "`booking.accepted` or `booking.rejected` follows.",
        data.BookingData,
    ),
    PublishedType.BOOKING_ACCEPTED: (
        "The supplier has accepted a booking",
        "It was PENDING and is CONFIRMED.",
        data.BookingData,
    ),
    PublishedType.BOOKING_REJECTED: (
        "A booking was rejected",
        "It was PENDING; the supplier refused it, or had not decided at the slot's cut-off.",
        data.BookingData,
    ),
    PublishedType.BOOKING_CHANGED: (
        "A booking was changed",
        "By your call, by the supplier's staff, or because a guest's personal data were erased.",
        data.ChangedBookingData,
    ),
    PublishedType.BOOKING_MOVED: (
        "The supplier has moved a booking",
        "Its slot is at another time, or it is on another slot: tell your guest.",
        data.MovedBookingData,
    ),
    PublishedType.BOOKING_CANCELLED: (
        "A booking was cancelled",
        "`booking.cancellation` has the refund and the reason.",
        data.CancelledBookingData,
    ),
    PublishedType.BOOKING_EXPIRED: (
        "A hold ran out",
        "Its places were free from `utcExpiresAt` on; the event comes within a minute.",
        data.BookingData,
    ),
    PublishedType.BOOKING_REDEEMED: (
        "Tickets were used",
        "The guests came. `booking.utcRedeemedAt` is set once all tickets are used.",
        data.RedeemedBookingData,
    ),
    PublishedType.BOOKING_REDEMPTION_UNDONE: (
        "A use of tickets was undone",
        "It was noted by mistake.",
        data.RedeemedBookingData,
    ),
    PublishedType.BOOKING_TICKETS_SENT: (
        "Tickets were sent to the guest",
        "By e-mail, as `emailReceipt` asked for.",
        data.BookingData,
    ),
    PublishedType.DEPARTURE_OPENED: (
        "A slot is on sale",
        "It was closed before.",
        data.DepartureData,
    ),
    PublishedType.DEPARTURE_CLOSED: (
        "A slot is closed",
        "It cannot be booked; bookings that exist stay as they are.",
        data.DepartureData,
    ),
    PublishedType.DEPARTURE_CANCELLED: (
        "A slot does not take place",
        "Each of its bookings is cancelled or moved, with an event of its own.",
        data.CancelledDepartureData,
    ),
    PublishedType.DEPARTURE_MOVED: (
        "A slot is at another time",
        "Its bookings go with it, with an event each.",
        data.MovedDepartureData,
    ),
    PublishedType.DEPARTURE_CAPACITY_CHANGED: (
        "A slot has another capacity",
        "Of its own places; those of boats that it shares show in `availability` only.",
        data.CapacityData,
    ),
    PublishedType.DEPARTURE_SOLD_OUT: (
        "A slot is sold out",
        "Of live places; tests have a stock of their own.",
        data.DepartureData,
    ),
    PublishedType.DEPARTURE_AVAILABLE_AGAIN: (
        "A slot that was sold out has places again",
        "Of live places; tests have a stock of their own.",
        data.DepartureData,
    ),
    PublishedType.PRODUCT_ADDED: (
        "You may sell a product",
        "It is new on your terms, or switched on again.",
        data.ProductData,
    ),
    PublishedType.PRODUCT_UPDATED: (
        "A product has changed",
        "Itself, its options, its units or its start times.",
        data.ProductData,
    ),
    PublishedType.PRODUCT_REMOVED: (
        "You may not sell a product any more",
        "Bookings that exist stay as they are.",
        data.RemovedProductData,
    ),
    PublishedType.PRODUCT_DEPARTURES_ADDED: (
        "A product has new slots",
        "Once for each option, however many.",
        data.DeparturesData,
    ),
    PublishedType.PRODUCT_DEPARTURES_REMOVED: (
        "Slots of a product are gone",
        "Once for each option, however many; none of them had bookings.",
        data.DeparturesData,
    ),
    PublishedType.PRICE_CHANGED: (
        "Prices have changed",
        "Retail or net prices, taxes, or your commission. Bookings keep the price that they have.",
        data.ProductData,
    ),
    PublishedType.KEY_ISSUED: ("An API key was issued", "Its secret is shown once.", data.KeyData),
    PublishedType.KEY_REPLACED: (
        "An API key was replaced",
        "It works until it expires: put the new one in place by then.",
        data.KeyData,
    ),
    PublishedType.KEY_REVOKED: ("An API key was revoked", "It works no more.", data.KeyData),
    PublishedType.KEY_CHANGED: (
        "An API key was changed",
        "Its scopes, its expiry or its rate limit.",
        data.KeyData,
    ),
}


def _model_name(kind: PublishedType) -> str:
    """Return ``BookingTicketsSentEvent`` for ``booking.tickets_sent``."""
    words = kind.value.replace(".", " ").replace("_", " ").title()
    return f"{words.replace(' ', '')}Event"


def _describe(kind: PublishedType, text: str) -> str:
    scope = needed_scope(kind)
    return text if scope is None else f"{text} Needs the scope `{scope.value}`."


def _kind(kind: PublishedType) -> Kind:
    summary, text, model = _KINDS[kind]
    example = {**EXAMPLE_EVENT, "type": kind.value, **EXAMPLE_OF[kind]}
    fields: dict[str, Any] = {"type": (Literal[kind.value], ...), "data": (model, ...)}
    body: type[EventEnvelope] = create_model(
        _model_name(kind), __base__=EventEnvelope, __doc__=f"{summary}.", **fields
    )
    body.model_config = ConfigDict(**body.model_config, json_schema_extra={"examples": [example]})
    return Kind(kind, summary, _describe(kind, text), model, body, example)


#: Every type that partners read.
KINDS: Mapping[PublishedType, Kind] = {kind: _kind(kind) for kind in PublishedType}
