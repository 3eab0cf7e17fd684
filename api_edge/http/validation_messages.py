"""Messages for Pydantic's validation errors.

Each names the field as a path (``unitItems[0].unitId``) and says what would be right. The value
that was sent is described by its JSON type only, never repeated: it may be a guest's name.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from api_edge.http.request_with_body import SENT_TWICE
from api_edge.http.strict_models import PATTERNS_IN_WORDS
from shared_domain.quantities import format_quantity
from shared_domain.rollout.wire import MADE_UP_NAME
from shared_domain.usage import MOST_FIELDS

MOST_FLAWS_NAMED = 5

#: A name that the caller made up may be as long as a body.
LONGEST_NAME = 64

#: Errors about a name, which may be one that the caller made up.
WITH_MADE_UP_NAMES = frozenset({"extra_forbidden", SENT_TWICE})

ErrorDetails = Mapping[str, Any]


def describe(flaws: Sequence[ErrorDetails]) -> str:
    """Return one line about Pydantic's errors; the first few name their field."""
    named = [_describe_one(flaw) for flaw in flaws[:MOST_FLAWS_NAMED]]
    left_out = len(flaws) - len(named)
    return "; ".join(named) + (f"; and {left_out} more" if left_out else "")


def field_path(flaw: ErrorDetails) -> str:
    """Return the path of an error's field: ``unitItems[0].unitId``, or "" for the whole body."""
    path = ""
    for step in flaw["loc"][1:]:
        if isinstance(step, int):
            path += f"[{step}]"
        else:
            name = step if len(step) <= LONGEST_NAME else f"{step[:LONGEST_NAME]}…"
            path += f".{name}" if path else name
    return path


def known_field_paths(flaws: Sequence[ErrorDetails]) -> list[str]:
    """Return the paths of the first fields at fault, without a name that the caller made up.

    Such a name may be anything, a guest's address too; ``MADE_UP_NAME`` stands in its place.
    """
    found: dict[str, None] = {}
    for flaw in flaws[:MOST_FIELDS]:
        is_made_up = flaw["type"] in WITH_MADE_UP_NAMES and len(flaw["loc"]) > 1
        known = {**flaw, "loc": flaw["loc"][:-1]} if is_made_up else flaw
        path = field_path(known)
        if is_made_up:
            path = f"{path}.{MADE_UP_NAME}" if path else MADE_UP_NAME
        found[path or "body"] = None
    return list(found)


def _describe_one(flaw: ErrorDetails) -> str:
    path = field_path(flaw)
    if not path and flaw["type"] in OF_SEVERAL_FIELDS:
        return str(flaw["msg"])
    return f"{path or 'the body'} {error_message(flaw)}"


def error_message(flaw: ErrorDetails) -> str:
    """Return an error's message, in words that follow the field's name."""
    wanted = WANTED.get(flaw["type"])
    return wanted(flaw) if wanted else str(flaw["msg"])


def json_type_name(value: object) -> str:
    """Return the JSON type of a value, in words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, str):
        return "text"
    if isinstance(value, (list, tuple)):
        return "a list"
    return "an object"


def _must_be(wanted: str) -> Callable[[ErrorDetails], str]:
    return lambda flaw: f"must be {wanted}, not {json_type_name(flaw['input'])}"


def _whole_number(flaw: ErrorDetails) -> str:
    if isinstance(flaw["input"], float):
        return "must be a whole number, without a decimal point or exponent"
    return _must_be("a whole number")(flaw)


def _pattern(flaw: ErrorDetails) -> str:
    return f"must {PATTERNS_IN_WORDS[flaw['ctx']['pattern']]}"


def _too_short(flaw: ErrorDetails) -> str:
    least: int = flaw["ctx"]["min_length"]
    return "must not be empty" if least == 1 else f"must have at least {least} characters"


def _unknown(flaw: ErrorDetails) -> str:
    return f"is not a {'parameter' if flaw['loc'][0] == 'query' else 'field'} of this request"


#: What was wanted, by Pydantic's name of the flaw.
WANTED: Mapping[str, Callable[[ErrorDetails], str]] = {
    "missing": lambda _: "is required",
    "string_type": _must_be("text"),
    "string_unicode": lambda _: "must be text without lone surrogates (U+D800 to U+DFFF)",
    "string_too_short": _too_short,
    "string_too_long": lambda flaw: (
        f"must have at most {format_quantity(flaw['ctx']['max_length'], 'character')}"
    ),
    "string_pattern_mismatch": _pattern,
    "int_type": _whole_number,
    "int_from_float": _whole_number,
    "bool_type": _must_be("true or false"),
    "list_type": _must_be("a list"),
    "dict_type": _must_be("an object"),
    "model_type": _must_be("an object"),
    "model_attributes_type": _must_be("an object"),
    "greater_than_equal": lambda flaw: f"must be at least {flaw['ctx']['ge']}",
    "less_than_equal": lambda flaw: f"must be at most {flaw['ctx']['le']}",
    "too_long": lambda flaw: (
        f"must have at most {format_quantity(flaw['ctx']['max_length'], 'entry', 'entries')}"
    ),
    "extra_forbidden": _unknown,
    "literal_error": lambda flaw: "must be " + flaw["ctx"]["expected"].replace("'", ""),
    "too_short": lambda flaw: (
        f"must have at least {format_quantity(flaw['ctx']['min_length'], 'entry', 'entries')}"
    ),
}

#: Rules about several fields name them themselves.
OF_SEVERAL_FIELDS = frozenset({"ways_to_ask", "no_filter"})
