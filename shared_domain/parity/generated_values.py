"""Generated values: ids and moments that each side makes itself, matched by position, not by value.

An inserted row has another id on either side, and each side reads its own clock. Two such values
count as equal when they form one pair, Django's and the edge's, everywhere in the outcome.

See Note [How generated values do not hide a mistake]
"""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from shared_domain.parity.bodies import decompress_body
from shared_domain.parity.differences import redacted_path
from shared_domain.parity.outcomes import Outcome
from shared_domain.parity.scalars import (
    MOMENT_PATTERN,
    ONE_CALL,
    UUID_PATTERN,
    are_same_moment,
    decode_cursor,
    is_moment,
    is_uuid,
)

#: Fields that repeat the id of the request itself, in errors and in written rows. A success that
#: has such a field may tell of another request, so that there it needs a rule.
REQUEST_IDS = frozenset({"requestId", "request_id"})

#: Columns that hold a row's own id, so that inserting the row makes a new one.
_OWN_IDS = frozenset({"id", "pk", "uuid", "pgh_id"})

_MOST_DIGITS_OF_ID = 40

_REFERENCE = re.compile(r"(?:_id|_uuid|[a-z0-9](?:Id|Uuid|ID|UUID))$")
_ANY_UUID = re.compile(UUID_PATTERN)
_MADE = re.compile(rf"((?<=cursor=)[\w=%-]+|{UUID_PATTERN}|{MOMENT_PATTERN}|[/=]\d+(?![^/?&#>;]))")
_MADE_IN_CURSOR = re.compile(rf"({UUID_PATTERN}|{MOMENT_PATTERN}|\d+)")


class GeneratedValues:
    """The pairs of generated values of one comparison; the first pair of a value binds all others.

    In a read (``is_write`` is False), only fields that a rule declares as generated are paired.
    ``shared`` are UUIDs that both sides name: neither side has generated them.
    """

    def __init__(
        self,
        *,
        is_write: bool,
        shared: frozenset[str] = frozenset(),
        apart: timedelta = ONE_CALL,
        ended_at: datetime | None = None,
    ) -> None:
        self.is_write = is_write
        self._apart = apart
        self._ended_at = ended_at
        self._shared = shared
        self._edge_of: dict[tuple[str, object], object] = {}
        self._django_of: dict[tuple[str, object], object] = {}
        self._knows_inserted_ids = False
        self._inserted_uuids: set[tuple[str, str]] = set()
        self._inserted_numbers: dict[str, set[tuple[int, int]]] = {}

    def learn_inserted_ids(self, rows: Iterable[tuple[str, str, object, object]]) -> None:
        """Record the ids of inserted rows: (table, action, Django's row, the edge's row).

        From then on, ids that differ count as equal only if they are among these.
        """
        self._knows_inserted_ids = True
        for table, action, django, edge in rows:
            self._learn_ids(table, "", django, edge, is_insert=action == "insert")

    def pair_up(self, kind: str, django: object, edge: object) -> bool:
        """Pair two values, and return whether neither is paired with another one already."""
        from_django, from_edge = (kind, django), (kind, edge)
        if (
            self._edge_of.get(from_django, edge) != edge
            or self._django_of.get(from_edge, django) != django
        ):
            return False
        self._edge_of[from_django], self._django_of[from_edge] = edge, django
        return True

    def are_same_moment(self, django: str, edge: str, *, exactly_spelled: bool) -> bool:
        """Return whether both texts are moments that the two sides may have made for this call."""
        return are_same_moment(
            django,
            edge,
            exactly_spelled=exactly_spelled,
            apart=self._apart,
            ended_at=self._ended_at,
        )

    def are_generated(self, django: object, edge: object) -> bool:
        """Compare two values of a field that a rule declares as generated.

        Texts and numbers are paired; null, true and false must be equal.
        """
        if type(django) is not type(edge) or isinstance(django, dict | list):
            return False
        if django is None or isinstance(django, bool):
            return django is edge
        if isinstance(django, str) and isinstance(edge, str):
            kinds = [(is_uuid(text), is_moment(text), text == "") for text in (django, edge)]
            return kinds[0] == kinds[1] and self.pair_up("generated text", django, edge)
        return self.pair_up("generated number", django, edge)

    def are_same_number(self, name: str, where: str, django: int, edge: int) -> bool:
        """Compare two numbers of a write, in the field ``name`` at the path ``where``."""
        if not is_id(name):
            return django == edge
        if not self._knows_inserted_ids:
            kind = id_stem(name) or redacted_path(where, with_places=False)
            return self.pair_up(kind, django, edge)
        born = self._inserted_numbers.get(id_stem(name), set())
        if any(django == from_django or edge == from_edge for from_django, from_edge in born):
            return (django, edge) in born
        return django == edge or self._was_inserted(django, edge)

    def are_same_text(self, name: str, where: str, django: str, edge: str, *, in_row: bool) -> bool:
        """Compare two texts of a write, generated ids and moments within them included."""
        if is_id(name) and _is_number(django) and _is_number(edge):
            return self.are_same_number(name, where, int(django), int(edge))
        if django == edge:
            return True
        if self.are_same_moment(django, edge, exactly_spelled=not in_row):
            return True
        if is_uuid(django) and is_uuid(edge):
            return self._are_same_uuid(django, edge)
        if "cursor" in name.lower():
            return self._are_same_cursor(django, edge)
        return self._match(_MADE, django, edge)

    def mask(self, name: str, value: object) -> object:
        """Return a value of a write with generated parts masked, as part of a comparison key."""
        if isinstance(value, str):
            if is_id(name) and _is_number(value):
                return "<id>"
            if "cursor" in name.lower():
                return "<cursor>"
            return _MADE.sub(self._mask, value)
        return "<id>" if is_id(name) and type(value) is int else value

    def _mask(self, made: re.Match[str]) -> str:
        text = made[0]
        if is_uuid(text):
            return text if plain_uuid(text) in self._shared else "<uuid>"
        if is_moment(text):
            return "<moment>"
        return f"{text[0]}<id>" if text[0] in "/=" else "<cursor>"

    def _are_same_uuid(self, django: str, edge: str) -> bool:
        if len(django) != len(edge) or (django == django.lower()) != (edge == edge.lower()):
            return False
        from_django, from_edge = plain_uuid(django), plain_uuid(edge)
        if from_django == from_edge:
            return True
        if from_django in self._shared or from_edge in self._shared:
            return False
        if self._knows_inserted_ids and (from_django, from_edge) not in self._inserted_uuids:
            return False
        return self.pair_up("uuid", from_django, from_edge)

    def _are_same_cursor(self, django: str, edge: str) -> bool:
        from_django, from_edge = decode_cursor(django), decode_cursor(edge)
        if from_django is None or from_edge is None:
            return False
        return self._match(_MADE_IN_CURSOR, from_django, from_edge)

    def _are_same_part(self, django: str, edge: str) -> bool:
        if django == edge:
            return True
        from_django, from_edge = django.lstrip("/="), edge.lstrip("/=")
        if _is_number(from_django) and _is_number(from_edge):
            # In /users/41 it names a thing, whereas in ?page=41 it might count something.
            is_name = django[0] == edge[0] == "/"
            return self._is_known_pair(int(from_django), int(from_edge), may_be_first=is_name)
        if is_uuid(django) and is_uuid(edge):
            return self._are_same_uuid(django, edge)
        if is_moment(django) and is_moment(edge):
            return self.are_same_moment(django, edge, exactly_spelled=True)
        return self._are_same_cursor(django, edge)

    def _match(self, made: re.Pattern[str], django: str, edge: str) -> bool:
        """Compare two texts, of which the parts that the pattern finds may be generated."""
        from_django, from_edge = made.split(django), made.split(edge)
        if len(from_django) != len(from_edge) or from_django[::2] != from_edge[::2]:
            return False
        return all(map(self._are_same_part, from_django[1::2], from_edge[1::2]))

    def _was_inserted(self, django: int, edge: int) -> bool:
        return any((django, edge) in born for born in self._inserted_numbers.values())

    def _is_known_pair(self, django: int, edge: int, *, may_be_first: bool) -> bool:
        if self._knows_inserted_ids:
            return self._was_inserted(django, edge)
        is_known = any(
            key[1] == django and partner == edge for key, partner in self._edge_of.items()
        )
        return is_known or (may_be_first and self.pair_up("in a text", django, edge))

    def _learn_ids(
        self, table: str, name: str, django: object, edge: object, *, is_insert: bool
    ) -> None:
        if isinstance(django, Mapping) and isinstance(edge, Mapping):
            for key in django.keys() & edge.keys():
                self._learn_ids(table, str(key), django[key], edge[key], is_insert=is_insert)
            return
        if isinstance(django, list) and isinstance(edge, list):
            for from_django, from_edge in zip(django, edge, strict=False):
                self._learn_ids(table, name, from_django, from_edge, is_insert=is_insert)
            return
        if name in _OWN_IDS:
            if not is_insert:
                return
            if type(django) is int and type(edge) is int:
                stem = table.partition("_")[2].replace("_", "").lower() or table
                self._inserted_numbers.setdefault(stem, set()).add((django, edge))
        elif _REFERENCE.search(name):
            return
        if isinstance(django, str) and isinstance(edge, str) and is_uuid(django) and is_uuid(edge):
            self._inserted_uuids.add((plain_uuid(django), plain_uuid(edge)))


def is_id(name: str) -> bool:
    return name in _OWN_IDS or _REFERENCE.search(name) is not None


def id_stem(name: str) -> str:
    """Return ``unititem`` for ``unit_item_id`` and ``unitItemId``, an empty string for ``id``."""
    return _REFERENCE_END.sub("", name).replace("_", "").lower() if name not in _OWN_IDS else ""


def _is_number(text: str) -> bool:
    return len(text) <= _MOST_DIGITS_OF_ID and text.isdecimal()


def plain_uuid(text: str) -> str:
    return text.replace("-", "").lower()


def shared_uuids(django: Outcome, edge: Outcome) -> frozenset[str]:
    """Return the UUIDs that occur on both sides, in headers, bodies or written rows."""
    return _uuids(django) & _uuids(edge)


def _uuids(outcome: Outcome) -> frozenset[str]:
    texts = [decompress_body(outcome.response).decode("latin-1")]
    texts.extend(value for name, value in outcome.response.headers if name != "x-request-id")
    texts.extend(repr(effect.row) for effect in outcome.effects or ())
    return frozenset(plain_uuid(found) for text in texts for found in _ANY_UUID.findall(text))


_REFERENCE_END = re.compile(r"_?(?:id|uuid|Id|Uuid|ID|UUID)$")

# Note [How generated values do not hide a mistake]
#
# An id that both sides name is no new one, so it must be the same wherever it stands: an edge
# that swaps the ids of two rows is found. Where the written rows are known, two differing ids
# are only the same when they come from one pair of inserted rows, as the rows' own ids (or in
# a column that is no reference): an edge that names another existing product is found, although
# each side names its product once. A column like ``public_id`` that looks like a reference but
# is made anew needs a rule that says it is generated.
