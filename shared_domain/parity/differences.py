"""One difference between two outcomes, and the path that names its place.

    status   header:location   /items/3/price   body   body:3   rows:users_user/0/age

Paths into JSON are JSON pointers (RFC 6901) with one addition: a *key* made of digits is written
``~2`` and the digits, so that it is never taken for a place in a list.
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
    """What stands for a value that is not there, which null would not say."""

    ABSENT = "absent"


ABSENT = Absent.ABSENT

#: Shorter than any API key; with more digits it is rather an id that something is kept under.
_FIELD_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,39}")
_MOST_DIGITS = 6
_PREFIXED = re.compile(
    r"(?:rows:[A-Za-z_][A-Za-z0-9_]{0,63}|header:[a-z0-9_-]{1,64}|body:\d+|way-out:[\w.:<>-]{1,100})"
)
_HIDDEN_KEY = "{key}"


#: The path of what a dry run tried to use beside its transaction begins so; its name follows.
WAY_OUT = "way-out:"


@dataclass(frozen=True, slots=True, repr=False)
class Difference:
    """One place where the edge differs.

    ``django`` and ``edge`` are the raw values, which may be personal: they are never stored or
    logged as they are (see ``redaction``), and ``repr`` names their types only.
    """

    path: str
    kind: Kind
    django: object
    edge: object

    @property
    def group(self) -> tuple[str, Kind]:
        """The path with every place in a list replaced by ``*``, and the kind."""
        return redacted_path(self.path, with_places=False), self.kind

    def __repr__(self) -> str:
        types = f"django={type(self.django).__name__}, edge={type(self.edge).__name__}"
        return f"Difference({redacted_path(self.path)!r}, {self.kind.name}, {types})"


def is_field_name(text: str) -> bool:
    """Tell whether a key looks like the name of a field; others may themselves be data."""
    if _FIELD_NAME.fullmatch(text) is None:
        return False
    return sum(letter.isdigit() for letter in text) <= _MOST_DIGITS


def escape_key(key: str) -> str:
    """Return how a key of an object is written in a path."""
    if "~" in key or "/" in key:
        key = key.replace("~", "~0").replace("/", "~1")
    return "~2" + key if key.isdecimal() else key


def split_path(path: str) -> tuple[str, ...]:
    """Return the keys and places that a path or a pattern is made of, in clear.

    ``/`` alone is the whole body.
    """
    if path == "/":
        return ("",)
    return tuple(_in_clear(segment) for segment in path.split("/"))


def redacted_path(path: str, *, with_places: bool = True) -> str:
    """Return a path that tells nothing: keys that are no field names become ``{key}``."""
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
