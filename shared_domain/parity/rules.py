"""Rules of comparison: how an endpoint's responses may differ, each declared with a reason.

A path pattern is a path as ``differences`` writes it, in which ``*`` stands for any one key or
index: ``/items/*/price``, ``header:etag``, ``rows:users_user/*/updated_at``, ``body`` (one that is
not JSON), ``/`` (the whole JSON).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from shared_domain.parity.differences import split_path


class Match(StrEnum):
    """What a rule accepts as equal at its path."""

    IGNORED = "ignored"  # anything
    INSTANT = "instant"  # dates and times in any ISO spelling of the same instant
    DECIMAL = "decimal"  # 1, 1.0 and "1.00", within the tolerance
    UNORDERED = "unordered"  # a list in another order
    GENERATED = "generated"  # made anew in each response: paired by position


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    path: str
    match: Match
    reason: str
    tolerance: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise ValueError(f"the rule for {self.path} needs a reason")
        if self.path == "status":
            raise ValueError("the status always matters; no rule can change how it is compared")
        if self.tolerance < 0 or (self.tolerance and self.match is not Match.DECIMAL):
            raise ValueError(f"the rule for {self.path}: only a decimal has a tolerance, from 0 up")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The rules of one endpoint, and path patterns of ``public`` values, stored in clear."""

    rules: tuple[Rule, ...] = ()
    public: frozenset[str] = frozenset()

    def is_public(self, path: str) -> bool:
        return any(place.is_end for place in _follow(_trees(self)[1], path))

    def rule_for(self, path: str) -> Rule | None:
        """Return the rule for exactly this path; rules for a parent are not looked for."""
        return rule_at(_follow(self.nodes, path))

    def ignores(self, path: str) -> bool:
        return is_ignored(_follow(self.nodes, path))

    @property
    def nodes(self) -> "RuleNodes":
        """The root of the tree of patterns; ``descend`` follows a path from there."""
        return _trees(self)[0]


NO_RULES = Rules()


@dataclass(slots=True)
class RuleNode:
    """A node in the tree of path patterns."""

    parts: dict[str, "RuleNode"] = field(default_factory=dict)
    rule: Rule | None = None
    is_end: bool = False


RuleNodes = tuple[RuleNode, ...]


def descend(nodes: RuleNodes, segment: str) -> RuleNodes:
    """Return the nodes that match after one more segment of a path."""
    if not nodes:
        return nodes
    found = [place.parts[part] for place in nodes for part in (segment, "*") if part in place.parts]
    return tuple(found)


def _follow(nodes: RuleNodes, path: str) -> RuleNodes:
    for segment in split_path(path):
        nodes = descend(nodes, segment)
    return nodes


def rule_at(nodes: RuleNodes) -> Rule | None:
    return next((place.rule for place in nodes if place.rule is not None), None)


def is_ignored(nodes: RuleNodes) -> bool:
    """Return whether a rule accepts anything at the path of these nodes."""
    rule = rule_at(nodes)
    return rule is not None and rule.match is Match.IGNORED


@lru_cache(maxsize=1024)
def _trees(rules: Rules) -> tuple[RuleNodes, RuleNodes]:
    return (
        (_tree((rule.path, rule) for rule in rules.rules),),
        (_tree((path, None) for path in sorted(rules.public)),),
    )


def _tree(patterns: Iterable[tuple[str, Rule | None]]) -> RuleNode:
    root = RuleNode()
    for path, rule in patterns:
        place = root
        for segment in split_path(path):
            place = place.parts.setdefault(segment, RuleNode())
        place.is_end = True
        place.rule = place.rule or rule
    return root
