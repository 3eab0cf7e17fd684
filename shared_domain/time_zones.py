"""Time zones from the locked ``tzdata``, one set of rules for every local time in Python.

The machine has zone files of its own, which ``zoneinfo.ZoneInfo`` would read first, and so has
PostgreSQL. They disagree whenever a government changed its rules between two releases: a guest
would be told one time by the API and another by the ticket. So all code takes its zones from here
(a lint rule refuses ``zoneinfo`` elsewhere), and SQL computes no local time. ``PYTHONTZPATH`` makes
no difference.
"""

from functools import cache, lru_cache
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from zoneinfo import ZoneInfo

#: Zones of no place: abbreviations, which are ambiguous, and POSIX's inverted offsets.
#: ``UTC`` and ``Etc/UTC`` are left: ships and stations really go by them.
_CLOCKS_OF_NO_PLACE = frozenset(
    {
        "CET", "CST6CDT", "EET", "EST", "EST5EDT", "Factory", "GMT", "GMT+0", "GMT-0", "GMT0",
        "Greenwich", "HST", "MET", "MST", "MST7MDT", "PST8PDT", "UCT", "Universal", "WET", "Zulu",
    }
)  # fmt: skip


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """Return the zone of this name, UTC for a name that ``tzdata`` does not have.

    No form takes such a name (see :func:`is_place`), but a row may hold one: stored before the
    rule, or renamed by a later ``tzdata``. Its times are then shown in UTC, with the offset or the
    zone beside them, and its product breaks no page and no list.
    """
    known = name if name in known_names() else "UTC"
    with _zone_file(known).open("rb") as rules:
        return ZoneInfo.from_file(rules, key=known)


@cache
def known_names() -> frozenset[str]:
    """Return every name that ``tzdata`` has rules for."""
    return frozenset(files("tzdata").joinpath("zones").read_text().split())


def is_place(name: str) -> bool:
    """Return whether a product may have this zone: one that is the civil time of a place.

    False for ``localtime`` and ``posixrules`` (the machine's own), ``Factory``, bare abbreviations
    such as ``EST``, and offsets such as ``Etc/GMT+1``.
    """
    if name.startswith("Etc/"):
        return name == "Etc/UTC"
    return name in known_names() and name not in _CLOCKS_OF_NO_PLACE


def match_spelling(name: str) -> str | None:
    """Return the zone whose name differs in capitals or spaces only, else None."""
    wanted = "_".join(name.split()).casefold()
    return next((known for known in _places() if known.casefold() == wanted), None)


@lru_cache(maxsize=1024)
def rules_fingerprint(name: str) -> str:
    """Return a digest of a zone's rules, which changes when ``tzdata`` changes them."""
    return sha256(_zone_file(zone(name).key).read_bytes()).hexdigest()[:16]


@cache
def _places() -> tuple[str, ...]:
    return tuple(sorted(name for name in known_names() if is_place(name)))


def _zone_file(name: str) -> Traversable:
    return files("tzdata").joinpath("zoneinfo", *name.split("/"))
