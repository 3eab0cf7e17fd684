"""What mypy has found out about the repository, for tests that run it on changed code."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.harness.databases import ROOT
from tests.harness.waiting import ANSWER_SECONDS


def copy_mypy_cache(folder: Path) -> Path:
    """Copy the cache that the step ``types`` of ``deploy/test`` fills, and return the copy's path.

    mypy reads from it what a module has not changed since, nine modules of ten being those of
    libraries. Without a cache the copy is empty; while mypy writes it, the copy has what it has.
    """
    target = folder / "mypy_cache"
    for source in (ROOT / ".mypy_cache").glob("*/*.db"):
        copied = target / source.relative_to(ROOT / ".mypy_cache")
        copied.parent.mkdir(parents=True, exist_ok=True)
        # A file in use, with its log beside it, is copied whole by SQLite only.
        with (
            closing(sqlite3.connect(source, timeout=ANSWER_SECONDS)) as opened,
            closing(sqlite3.connect(copied)) as copy,
        ):
            opened.backup(copy)
    return target
