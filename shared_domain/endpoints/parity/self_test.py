"""Put one known mistake into an outcome, which a comparison that works must find."""

import json
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from shared_domain.endpoints.parity.aliases import REQUEST_IDS, is_id
from shared_domain.endpoints.parity.answers import Outcome
from shared_domain.endpoints.parity.bodies import UNREADABLE, exact_json, unpacked
from shared_domain.endpoints.parity.comparing import compare
from shared_domain.endpoints.parity.differences import Difference, key_segment
from shared_domain.endpoints.parity.headers import is_json
from shared_domain.endpoints.parity.rules import NO_RULES, As, Places, Rules, rule_at, step

Way = tuple[str | int, ...]

#: What stands for another body altogether.
_ANOTHER_JSON, _ANOTHER_TEXT = b'{"injected": true}', b"injected"


def passes_self_test(django: Outcome, edge: Outcome, rules: Rules, *, is_write: bool) -> bool:
    """Return whether ``compare`` finds a mistake that is put into an edge's outcome that agrees.

    Rules that leave nothing of a body to compare do not pass: any other body would agree, too.
    """
    wrong, path = with_injected_difference(edge, rules)
    passed = is_found(path, compare(django, wrong, rules, is_write=is_write))
    if passed and path == "status" and edge.answer.body:
        another = _ANOTHER_JSON if is_json(edge.answer.header("content-type")) else _ANOTHER_TEXT
        passed = compare(django, _with_body(edge, another), rules, is_write=is_write) != []
    return passed


def is_found(path: str, differences: Iterable[Difference]) -> bool:
    """Tell whether one of the differences is at the path, or at a list around it.

    By chance a list with a wrong number in it is the same list in another order.
    """
    around = [it.path.removesuffix("/") for it in differences]
    return any(path == place or path.startswith(f"{place}/") for place in around)


def with_injected_difference(outcome: Outcome, rules: Rules = NO_RULES) -> tuple[Outcome, str]:
    """Return the outcome, wrong in one place, and the path where ``compare`` must find it.

    A number is off by one; without a number a field is missing; without a field the status is
    another. No place is chosen that a rule or an alias covers.
    """
    answer = outcome.answer
    body = exact_json(unpacked(answer)) if is_json(answer.header("content-type")) else UNREADABLE
    if body is not UNREADABLE:
        places = step(rules.places, "")
        for is_field_wanted in (False, True):
            way = _way_to(body, places, "", is_field_wanted=is_field_wanted)
            if way is not None:
                wrong = _spoiled(body, way, is_field_wanted=is_field_wanted)
                return _with_body(outcome, _written(wrong).encode()), _path(way)
    status = 500 if answer.status < 500 else 200
    return replace(outcome, answer=replace(answer, status=status)), "status"


def _way_to(value: object, places: Places, name: str, *, is_field_wanted: bool) -> Way | None:
    """Return the way to the first number, or to the first field, that is compared exactly."""
    rule = rule_at(places)
    if rule is not None and rule.match in (As.IGNORED, As.GENERATED):
        return None
    members: Iterable[tuple[str | int, object]] = ()
    if isinstance(value, dict):
        members = value.items()
    elif isinstance(value, list):
        members = enumerate(value)
    elif is_field_wanted or rule is not None or name in REQUEST_IDS or is_id(name):
        return None
    elif _can_be_off_by_one(value):
        return ()
    for key, member in members:
        within = step(places, str(key))
        if is_field_wanted and isinstance(key, str) and rule_at(within) is None:
            return (key,)
        inner = key if isinstance(key, str) else name
        way = _way_to(member, within, inner, is_field_wanted=is_field_wanted)
        if way is not None:
            return (key, *way)
    return None


def _can_be_off_by_one(value: object) -> bool:
    # One more is lost in the rounding of decimals that are very large or very small.
    if isinstance(value, Decimal):
        return abs(value.adjusted()) < 15
    return isinstance(value, int) and not isinstance(value, bool)


def _spoiled(value: object, way: Way, *, is_field_wanted: bool) -> object:
    if not way and isinstance(value, int | Decimal):
        return value + 1
    first, *others = way
    if isinstance(value, dict):
        if is_field_wanted and not others:
            return {key: member for key, member in value.items() if key != first}
        members = dict(value)
        members[first] = _spoiled(value[first], tuple(others), is_field_wanted=is_field_wanted)
        return members
    if isinstance(value, list) and isinstance(first, int):
        changed = _spoiled(value[first], tuple(others), is_field_wanted=is_field_wanted)
        return [*value[:first], changed, *value[first + 1 :]]
    raise AssertionError("the way was found in this very value")


def _path(way: Way) -> str:
    parts = [key_segment(part) if isinstance(part, str) else str(part) for part in way]
    return "/" + "/".join(parts)


def _with_body(outcome: Outcome, body: bytes) -> Outcome:
    headers = tuple(
        (name, value)
        for name, value in outcome.answer.headers
        if name not in ("content-encoding", "content-length")
    )
    return replace(outcome, answer=replace(outcome.answer, headers=headers, body=body))


def _written(value: object) -> str:
    """Write the JSON with its decimals exactly as they are, which ``json.dumps`` cannot."""
    if isinstance(value, dict):
        members = (f"{json.dumps(key)}:{_written(member)}" for key, member in value.items())
        return "{" + ",".join(members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_written, value)) + "]"
    return str(value) if isinstance(value, Decimal) else json.dumps(value)
