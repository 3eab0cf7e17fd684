"""Field errors of a request under ``/v1``: the field, the broken rule, the JSON type sent."""

from collections.abc import Mapping, Sequence

from api_edge.http.request_with_body import SENT_TWICE
from api_edge.http.validation_messages import (
    ErrorDetails,
    error_message,
    field_path,
    json_type_name,
)

#: Field errors that a response lists; a body may hold a hundred thousand.
MOST_ERRORS_LISTED = 20

#: The rule that an error breaks, by Pydantic's name of the error. Programs may rely on these names.
RULES: Mapping[str, str] = {
    "missing": "required",
    "extra_forbidden": "known_field",
    "model_attributes_type": "object",
    "string_type": "text",
    "string_unicode": "text",
    "string_too_short": "length",
    "string_too_long": "length",
    "string_pattern_mismatch": "characters",
    "too_short": "length",
    "too_long": "length",
    "int_type": "whole_number",
    "int_from_float": "whole_number",
    "bool_type": "boolean",
    "list_type": "list",
    "dict_type": "object",
    "model_type": "object",
    "greater_than_equal": "range",
    "less_than_equal": "range",
    "literal_error": "choice",
}


class RequestMalformed(Exception):
    """Gives its name to the problem type of a request that fails validation."""


def list_field_errors(errors: Sequence[ErrorDetails]) -> list[dict[str, str]]:
    """Return the ``errors`` of a problem: at most ``MOST_ERRORS_LISTED`` field errors."""
    return [
        {
            "field": field_path(error),
            "rule": RULES.get(error["type"], error["type"]),
            "given": _sent_type(error),
            "message": error_message(error),
        }
        for error in errors[:MOST_ERRORS_LISTED]
    ]


def _sent_type(error: ErrorDetails) -> str:
    if error["type"] == "missing":
        return "nothing"
    if error["type"] == SENT_TWICE:
        return "several values"
    # Everything in a query is text, also where a name that stands there twice makes a list.
    return "text" if error["loc"][0] == "query" else json_type_name(error["input"])
