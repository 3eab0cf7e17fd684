"""An example of each type of event, in the documentation and for partners' first deliveries."""

from collections.abc import Mapping
from typing import Any

from api_edge.examples import EXAMPLE_BOOKING_UUID
from api_edge.octo.schemas.availability import EXAMPLE_AVAILABILITY
from api_edge.octo.schemas.bookings import EXAMPLE_PRICED_BOOKING
from api_edge.octo.schemas.catalog import EXAMPLE_PRICED_PRODUCT
from api_edge.octo.schemas.pricing import EXAMPLE_PRICE
from api_edge.v1.events.data import EXAMPLE_KEY
from shared_domain.events import BODY_VERSION, PublishedType

EXAMPLE_POSITION = 48_213

EXAMPLE_EVENT: dict[str, Any] = {
    "id": f"evt_{EXAMPLE_POSITION}",
    "type": "",
    "version": BODY_VERSION,
    "position": EXAMPLE_POSITION,
    "timestamp": "2026-07-01T10:09:05Z",
    "testMode": False,
}

_CANCELLATION = {
    "refund": "FULL",
    "reason": "The river is too high",
    "utcCancelledAt": "2026-07-01T10:09:05Z",
}
_SLOT = {
    "productId": "river-kayak",
    "optionId": "DEFAULT",
    "availabilityId": "2026-07-14T09:30:00+01:00",
    "localDate": "2026-07-14",
}
_AVAILABILITY = {**EXAMPLE_AVAILABILITY, "unitPricing": [{"unitId": "adult", **EXAMPLE_PRICE}]}
_PRODUCT = {"productId": "river-kayak", "product": EXAMPLE_PRICED_PRODUCT}
_SLOTS = {
    "productId": "river-kayak",
    "optionId": "DEFAULT",
    "departures": 62,
    "localDateStart": "2026-07-02",
    "localDateEnd": "2026-08-01",
}


def _booking(status: str, **more: Any) -> dict[str, Any]:
    """Return an event of the example's booking in a status."""
    unconfirmed = {"utcConfirmedAt": None} if status in _BEFORE_CONFIRMATION else {}
    booking = {**EXAMPLE_PRICED_BOOKING, "status": status, **unconfirmed, **more.pop("booking", {})}
    # Used tickets keep their codes; before the confirmation, and once it is over, there are none.
    used_at = {"utcRedeemedAt": booking["utcRedeemedAt"]}
    of_ticket = used_at if status in _WITH_TICKETS else used_at | {"deliveryOptions": []}
    booking["unitItems"] = [
        {**item, "status": status, **used_at, "ticket": {**item["ticket"], **of_ticket}}
        for item in booking["unitItems"]
    ]
    return {
        "data": {"bookingUuid": EXAMPLE_BOOKING_UUID, "status": status, **more, "booking": booking}
    }


_BEFORE_CONFIRMATION = frozenset({"ON_HOLD", "PENDING", "REJECTED", "EXPIRED"})
_WITH_TICKETS = frozenset({"CONFIRMED", "REDEEMED"})


def _slot(
    *, is_live: bool = False, availability: Mapping[str, Any] = _AVAILABILITY, **more: Any
) -> dict[str, Any]:
    return {
        "testMode": False if is_live else None,
        "data": {**_SLOT, **more, "availability": availability},
    }


def _key(**different: Any) -> dict[str, Any]:
    return {"data": {"prefix": EXAMPLE_KEY["prefix"], "key": {**EXAMPLE_KEY, **different}}}


_HELD_UNTIL = {"utcExpiresAt": "2026-07-01T10:39:05Z"}
_FULL = {**_AVAILABILITY, "available": False, "status": "SOLD_OUT", "vacancies": 0}
_CLOSED = {**_AVAILABILITY, "available": False, "status": "CLOSED"}
_TICKETS = ["RK-7Q4M2-1"]

#: What the example of each type has beside the envelope.
EXAMPLE_OF: Mapping[PublishedType, dict[str, Any]] = {
    PublishedType.BOOKING_RESERVED: _booking("ON_HOLD", booking=_HELD_UNTIL),
    PublishedType.BOOKING_CONFIRMED: _booking("CONFIRMED"),
    PublishedType.BOOKING_PENDING: _booking("PENDING"),
    PublishedType.BOOKING_ACCEPTED: _booking("CONFIRMED"),
    PublishedType.BOOKING_REJECTED: _booking("REJECTED", booking={"cancellable": False}),
    PublishedType.BOOKING_CHANGED: _booking("CONFIRMED", changed=["notes", "unitItems"]),
    PublishedType.BOOKING_MOVED: _booking(
        "CONFIRMED",
        oldLocalStart="2026-07-14T14:00:00+01:00",
        newLocalStart="2026-07-14T09:30:00+01:00",
    ),
    PublishedType.BOOKING_CANCELLED: _booking(
        "CANCELLED",
        initiator="SUPPLIER",
        booking={"cancellable": False, "cancellation": _CANCELLATION},
    ),
    PublishedType.BOOKING_EXPIRED: _booking(
        "EXPIRED", booking={**_HELD_UNTIL, "cancellable": False}
    ),
    PublishedType.BOOKING_REDEEMED: _booking(
        "REDEEMED",
        tickets=_TICKETS,
        booking={"cancellable": False, "utcRedeemedAt": "2026-07-01T10:09:05Z"},
    ),
    PublishedType.BOOKING_REDEMPTION_UNDONE: _booking("CONFIRMED", tickets=_TICKETS),
    PublishedType.BOOKING_TICKETS_SENT: _booking("CONFIRMED"),
    PublishedType.DEPARTURE_OPENED: _slot(),
    PublishedType.DEPARTURE_CLOSED: _slot(availability=_CLOSED),
    PublishedType.DEPARTURE_CANCELLED: _slot(
        availability=_CLOSED, guestsMoveTo="2026-07-15T09:30:00+01:00"
    ),
    PublishedType.DEPARTURE_MOVED: _slot(
        before={
            "localDate": "2026-07-14",
            "localTime": "09:00",
            "utcStart": "2026-07-14T08:00:00Z",
            "utcEnd": "2026-07-14T10:00:00Z",
        }
    ),
    PublishedType.DEPARTURE_CAPACITY_CHANGED: _slot(capacity=12, capacityBefore=10),
    PublishedType.DEPARTURE_SOLD_OUT: _slot(is_live=True, availability=_FULL),
    PublishedType.DEPARTURE_AVAILABLE_AGAIN: _slot(is_live=True),
    PublishedType.PRODUCT_ADDED: {"testMode": None, "data": _PRODUCT},
    PublishedType.PRODUCT_UPDATED: {"testMode": None, "data": _PRODUCT},
    PublishedType.PRODUCT_REMOVED: {"testMode": None, "data": {"productId": "river-kayak"}},
    PublishedType.PRODUCT_DEPARTURES_ADDED: {"testMode": None, "data": _SLOTS},
    PublishedType.PRODUCT_DEPARTURES_REMOVED: {"testMode": None, "data": _SLOTS},
    PublishedType.PRICE_CHANGED: {"testMode": None, "data": _PRODUCT},
    PublishedType.KEY_ISSUED: _key(),
    PublishedType.KEY_REPLACED: _key(utcExpiresAt="2026-07-08T10:09:05Z", isReplaced=True),
    PublishedType.KEY_REVOKED: _key(utcRevokedAt="2026-07-01T10:09:05Z"),
    PublishedType.KEY_CHANGED: _key(callsPerSecond=50),
}
