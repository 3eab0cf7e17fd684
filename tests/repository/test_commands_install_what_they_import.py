"""Each command installs every package that it imports, and leans on no group of another one.

This reads imports; ``tests/deploy/test_each_command_installs_what_it_needs.py`` runs the commands
in environments of their own, where what is imported unseen would be missing.
"""

import re
import sys
import tomllib
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest
from packaging.utils import canonicalize_name

from tests.harness.databases import ROOT

HALVES = ("api_edge", "core_site", "shared_domain")

#: The command that drafts endpoints, for developers: ``deploy/up --dev`` installs what it takes.
DRAFTS = "core_site/rollout/scaffold/"

#: Command: where its imports begin, the halves being found by their names, and its groups.
#: ``deploy/test`` installs all groups, and these are its tests.
COMMANDS = {
    "deploy/up": (("deploy/up", *HALVES), ()),
    "deploy/up --dev": (("deploy/up", *HALVES), ("dev",)),
    "deploy/bench": (("deploy/bench", "tests/bench", *HALVES), ("bench",)),
}

DOCUMENTATION = re.compile(r'^ *""".*?"""', re.MULTILINE | re.DOTALL)
FOR_TYPES = re.compile(r"^( *)if TYPE_CHECKING:\n(?:\1 +.*\n|\n)+", re.MULTILINE)
FROM = re.compile(r"^ *from ([\w.]+) import (?:\(([^)]*)\)|(.*))", re.MULTILINE)


@cache
def lock() -> dict[str, dict[str, Any]]:
    packages = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))["package"]
    return {package["name"]: package for package in packages}


#: Reads the list of files of each installed package.
providers_of_modules = cache(packages_distributions)


def installed_by(groups: tuple[str, ...]) -> set[str]:
    """Return the names of all packages that the lock file has for these groups."""
    portico = lock()["portico"]
    wanted = [*portico["dependencies"]]
    for group in ("setup", *groups):
        wanted += portico["dev-dependencies"][group]
    found: set[tuple[str, str]] = set()
    while wanted:
        dependency = wanted.pop()
        package = lock()[dependency["name"]]
        for extra in ("", *dependency.get("extra", ())):
            if (package["name"], extra) not in found:
                found.add((package["name"], extra))
                wanted += (
                    package.get("optional-dependencies", {}).get(extra, ())
                    if extra
                    else package.get("dependencies", ())
                )
    return {name for name, _ in found}


@cache
def imports_of(path: Path) -> list[str]:
    """Return the modules that a file imports anywhere, those of types only left out.

    By their lines, which takes a fiftieth of the time of parsing a thousand files.
    """
    text = FOR_TYPES.sub("", DOCUMENTATION.sub("", path.read_text(encoding="utf-8")))
    modules = re.findall(r"^ *import ([\w., ]+)", text, re.MULTILINE)
    found = [name.split()[0] for names in modules for name in names.split(",")]
    for module, several, names in FROM.findall(text):
        found.append(module)
        found += (
            f"{module}.{name.split()[0]}" for name in (several or names).split(",") if name.strip()
        )
    return found


def file_of(module: str) -> Path | None:
    path = ROOT / module.replace(".", "/")
    candidates = (path.with_suffix(".py"), path / "__init__.py")
    return next((candidate for candidate in candidates if candidate.is_file()), None)


def reached_from(begins: tuple[str, ...]) -> set[Path]:
    """Return the repository's files that these files and folders import, directly or not."""
    pending = [
        path
        for begin in begins
        for path in ((ROOT / begin).rglob("*.py") if (ROOT / begin).is_dir() else [ROOT / begin])
        if not path.name.startswith("test_")
    ]
    found: set[Path] = set()
    while pending:
        path = pending.pop()
        if path not in found:
            found.add(path)
            pending += filter(None, map(file_of, imports_of(path)))
    return found


@pytest.mark.parametrize("command", COMMANDS)
def test_no_import_is_missing(command: str) -> None:
    begins, groups = COMMANDS[command]
    installed = installed_by(groups)
    missing: dict[str, set[str]] = {}

    for path in reached_from(begins):
        for name in {module.partition(".")[0] for module in imports_of(path)}:
            if name in sys.stdlib_module_names or (ROOT / name).is_dir():
                continue
            providers = {canonicalize_name(each) for each in providers_of_modules().get(name, ())}
            if not providers & installed:
                missing.setdefault(name, set()).add(path.relative_to(ROOT).as_posix())

    if "dev" not in groups:
        missing = {
            name: paths
            for name, paths in missing.items()
            if not all(path.startswith(DRAFTS) for path in paths)
        }
    assert missing == {}


def test_an_import_of_another_group_is_seen() -> None:
    assert "greenlet" in installed_by(("bench",)) - installed_by(())
    assert "pytest" not in installed_by(("bench",))
