"""What serializers of requests under ``/v1`` share: unknown fields and coercion are refused."""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.settings import api_settings

from core_site.problem_details import UNEXPECTED_FIELD


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses unknown fields; without fields of its own, every field."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        unknown = [name for name in data if name not in self.fields] if type(data) is dict else []
        try:
            "".join(unknown).encode()
        except UnicodeEncodeError:
            # No response can repeat a name with a lone surrogate.
            message = ErrorDetail("Surrogate characters are not allowed.", "invalid")
            raise ValidationError({api_settings.NON_FIELD_ERRORS_KEY: [message]}) from None
        errors = {name: [ErrorDetail("Unexpected field.", UNEXPECTED_FIELD)] for name in unknown}
        try:
            values: dict[str, Any] = super().to_internal_value(data)
        except ValidationError as invalid:
            raise ValidationError({**dict(invalid.detail), **errors}) from None  # type: ignore[arg-type]
        if errors:
            raise ValidationError(errors)
        return values


class StrictIntegerField(serializers.IntegerField):
    """An integer as JSON writes one: neither ``"30"`` nor ``30.0``."""

    def to_internal_value(self, data: Any) -> int:
        if type(data) is not int:
            self.fail("invalid")
        return data


class DigitsField(serializers.IntegerField):
    """An integer of a query string, of up to three digits, without sign or blanks."""

    def to_internal_value(self, data: Any) -> int:
        if not (data.isascii() and data.isdigit() and len(data) <= 3):
            self.fail("invalid")
        return int(data)
