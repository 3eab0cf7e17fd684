"""Compare the rows that Django and the edge wrote, table by table."""

from collections import defaultdict
from collections.abc import Mapping

from shared_domain.parity.alignment import Alignment, align
from shared_domain.parity.bodies import as_json
from shared_domain.parity.differences import ABSENT, Difference, Kind
from shared_domain.parity.generated_values import GeneratedValues
from shared_domain.parity.outcomes import Effect, Outcome
from shared_domain.parity.rules import RuleNodes, Rules, descend, is_ignored
from shared_domain.parity.values import ValueComparer, comparison_key


class WrittenRows:
    """The rows that both sides wrote; generated values learn the ids of inserted rows from them.

    Where both sides wrote as many rows of a table, rows are paired by position, otherwise by
    content, so that one missing row does not make all after it differ.
    """

    def __init__(
        self, django: Outcome, edge: Outcome, rules: Rules, generated: GeneratedValues
    ) -> None:
        self._rules = rules
        self._generated = generated
        self._tables: list[_Table] = []
        if django.effects is None or edge.effects is None:
            return
        from_django, from_edge = _by_table(django.effects), _by_table(edge.effects)
        for name in sorted(from_django.keys() | from_edge.keys()):
            nodes = descend(rules.nodes, f"rows:{name}")
            if not is_ignored(nodes):
                table = _Table(
                    name, from_django.get(name, []), from_edge.get(name, []), nodes, generated
                )
                self._tables.append(table)
        # A deleted row can no longer be read; it has no new id either.
        is_known = (
            effect.row is not None or effect.action == "delete"
            for effect in (*django.effects, *edge.effects)
        )
        if all(is_known):
            generated.learn_inserted_ids(
                (table.name, action, one, other)
                for table in self._tables
                for action, one, other in table.paired_rows()
            )

    def differences(self, *, most: int) -> list[Difference]:
        found: list[Difference] = []
        for table in self._tables:
            found += table.differences(self._generated, most=most)
        return found[:most]


class _Table:
    def __init__(
        self,
        name: str,
        django: list[Effect],
        edge: list[Effect],
        nodes: RuleNodes,
        generated: GeneratedValues,
    ) -> None:
        self.name = name
        self._django = [(effect.action, as_json(effect.row)) for effect in django]
        self._edge = [(effect.action, as_json(effect.row)) for effect in edge]
        self._nodes = nodes
        self._aligned = self._align(generated)

    def paired_rows(self) -> list[tuple[str, object, object]]:
        """Return the paired rows with the same action: (action, Django's row, the edge's row)."""
        return [
            (self._django[place][0], self._django[place][1], self._edge[other][1])
            for place, other in self._aligned.pairs
            if self._django[place][0] == self._edge[other][0]
        ]

    def differences(self, generated: GeneratedValues, *, most: int) -> list[Difference]:
        comparison = ValueComparer(generated, most=most, in_row=True, names_request=True)
        lost = [
            Difference(self._path(place), Kind.MISSING, self._django[place][1], ABSENT)
            for place in self._aligned.missing
            if not self._is_ignored(place)
        ]
        added = [
            Difference(self._path(place), Kind.EXTRA, ABSENT, self._edge[place][1])
            for place in self._aligned.extra
            if not self._is_ignored(place)
        ]
        for place, other in self._aligned.pairs:
            action, from_django = self._django[place]
            other_action, from_edge = self._edge[other]
            if action != other_action:
                path = self._path(place)
                comparison.found.append(Difference(path, Kind.VALUE, action, other_action))
            elif isinstance(from_django, Mapping) and isinstance(from_edge, Mapping):
                within = descend(self._nodes, str(place))
                comparison.compare(from_django, from_edge, self._path(place), within, "")
        return (lost + added + comparison.found)[:most]

    def _path(self, place: int) -> str:
        return f"rows:{self.name}/{place}"

    def _is_ignored(self, place: int) -> bool:
        return is_ignored(descend(self._nodes, str(place)))

    def _align(self, generated: GeneratedValues) -> Alignment:
        if len(self._django) == len(self._edge):
            return Alignment(tuple((place, place) for place in range(len(self._django))), (), ())
        from_django, from_edge = (
            [
                (action, comparison_key(row, descend(self._nodes, str(place)), "", generated))
                for place, (action, row) in enumerate(side)
            ]
            for side in (self._django, self._edge)
        )
        return align(from_django, from_edge)


def _by_table(effects: tuple[Effect, ...]) -> dict[str, list[Effect]]:
    tables: dict[str, list[Effect]] = defaultdict(list)
    for effect in effects:
        tables[effect.table].append(effect)
    return tables
