"""Copies of the repository, in which a test changes files or runs documented commands."""

import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

from tests.harness.databases import ROOT


def copy_repository(copy: Path) -> None:
    """Copy the files that git has or would take, and share their compiled modules."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    share_bytecode(copy)


def share_bytecode(copy: Path) -> None:
    """Give a copy the compiled modules of the repository and of its installed packages.

    Python takes a compiled module for a source of the same date and size, wherever it lies; a copy
    keeps both. Compiling all of it anew costs each process that starts in a copy seconds of CPU.
    """
    prefix = os.environ.get("PYTHONPYCACHEPREFIX")
    if prefix:
        target = Path(prefix) / _relative(copy)
        # A killed run may have left one of the same name.
        shutil.rmtree(target, ignore_errors=True)
        # A fresh clone has compiled nothing yet.
        with suppress(FileNotFoundError):
            shutil.copytree(Path(prefix) / _relative(ROOT), target, copy_function=_link)
        return
    for cache in ROOT.glob("[!.]*/**/__pycache__/"):
        folder = copy / cache.relative_to(ROOT).parent
        if folder.is_dir() and not (folder / cache.name).exists():
            shutil.copytree(cache, folder / cache.name)


def _link(source: str, target: str) -> None:
    """Link a compiled module: Python replaces such files and never writes into them."""
    # Another process may be renaming what it has just compiled.
    with suppress(FileNotFoundError):
        os.link(source, target)


def _relative(path: Path) -> Path:
    return path.relative_to(path.anchor)
