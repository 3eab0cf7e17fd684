"""What makes two values alike under the rules, in a form that can be looked up.

Values with nothing to tell apart have equal likenesses. The reverse holds for exact ones only:
where a rule or an alias leaves something out, a closer look may still find a difference.
"""

from collections.abc import Hashable
from decimal import Decimal

from shared_domain.parity.generated_values import REQUEST_IDS, Aliases
from shared_domain.parity.rules import As, Places, Rule, rule_at, step
from shared_domain.parity.scalars import decimal_of, instant_of


def likeness(value: object, places: Places, name: str, aliases: Aliases) -> Hashable:
    """Return the likeness of the value found at ``places`` under the key ``name``."""
    if not places and not aliases.is_write:
        return _exact(value)
    rule = rule_at(places)
    if rule is not None and (made_alike := _by_rule(value, rule, aliases)) is not None:
        return made_alike
    if name in REQUEST_IDS and not isinstance(value, dict | list):
        return "generated", type(value).__name__
    if isinstance(value, dict):
        members = []
        for key in sorted(value):
            within = step(places, key)
            found = rule_at(within)
            if found is None or found.match is not As.IGNORED:
                members.append((key, likeness(value[key], within, key, aliases)))
        return "object", tuple(members)
    if isinstance(value, list):
        elements = [
            likeness(element, step(places, str(place)), name, aliases)
            for place, element in enumerate(value)
        ]
        if rule is not None and rule.match is As.UNORDERED:
            elements.sort(key=repr)
        return "list", tuple(elements)
    return _exact(aliases.masked(name, value) if aliases.is_write else value)


def leaves(
    value: object, places: Places, name: str, aliases: Aliases, path: str = ""
) -> dict[str, Hashable]:
    """Return the likeness of each field of an object, those of objects within it included."""
    found: dict[str, Hashable] = {}
    if not isinstance(value, dict):
        return found
    is_exact = not places and not aliases.is_write
    for key, member in value.items():
        within = step(places, key)
        if isinstance(member, dict):
            found.update(leaves(member, within, key, aliases, f"{path}/{key}"))
        else:
            found[f"{path}/{key}"] = (
                _exact(member) if is_exact else likeness(member, within, key, aliases)
            )
    return found


def _by_rule(value: object, rule: Rule, aliases: Aliases) -> Hashable | None:
    """Return what the rule makes of the value; None when it leaves the value as it is."""
    if rule.match is As.IGNORED:
        return "ignored"
    if rule.match is As.GENERATED and not isinstance(value, dict | list):
        return "generated", type(value).__name__
    if rule.match is As.DECIMAL and (number := decimal_of(value)) is not None:
        return "decimal", None if rule.tolerance else number
    if rule.match is As.INSTANT and isinstance(value, str):
        instant = instant_of(value)
        if instant is not None:
            return "instant", None if aliases.is_write else instant
    return None


def _exact(value: object) -> Hashable:
    # The type tells true from 1, and 1 from 1.0, which Python takes for equal.
    kind = value.__class__
    if kind is dict and isinstance(value, dict):
        return frozenset([(key, _exact(member)) for key, member in value.items()])
    if kind is list and isinstance(value, list):
        return tuple([_exact(element) for element in value])
    return (kind, value) if kind is bool or kind is Decimal else value
