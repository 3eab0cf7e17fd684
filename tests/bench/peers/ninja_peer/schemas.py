"""Source: django-ninja's guide "Response schema": aliases for columns, resolvers for the rest."""

from datetime import date
from typing import Any
from uuid import UUID

from ninja import Schema
from pydantic import AliasGenerator, ConfigDict, Field, create_model
from pydantic.alias_generators import to_camel

from core_site.bookings.models import Booking, UnitItem
from core_site.catalog.models import Option, Unit
from tests.bench.peers import rules
from tests.bench.peers.booking_texts import STORED_TEXTS


class Answer(Schema):
    model_config = ConfigDict(alias_generator=AliasGenerator(serialization_alias=to_camel))


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


class UnitAnswer(Answer):
    id: str = Field(validation_alias="code")
    internal_name: str
    reference: str | None
    type: str
    restrictions: UnitRestrictions
    required_contact_fields: list[str]
    pricing: list[Pricing] = []

    @staticmethod
    def resolve_restrictions(unit: Unit) -> Unit:
        return unit

    @staticmethod
    def resolve_pricing(unit: Unit) -> list[rules.Amounts]:
        return only_if_priced(unit.lowest)


class OptionRestrictions(Answer):
    min_units: int
    max_units: int | None


class OptionAnswer(Answer):
    id: str = Field(validation_alias="code")
    default: bool = Field(validation_alias="is_default")
    internal_name: str
    reference: str | None
    availability_local_start_times: list[str] = Field(validation_alias="local_start_times")
    cancellation_cutoff: str
    cancellation_cutoff_amount: int
    cancellation_cutoff_unit: str
    required_contact_fields: list[str]
    restrictions: OptionRestrictions
    units: list[UnitAnswer] = Field(validation_alias="unit_list")
    pricing: list[Pricing] = []

    @staticmethod
    def resolve_cancellation_cutoff(option: Option) -> str:
        return rules.cutoff_in_words(option)

    @staticmethod
    def resolve_restrictions(option: Option) -> Option:
        return option

    @staticmethod
    def resolve_pricing(option: Option) -> list[rules.Amounts]:
        return only_if_priced(option.lowest)


class ProductAnswer(Answer):
    id: str = Field(validation_alias="code")
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
    options: list[OptionAnswer] = Field(validation_alias="option_list")
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


class UnitItemAnswer(Answer):
    uuid: UUID
    unit_id: str
    unit: UnitAnswer
    status: str
    utc_redeemed_at: str | None
    reseller_reference: str | None
    supplier_reference: str
    contact: Contact
    ticket: Ticket | None
    pricing: Pricing | None = None

    @staticmethod
    def resolve_unit_id(item: UnitItem) -> str:
        return item.unit.code

    @staticmethod
    def resolve_status(item: UnitItem, context: Any) -> str:
        if item.redeemed_at:
            return "REDEEMED"
        return rules.status_of(item.booking, context["request"].now)

    @staticmethod
    def resolve_utc_redeemed_at(item: UnitItem) -> str | None:
        return rules.utc(item.redeemed_at)

    @staticmethod
    def resolve_contact(item: UnitItem) -> Contact:
        return contact(item.contact)

    @staticmethod
    def resolve_ticket(item: UnitItem, context: Any) -> dict[str, Any] | None:
        if "TICKET" not in item.booking.product.delivery_methods:
            return None
        return ticket(item.booking, item.ticket_code, item.redeemed_at, context)

    @staticmethod
    def resolve_pricing(item: UnitItem) -> rules.Amounts:
        return only_if_priced(None if item.retail_minor is None else rules.stored_amounts(item))


BookingTexts: Any = create_model(
    "BookingTexts", __base__=Answer, **dict.fromkeys(STORED_TEXTS, (str | None, ...))
)


class BookingAnswer(BookingTexts):
    id: str
    uuid: UUID
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
    product: ProductAnswer
    option_id: str
    option: OptionAnswer
    cancellable: bool
    cancellation: Cancellation | None
    freesale: bool
    availability_id: str | None
    availability: Availability | None
    contact: Contact
    notes: str | None
    user_id: UUID | None
    delivery_methods: list[str]
    voucher: Ticket | None
    unit_items: list[UnitItemAnswer] = Field(validation_alias="item_list")
    pricing: Pricing

    @staticmethod
    def resolve_id(booking: Booking) -> str:
        return str(booking.uuid)

    @staticmethod
    def resolve_status(booking: Booking, context: Any) -> str:
        return rules.status_of(booking, context["request"].now)

    @staticmethod
    def resolve_utc_created_at(booking: Booking) -> str | None:
        return rules.utc(booking.created_at)

    @staticmethod
    def resolve_utc_updated_at(booking: Booking) -> str | None:
        return rules.utc(booking.updated_at)

    @staticmethod
    def resolve_utc_expires_at(booking: Booking) -> str | None:
        return rules.utc(rules.hold_ends_at(booking))

    @staticmethod
    def resolve_utc_confirmed_at(booking: Booking) -> str | None:
        return rules.utc(booking.confirmed_at)

    @staticmethod
    def resolve_utc_redeemed_at(booking: Booking) -> str | None:
        return rules.utc(booking.redeemed_at)

    @staticmethod
    def resolve_product_id(booking: Booking) -> str:
        return booking.product.code

    @staticmethod
    def resolve_option_id(booking: Booking) -> str:
        return booking.option.code

    @staticmethod
    def resolve_cancellable(booking: Booking, context: Any) -> bool:
        return rules.is_cancellable(booking, context["request"].now)

    @staticmethod
    def resolve_cancellation(booking: Booking) -> dict[str, Any] | None:
        if booking.cancelled_at is None:
            return None
        return {
            "refund": booking.cancellation_refund,
            "reason": booking.cancellation_reason,
            "utc_cancelled_at": rules.utc(booking.cancelled_at),
        }

    @staticmethod
    def resolve_freesale(booking: Booking) -> bool:
        return booking.departure is None

    @staticmethod
    def resolve_availability_id(booking: Booking) -> str | None:
        return booking.departure and booking.departure.availability_id

    @staticmethod
    def resolve_availability(booking: Booking, context: Any) -> dict[str, Any] | None:
        departure, product = booking.departure, booking.product
        if departure is None:
            return None
        status = rules.slot_status(departure, booking.option, context["request"].now)
        return {
            "id": departure.availability_id,
            "local_date_time_start": rules.local(departure.starts_at, product),
            "local_date_time_end": rules.local(departure.ends_at, product),
            "all_day": product.availability_type == "OPENING_HOURS",
            "available": status in rules.AVAILABLE,
            "status": status,
            "vacancies": rules.vacancies(departure),
            "capacity": departure.capacity,
            "max_units": rules.most_units(booking.option, departure),
            "utc_cutoff_at": rules.utc(departure.booking_cutoff_at),
            "opening_hours": departure.opening_hours,
        }

    @staticmethod
    def resolve_contact(booking: Booking) -> dict[str, Any]:
        return contact(booking.contact)

    @staticmethod
    def resolve_delivery_methods(booking: Booking) -> list[str]:
        return booking.product.delivery_methods

    @staticmethod
    def resolve_voucher(booking: Booking, context: Any) -> dict[str, Any] | None:
        if "VOUCHER" not in booking.product.delivery_methods:
            return None
        return ticket(booking, booking.voucher_code, booking.redeemed_at, context)

    @staticmethod
    def resolve_pricing(booking: Booking) -> rules.Amounts:
        return rules.stored_amounts(booking)


class CalendarDay(Answer):
    local_date: date
    available: bool
    status: str
    vacancies: int | None
    capacity: int | None
    opening_hours: list[dict[str, str]]
    unit_pricing_from: list[UnitPricing] = []
    pricing_from: Pricing | None = None

    @staticmethod
    def resolve_available(day: rules.Day) -> bool:
        return day.status in rules.AVAILABLE

    @staticmethod
    def resolve_unit_pricing_from(day: rules.Day) -> list[rules.UnitAmounts]:
        return only_if_priced(day.unit_pricing_from)

    @staticmethod
    def resolve_pricing_from(day: rules.Day) -> rules.Amounts:
        return only_if_priced(day.pricing_from)


def only_if_priced(found: Any) -> Any:
    """Leave the key out where there is nothing: a missing attribute is an unset field."""
    if found is None:
        raise AttributeError("pricing")
    return found


def contact(stored: dict[str, Any]) -> dict[str, Any]:
    return {
        "full_name": rules.full_name(stored),
        "first_name": stored.get("firstName"),
        "last_name": stored.get("lastName"),
        "email_address": stored.get("emailAddress"),
        "phone_number": stored.get("phoneNumber"),
        "postal_code": stored.get("postalCode"),
        "country": stored.get("country"),
        "locales": stored.get("locales", []),
        "notes": stored.get("notes"),
    }


def ticket(booking: Booking, code: str | None, redeemed_at: Any, context: Any) -> dict[str, Any]:
    admits = code is not None and rules.tickets_admit(booking, context["request"].now)
    return {
        "redemption_method": booking.product.redemption_method,
        "utc_redeemed_at": rules.utc(redeemed_at),
        "delivery_options": [
            {"delivery_format": format_, "delivery_value": code}
            for format_ in (booking.product.delivery_formats if admits else ())
        ],
    }
