"""What FastAPI's answers and requests are made of (its guide "Response model")."""

from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, create_model
from pydantic.alias_generators import to_camel

from tests.bench.peers.booking_texts import STORED_TEXTS


class Answer(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, validate_by_name=True, serialize_by_alias=True
    )


class Question(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel)


class Tax(Answer):
    name: str
    original: int
    retail: int
    net: int


class Pricing(Answer):
    original: int
    retail: int
    net: int
    currency: str
    currency_precision: int
    included_taxes: list[Tax]


class UnitPricing(Pricing):
    unit_id: str


class UnitRestrictions(Answer):
    min_age: int
    max_age: int
    id_required: bool
    min_quantity: int | None
    max_quantity: int | None
    pax_count: int
    accompanied_by: list[str]


class Unit(Answer):
    id: str
    internal_name: str
    reference: str | None
    type: str
    restrictions: UnitRestrictions
    required_contact_fields: list[str]
    pricing: list[Pricing] | None = None


class OptionRestrictions(Answer):
    min_units: int
    max_units: int | None


class Option(Answer):
    id: str
    default: bool
    internal_name: str
    reference: str | None
    availability_local_start_times: list[str]
    cancellation_cutoff: str
    cancellation_cutoff_amount: int
    cancellation_cutoff_unit: str
    required_contact_fields: list[str]
    restrictions: OptionRestrictions
    units: list[Unit]
    pricing: list[Pricing] | None = None


class Product(Answer):
    id: str
    internal_name: str
    reference: str | None
    locale: str
    time_zone: str
    allow_freesale: bool
    instant_confirmation: bool
    instant_delivery: bool
    availability_required: bool
    availability_type: str
    delivery_formats: list[str]
    delivery_methods: list[str]
    redemption_method: str
    options: list[Option]
    default_currency: str
    available_currencies: list[str]
    pricing_per: str


class DeliveryOption(Answer):
    delivery_format: str
    delivery_value: str


class Ticket(Answer):
    redemption_method: str
    utc_redeemed_at: str | None
    delivery_options: list[DeliveryOption]


class Contact(Answer):
    full_name: str | None
    first_name: str | None
    last_name: str | None
    email_address: str | None
    phone_number: str | None
    postal_code: str | None
    country: str | None
    locales: list[str]
    notes: str | None


class Cancellation(Answer):
    refund: str
    reason: str | None
    utc_cancelled_at: str


class Availability(Answer):
    id: str
    local_date_time_start: str
    local_date_time_end: str
    all_day: bool
    available: bool
    status: str
    vacancies: int | None
    capacity: int | None
    max_units: int | None
    utc_cutoff_at: str
    opening_hours: list[dict[str, str]]


class UnitItem(Answer):
    uuid: str
    unit_id: str
    unit: Unit
    status: str
    utc_redeemed_at: str | None
    reseller_reference: str | None
    supplier_reference: str
    contact: Contact
    ticket: Ticket | None
    pricing: Pricing | None = None


BookingTexts: Any = create_model(
    "BookingTexts", __base__=Answer, **dict.fromkeys(STORED_TEXTS, (str | None, ...))
)


class Booking(BookingTexts):
    id: str
    uuid: str
    test_mode: bool
    reseller_reference: str | None
    supplier_reference: str
    status: str
    utc_created_at: str
    utc_updated_at: str
    utc_expires_at: str | None
    utc_confirmed_at: str | None
    utc_redeemed_at: str | None
    product_id: str
    product: Product
    option_id: str
    option: Option
    cancellable: bool
    cancellation: Cancellation | None
    freesale: bool
    availability_id: str | None
    availability: Availability | None
    contact: Contact
    notes: str | None
    user_id: str | None
    delivery_methods: list[str]
    voucher: Ticket | None
    unit_items: list[UnitItem]
    pricing: Pricing


class CalendarDay(Answer):
    local_date: str
    available: bool
    status: str
    vacancies: int | None
    capacity: int | None
    opening_hours: list[dict[str, str]]
    unit_pricing_from: list[UnitPricing] | None = None
    pricing_from: Pricing | None = None


class CalendarQuestion(Question):
    product_id: str
    option_id: str
    local_date_start: date
    local_date_end: date


class WantedItem(Question):
    unit_id: str


class WantedContact(Question):
    full_name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email_address: str | None = None
    phone_number: str | None = None
    postal_code: str | None = None
    country: str | None = None
    locales: list[str] | None = None
    notes: str | None = None


class Reservation(Question):
    product_id: str
    option_id: str
    availability_id: str
    unit_items: list[WantedItem]
    expiration_minutes: Annotated[int, Field(ge=1)] | None = None
    contact: WantedContact | None = None
    notes: str | None = None
    reseller_reference: str | None = None
    email_receipt: bool = False

    def as_columns(self) -> dict[str, Any]:
        return {
            "product_code": self.product_id,
            "option_code": self.option_id,
            "availability_id": self.availability_id,
            "unit_codes": [item.unit_id for item in self.unit_items],
            "expiration_minutes": self.expiration_minutes,
            "contact": self.contact.model_dump(by_alias=True, exclude_unset=True)
            if self.contact
            else {},
            "notes": self.notes,
            "reseller_reference": self.reseller_reference,
            "email_receipt": self.email_receipt,
        }
