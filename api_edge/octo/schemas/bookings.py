"""Response models of bookings."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from api_edge.http.strict_models import (
    EmailText,
    ResponseModel,
    UtcMoment,
    UuidText,
    capability_field,
)
from api_edge.octo.schemas.availability import EXAMPLE_AVAILABILITY, Availability
from api_edge.octo.schemas.catalog import (
    EXAMPLE_OPTION,
    EXAMPLE_PRODUCT,
    EXAMPLE_UNIT,
    Option,
    Product,
    Unit,
)
from api_edge.octo.schemas.pricing import EXAMPLE_PRICE, Pricing
from shared_domain.bookings import BookingStatus, Refund
from shared_domain.catalog import DeliveryFormat, DeliveryMethod, RedemptionMethod

RedeemedAt = Annotated[
    UtcMoment | None,
    Field(description="null until it is used, and again when a mistaken use is undone."),
]
ResellerReference = Annotated[
    str | None, Field(description="The reseller's own reference, such as a voucher number.")
]


class Contact(ResponseModel):
    """Who the guest is, as far as it is known."""

    full_name: str | None = Field(description="As sent, else first and last name joined.")
    first_name: str | None
    last_name: str | None
    email_address: EmailText | None
    phone_number: str | None
    postal_code: str | None
    country: str | None = Field(description="ISO 3166-1 alpha-2.")
    locales: list[str] = Field(description="BCP 47 tags; `[]` when none are known.")
    notes: str | None


class DeliveryOption(ResponseModel):
    """One way to show a ticket."""

    delivery_format: DeliveryFormat
    delivery_value: str = Field(min_length=1, description="The code itself, or an address.")


class Ticket(ResponseModel):
    """A ticket of one guest, or the voucher of the whole booking."""

    redemption_method: RedemptionMethod
    utc_redeemed_at: RedeemedAt
    delivery_options: list[DeliveryOption] = Field(
        description="In order of preference; `[]` whenever no valid ticket exists."
    )


class UnitItem(ResponseModel):
    """One ticket of a booking."""

    uuid: UuidText = Field(description="Unique in the booking.")
    unit_id: str
    unit: Unit
    status: BookingStatus = Field(description="REDEEMED as soon as this item is used.")
    utc_redeemed_at: RedeemedAt
    reseller_reference: ResellerReference
    supplier_reference: str | None
    contact: Contact = Field(description="The ticket holder's.")
    ticket: Ticket | None = Field(description="Not null exactly when tickets are delivered.")
    pricing: Pricing = capability_field("octo/pricing, when priced per unit: the frozen price.")


class Cancellation(ResponseModel):
    """How a booking was cancelled."""

    refund: Refund = Field(
        description="How much of the price comes back: FULL before the cut-off and where the "
        "supplier cancels, unless its staff decide otherwise; NONE is nothing."
    )
    reason: str | None = Field(description="As it was sent, or as staff put it.")
    utc_cancelled_at: UtcMoment


EXAMPLE_CONTACT: dict[str, Any] = {
    "fullName": "Clara Duarte",
    "firstName": "Clara",
    "lastName": "Duarte",
    "emailAddress": "clara.duarte@example.com",
    "phoneNumber": None,
    "postalCode": None,
    "country": "PT",
    "locales": ["pt-PT", "en"],
    "notes": None,
}

EXAMPLE_BOOKING: dict[str, Any] = {
    "id": "0b6f2a54-8c1e-4d37-9a60-5e2f7c3b9d18",
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
    "productId": "river-kayak",
    "product": EXAMPLE_PRODUCT,
    "optionId": "DEFAULT",
    "option": EXAMPLE_OPTION,
    "cancellable": True,
    "cancellation": None,
    "freesale": False,
    "availabilityId": "2026-07-14T09:30:00+01:00",
    "availability": EXAMPLE_AVAILABILITY,
    "contact": EXAMPLE_CONTACT,
    "notes": None,
    "pickupHotel": "Hotel do Chiado, Rua Nova do Almada 114",
    "pickupTime": "09:05",
    "userId": "7c9e6679-7425-40de-944b-e07fc1f90ae7",
    "deliveryMethods": ["TICKET"],
    "voucher": None,
    "unitItems": [
        {
            "uuid": "5d0c8e77-31fa-4b92-8f46-a1c9e07b2d63",
            "unitId": "adult",
            "unit": EXAMPLE_UNIT,
            "status": "CONFIRMED",
            "utcRedeemedAt": None,
            "resellerReference": None,
            "supplierReference": "RK-7Q4M2-1",
            "contact": {**dict.fromkeys(EXAMPLE_CONTACT), "locales": []},
            "ticket": {
                "redemptionMethod": "DIGITAL",
                "utcRedeemedAt": None,
                "deliveryOptions": [{"deliveryFormat": "QRCODE", "deliveryValue": "RK7Q4M2A1"}],
            },
        }
    ],
}

EXAMPLE_PRICED_BOOKING: dict[str, Any] = {**EXAMPLE_BOOKING, "pricing": EXAMPLE_PRICE}


class Booking(ResponseModel):
    """A booking in any status, with its product, option and slot embedded in full."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_BOOKING]})

    id: str = Field(description="The same as `uuid`.")
    uuid: UuidText = Field(description="Used in all paths.")
    test_mode: bool = Field(
        description="A test booking takes places of your own test stock only, "
        "which is the full capacity whatever is sold live, and it admits no guest."
    )
    reseller_reference: ResellerReference
    supplier_reference: str | None = Field(description="For staff and guests.")
    status: BookingStatus
    utc_created_at: UtcMoment
    utc_updated_at: UtcMoment = Field(description="Moves with every change.")
    utc_expires_at: UtcMoment | None = Field(description="Set while ON_HOLD, kept on EXPIRED.")
    utc_confirmed_at: UtcMoment | None
    utc_redeemed_at: UtcMoment | None
    product_id: str
    product: Product
    option_id: str
    option: Option
    cancellable: bool = Field(description="May be cancelled and changed now.")
    cancellation: Cancellation | None = Field(description="null unless CANCELLED.")
    freesale: bool = Field(description="Booked without an availability check.")
    availability_id: str | None = Field(description="null only for open-dated bookings.")
    availability: Availability | None
    contact: Contact = Field(description="The lead guest's.")
    notes: str | None
    pickup_hotel: str | None = Field(
        description="Where the guests are picked up; null where they come themselves."
    )
    pickup_time: str | None = Field(
        description="When they are picked up, as `HH:MM` in the product's time zone; the supplier "
        "says it. Tell it to your guests. null again once `pickupHotel`, the product or the time "
        "of the start is another one, until the supplier has said the time for it."
    )
    user_id: UuidText | None = Field(
        description="The user (`/v1/users`) that you named; it stays when the user is deleted."
    )
    delivery_methods: list[DeliveryMethod] = Field(
        description="How the codes were issued; until then as the product has it."
    )
    voucher: Ticket | None = Field(description="Not null exactly when vouchers are delivered.")
    unit_items: list[UnitItem] = Field(min_length=1)
    pricing: Pricing = capability_field("octo/pricing: the frozen total.")
