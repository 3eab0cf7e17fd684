"""Serializer fields without coercion: REST framework's own read "30" as 30 and trim texts."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.fields import empty

from shared_domain.contact_data import InvalidText

MOST_DIGITS = 3

if TYPE_CHECKING:
    _Field = serializers.Field[Any, Any, Any, Any]
else:
    _Field = object

_SURROGATE = re.compile("[\ud800-\udfff]")


def kind_of(value: object) -> str:
    """Return the type of a JSON value in words, such as "a number"."""
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
    return "an object"


def is_storable(text: str) -> bool:
    """Return whether a text can be stored: JSON may hold lone surrogates, which UTF-8 cannot."""
    return not _SURROGATE.search(text)


class _JudgesNull(_Field):
    """A field to which null is a value of the wrong type, and "" a text that is too short."""

    default_error_messages: ClassVar[dict[str, Any]] = {"required": "is required"}

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        return (False, None) if data is None else super().validate_empty_values(data)

    def run_validation(self, data: Any = empty) -> Any:
        # REST framework takes "" for a missing value; here it is a text that is too short.
        return serializers.Field.run_validation(self, data)


class Text(_JudgesNull, serializers.CharField):
    default_error_messages: ClassVar[dict[str, Any]] = {
        "text": "must be text, not {given}",
        "unicode": "must be text without lone surrogates (U+D800 to U+DFFF)",
    }

    def __init__(self, *, rule: Callable[[str], str] | None = None, **options: Any) -> None:
        """``rule``, a function of ``contact_data``, checks the length and the content.

        What it accepts goes on as it was sent; the services normalise it.
        """
        super().__init__(**options)
        self.validators = []
        self.rule = rule

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("text", given=kind_of(data))
        if not is_storable(data):
            self.fail("unicode")
        return data

    def run_validators(self, value: str) -> None:
        super().run_validators(value)
        if self.rule is None:
            return
        try:
            self.rule(value)
        except InvalidText as flaw:
            raise ValidationError([ErrorDetail(str(flaw), flaw.rule)]) from None


class WholeNumber(_JudgesNull, serializers.IntegerField):
    default_error_messages: ClassVar[dict[str, Any]] = {
        "whole_number": "must be a whole number, not {given}",
        "fraction": "must be a whole number, without a decimal point or exponent",
        "min_value": "must be at least {min_value}",
        "max_value": "must be at most {max_value}",
    }

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, float):
            self.fail("fraction")
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("whole_number", given=kind_of(data))
        return data


class WholeNumberInQuery(_JudgesNull, serializers.IntegerField):
    """A whole number as a query parameter: digits only, without blanks or a sign."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "range": "must be a whole number from {min_value} to {max_value}",
    }

    def __init__(self, *, min_value: int, max_value: int, **options: Any) -> None:
        super().__init__(min_value=min_value, max_value=max_value, **options)
        self._values = range(min_value, max_value + 1)

    def to_internal_value(self, data: Any) -> int:
        is_number = data.isascii() and data.isdigit() and len(data) <= MOST_DIGITS
        if not is_number or int(data) not in self._values:
            self.fail("range", min_value=self.min_value, max_value=self.max_value)
        return int(data)


class OneOf(_JudgesNull, serializers.CharField):
    """A query parameter with a fixed set of values."""

    default_error_messages = {"choice": "must be {choices}"}

    def __init__(self, *choices: str, **options: Any) -> None:
        super().__init__(**options)
        self.choices = choices

    def to_internal_value(self, data: str) -> str:
        if data not in self.choices:
            self.fail("choice", choices=" or ".join(self.choices))
        return data
