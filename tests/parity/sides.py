"""Outcomes of the two sides, written as short as they can be."""

import json
from collections.abc import Mapping

from shared_domain.parity.comparison import Difference, compare
from shared_domain.parity.outcomes import Effect, Outcome, Response
from shared_domain.parity.rules import NO_RULES, Match, Rule, Rules

JSON = ("content-type", "application/json")
CSV = ("content-type", "text/csv; charset=utf-8")


def answered(
    body: object = None,
    *headers: tuple[str, str],
    status: int = 200,
    effects: tuple[Effect, ...] | None = None,
) -> Outcome:
    """An answer with this JSON."""
    return raw(json.dumps(body).encode(), JSON, *headers, status=status, effects=effects)


def raw(
    body: bytes,
    *headers: tuple[str, str],
    status: int = 200,
    effects: tuple[Effect, ...] | None = None,
) -> Outcome:
    """An answer with exactly these bytes and headers."""
    return Outcome(Response(status, headers, body), effects)


def inserted(table: str, **row: object) -> Effect:
    return Effect(table, "insert", row)


def updated(table: str, **row: object) -> Effect:
    return Effect(table, "update", row)


def ruled(*rules: tuple[str, Match], public: frozenset[str] = frozenset()) -> Rules:
    return Rules(
        rules=tuple(
            Rule(path=path, match=match, reason="the test says so") for path, match in rules
        ),
        public=public,
    )


def in_reads(django: object, edge: object, rules: Rules = NO_RULES) -> list[tuple[str, str]]:
    """Compare two JSON bodies of a read: the path and kind of each difference."""
    return places(compare(answered(django), answered(edge), rules, is_write=False))


def in_writes(django: Outcome, edge: Outcome, rules: Rules = NO_RULES) -> list[tuple[str, str]]:
    return places(compare(django, edge, rules, is_write=True))


def places(differences: list[Difference]) -> list[tuple[str, str]]:
    return [(difference.path, difference.kind.value) for difference in differences]


def a_copy(of: Mapping[str, object]) -> dict[str, object]:
    copied: dict[str, object] = json.loads(json.dumps(of))
    return copied
