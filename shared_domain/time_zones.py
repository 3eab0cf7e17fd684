"""Time zones: one set of rules, the locked ``tzdata``, for every local time in Python.

The machine has a zoneinfo of its own, which ``zoneinfo.ZoneInfo`` would read first, and so has
PostgreSQL. They disagree about real places whenever a government changed its mind between two
releases. A guest would then be told one time by the API and another by the ticket, so all code
takes its zones from here (a lint rule refuses ``zoneinfo`` elsewhere) and SQL computes no local
time. ``PYTHONTZPATH`` makes no difference.
"""

from functools import cache, lru_cache
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from zoneinfo import ZoneInfo

#: Clocks of no place: abbreviations, which are read in two ways, and POSIX's inverted offsets.
#: ``UTC`` and ``Etc/UTC`` are left: ships and stations really go by them.
_CLOCKS_OF_NO_PLACE = frozenset(
    {
        "CET", "CST6CDT", "EET", "EST", "EST5EDT", "Factory", "GMT", "GMT+0", "GMT-0", "GMT0",
        "Greenwich", "HST", "MET", "MST", "MST7MDT", "PST8PDT", "UCT", "Universal", "WET", "Zulu",
    }
)  # fmt: skip


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """Return the rules of this zone; those of UTC for a name that ``tzdata`` does not have.

    No form takes such a name (see :func:`is_place`), but a row may hold one: stored before the
    rule, or renamed by a later ``tzdata``. Its times are then shown in UTC, with the offset or the
    zone beside them, and its product breaks no page and no list.
    """
    known = name if name in known_names() else "UTC"
    with _file_of(known).open("rb") as rules:
        return ZoneInfo.from_file(rules, key=known)


@cache
def known_names() -> frozenset[str]:
    """Return every name that ``tzdata`` has rules for."""
    return frozenset(files("tzdata").joinpath("zones").read_text().split())


def is_place(name: str) -> bool:
    """True for a zone that a product may have: one by which people somewhere set their clocks.

    False for ``localtime`` and ``posixrules`` (whatever the machine says), ``Factory``, bare
    abbreviations such as ``EST``, and offsets such as ``Etc/GMT+1``.
    """
    if name.startswith("Etc/"):
        return name == "Etc/UTC"
    return name in known_names() and name not in _CLOCKS_OF_NO_PLACE


def spelled_like(name: str) -> str | None:
    """Return the place that this name means when only its capitals and spaces are wrong."""
    wanted = "_".join(name.split()).casefold()
    return next((known for known in _places() if known.casefold() == wanted), None)


@lru_cache(maxsize=1024)
def rules_fingerprint(name: str) -> str:
    """Return a digest that changes when ``tzdata`` brings other rules for this zone."""
    return sha256(_file_of(zone(name).key).read_bytes()).hexdigest()[:16]


@cache
def _places() -> tuple[str, ...]:
    return tuple(sorted(name for name in known_names() if is_place(name)))


def _file_of(name: str) -> Traversable:
    return files("tzdata").joinpath("zoneinfo", *name.split("/"))
