"""Reads JSON bodies, and refuses what two programs could read differently.

RFC 8259 leaves open which of two members of one name counts (section 4), and a body in UTF-16 is
another text to a program that expects UTF-8. I-JSON (RFC 7493, section 2) forbids both.
"""

import json
from collections import Counter, deque
from collections.abc import Sequence
from typing import Any

#: Where a value is in a document: names of members, and indices of lists.
Path = tuple[str | int, ...]

#: In a longer document the repeated member is reported without its path, as the search takes CPU.
MOST_SEARCHED = 64 * 1024

_BYTE_ORDER_MARK = "\ufeff"


class RepeatedName(Exception):
    """An object of the document has two members of one name."""

    def __init__(self, path: Path) -> None:
        """``path`` leads to the repeated member, without names that no response can repeat."""
        super().__init__("a member of an object stands there twice")
        self.path = tuple(step for step in path if _is_encodable(step))


def _is_encodable(step: str | int) -> bool:
    return isinstance(step, int) or not any("\ud800" <= letter <= "\udfff" for letter in step)


class _Repeated(Exception):
    """Some object has two members of this name."""


def parse_json(body: bytes) -> Any:
    """Return the value of a JSON document in UTF-8; a byte order mark in front is ignored.

    Raises:
        RepeatedName: an object has two members of one name.
        ValueError: it is no JSON, or not in UTF-8.
        RecursionError: it is nested too deep.
    """
    text = body.decode().removeprefix(_BYTE_ORDER_MARK)
    try:
        return _DECODER.decode(text)
    except _Repeated as repeated:
        is_short = len(text) <= MOST_SEARCHED
        raise RepeatedName(_find_repeated(text) if is_short else repeated.args) from None


def _members(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise _Repeated(_repeated_name(pairs))
    return members


_DECODER = json.JSONDecoder(object_pairs_hook=_members)


def _repeated_name(pairs: Sequence[tuple[str, Any]]) -> str:
    return Counter(name for name, _ in pairs).most_common(1)[0][0]


class _Marked(dict[str, Any]):
    """The members of a JSON object that has two members of one name, ``repeated``."""

    repeated: str


def _mark(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    members = _Marked(pairs)
    if len(members) < len(pairs):
        members.repeated = _repeated_name(pairs)
        return members
    return dict(members)


def _find_repeated(text: str) -> Path:
    waiting: deque[tuple[Path, Any]] = deque([((), json.loads(text, object_pairs_hook=_mark))])
    while True:
        path, value = waiting.popleft()
        if isinstance(value, _Marked):
            return (*path, value.repeated)
        if isinstance(value, dict):
            waiting.extend(((*path, name), inner) for name, inner in value.items())
        elif isinstance(value, list):
            waiting.extend(((*path, index), inner) for index, inner in enumerate(value))
