"""The rules by which a field turns a value down, and which of them a schema can say."""

import inspect
import re
from collections.abc import Iterator
from typing import Annotated

from django.core import validators
from pydantic import StringConstraints, TypeAdapter
from pydantic_core import SchemaError
from rest_framework import serializers
from rest_framework.validators import ProhibitSurrogateCharactersValidator, UniqueValidator

from core_site.rollout.scaffolding.shapes import Scalar

#: Rules that a schema says by itself, or that need no saying.
_SAID_BY_THE_SCHEMA = (
    validators.MinValueValidator,
    validators.MaxValueValidator,
    validators.MinLengthValidator,
    validators.MaxLengthValidator,
    validators.DecimalValidator,
    validators.ProhibitNullCharactersValidator,
    ProhibitSurrogateCharactersValidator,
)

_LOOKS = {serializers.EmailField: "email", serializers.URLField: "url"}


def text_of(field: serializers.CharField) -> Scalar:
    """Return the limits of a text, as far as a schema can say them."""
    reads_itself = is_own(type(field), "to_internal_value")
    least = field.min_length
    if not least and not field.allow_blank and not is_own(type(field), "run_validation"):
        least = 1
    return Scalar(
        python="str",
        shortest=least,
        longest=field.max_length,
        pattern=_pattern_of(field),
        is_trimmed=field.trim_whitespace and not reads_itself,
        looks_like=next((it for kind, it in _LOOKS.items() if isinstance(field, kind)), ""),
    )


def rules_of(field: serializers.Field, name: str) -> Iterator[str]:
    """Yield what must be asked about the rules of a field, with ``{path}`` for where it is."""
    if is_own(type(field), "to_internal_value"):
        yield (
            f"Which values does `{{path}}` take? {type(field).__name__} reads them by its own "
            "to_internal_value."
        )
    for validator in field.validators:
        is_said = isinstance(validator, _SAID_BY_THE_SCHEMA) or (
            isinstance(validator, validators.RegexValidator)
            and _pattern_of(field) == _as_in_schemas(validator)
        )
        if isinstance(validator, UniqueValidator):
            yield "Who may have the same `{path}`? The serializer wants it to be unique."
        elif not is_said:
            yield f"Which values of `{{path}}` does {_label_of(validator)} turn down?"
    if field.parent is not None and hasattr(field.parent, f"validate_{name}"):
        yield (
            f"Which values of `{{path}}` does {type(field.parent).__name__}.validate_{name} "
            "turn down?"
        )


def rules_of_the_whole(serializer: serializers.BaseSerializer) -> Iterator[str]:
    """Yield what must be asked about rules that look at more than one field."""
    kind = type(serializer)
    if is_own(kind, "validate"):
        yield f"What does {kind.__name__}.validate turn down?"
    if is_own(kind, "to_internal_value"):
        yield (
            f"What does {kind.__name__} take beyond its fields? It reads them by its own "
            "to_internal_value."
        )
    for validator in serializer.validators:
        yield f"What does {_label_of(validator)} of {kind.__name__} turn down?"


def is_own(kind: type, method: str) -> bool:
    """Return whether a class of the site's own defines the method, not REST framework."""
    found = getattr(kind, method, None)
    return found is not None and not found.__module__.startswith("rest_framework")


def _pattern_of(field: serializers.Field) -> str | None:
    for validator in field.validators:
        is_plain = (
            type(validator) is validators.RegexValidator
            and not validator.inverse_match
            and validator.regex.flags & ~re.UNICODE == 0
        )
        if is_plain and _fits_schemas(_as_in_schemas(validator)):
            return _as_in_schemas(validator)
    return None


def _as_in_schemas(validator: validators.RegexValidator) -> str:
    return str(validator.regex.pattern).replace(r"\Z", r"\z")


def _fits_schemas(pattern: str) -> bool:
    """Return whether the engine of the schemas knows all of it: it cannot look ahead, say."""
    try:
        TypeAdapter(Annotated[str, StringConstraints(pattern=pattern)])
    except SchemaError:
        return False
    return True


def _label_of(validator: object) -> str:
    return validator.__name__ if inspect.isfunction(validator) else type(validator).__name__
