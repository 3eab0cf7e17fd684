"""Serializers of statements and their months; they hold no personal data."""

from typing import Any

from rest_framework import serializers

from core_site.partner_api.serializers import StrictSerializer


class TotalSerializer(serializers.Serializer[Any]):
    """The total that the partner owes in one currency; ``owedMinor`` is in its minor unit."""

    currency = serializers.CharField()
    currencyPrecision = serializers.IntegerField(source="currency_precision")
    bookings = serializers.IntegerField()
    owedMinor = serializers.IntegerField(source="owed_minor")


class MonthSerializer(serializers.Serializer[Any]):
    month = serializers.CharField()
    totals = TotalSerializer(many=True)


class MonthListSerializer(serializers.Serializer[Any]):
    items = MonthSerializer(many=True)


class LineSerializer(serializers.Serializer[Any]):
    """One booking of a statement."""

    uuid = serializers.UUIDField()
    supplierReference = serializers.CharField(source="supplier_reference")
    resellerReference = serializers.CharField(source="reseller_reference", allow_null=True)
    status = serializers.CharField()
    refund = serializers.CharField(allow_null=True)
    travelDate = serializers.DateField(source="travel_date", allow_null=True)
    productId = serializers.CharField(source="product_code")
    currency = serializers.CharField()
    netMinor = serializers.IntegerField(source="net_minor")
    owedMinor = serializers.IntegerField(source="owed_minor")


class StatementSerializer(serializers.Serializer[Any]):
    month = serializers.CharField()
    totals = TotalSerializer(many=True)
    lines = LineSerializer(many=True)


class FormatParameters(StrictSerializer):
    format = serializers.ChoiceField(
        ["json", "csv"],
        default="json",
        # REST framework's own message repeats the value, and does not say what would be right.
        error_messages={"invalid_choice": "This field must be json or csv."},
    )
