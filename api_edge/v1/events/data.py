"""What an event's ``data`` holds: one model for each kind of subject."""

from typing import Annotated, Any

from pydantic import Field

from api_edge.http.strict_models import (
    DateText,
    LocalMoment,
    ResponseModel,
    UtcMoment,
    UuidText,
)
from api_edge.octo.schemas.availability import Availability
from api_edge.octo.schemas.bookings import Booking
from api_edge.octo.schemas.catalog import Product
from shared_domain.bookings import BookingStatus, Initiator
from shared_domain.partners import Scope

AvailabilityId = Annotated[
    str, Field(description="The slot's `id`, which it keeps when it is moved to another time.")
]


class BookingData(ResponseModel):
    """A booking of yours."""

    booking_uuid: UuidText
    status: BookingStatus | None = Field(
        description="The status in which this event left it; null where it says none. By now the "
        "booking may have another."
    )
    booking: Booking | None = Field(
        description="As GET /octo/bookings/{uuid} answers now, with prices. Of several events of "
        "one booking, each holds the same. null when it is no more."
    )


class ChangedBookingData(BookingData):
    """A booking of yours, and the names of its fields that have changed."""

    changed: list[str] = Field(
        description="The names of the fields of `booking` that this event changed."
    )


class MovedBookingData(BookingData):
    """A booking of yours that the supplier has moved to another time."""

    old_local_start: LocalMoment | None = Field(description="When it was to begin before.")
    new_local_start: LocalMoment | None = Field(description="When it begins by this event.")


class CancelledBookingData(BookingData):
    """A booking of yours that is cancelled, and who decided to cancel it."""

    initiator: Initiator | None = Field(description="PARTNER: you or your guest.")


class RedeemedBookingData(BookingData):
    """A booking of yours, and the tickets whose redemption was recorded or undone."""

    tickets: list[str] = Field(
        description="The `supplierReference` of each such ticket; `[]` for the whole booking."
    )


class DepartureData(ResponseModel):
    """A slot of a product that you may sell."""

    product_id: str
    option_id: str
    availability_id: AvailabilityId
    local_date: DateText
    availability: Availability | None = Field(
        description="As POST /octo/availability answers now, with prices; null when the slot is "
        "no more, or over."
    )


class TimesBefore(ResponseModel):
    """The times of a slot before it was moved."""

    local_date: DateText
    local_time: str | None = Field(
        description="By the clock of the place, such as 09:30; null for opening hours."
    )
    utc_start: UtcMoment
    utc_end: UtcMoment


class MovedDepartureData(DepartureData):
    """A slot that was moved to another time, with its times before."""

    before: TimesBefore


class CapacityData(DepartureData):
    """A slot whose number of places has changed."""

    capacity: int | None = Field(description="From this event on; null: no limit.")
    capacity_before: int | None


class CancelledDepartureData(DepartureData):
    """A slot that does not take place; each of its bookings has an event of its own."""

    guests_move_to: str | None = Field(
        description="The slot to which its guests are moved instead, if any."
    )


class ProductData(ResponseModel):
    """A product that you may sell."""

    product_id: str
    product: Product | None = Field(
        description="As GET /octo/products/{id} answers now, with prices; null while that finds "
        "none, since the product lacks what it needs to be sold, such as start times."
    )


class RemovedProductData(ResponseModel):
    """A product that you may not sell any more: switched off, or not on your terms."""

    product_id: str


class DeparturesData(ResponseModel):
    """Slots of an option that its schedule has added or removed together."""

    product_id: str
    option_id: str
    departures: int = Field(description="How many.")
    local_date_start: DateText
    local_date_end: DateText = Field(description="The last day, itself included.")


class ApiKey(ResponseModel):
    """An API key without its secret."""

    prefix: str
    test_mode: bool
    scopes: list[Scope]
    calls_per_second: int | None = Field(description="null: as many as for every key.")
    utc_created_at: UtcMoment
    utc_expires_at: UtcMoment | None
    utc_revoked_at: UtcMoment | None
    is_replaced: bool = Field(description="Another key has taken its place; it expires soon.")


class KeyData(ResponseModel):
    """An API key of yours."""

    prefix: str = Field(description="The part of the key by which people tell it apart.")
    key: ApiKey | None = Field(description="As it is now; null when it is no more.")


EXAMPLE_KEY: dict[str, Any] = {
    "prefix": "pk_live_7Q4M",
    "testMode": False,
    "scopes": ["bookings:read", "bookings:write", "catalog:read"],
    "callsPerSecond": None,
    "utcCreatedAt": "2026-07-01T10:02:41Z",
    "utcExpiresAt": None,
    "utcRevokedAt": None,
    "isReplaced": False,
}
