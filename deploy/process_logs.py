"""Log files that survive restarts and stay bounded.

A process writes straight to its file, opened for appending. So the file is rotated as logrotate's
``copytruncate`` does it: the content is copied to ``edge.log.1`` and the file emptied, after which
the process goes on at its beginning. At most the lines of the moment between the two are lost.
Turned down: a pipe through this command, which would take the processes with it when it dies.
"""

import os
from datetime import UTC, datetime
from pathlib import Path

#: The most that one process's logs take: 5 files of 10 MB.
LONGEST_BYTES = 10 * 1024 * 1024
FILES = 5

#: Enough for a hundred lines.
TAIL_BYTES = 16 * 1024


def begin(log: Path) -> Path:
    """Mark in ``log`` that a process starts, behind what the earlier ones wrote."""
    rotate_if_long(log)
    with log.open("a") as opened:
        opened.write(f"--- started at {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC ---\n")
    return log


def rotate_if_long(log: Path, *, longest_bytes: int = LONGEST_BYTES, files: int = FILES) -> None:
    """Move the content of a file that has become too long to ``.1``, ``.1`` to ``.2`` and so on."""
    if not log.exists() or log.stat().st_size < longest_bytes:
        return
    for number in range(files - 2, 0, -1):
        older = numbered(log, number)
        if older.exists():
            older.replace(numbered(log, number + 1))
    with log.open("r+b") as source, numbered(log, 1).open("wb") as copy:
        os.fchmod(copy.fileno(), log.stat().st_mode & 0o777)
        while part := source.read(1024 * 1024):
            copy.write(part)
        source.truncate(0)


def last_lines(log: Path, count: int) -> list[str]:
    """Return the end of a log without reading all of it."""
    with log.open("rb") as opened:
        opened.seek(max(0, opened.seek(0, os.SEEK_END) - TAIL_BYTES))
        return opened.read().decode(errors="replace").splitlines()[-count:]


def numbered(log: Path, number: int) -> Path:
    return log.with_name(f"{log.name}.{number}")
