"""Request models of bookings.

An absent field and null mean the same, except where null is a value of its own: references,
notes, reason, userId and the fields of a contact. ``model_fields_set`` tells the two apart there.
"""

from datetime import date
from typing import Annotated, Self

from pydantic import BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from api_edge.examples import EXAMPLE_HOLD_UUID
from api_edge.http.strict_models import (
    ContactText,
    Country,
    Currency,
    EmailAddress,
    Identifier,
    LocalDate,
    Locale,
    Minutes,
    Notes,
    Reference,
    RequestModel,
    Telephone,
    Uuid,
    null_if_blank,
)
from api_edge.octo.schemas.date_ranges import check_range, find_date_bounds
from shared_domain.availability import MAX_TICKETS
from shared_domain.contact_data import MOST_LOCALES

EmailReceipt = Annotated[
    bool | None,
    Field(
        description="E-mail the tickets to the guest once they are issued; `false` takes back an "
        "e-mail that has not been sent yet."
    ),
]
ResellerReference = Annotated[
    Reference | None, Field(description="Your own reference, such as a voucher number.")
]

PickupHotel = Annotated[
    Reference | None,
    Field(
        description="Where the guests are picked up: a hotel or another place, with its address."
    ),
]


UserId = Annotated[
    Uuid | None,
    Field(
        description="One of your users (`/v1/users`), who travels on one of the tickets: one of "
        "their units must be for the user's age on the day of travel."
    ),
]


class BookingContact(RequestModel):
    """Contact data of a guest. A blank text counts as null; absent fields stay as they are.

    Texts are stored without blanks around them, names on one line. Control characters are refused.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "firstName": "Clara",
                    "lastName": "Duarte",
                    "emailAddress": "clara.duarte@example.com",
                    "country": "PT",
                    "locales": ["pt-PT", "en"],
                }
            ]
        }
    )

    full_name: ContactText | None = Field(
        default=None, description="May be sent instead of first and last name."
    )
    first_name: ContactText | None = None
    last_name: ContactText | None = None
    email_address: EmailAddress | None = Field(
        default=None, description="International addresses too; the domain in small letters."
    )
    phone_number: Telephone | None = Field(
        default=None,
        description="Stored as E.164 where it can be read, by its `+` or else by the contact's "
        "country; otherwise as it was sent.",
        examples=["+351 210 000 000"],
    )
    postal_code: ContactText | None = None
    country: Country | None = Field(
        default=None, description="ISO 3166-1 alpha-2, in capitals or not.", examples=["PT"]
    )
    locales: Annotated[list[Locale], Field(max_length=MOST_LOCALES)] | None = Field(
        default=None, description="BCP 47; `en_GB` and `EN-gb` are stored as `en-GB`."
    )
    notes: Notes | None = None


class WantedUnitItem(RequestModel):
    """One requested ticket of a booking."""

    unit_id: Identifier = Field(description="A unit of the option.")
    uuid: Uuid | None = Field(default=None, description="Made up when absent.")
    reseller_reference: ResellerReference = None
    contact: BookingContact | None = Field(default=None, description="The ticket holder.")


Filter = Annotated[Reference | None, BeforeValidator(null_if_blank)]
DateFilter = Annotated[LocalDate | None, BeforeValidator(null_if_blank)]
UnitItems = Annotated[list[WantedUnitItem], Field(max_length=MAX_TICKETS)] | None


class Reservation(RequestModel):
    """A reservation. Only the ids of product, option, slot and units are needed at this step."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "uuid": EXAMPLE_HOLD_UUID,
                    "productId": "river-kayak",
                    "optionId": "DEFAULT",
                    "availabilityId": "2026-07-14T09:30:00+01:00",
                    "unitItems": [{"unitId": "adult"}, {"unitId": "adult"}],
                    "resellerReference": "TRV-2026-88310",
                }
            ]
        }
    )

    uuid: Uuid | None = Field(
        default=None,
        description="The booking's uuid, made up when absent. Sending the same reservation again "
        "with the same uuid is safe: it returns the booking that exists.",
    )
    product_id: Identifier
    option_id: Identifier
    availability_id: Identifier | None = Field(
        default=None, description="Required unless the product's availabilityRequired is false."
    )
    unit_items: UnitItems = Field(default=None, description="At least one.")
    expiration_minutes: Minutes | None = Field(
        default=None,
        description="How long to hold; 30 when absent, cut to the supplier's ceiling and to the "
        "slot's cut-off.",
    )
    contact: BookingContact | None = None
    notes: Notes | None = None
    reseller_reference: ResellerReference = None
    pickup_hotel: PickupHotel = None
    email_receipt: EmailReceipt = None
    user_id: UserId = None
    currency: Currency | None = Field(
        default=None,
        description="octo/pricing: one of the product's availableCurrencies. Without it the "
        "default currency, or the first other one on dates that it has no price for.",
    )


class Confirmation(RequestModel):
    """The contact, references and notes with which a hold is confirmed."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "contact": {
                        "firstName": "Clara",
                        "lastName": "Duarte",
                        "emailAddress": "clara.duarte@example.com",
                    },
                    "resellerReference": "TRV-2026-88310",
                    "emailReceipt": True,
                }
            ]
        }
    )

    contact: BookingContact = Field(description="May be `{}` when no contact field is required.")
    reseller_reference: ResellerReference = None
    pickup_hotel: PickupHotel = None
    notes: Notes | None = None
    email_receipt: EmailReceipt = None
    user_id: UserId = None
    unit_items: UnitItems = Field(default=None, description="When sent, the full new list.")


class Extension(RequestModel):
    """By how many minutes a hold is extended."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"expirationMinutes": 15}]})

    expiration_minutes: Minutes | None = Field(
        default=None,
        description="Added to the current expiry, within the ceiling of the whole hold; 30 when "
        "absent.",
    )


class Change(RequestModel):
    """Changes to a booking; absent fields stay as they are."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"availabilityId": "2026-07-14T14:00:00+01:00"},
                {"unitItems": [{"unitId": "adult"}], "notes": "Vegetarian lunch"},
            ]
        }
    )

    product_id: Identifier | None = None
    option_id: Identifier | None = None
    availability_id: Identifier | None = None
    unit_items: UnitItems = Field(
        default=None,
        description="The full new list: items whose uuid is in the booking are kept or changed, "
        "other items are new, items left out are removed.",
    )
    contact: BookingContact | None = None
    notes: Notes | None = None
    reseller_reference: ResellerReference = None
    pickup_hotel: PickupHotel = None
    email_receipt: EmailReceipt = None
    user_id: UserId = None
    expiration_minutes: Minutes | None = Field(
        default=None,
        description="Added to the current expiry, within the ceiling of the whole hold; ignored "
        "once confirmed.",
    )
    currency: Currency | None = Field(
        default=None,
        description="octo/pricing: the currency of a rebooking, one of the new product's "
        "availableCurrencies; the booking's own when absent.",
    )


class CancellationRequest(RequestModel):
    """The reason of a cancellation, and whether to cancel although the cut-off has passed."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "Guest fell ill"}]})

    reason: Notes | None = None
    force: bool | None = Field(
        default=None,
        description="Cancel although the cut-off has passed; honoured where the supplier allows.",
    )


class BookingFilters(RequestModel):
    """Filters of bookings; all that are given must match. Empty values count as not given."""

    reseller_reference: Filter = None
    supplier_reference: Filter = Field(
        default=None, description="In capitals or not, with or without `PT-`, blanks and hyphens."
    )
    local_date: DateFilter = Field(
        default=None,
        description="Local travel date. Sent with a range, it must lie in the range to match.",
        examples=["2026-07-14"],
    )
    local_date_start: DateFilter = Field(default=None, description="First date, included.")
    local_date_end: DateFilter = Field(default=None, description="Last date, included.")
    product_id: Filter = Field(default=None, description="Only narrows the others.")
    option_id: Filter = Field(default=None, description="Only narrows the others.")

    @model_validator(mode="after")
    def _narrows_down(self) -> Self:
        check_range(self.local_date_start, self.local_date_end)
        sought = (
            self.reseller_reference,
            self.supplier_reference,
            self.local_date,
            self.local_date_start,
        )
        if all(value is None for value in sought):
            raise PydanticCustomError(
                "no_filter",
                "one must be sent of resellerReference, supplierReference, localDate, "
                "and localDateStart with localDateEnd",
            )
        return self

    @property
    def dates(self) -> tuple[date | None, date | None]:
        """The first and last travel date that meet all date filters; None is no bound."""
        return find_date_bounds(self.local_date, self.local_date_start, self.local_date_end)
