"""Builds: the edge's code and Django's release that a comparison was made with.

The edge's build is a fingerprint of its sources, rules of comparison included. Django's release is
a fingerprint of its own, or the name that the setting ``ENDPOINT_RELEASE`` gives. Data, settings of
the environment and other services are part of neither.
"""

import hashlib
import os
import re
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import NewType

BuildId = NewType("BuildId", int)

#: Comparisons made before builds were recorded.
BEFORE_BUILDS = BuildId(0)

#: A build that no process of the edge has reported for so long is no longer running. Processes
#: report every five seconds (``api_edge.rollout.stage_cache``), and say when they stop.
LIVE_FOR = timedelta(seconds=30)

#: The release of a Django that sends none.
UNKNOWN_RELEASE = "unknown"

LONGEST_RELEASE = 64

#: Part of the code. A package may hold other files too, such as a database, which change by use.
_SOURCES = frozenset(
    {
        *(".py", ".so", ".pyd", ".sql", ".json", ".toml", ".yaml", ".yml", ".xml", ".csv", ".txt"),
        *(".html", ".jinja", ".jinja2", ".j2", ".mo"),
    }
)

#: The program that a process was started with, such as a server or a test.
_PROGRAMS = frozenset({"__main__", "__mp_main__"})

_LOCK_FILE = "uv.lock"

_RELEASE = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._+-]{{0,{LONGEST_RELEASE - 1}}}")


@dataclass(frozen=True, slots=True, order=True)
class Build:
    """One build of the edge with one release of Django, whose responses are compared.

    ``upstream`` is the name under which this Django registers its endpoints (the setting
    ``ENDPOINT_UPSTREAM``), empty where there is only one.
    """

    upstream: str
    edge: str
    release: str

    @property
    def short(self) -> str:
        """Return the abbreviated pair that people are shown: ``3f9a1c2e/9b7d0e11``."""
        return f"{self.edge[:8]}/{self.release[:12]}"


def is_valid_release(text: str) -> bool:
    """Return whether a text can name a release: 1 to 64 letters, digits and ``. _ + -``."""
    return _RELEASE.fullmatch(text) is not None


def loaded_modules() -> set[str]:
    """Return the top-level packages of this process that are not installed in its environment.

    To be called when a program has started and all that its code imports is loaded.
    """
    names = {name.partition(".")[0] for name in list(sys.modules)}
    return {name for name in names - _PROGRAMS if _package_folders(name)}


@cache
def source_fingerprint(*modules: str) -> str:
    """Return a SHA-256 of the sources of these modules' packages and of the installed packages.

    A module stands for its whole top-level package. Installed packages count by name and version.
    The first call takes some milliseconds, later ones are cached.
    """
    digest = hashlib.sha256(sys.version.encode())
    packages = sorted({name.partition(".")[0] for name in modules})
    for package in packages:
        for folder in _package_folders(package):
            for path in _sources_in(folder):
                _hash_file(digest, f"{package}/{path.relative_to(folder).as_posix()}", path)
    for name in sorted(_installed_distributions()):
        digest.update(name.encode() + b"\0")
    lock = Path(__file__).parents[2] / _LOCK_FILE
    if lock.is_file():
        _hash_file(digest, _LOCK_FILE, lock)
    return digest.hexdigest()[:32]


def _hash_file(digest: "hashlib._Hash", name: str, path: Path) -> None:
    # A deployment may be taking files away at this moment.
    content = b""
    with suppress(OSError):
        content = path.read_bytes()
    digest.update(f"{name}\0{len(content)}\0".encode() + content)


def _package_folders(package: str) -> list[Path]:
    """Return the folders or files of a package, none when it is part of the environment."""
    module = sys.modules.get(package)
    if module is None:
        spec = find_spec(package)
        file = spec.origin if spec else None
        places = list((spec.submodule_search_locations if spec else None) or ())
    else:
        file = getattr(module, "__file__", None)
        places = list(getattr(module, "__path__", ()))
    places = [place for place in places or [file or ""] if not place.startswith(_environment())]
    found = (Path(place).resolve() for place in places if place)
    return sorted(
        path for path in found if not str(path).startswith(_environment()) and path.exists()
    )


@cache
def _environment() -> tuple[str, ...]:
    """Return the folders of Python and of what is installed, as they are named and resolved."""
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    named = {sysconfig.get_path(name) for name in names}
    return tuple(f"{path}/" for path in named | {str(Path(name).resolve()) for name in named})


def _sources_in(place: Path) -> Iterator[Path]:
    if place.is_file():
        yield place
    for folder, inside, names in os.walk(place):
        inside[:] = sorted(name for name in inside if name != "__pycache__" and name[0] != ".")
        for name in sorted(names):
            if os.path.splitext(name)[1] in _SOURCES and name[0] != ".":
                yield Path(folder, name)


def _installed_distributions() -> Iterable[str]:
    """Return ``fastapi-0.115.0`` and so on, of each distribution in the environment."""
    folders = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    return {path.stem for folder in folders for path in Path(folder).glob("*.dist-info")}
