"""Inject a known mistake into an outcome, to test that the comparison finds it."""

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from decimal import Decimal

from shared_domain.parity.bodies import UNREADABLE, decompress_body, exact_json
from shared_domain.parity.comparison import compare
from shared_domain.parity.confirmation import drop_noise
from shared_domain.parity.differences import Difference, Kind, escape_key, redacted_path
from shared_domain.parity.generated_values import REQUEST_IDS, is_id
from shared_domain.parity.headers import is_json
from shared_domain.parity.outcomes import Outcome
from shared_domain.parity.rules import NO_RULES, Match, RuleNodes, Rules, descend, rule_at

Way = tuple[str | int, ...]

#: Bodies that have nothing in common with the right one.
_ANOTHER_JSON, _ANOTHER_TEXT = b'{"injected": true}', b"injected"

_MOST_INJECTED = 12


def passes_self_test(
    django: Outcome,
    edge: Outcome,
    rules: Rules,
    *,
    is_write: bool,
    learned: Collection[tuple[str, Kind]] = frozenset(),
) -> bool:
    """Return whether the comparison finds mistakes that are injected into an outcome that agrees.

    Rules that leave nothing of a body to compare fail the test: any other body would agree, too. So
    does learned noise that covers a number: a value that may differ has to be declared in a rule,
    with its reason.
    """

    def differences(wrong: Outcome) -> list[Difference]:
        return drop_noise(compare(django, wrong, rules, is_write=is_write), learned)

    injected = injected_differences(edge, rules)
    passed = all(is_found(path, differences(wrong)) for wrong, path in injected)
    if passed and injected[0][1] == "status" and edge.response.body:
        another = _ANOTHER_JSON if is_json(edge.response.header("content-type")) else _ANOTHER_TEXT
        passed = differences(_with_body(edge, another)) != []
    return passed


def is_found(path: str, differences: Iterable[Difference]) -> bool:
    """Return whether one of the differences is at the path, or at a list around it.

    A list with a wrong number in it may equal the same list in another order.
    """
    around = [difference.path.removesuffix("/") for difference in differences]
    return any(path == place or path.startswith(f"{place}/") for place in around)


def injected_differences(outcome: Outcome, rules: Rules = NO_RULES) -> list[tuple[Outcome, str]]:
    """Return outcomes with one mistake each, and the paths where ``compare`` must find them.

    A number is off by one, one of each group; without a number a field is missing; without a field
    the status is another. A place that a rule or a generated value covers is never chosen.
    """
    response = outcome.response
    body = (
        exact_json(decompress_body(response))
        if is_json(response.header("content-type"))
        else UNREADABLE
    )
    if body is not UNREADABLE:
        nodes = descend(rules.nodes, "")
        for is_field_wanted in (False, True):
            ways: dict[str, Way] = {}
            for way in _ways_to(body, nodes, "", is_field_wanted=is_field_wanted):
                ways.setdefault(redacted_path(_path(way), with_places=False), way)
                if is_field_wanted or len(ways) >= _MOST_INJECTED:
                    break
            if ways:
                return [
                    (
                        _with_body(
                            outcome,
                            _dump_json(_spoil(body, way, is_field_wanted=is_field_wanted)).encode(),
                        ),
                        _path(way),
                    )
                    for way in ways.values()
                ]
    status = 500 if response.status < 500 else 200
    return [(replace(outcome, response=replace(response, status=status)), "status")]


def _ways_to(value: object, nodes: RuleNodes, name: str, *, is_field_wanted: bool) -> Iterator[Way]:
    """Yield the ways to numbers, or to fields, that are compared exactly."""
    rule = rule_at(nodes)
    if rule is not None and rule.match in (Match.IGNORED, Match.GENERATED):
        return
    members: Iterable[tuple[str | int, object]] = ()
    if isinstance(value, dict):
        members = value.items()
    elif isinstance(value, list):
        members = enumerate(value)
    elif is_field_wanted or rule is not None or name in REQUEST_IDS or is_id(name):
        return
    elif _can_be_off_by_one(value):
        yield ()
    for key, member in members:
        within = descend(nodes, str(key))
        if is_field_wanted and isinstance(key, str) and rule_at(within) is None:
            yield (key,)
        inner = key if isinstance(key, str) else name
        for way in _ways_to(member, within, inner, is_field_wanted=is_field_wanted):
            yield (key, *way)


def _can_be_off_by_one(value: object) -> bool:
    # One more is lost in the rounding of decimals that are very large or very small.
    if isinstance(value, Decimal):
        return abs(value.adjusted()) < 15
    return isinstance(value, int) and not isinstance(value, bool)


def _spoil(value: object, way: Way, *, is_field_wanted: bool) -> object:
    if not way and isinstance(value, int | Decimal):
        return value + 1
    first, *others = way
    if isinstance(value, dict):
        if is_field_wanted and not others:
            return {key: member for key, member in value.items() if key != first}
        members = dict(value)
        members[first] = _spoil(value[first], tuple(others), is_field_wanted=is_field_wanted)
        return members
    if isinstance(value, list) and isinstance(first, int):
        changed = _spoil(value[first], tuple(others), is_field_wanted=is_field_wanted)
        return [*value[:first], changed, *value[first + 1 :]]
    raise AssertionError("the way was found in this very value")


def _path(way: Way) -> str:
    parts = [escape_key(part) if isinstance(part, str) else str(part) for part in way]
    return "/" + "/".join(parts)


def _with_body(outcome: Outcome, body: bytes) -> Outcome:
    headers = tuple(
        (name, value)
        for name, value in outcome.response.headers
        if name not in ("content-encoding", "content-length")
    )
    return replace(outcome, response=replace(outcome.response, headers=headers, body=body))


def _dump_json(value: object) -> str:
    """Return JSON text with decimals exactly as they are, which ``json.dumps`` cannot write."""
    if isinstance(value, dict):
        members = (f"{json.dumps(key)}:{_dump_json(member)}" for key, member in value.items())
        return "{" + ",".join(members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_dump_json, value)) + "]"
    return str(value) if isinstance(value, Decimal) else json.dumps(value)
