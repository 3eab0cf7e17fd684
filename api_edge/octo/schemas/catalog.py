"""Response models of the catalogue: supplier, products, options and units."""

from typing import Annotated, Any

from pydantic import ConfigDict, Field

from api_edge.http.strict_models import EmailText, ResponseModel, TimeOfDay, capability_field
from api_edge.octo.schemas.pricing import EXAMPLE_PRICE, Pricing
from shared_domain.catalog import (
    AvailabilityType,
    ContactField,
    DeliveryFormat,
    DeliveryMethod,
    DurationUnit,
    PricingPer,
    RedemptionMethod,
    UnitType,
)

InternalName = Annotated[str, Field(description="For staff, not for guests.")]
CodeOfSupplier = Annotated[str | None, Field(description="The supplier's own code.")]


class SupplierContact(ResponseModel):
    """How resellers reach the supplier."""

    website: str | None
    email: EmailText | None
    telephone: str | None = Field(description="E.164: +351213456789.")
    address: str | None = Field(description="The whole address on one line.")


class Supplier(ResponseModel):
    """The company that runs the tours."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "tejo-tours",
                    "name": "Tejo Tours",
                    "endpoint": "https://api.tejo-tours.example/octo",
                    "contact": {
                        "website": "https://tejo-tours.example",
                        "email": "partners@tejo-tours.example",
                        "telephone": "+351213456789",
                        "address": "Cais do Sodré 12, 1200-450 Lisboa, Portugal",
                    },
                }
            ]
        }
    )

    id: str
    name: str = Field(description="The name that guests know.")
    endpoint: str = Field(
        description="The base address of this API, without a trailing slash.",
        json_schema_extra={"format": "uri"},
    )
    contact: SupplierContact


class UnitRestrictions(ResponseModel):
    """The ages and quantities for which a unit can be booked, and the units it needs beside it."""

    min_age: int = Field(description="0 when there is no limit.")
    max_age: int = Field(description="99 when there is no limit.")
    id_required: bool = Field(description="Proof, such as a student card, is needed on site.")
    min_quantity: int | None = Field(description="Fewest of this unit in a booking that has any.")
    max_quantity: int | None = Field(description="Most of this unit in a booking.")
    pax_count: int = Field(description="People per unit: a family ticket may be 4.")
    accompanied_by: list[str] = Field(description="Ids of the units it can only be booked with.")


EXAMPLE_UNIT: dict[str, Any] = {
    "id": "adult",
    "internalName": "Adult",
    "reference": "AD",
    "type": "ADULT",
    "restrictions": {
        "minAge": 15,
        "maxAge": 99,
        "idRequired": False,
        "minQuantity": None,
        "maxQuantity": 6,
        "paxCount": 1,
        "accompaniedBy": [],
    },
    "requiredContactFields": [],
}


class Unit(ResponseModel):
    """A kind of ticket."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_UNIT]})

    id: str = Field(description="Unique in the option.")
    internal_name: InternalName
    reference: CodeOfSupplier
    type: UnitType
    restrictions: UnitRestrictions
    required_contact_fields: list[ContactField] = Field(
        description="What must be known of each ticket holder to confirm."
    )
    pricing_from: list[Pricing] = capability_field(
        "octo/pricing, in the product list, when priced per unit: lowest price in each currency, "
        "of seasons that are not over."
    )
    pricing: list[Pricing] = capability_field(
        "octo/pricing, inside a booking, when priced per unit: lowest price in each currency."
    )


class OptionRestrictions(ResponseModel):
    """How many unit items a booking of an option may have."""

    min_units: int = Field(description="1 when there is no minimum.")
    max_units: int | None = Field(description="null when there is no maximum.")


EXAMPLE_OPTION: dict[str, Any] = {
    "id": "DEFAULT",
    "default": True,
    "internalName": "Morning paddle",
    "reference": None,
    "availabilityLocalStartTimes": ["09:30", "14:00"],
    "cancellationCutoff": "24 hours",
    "cancellationCutoffAmount": 24,
    "cancellationCutoffUnit": "hour",
    "requiredContactFields": ["firstName", "lastName"],
    "restrictions": {"minUnits": 1, "maxUnits": 8},
    "units": [EXAMPLE_UNIT],
}


class Option(ResponseModel):
    """A variant of a product, such as a language or a duration."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_OPTION]})

    id: str = Field(description="Unique in the product.")
    default: bool = Field(description="True for exactly one option of a product.")
    internal_name: InternalName
    reference: CodeOfSupplier
    availability_local_start_times: list[TimeOfDay] = Field(
        description="Every start time that is still to come, or, after the last season, that was; "
        "`[]` for OPENING_HOURS."
    )
    cancellation_cutoff: str = Field(
        description="The cancellation policy as text: `24 hours`, `always, until the start` or "
        "`never, once confirmed`."
    )
    cancellation_cutoff_amount: int = Field(
        description="Counted back from the start: 0 for always, and for never 1000 days, which "
        "is longer ago than anything can be booked."
    )
    cancellation_cutoff_unit: DurationUnit
    required_contact_fields: list[ContactField] = Field(
        description="What must be known of the lead guest to confirm."
    )
    restrictions: OptionRestrictions
    units: list[Unit] = Field(min_length=1)
    pricing_from: list[Pricing] = capability_field(
        "octo/pricing, in the product list, when priced per booking: lowest price in each "
        "currency, of seasons that are not over."
    )
    pricing: list[Pricing] = capability_field(
        "octo/pricing, inside a booking, when priced per booking: lowest price in each currency."
    )


EXAMPLE_PRODUCT: dict[str, Any] = {
    "id": "river-kayak",
    "internalName": "River kayak",
    "reference": "KAY",
    "locale": "en-GB",
    "timeZone": "Europe/Lisbon",
    "allowFreesale": False,
    "instantConfirmation": True,
    "instantDelivery": True,
    "availabilityRequired": True,
    "availabilityType": "START_TIME",
    "deliveryFormats": ["QRCODE"],
    "deliveryMethods": ["TICKET"],
    "redemptionMethod": "DIGITAL",
    "options": [EXAMPLE_OPTION],
}

EXAMPLE_PRICED_PRODUCT: dict[str, Any] = {
    **EXAMPLE_PRODUCT,
    "defaultCurrency": "EUR",
    "availableCurrencies": ["EUR", "GBP"],
    "pricingPer": "UNIT",
    "options": [
        {**EXAMPLE_OPTION, "units": [{**EXAMPLE_UNIT, "pricingFrom": [EXAMPLE_PRICE]}]},
    ],
}


class Product(ResponseModel):
    """A tour or activity."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [EXAMPLE_PRODUCT, EXAMPLE_PRICED_PRODUCT]}
    )

    id: str
    internal_name: InternalName
    reference: CodeOfSupplier
    locale: str = Field(description="BCP 47: the main language of the product.")
    time_zone: str = Field(description="IANA time zone, such as Europe/Lisbon.")
    allow_freesale: bool = Field(description="May be booked without an availability check.")
    instant_confirmation: bool = Field(
        description="Confirming answers CONFIRMED at once; when false, PENDING comes first."
    )
    instant_delivery: bool = Field(description="Tickets are in the answer to the confirmation.")
    availability_required: bool = Field(
        description="A booking needs an availabilityId; when false, open-dated ones are possible."
    )
    availability_type: AvailabilityType = Field(
        description="START_TIME: fixed departures. OPENING_HOURS: any time on the date."
    )
    delivery_formats: list[DeliveryFormat] = Field(min_length=1)
    delivery_methods: list[DeliveryMethod] = Field(
        min_length=1, description="VOUCHER: one per booking. TICKET: one per unit item."
    )
    redemption_method: RedemptionMethod
    options: list[Option] = Field(min_length=1)
    default_currency: str = capability_field(
        "octo/pricing: the currency used when none is asked for."
    )
    available_currencies: list[str] = capability_field(
        "octo/pricing: ISO 4217 codes, at least one."
    )
    pricing_per: PricingPer = capability_field(
        "octo/pricing: whether each unit has a price, or the booking as a whole."
    )


class Capability(ResponseModel):
    """An addition to OCTO's core that can be asked for with the header Octo-Capabilities."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "octo/pricing",
                    "revision": 1,
                    "required": False,
                    "dependencies": [],
                    "docs": "Prices of products, availability and bookings.",
                }
            ]
        }
    )

    id: str
    revision: int
    required: bool
    dependencies: list[str]
    docs: str | None
