"""Comparison keys: hashable forms of JSON values, equal when the values do not differ by the rules.

Equal keys prove equality for exact values only: where a rule or a generated value leaves something
out of the key, comparing the values may still find a difference.
"""

from collections.abc import Hashable
from decimal import Decimal

from shared_domain.parity.generated_values import REQUEST_IDS, GeneratedValues
from shared_domain.parity.rules import Match, Rule, RuleNodes, descend, is_ignored, rule_at
from shared_domain.parity.scalars import parse_decimal, parse_instant


def comparison_key(
    value: object, nodes: RuleNodes, name: str, generated: GeneratedValues
) -> Hashable:
    """Return the comparison key of a value; ``nodes`` are its rules, ``name`` the nearest field."""
    if not nodes and not generated.is_write:
        return _exact(value)
    rule = rule_at(nodes)
    if rule is not None and (made_alike := _by_rule(value, rule, generated)) is not None:
        return made_alike
    if name in REQUEST_IDS and not isinstance(value, dict | list):
        return "generated", type(value).__name__
    if isinstance(value, dict):
        members = []
        for key in sorted(value):
            within = descend(nodes, key)
            if not is_ignored(within):
                members.append((key, comparison_key(value[key], within, key, generated)))
        return "object", tuple(members)
    if isinstance(value, list):
        elements = [
            comparison_key(element, descend(nodes, str(place)), name, generated)
            for place, element in enumerate(value)
        ]
        if rule is not None and rule.match is Match.UNORDERED:
            elements.sort(key=repr)
        return "list", tuple(elements)
    return _exact(generated.mask(name, value) if generated.is_write else value)


def field_keys(
    value: object, nodes: RuleNodes, name: str, generated: GeneratedValues, path: str = ""
) -> dict[str, Hashable]:
    """Return the comparison key of each field of an object, by path, nested objects included."""
    found: dict[str, Hashable] = {}
    if not isinstance(value, dict):
        return found
    is_exact = not nodes and not generated.is_write
    for key, member in value.items():
        within = descend(nodes, key)
        if isinstance(member, dict):
            found.update(field_keys(member, within, key, generated, f"{path}/{key}"))
        else:
            found[f"{path}/{key}"] = (
                _exact(member) if is_exact else comparison_key(member, within, key, generated)
            )
    return found


def _by_rule(value: object, rule: Rule, generated: GeneratedValues) -> Hashable | None:
    """Return what the rule makes of the value; None when it leaves the value as it is."""
    if rule.match is Match.IGNORED:
        return "ignored"
    if rule.match is Match.GENERATED and not isinstance(value, dict | list):
        return "generated", type(value).__name__
    if rule.match is Match.DECIMAL and (number := parse_decimal(value)) is not None:
        return "decimal", None if rule.tolerance else number
    if rule.match is Match.INSTANT and isinstance(value, str):
        instant = parse_instant(value)
        if instant is not None:
            return "instant", None if generated.is_write else instant
    return None


def _exact(value: object) -> Hashable:
    # The type tells true from 1, and 1 from 1.0, which Python takes for equal.
    kind = value.__class__
    if kind is dict and isinstance(value, dict):
        return frozenset([(key, _exact(member)) for key, member in value.items()])
    if kind is list and isinstance(value, list):
        return tuple([_exact(element) for element in value])
    return (kind, value) if kind is bool or kind is Decimal else value
