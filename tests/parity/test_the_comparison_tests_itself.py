"""A difference put in on purpose is one that no rule or alias covers, so it must be found."""

import gzip

import pytest

from shared_domain.parity.comparison import compare
from shared_domain.parity.fault_injection import injected_differences, passes_self_test
from shared_domain.parity.outcomes import Outcome
from shared_domain.parity.rules import NO_RULES, Match, Rules
from tests.parity.sides import CSV, JSON, answered, raw, ruled


@pytest.mark.parametrize(
    ("outcome", "rules", "path"),
    [
        (answered({"name": "a", "items": [{"id": 7, "price": 5}]}), NO_RULES, "/items/0/price"),
        (answered({"id": 7, "price": 5.25}), NO_RULES, "/price"),
        (answered({"price": 5, "rank": 1}), ruled(("/price", Match.IGNORED)), "/rank"),
        (answered({"price": 5, "a": "b"}), ruled(("/price", Match.DECIMAL)), "/a"),
        (answered({"of": {"n": 1}, "n": 2}), ruled(("/of", Match.IGNORED)), "/n"),
        (answered({"tags": [3, 1, 2]}), ruled(("/tags", Match.UNORDERED)), "/tags/0"),
        (answered({"requestId": 5, "id": 6}), NO_RULES, "/requestId"),
        (answered({"id": 6, "user_id": 7}), ruled(("/id", Match.GENERATED)), "/user_id"),
        (answered({"2026": 5}), NO_RULES, "/~22026"),
        (answered([]), NO_RULES, "status"),
        (answered({}), NO_RULES, "status"),
        (raw(b"a,1\n", CSV), NO_RULES, "status"),
        (raw(b"", status=204), NO_RULES, "status"),
        (raw(gzip.compress(b'{"n": 1}'), JSON, ("content-encoding", "gzip")), NO_RULES, "/n"),
        (answered({"detail": "no"}, status=503), ruled(("/detail", Match.IGNORED)), "status"),
    ],
)
@pytest.mark.parametrize("is_write", [False, True])
def test_what_was_put_in_is_found(
    outcome: Outcome, rules: Rules, path: str, is_write: bool
) -> None:
    wrong, told = injected_differences(outcome, rules)[0]

    found = compare(outcome, wrong, rules, is_write=is_write)

    assert told == path
    assert [difference.path for difference in found] == [path]


def test_everything_else_stays_exactly_as_it_was() -> None:
    outcome = raw('{"a": 0.10, "long": 1e3, "n": 1, "name": "Zoë"}'.encode(), JSON)

    wrong, path = injected_differences(outcome)[0]

    assert path == "/a"
    assert wrong.response.body == b'{"a":1.10,"long":1E+3,"n":1,"name":"Zo\\u00eb"}'


@pytest.mark.parametrize(
    ("outcome", "rules", "passes"),
    [
        (answered({"price": 5}), NO_RULES, True),
        (answered({"price": 5}), ruled(("/", Match.IGNORED)), False),
        (answered({"price": 5}), ruled(("/*", Match.IGNORED)), False),
        (answered({"price": 5}), ruled(("/price", Match.GENERATED)), True),
        (answered([]), NO_RULES, True),
        (answered([]), ruled(("/", Match.IGNORED)), False),
        (raw(b"a,1\n", CSV), NO_RULES, True),
        (raw(b"a,1\n", CSV), ruled(("body", Match.IGNORED)), False),
        (raw(b"", status=204), ruled(("body", Match.IGNORED)), True),
    ],
)
@pytest.mark.parametrize("is_write", [False, True])
def test_rules_that_leave_nothing_to_compare_do_not_pass(
    outcome: Outcome, rules: Rules, passes: bool, is_write: bool
) -> None:
    assert passes_self_test(outcome, outcome, rules, is_write=is_write) is passes
