"""Base serializer and fields of requests under ``/v1``: strict about unknown fields and types."""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.settings import api_settings

from core_site.problem_details import UNEXPECTED_FIELD


class StrictSerializer(serializers.Serializer[Any]):
    """A serializer that refuses unknown fields; one without fields refuses every field."""

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
    """A JSON integer: refuses ``"30"`` and ``30.0``."""

    def to_internal_value(self, data: Any) -> int:
        if type(data) is not int:
            self.fail("invalid")
        return data


class DigitsField(serializers.IntegerField):
    """An integer in a query string: one to three digits, without sign or blanks."""

    def to_internal_value(self, data: Any) -> int:
        if not (data.isascii() and data.isdigit() and len(data) <= 3):
            self.fail("invalid")
        return int(data)
