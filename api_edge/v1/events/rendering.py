"""Build the data of an event, from what was stored with it and its subject as it is now."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from pydantic.alias_generators import to_camel

from api_edge.http.answer_structs import answer_struct
from api_edge.http.strict_models import ResponseModel
from api_edge.octo import render_availability, render_bookings, render_catalog
from api_edge.octo.render_availability import Quotes, utc_moment
from api_edge.octo.render_catalog import Prices
from api_edge.octo.schemas.availability import Availability
from api_edge.octo.schemas.bookings import Booking
from api_edge.v1.events import data as schemas
from shared_domain.availability import DepartureId, Offer
from shared_domain.bookings import BookingStatus, Initiator
from shared_domain.catalog import OptionNotFound, ProductId
from shared_domain.event_subjects import Subjects
from shared_domain.events import Event, PublishedType
from shared_domain.partners import ApiKeyId

ApiKey = answer_struct(schemas.ApiKey)
BookingData = answer_struct(schemas.BookingData)
CancelledBookingData = answer_struct(schemas.CancelledBookingData)
CancelledDepartureData = answer_struct(schemas.CancelledDepartureData)
CapacityData = answer_struct(schemas.CapacityData)
ChangedBookingData = answer_struct(schemas.ChangedBookingData)
DepartureData = answer_struct(schemas.DepartureData)
DeparturesData = answer_struct(schemas.DeparturesData)
KeyData = answer_struct(schemas.KeyData)
MovedBookingData = answer_struct(schemas.MovedBookingData)
MovedDepartureData = answer_struct(schemas.MovedDepartureData)
ProductData = answer_struct(schemas.ProductData)
RedeemedBookingData = answer_struct(schemas.RedeemedBookingData)
RemovedProductData = answer_struct(schemas.RemovedProductData)
TimesBefore = answer_struct(schemas.TimesBefore)

#: What partners call the parts of a booking that an event names as changed, where it is not the
#: stored name in camel case.
_PARTS = {
    "price": "pricing",
    "departure": "availability",
    "hold_expires_at": "utcExpiresAt",
    "ticket_holders": "unitItems",
}

#: What the erasure of a guest's personal data changes.
_ERASED = ["contact", "notes", "cancellation", "pickupHotel", "pickupTime", "unitItems"]

Build = Callable[[Event, Subjects, datetime], ResponseModel]


def build_data(event: Event, subjects: Subjects, *, now: datetime) -> ResponseModel | None:
    """Return an event's data; None for an event that the partner may not see any more."""
    if event.product_id is not None and not _may_be_told(event, subjects):
        return None
    build = _BUILDERS.get(event.type) or _BUILDER_OF[event.type.subject]
    return build(event, subjects, now)


def _may_be_told(event: Event, subjects: Subjects) -> bool:
    """Return whether an event of a product, or of its departures, says something to the partner."""
    product_id = ProductId(event.product_id or 0)
    if event.type is PublishedType.PRODUCT_REMOVED or product_id in subjects.products:
        return True
    # Else nothing would say that it is no longer listed, as with the last of its start times.
    return event.type is PublishedType.PRODUCT_UPDATED and product_id in subjects.unlisted_products


def _booking(event: Event, subjects: Subjects, now: datetime) -> dict[str, Any]:
    found = None if event.booking_uuid is None else subjects.bookings.get(event.booking_uuid)
    shown: Booking | None = None
    if found is not None:
        shown = render_bookings.booking(found, with_pricing=True, now=now)
    status = event.data.get("status")
    return {
        "booking_uuid": str(event.booking_uuid),
        "status": None if status is None else BookingStatus(status),
        "booking": shown,
    }


def _changed_parts(stored: Mapping[str, Any]) -> list[str]:
    if stored.get("erased"):
        return _ERASED
    names = [_PARTS.get(name) or to_camel(name) for name in stored.get("changed", ())]
    return list(dict.fromkeys(names))


def _changed(event: Event, subjects: Subjects, now: datetime) -> ResponseModel:
    return ChangedBookingData(**_booking(event, subjects, now), changed=_changed_parts(event.data))


def _moved(event: Event, subjects: Subjects, now: datetime) -> ResponseModel:
    return MovedBookingData(
        **_booking(event, subjects, now),
        old_local_start=event.data.get("oldLocalStart"),
        new_local_start=event.data.get("newLocalStart"),
    )


def _cancelled(event: Event, subjects: Subjects, now: datetime) -> ResponseModel:
    initiator = event.data.get("initiator")
    return CancelledBookingData(
        **_booking(event, subjects, now),
        initiator=None if initiator is None else Initiator(initiator),
    )


def _redeemed(event: Event, subjects: Subjects, now: datetime) -> ResponseModel:
    tickets = list(event.data.get("tickets", ()))
    return RedeemedBookingData(**_booking(event, subjects, now), tickets=tickets)


def _slot(event: Event, subjects: Subjects, now: datetime) -> dict[str, Any]:
    return {
        "product_id": event.data["productId"],
        "option_id": event.data["optionId"],
        "availability_id": event.data["availabilityId"],
        "local_date": event.data["localDate"],
        "availability": _availability(event, subjects, now),
    }


def _availability(event: Event, subjects: Subjects, now: datetime) -> Availability | None:
    departure_id = DepartureId(event.departure_id or 0)
    departure = subjects.departures.get(departure_id)
    if departure is None or departure.ends_at <= now:
        return None
    product = subjects.products[ProductId(event.product_id or 0)]
    try:
        option = product.option(event.data["optionId"])
    except OptionNotFound:
        return None
    offer = Offer(product, option, party=None, currency=None)
    slot = offer.slot_for(departure, now=now, share=subjects.held_shares.get(departure_id))
    quotes = Quotes(offer, per_unit="unit_pricing", whole="pricing")
    return render_availability.slot(slot, product, quotes.on(departure.local_date))


def _slot_moved(event: Event, subjects: Subjects, now: datetime) -> ResponseModel:
    before = event.data["before"]
    return MovedDepartureData(
        **_slot(event, subjects, now),
        before=TimesBefore(
            local_date=before["localDate"],
            local_time=before["localTime"] and before["localTime"][:5],
            utc_start=utc_moment(datetime.fromisoformat(before["startsAt"])),
            utc_end=utc_moment(datetime.fromisoformat(before["endsAt"])),
        ),
    )


def _slot_capacity(event: Event, subjects: Subjects, now: datetime) -> ResponseModel:
    return CapacityData(
        **_slot(event, subjects, now),
        capacity=event.data["capacity"],
        capacity_before=event.data["before"]["capacity"],
    )


def _slot_cancelled(event: Event, subjects: Subjects, now: datetime) -> ResponseModel:
    return CancelledDepartureData(
        **_slot(event, subjects, now), guests_move_to=event.data.get("guestsMoveTo")
    )


def _product(event: Event, subjects: Subjects, now: datetime) -> ResponseModel:
    found = subjects.products.get(ProductId(event.product_id or 0))
    shown = found and render_catalog.encoded_product(found, Prices.IN_LIST, now).product
    return ProductData(product_id=event.data["productId"], product=shown)


def _product_removed(event: Event, subjects: Subjects, now: datetime) -> ResponseModel:
    return RemovedProductData(product_id=event.data["productId"])


def _departures(event: Event, subjects: Subjects, now: datetime) -> ResponseModel:
    return DeparturesData(
        product_id=event.data["productId"],
        option_id=event.data["optionId"],
        departures=event.data["departures"],
        local_date_start=event.data["localDateStart"],
        local_date_end=event.data["localDateEnd"],
    )


def _key(event: Event, subjects: Subjects, now: datetime) -> ResponseModel:
    found = subjects.keys.get(ApiKeyId(event.api_key_id or 0))
    if found is None:
        return KeyData(prefix=event.data["prefix"], key=None)
    key = ApiKey(
        prefix=found.prefix,
        test_mode=found.is_test,
        scopes=sorted(found.scopes),
        calls_per_second=found.rate_limit_per_second,
        utc_created_at=utc_moment(found.created_at),
        utc_expires_at=_moment_or_none(found.expires_at),
        utc_revoked_at=_moment_or_none(found.revoked_at),
        is_replaced=found.replaced_by is not None,
    )
    return KeyData(prefix=event.data["prefix"], key=key)


def _moment_or_none(moment: datetime | None) -> str | None:
    return None if moment is None else utc_moment(moment)


#: What builds the data of each type; the other types go by their subject.
_BUILDERS: Mapping[PublishedType, Build] = {
    PublishedType.BOOKING_CHANGED: _changed,
    PublishedType.BOOKING_MOVED: _moved,
    PublishedType.BOOKING_CANCELLED: _cancelled,
    PublishedType.BOOKING_REDEEMED: _redeemed,
    PublishedType.BOOKING_REDEMPTION_UNDONE: _redeemed,
    PublishedType.DEPARTURE_CANCELLED: _slot_cancelled,
    PublishedType.DEPARTURE_MOVED: _slot_moved,
    PublishedType.DEPARTURE_CAPACITY_CHANGED: _slot_capacity,
    PublishedType.PRODUCT_REMOVED: _product_removed,
    PublishedType.PRODUCT_DEPARTURES_ADDED: _departures,
    PublishedType.PRODUCT_DEPARTURES_REMOVED: _departures,
}

_BUILDER_OF: Mapping[str, Build] = {
    "booking": lambda event, subjects, now: BookingData(**_booking(event, subjects, now)),
    "departure": lambda event, subjects, now: DepartureData(**_slot(event, subjects, now)),
    "product": _product,
    "price": _product,
    "key": _key,
}
