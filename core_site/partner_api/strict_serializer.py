"""Serializers that refuse unknown fields, and report each validation error with its rule."""

from collections.abc import Iterator
from typing import Any, cast

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from core_site.partner_api.fields import is_storable, kind_of
from core_site.partner_api.problems import FieldError

#: The rule that a flaw breaks, by REST framework's code of it. Programs may rely on these names.
RULES = {
    "unicode": "text",
    "fraction": "whole_number",
    "min_value": "range",
    "max_value": "range",
}

#: A name that the caller made up may be as long as a body.
LONGEST_NAME = 64

#: Stands for the body where flaws are kept by name; no name that is repeated can look like it.
THE_BODY = "\ud800"


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses unknown fields, and bodies that are not objects."""

    unknown = "is not a field of this request"

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        return False, data

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            message = f"must be an object, not {kind_of(data)}"
            raise ValidationError({THE_BODY: [ErrorDetail(message, "object")]})
        if not all(map(is_storable, data)):
            # A name that cannot be written cannot be repeated either.
            message = "must be text without lone surrogates (U+D800 to U+DFFF)"
            raise ValidationError({THE_BODY: [ErrorDetail(message, "unicode")]})
        flaws: dict[str, Any] = {}
        values: dict[str, Any] = {}
        try:
            values = super().to_internal_value(data)
        except ValidationError as wrong:
            flaws = cast(dict[str, Any], wrong.detail)
        for name in data:
            if name not in self.fields:
                flaws[name] = [ErrorDetail(self.unknown, "known_field")]
        if flaws:
            raise ValidationError(flaws)
        return values

    def flaws(self) -> Iterator[FieldError]:
        """Yield the validation errors in the order of the fields, unknown fields last."""
        self.is_valid()
        for name, details in self.errors.items():
            yield FieldError(
                field=_shown(name),
                rule=RULES.get(details[0].code, details[0].code),
                given=self._given(name, details[0].code),
                message=str(details[0]),
            )

    def _given(self, name: str, code: str) -> str:
        if code == "required":
            return "nothing"
        if name == THE_BODY:
            return "text" if code == "unicode" else kind_of(self.initial_data)
        return kind_of(self.initial_data[name])


def _shown(name: str) -> str:
    if name == THE_BODY:
        return ""
    return name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}…"


class Parameters(StrictSerializer):
    """A serializer of query parameters; this one allows none."""

    unknown = "is not a parameter of this request"
