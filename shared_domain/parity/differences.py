"""A difference between two outcomes: its kind and the path to it.

    status   header:location   /items/3/price   body   body:3   rows:users_user/0/age

Paths into JSON are JSON pointers (RFC 6901) with one addition: a *key* made of digits is written
``~2`` and the digits, so that it is never read as an index of a list.
"""

import re
from dataclasses import dataclass
from enum import Enum, StrEnum


class Kind(StrEnum):
    STATUS = "status"
    HEADER = "header"
    MISSING = "missing"  # Django has it, the edge lacks it
    EXTRA = "extra"  # the edge has it, Django lacks it
    TYPE = "type"
    VALUE = "value"
    LENGTH = "length"
    ORDER = "order"
    BYTES = "bytes"


class Absent(Enum):
    """The value of a field that is missing; None would be the JSON ``null``."""

    ABSENT = "absent"


ABSENT = Absent.ABSENT

#: Shorter than any API key; a key with more digits is rather an id than the name of a field.
_FIELD_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}")
_MOST_DIGITS = 6
_PREFIXED = re.compile(
    r"(?:rows:[A-Za-z_][A-Za-z0-9_]{0,63}|header:[a-z0-9_-]{1,64}|body:\d+|way-out:[\w.:<>-]{1,100})"
)
_HIDDEN_KEY = "{key}"


#: Path prefix for what a dry run tried to use outside its transaction, such as a socket.
WAY_OUT = "way-out:"


@dataclass(frozen=True, slots=True, repr=False)
class Difference:
    """One difference of the edge from Django, with both raw values.

    The values may be personal data: they are stored and logged through ``redaction`` only, and
    ``repr`` shows their types.
    """

    path: str
    kind: Kind
    django: object
    edge: object

    @property
    def group(self) -> tuple[str, Kind]:
        """The group of the difference: its kind, and its path with each list index as ``*``."""
        return redacted_path(self.path, with_places=False), self.kind

    def __repr__(self) -> str:
        types = f"django={type(self.django).__name__}, edge={type(self.edge).__name__}"
        return f"Difference({redacted_path(self.path)!r}, {self.kind.name}, {types})"


def is_field_name(text: str) -> bool:
    """Return whether a key looks like a field's name; other keys may be personal data."""
    if _FIELD_NAME.fullmatch(text) is None:
        return False
    return sum(letter.isdigit() for letter in text) <= _MOST_DIGITS


def escape_key(key: str) -> str:
    """Return a key of an object escaped as a segment of a path."""
    if "~" in key or "/" in key:
        key = key.replace("~", "~0").replace("/", "~1")
    return "~2" + key if key.isdecimal() else key


def split_path(path: str) -> tuple[str, ...]:
    """Return the unescaped segments of a path or a pattern; ``/`` alone is the whole body."""
    if path == "/":
        return ("",)
    return tuple(_in_clear(segment) for segment in path.split("/"))


def redacted_path(path: str, *, with_places: bool = True) -> str:
    """Return the path with keys that may be personal data masked as ``{key}``."""
    first, *others = path.split("/")
    shown = [
        first if first in ("", "status", "body") or _PREFIXED.fullmatch(first) else _HIDDEN_KEY
    ]
    for segment in others:
        if segment.isdecimal() and segment.isascii():
            shown.append(segment if with_places else "*")
        else:
            shown.append(segment if is_field_name(segment) else _HIDDEN_KEY)
    return "/".join(shown) if path != "/" else path


def _in_clear(segment: str) -> str:
    if "~" not in segment:
        return segment
    if segment.startswith("~2"):
        segment = segment[2:]
    return segment.replace("~1", "/").replace("~0", "~")
