"""Compare two JSON values by structure, under the rules and with generated values paired.

Elements of lists are paired by comparison keys: hashable forms, equal when the values do not differ
by the rules. Equal keys prove equality for exact values only: where a rule or a generated value
leaves something out of the key, comparing the values may still find a difference.
"""

from collections import Counter
from collections.abc import Hashable
from decimal import Decimal

from shared_domain.parity.alignment import Fields, align
from shared_domain.parity.differences import ABSENT, Difference, Kind, escape_key
from shared_domain.parity.generated_values import REQUEST_IDS, GeneratedValues
from shared_domain.parity.rules import Match, Rule, RuleNodes, descend, is_ignored, rule_at
from shared_domain.parity.scalars import are_near, parse_decimal, parse_instant

#: Differences that are collected of one body or table at most.
MOST_DIFFERENCES = 1_000


class ValueComparer:
    """Collects the differences of two values, at most ``most`` of each group.

    A limit for all groups together would be used up by noise, which is dropped later, and hide
    other differences. With ``names_request``, a field such as ``requestId`` is the request's own.
    """

    def __init__(
        self,
        generated: GeneratedValues,
        *,
        most: int,
        in_row: bool = False,
        names_request: bool = False,
    ) -> None:
        self.found: list[Difference] = []
        self._generated = generated
        self._most = most
        self._in_row = in_row
        self._names_request = names_request
        self._of_group: Counter[tuple[str, Kind]] = Counter()

    def compare(self, django: object, edge: object, path: str, nodes: RuleNodes, name: str) -> None:
        """Compare two JSON values at ``path``; ``name`` is the nearest key above them."""
        rule = rule_at(nodes)
        if rule is not None and self._are_same_by_rule(django, edge, rule):
            return
        is_of_request = self._names_request and name in REQUEST_IDS
        if rule is None and is_of_request and self._generated.are_generated(django, edge):
            return
        if isinstance(django, dict) and isinstance(edge, dict):
            self._objects(django, edge, path, nodes)
        elif isinstance(django, list) and isinstance(edge, list):
            is_unordered = rule is not None and rule.match is Match.UNORDERED
            self._lists(django, edge, path, nodes, name, is_unordered=is_unordered)
        else:
            self._plain(django, edge, path, name, rule)

    def _are_same_by_rule(self, django: object, edge: object, rule: Rule) -> bool:
        if rule.match is Match.IGNORED:
            return True
        if rule.match is Match.GENERATED:
            return self._generated.are_generated(django, edge)
        if rule.match is Match.DECIMAL:
            from_django, from_edge = parse_decimal(django), parse_decimal(edge)
            return (
                from_django is not None
                and from_edge is not None
                and are_near(from_django, from_edge, rule.tolerance)
            )
        if rule.match is Match.INSTANT and isinstance(django, str) and isinstance(edge, str):
            if self._generated.is_write and self._generated.are_same_moment(
                django, edge, exactly_spelled=False
            ):
                return True
            instant = parse_instant(django)
            return instant is not None and instant == parse_instant(edge)
        return False

    def _objects(
        self, django: dict[str, object], edge: dict[str, object], path: str, nodes: RuleNodes
    ) -> None:
        for key, from_django in django.items():
            within = descend(nodes, key)
            if key in edge:
                self.compare(from_django, edge[key], f"{path}/{escape_key(key)}", within, key)
            else:
                self._one_sided(Kind.MISSING, from_django, f"{path}/{escape_key(key)}", within)
        for key, from_edge in edge.items():
            if key not in django:
                self._one_sided(
                    Kind.EXTRA, from_edge, f"{path}/{escape_key(key)}", descend(nodes, key)
                )

    def _one_sided(self, kind: Kind, value: object, path: str, nodes: RuleNodes) -> None:
        if is_ignored(nodes):
            return
        django, edge = (value, ABSENT) if kind is Kind.MISSING else (ABSENT, value)
        self._add(path, kind, django, edge)

    def _lists(
        self,
        django: list[object],
        edge: list[object],
        path: str,
        nodes: RuleNodes,
        name: str,
        *,
        is_unordered: bool,
    ) -> None:
        from_django = self._comparison_keys(django, nodes, name)
        from_edge = self._comparison_keys(edge, nodes, name)
        is_exact = not nodes and not self._generated.is_write
        if is_exact and from_django == from_edge:
            return

        def read_fields(is_edge: bool, place: int) -> Fields | None:
            element = (edge if is_edge else django)[place]
            return field_keys(element, descend(nodes, str(place)), name, self._generated)

        aligned = align(from_django, from_edge, read_fields=read_fields)
        if len(django) != len(edge):
            self._add(path, Kind.LENGTH, django, edge)
        if not is_unordered and not aligned.is_in_order:
            self._add(path, Kind.ORDER, django, edge)
        for place, other in aligned.pairs:
            if not is_exact or from_django[place] != from_edge[other]:
                within = descend(nodes, str(place))
                self.compare(django[place], edge[other], f"{path}/{place}", within, name)
        if len(django) == len(edge):
            for place, other in zip(aligned.missing, aligned.extra, strict=True):
                self._add_replaced(django[place], edge[other], f"{path}/{place}")
            return
        for place in aligned.missing:
            self._one_sided(
                Kind.MISSING, django[place], f"{path}/{place}", descend(nodes, str(place))
            )
        for place in aligned.extra:
            self._one_sided(Kind.EXTRA, edge[place], f"{path}/{place}", descend(nodes, str(place)))

    def _add_replaced(self, django: object, edge: object, path: str) -> None:
        """Add a difference for an element that is replaced in a list of the same length."""
        is_same_type = json_type(django) == json_type(edge)
        self._add(path, Kind.VALUE if is_same_type else Kind.TYPE, django, edge)

    def _comparison_keys(
        self, elements: list[object], nodes: RuleNodes, name: str
    ) -> list[Hashable]:
        return [
            comparison_key(element, descend(nodes, str(place)), name, self._generated)
            for place, element in enumerate(elements)
        ]

    def _plain(self, django: object, edge: object, path: str, name: str, rule: Rule | None) -> None:
        from_django, from_edge = json_type(django), json_type(edge)
        if from_django != from_edge:
            is_other_number = {from_django, from_edge} == {"integer", "decimal"} and django != edge
            is_text_of_number = (
                rule is not None
                and rule.match is Match.DECIMAL
                and parse_decimal(django) is not None
                and parse_decimal(edge) is not None
            )
            kind = Kind.VALUE if is_other_number or is_text_of_number else Kind.TYPE
            self._add(path, kind, django, edge)
        elif not self._are_same(django, edge, path, name, rule):
            self._add(path, Kind.VALUE, django, edge)

    def _are_same(
        self, django: object, edge: object, path: str, name: str, rule: Rule | None
    ) -> bool:
        is_generated = rule is not None and rule.match is Match.GENERATED
        if self._generated.is_write and not is_generated:
            if isinstance(django, str) and isinstance(edge, str):
                return self._generated.are_same_text(name, path, django, edge, in_row=self._in_row)
            if type(django) is int and type(edge) is int:
                return self._generated.are_same_number(name, path, django, edge)
        return django == edge and not is_generated

    def _add(self, path: str, kind: Kind, django: object, edge: object) -> None:
        if len(self.found) >= MOST_DIFFERENCES:
            return
        difference = Difference(path or "/", kind, django, edge)
        self._of_group[difference.group] += 1
        if self._of_group[difference.group] <= self._most:
            self.found.append(difference)


def json_type(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, str):
        return "text"
    if value is None:
        return "null"
    if isinstance(value, dict):
        return "object"
    return "list" if isinstance(value, list) else "decimal"


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
