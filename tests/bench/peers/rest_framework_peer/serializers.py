"""Source: REST framework's guides "Serializers" (nested) and "Serializer fields".

Fields are named as in the JSON; ``source`` names the column. Read only: nothing is validated on
the way out.
"""

from typing import Any

from pydantic.alias_generators import to_camel
from rest_framework import serializers

from tests.bench.peers import rules
from tests.bench.peers.booking_texts import STORED_TEXTS


class TaxSerializer(serializers.Serializer):
    name = serializers.CharField()
    original = serializers.IntegerField()
    retail = serializers.IntegerField()
    net = serializers.IntegerField()


class PricingSerializer(serializers.Serializer):
    original = serializers.IntegerField()
    retail = serializers.IntegerField()
    net = serializers.IntegerField()
    currency = serializers.CharField()
    currencyPrecision = serializers.IntegerField(source="currency_precision")
    includedTaxes = TaxSerializer(source="included_taxes", many=True)


class UnitPricingSerializer(PricingSerializer):
    unitId = serializers.CharField(source="unit_id")


class StoredPricingSerializer(PricingSerializer):
    """The frozen price in the columns of a booking or ticket; None where it has none."""

    def to_representation(self, row: Any) -> dict[str, Any] | None:
        if row.retail_minor is None:
            return None
        return super().to_representation(rules.stored_amounts(row))


def without_nones(answer: dict[str, Any], *names: str) -> dict[str, Any]:
    """Leave out the keys that exist only where they have a value."""
    for name in names:
        if answer[name] is None:
            del answer[name]
    return answer


class UtcField(serializers.Field):
    def to_representation(self, value: Any) -> str | None:
        return rules.utc(value)


class UnitRestrictionsSerializer(serializers.Serializer):
    minAge = serializers.IntegerField(source="min_age")
    maxAge = serializers.IntegerField(source="max_age")
    idRequired = serializers.BooleanField(source="id_required")
    minQuantity = serializers.IntegerField(source="min_quantity")
    maxQuantity = serializers.IntegerField(source="max_quantity")
    paxCount = serializers.IntegerField(source="pax_count")
    accompaniedBy = serializers.ReadOnlyField(source="accompanied_by")


class UnitSerializer(serializers.Serializer):
    id = serializers.CharField(source="code")
    internalName = serializers.CharField(source="internal_name")
    reference = serializers.CharField()
    type = serializers.CharField()
    restrictions = UnitRestrictionsSerializer(source="*")
    requiredContactFields = serializers.ReadOnlyField(source="required_contact_fields")
    pricing = PricingSerializer(source="lowest", many=True)

    def to_representation(self, unit: Any) -> dict[str, Any]:
        return without_nones(super().to_representation(unit), "pricing")


class OptionRestrictionsSerializer(serializers.Serializer):
    minUnits = serializers.IntegerField(source="min_units")
    maxUnits = serializers.IntegerField(source="max_units")


class OptionSerializer(serializers.Serializer):
    id = serializers.CharField(source="code")
    default = serializers.BooleanField(source="is_default")
    internalName = serializers.CharField(source="internal_name")
    reference = serializers.CharField()
    availabilityLocalStartTimes = serializers.ReadOnlyField(source="local_start_times")
    cancellationCutoff = serializers.SerializerMethodField()
    cancellationCutoffAmount = serializers.IntegerField(source="cancellation_cutoff_amount")
    cancellationCutoffUnit = serializers.CharField(source="cancellation_cutoff_unit")
    requiredContactFields = serializers.ReadOnlyField(source="required_contact_fields")
    restrictions = OptionRestrictionsSerializer(source="*")
    units = UnitSerializer(source="unit_list", many=True)
    pricing = PricingSerializer(source="lowest", many=True)

    def to_representation(self, option: Any) -> dict[str, Any]:
        return without_nones(super().to_representation(option), "pricing")

    def get_cancellationCutoff(self, option: Any) -> str:
        return rules.cutoff_in_words(option)


class ProductSerializer(serializers.Serializer):
    id = serializers.CharField(source="code")
    internalName = serializers.CharField(source="internal_name")
    reference = serializers.CharField()
    locale = serializers.CharField()
    timeZone = serializers.CharField(source="time_zone")
    allowFreesale = serializers.BooleanField(source="allow_freesale")
    instantConfirmation = serializers.BooleanField(source="instant_confirmation")
    instantDelivery = serializers.BooleanField(source="instant_delivery")
    availabilityRequired = serializers.BooleanField(source="availability_required")
    availabilityType = serializers.CharField(source="availability_type")
    deliveryFormats = serializers.ReadOnlyField(source="delivery_formats")
    deliveryMethods = serializers.ReadOnlyField(source="delivery_methods")
    redemptionMethod = serializers.CharField(source="redemption_method")
    defaultCurrency = serializers.CharField(source="default_currency")
    availableCurrencies = serializers.ReadOnlyField(source="available_currencies")
    pricingPer = serializers.CharField(source="pricing_per")
    options = OptionSerializer(source="option_list", many=True)


class ContactSerializer(serializers.Serializer):
    def to_representation(self, contact: dict[str, Any]) -> dict[str, Any]:
        return {
            "fullName": rules.full_name(contact),
            "locales": contact.get("locales", []),
            **{name: contact.get(name) for name in rules.CONTACT_TEXTS},
        }


class UnitItemSerializer(serializers.Serializer):
    uuid = serializers.UUIDField()
    utcRedeemedAt = UtcField(source="redeemed_at")
    resellerReference = serializers.CharField(source="reseller_reference")
    supplierReference = serializers.CharField(source="supplier_reference")
    contact = ContactSerializer()
    pricing = StoredPricingSerializer(source="*")

    def to_representation(self, item: Any) -> dict[str, Any]:
        return without_nones(super().to_representation(item), "pricing")


class BookingSerializer(serializers.Serializer):
    id = serializers.UUIDField(source="uuid")
    uuid = serializers.UUIDField()
    testMode = serializers.BooleanField(source="test_mode")
    resellerReference = serializers.CharField(source="reseller_reference")
    supplierReference = serializers.CharField(source="supplier_reference")
    status = serializers.SerializerMethodField()
    utcCreatedAt = UtcField(source="created_at")
    utcUpdatedAt = UtcField(source="updated_at")
    utcExpiresAt = serializers.SerializerMethodField()
    utcConfirmedAt = UtcField(source="confirmed_at")
    utcRedeemedAt = UtcField(source="redeemed_at")
    productId = serializers.CharField(source="product.code")
    product = ProductSerializer()
    cancellation = serializers.SerializerMethodField()
    freesale = serializers.SerializerMethodField()
    availabilityId = serializers.SerializerMethodField()
    availability = serializers.SerializerMethodField()
    contact = ContactSerializer()
    notes = serializers.CharField()
    userId = serializers.UUIDField(source="user_id")
    deliveryMethods = serializers.ReadOnlyField(source="product.delivery_methods")
    cancellable = serializers.SerializerMethodField()
    voucher = serializers.SerializerMethodField()
    unitItems = UnitItemSerializer(source="item_list", many=True)
    pricing = StoredPricingSerializer(source="*")

    def get_fields(self) -> dict[str, Any]:
        texts = {to_camel(name): serializers.CharField(source=name) for name in STORED_TEXTS}
        return {**super().get_fields(), **texts}

    def get_status(self, booking: Any) -> str:
        return rules.status_of(booking, self.context["now"])

    def get_utcExpiresAt(self, booking: Any) -> str | None:
        return rules.utc(rules.hold_ends_at(booking))

    def get_cancellable(self, booking: Any) -> bool:
        return rules.is_cancellable(booking, self.context["now"])

    def get_freesale(self, booking: Any) -> bool:
        return booking.departure is None

    def get_availabilityId(self, booking: Any) -> str | None:
        return booking.departure and booking.departure.availability_id

    def get_cancellation(self, booking: Any) -> dict[str, Any] | None:
        if booking.cancelled_at is None:
            return None
        return {
            "refund": booking.cancellation_refund,
            "reason": booking.cancellation_reason,
            "utcCancelledAt": rules.utc(booking.cancelled_at),
        }

    def get_voucher(self, booking: Any) -> dict[str, Any] | None:
        if "VOUCHER" not in booking.product.delivery_methods:
            return None
        return self._ticket(booking, booking.voucher_code, booking.redeemed_at)

    def get_availability(self, booking: Any) -> dict[str, Any] | None:
        departure = booking.departure
        if departure is None:
            return None
        status = rules.slot_status(departure, booking.option, self.context["now"])
        return {
            "id": departure.availability_id,
            "capacity": departure.capacity,
            "utcCutoffAt": rules.utc(departure.booking_cutoff_at),
            "openingHours": departure.opening_hours,
            "localDateTimeStart": rules.local(departure.starts_at, booking.product),
            "localDateTimeEnd": rules.local(departure.ends_at, booking.product),
            "allDay": booking.product.availability_type == "OPENING_HOURS",
            "available": status in rules.AVAILABLE,
            "status": status,
            "vacancies": rules.vacancies(departure),
            "maxUnits": rules.most_units(booking.option, departure),
        }

    def to_representation(self, booking: Any) -> dict[str, Any]:
        """Add what refers to the product's own parts: the option, and the unit of each ticket."""
        answer = super().to_representation(booking)
        code = booking.option.code
        option = next(option for option in answer["product"]["options"] if option["id"] == code)
        answer["optionId"], answer["option"] = code, option
        units = {unit["id"]: unit for unit in option["units"]}
        has_tickets = "TICKET" in booking.product.delivery_methods
        for item, of_item in zip(booking.item_list, answer["unitItems"], strict=True):
            of_item["unitId"], of_item["unit"] = item.unit.code, units[item.unit.code]
            of_item["status"] = "REDEEMED" if item.redeemed_at else answer["status"]
            of_item["ticket"] = (
                self._ticket(booking, item.ticket_code, item.redeemed_at) if has_tickets else None
            )
        return answer

    def _ticket(self, booking: Any, code: str | None, redeemed_at: Any) -> dict[str, Any]:
        admits = code is not None and rules.tickets_admit(booking, self.context["now"])
        return {
            "redemptionMethod": booking.product.redemption_method,
            "utcRedeemedAt": rules.utc(redeemed_at),
            "deliveryOptions": [
                {"deliveryFormat": format_, "deliveryValue": code}
                for format_ in (booking.product.delivery_formats if admits else ())
            ],
        }


class DaySerializer(serializers.Serializer):
    localDate = serializers.DateField(source="local_date")
    available = serializers.SerializerMethodField()
    status = serializers.CharField()
    vacancies = serializers.IntegerField()
    capacity = serializers.IntegerField()
    openingHours = serializers.ReadOnlyField(source="opening_hours")
    unitPricingFrom = UnitPricingSerializer(source="unit_pricing_from", many=True)
    pricingFrom = PricingSerializer(source="pricing_from")

    def get_available(self, day: rules.Day) -> bool:
        return day.status in rules.AVAILABLE

    def to_representation(self, day: rules.Day) -> dict[str, Any]:
        return without_nones(super().to_representation(day), "unitPricingFrom", "pricingFrom")


class CalendarQuestionSerializer(serializers.Serializer):
    productId = serializers.CharField()
    optionId = serializers.CharField()
    localDateStart = serializers.DateField()
    localDateEnd = serializers.DateField()


class WantedContactSerializer(serializers.Serializer):
    fullName = serializers.CharField(required=False)
    firstName = serializers.CharField(required=False)
    lastName = serializers.CharField(required=False)
    emailAddress = serializers.EmailField(required=False)
    phoneNumber = serializers.CharField(required=False)
    postalCode = serializers.CharField(required=False)
    country = serializers.RegexField("^[A-Z]{2}$", required=False)
    locales = serializers.ListField(child=serializers.CharField(), required=False)
    notes = serializers.CharField(required=False)


class WantedItemSerializer(serializers.Serializer):
    unitId = serializers.CharField()


class ReservationSerializer(serializers.Serializer):
    productId = serializers.CharField()
    optionId = serializers.CharField()
    availabilityId = serializers.CharField()
    unitItems = WantedItemSerializer(many=True)
    expirationMinutes = serializers.IntegerField(min_value=1, required=False)
    contact = WantedContactSerializer(required=False)
    notes = serializers.CharField(required=False)
    resellerReference = serializers.CharField(required=False)
    emailReceipt = serializers.BooleanField(default=False)

    def as_columns(self) -> dict[str, Any]:
        asked = self.validated_data
        return {
            "product_code": asked["productId"],
            "option_code": asked["optionId"],
            "availability_id": asked["availabilityId"],
            "unit_codes": [item["unitId"] for item in asked["unitItems"]],
            "expiration_minutes": asked.get("expirationMinutes"),
            "contact": asked.get("contact", {}),
            "notes": asked.get("notes"),
            "reseller_reference": asked.get("resellerReference"),
            "email_receipt": asked["emailReceipt"],
        }
