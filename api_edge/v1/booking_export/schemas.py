"""The query of an export, and its lines."""

from datetime import date
from typing import Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from api_edge.http.strict_models import (
    DateText,
    ResponseModel,
    StrictRequestModel,
    UtcMoment,
    Uuid,
    UuidText,
)
from api_edge.octo.schemas.booking_requests import DateFilter, Filter
from api_edge.octo.schemas.date_ranges import check_range, find_date_bounds
from api_edge.octo.schemas.pricing import Minor
from shared_domain.booking_export import BookingStatus, Refund

EXAMPLE_ROW: dict[str, Any] = {
    "uuid": "0b6f2a54-8c1e-4d37-9a60-5e2f7c3b9d18",
    "testMode": False,
    "resellerReference": "TRV-2026-88310",
    "supplierReference": "RK-7Q4M2",
    "status": "CONFIRMED",
    "utcCreatedAt": "2026-07-01T10:02:41Z",
    "utcUpdatedAt": "2026-07-01T10:09:05Z",
    "utcExpiresAt": None,
    "utcConfirmedAt": "2026-07-01T10:09:05Z",
    "utcRedeemedAt": None,
    "utcCancelledAt": None,
    "refund": None,
    "cancellationReason": None,
    "productId": "river-kayak",
    "optionId": "DEFAULT",
    "availabilityId": "2026-07-14T09:30:00+01:00",
    "localDate": "2026-07-14",
    "unitIds": ["adult", "adult", "child"],
    "fullName": "Clara Duarte",
    "emailAddress": "clara.duarte@example.com",
    "phoneNumber": None,
    "country": "PT",
    "notes": None,
    "pickupHotel": "Hotel do Chiado, Rua Nova do Almada 114",
    "pickupTime": "09:05",
    "currency": "EUR",
    "currencyPrecision": 2,
    "original": 12500,
    "retail": 11250,
    "net": 9000,
    "refundRetail": None,
    "refundNet": None,
    "userId": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
}

EXAMPLE_END: dict[str, Any] = {"end": True, "bookings": 1, "isComplete": True, "after": None}


class BookingExportQuery(StrictRequestModel):
    """Filters and format of an export; all filters that are given must match, none is needed."""

    reseller_reference: Filter = None
    supplier_reference: Filter = None
    local_date: DateFilter = Field(
        default=None,
        description="Local travel date. Sent with a range, it must lie in the range to match.",
        examples=["2026-07-14"],
    )
    local_date_start: DateFilter = Field(default=None, description="First date, included.")
    local_date_end: DateFilter = Field(default=None, description="Last date, included.")
    product_id: Filter = None
    option_id: Filter = None
    after: Uuid | None = Field(
        default=None,
        description="Go on behind this booking: the `uuid` of the last line that arrived, or the "
        "`after` of the export's last line.",
    )
    format: Literal["ndjson", "csv"] | None = Field(
        default=None,
        description="Before `Accept`; without either it is NDJSON, one JSON object on each line.",
    )

    @model_validator(mode="after")
    def _has_whole_range(self) -> Self:
        check_range(self.local_date_start, self.local_date_end)
        return self

    @property
    def dates(self) -> tuple[date | None, date | None]:
        """The first and last travel date that meet all date filters; None is no bound."""
        return find_date_bounds(self.local_date, self.local_date_start, self.local_date_end)


class ExportedBooking(ResponseModel):
    """A line of an export: a booking, flat; in CSV these are the columns, in this order."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_ROW]})

    uuid: UuidText = Field(description="The cursor as well: go on with it as `after`.")
    test_mode: bool
    reseller_reference: str | None
    supplier_reference: str
    status: BookingStatus = Field(description="At the time of the export.")
    utc_created_at: UtcMoment
    utc_updated_at: UtcMoment
    utc_expires_at: UtcMoment | None
    utc_confirmed_at: UtcMoment | None
    utc_redeemed_at: UtcMoment | None
    utc_cancelled_at: UtcMoment | None
    refund: Refund | None = Field(description="null unless CANCELLED.")
    cancellation_reason: str | None
    product_id: str
    option_id: str
    availability_id: str | None = Field(description="null only for open-dated bookings.")
    local_date: DateText | None = Field(description="Local travel date.")
    unit_ids: list[str] = Field(
        description="The unit of each ticket; in CSV with blanks between them."
    )
    full_name: str | None = Field(description="As sent, else first and last name joined.")
    email_address: str | None
    phone_number: str | None
    country: str | None = Field(description="ISO 3166-1 alpha-2.")
    notes: str | None
    pickup_hotel: str | None
    pickup_time: str | None
    currency: str = Field(description="ISO 4217.")
    currency_precision: int = Field(description="Decimal places: 2 for EUR, 0 for JPY.")
    original: Minor
    retail: Minor
    net: Minor | None
    refund_retail: Minor | None = Field(description="What the guest gets back; CANCELLED only.")
    refund_net: Minor | None
    user_id: UuidText | None = Field(
        description="The user (`/v1/users`) that you named; it stays when the user is deleted."
    )


class EndOfExport(ResponseModel):
    """The last line of an export; an export without this line was cut off."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_END]})

    end: Literal[True] = Field(description="No booking has this field.")
    bookings: int = Field(description="How many lines stand before this one.")
    is_complete: bool = Field(
        description="False when the export was ended for its length in time: ask again with "
        "`after` for what is missing."
    )
    after: UuidText | None = Field(description="Where to go on, null when the export is complete.")
