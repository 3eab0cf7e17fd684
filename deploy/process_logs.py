"""Log files that are kept over restarts, and rotated so that they stay bounded.

A process writes straight to its file, opened for appending. So the file is rotated as logrotate's
``copytruncate`` does it: the content is copied to ``edge.log.1`` and the file emptied, after which
the process goes on at its beginning. Lines written between the two are lost. A pipe through this
command would lose none, but the end of the command would then end the processes too.
"""

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

#: The most that one process's logs take: 5 files of 10 MB.
LONGEST_BYTES = 10 * 1024 * 1024
FILES = 5

#: How much of a log's end is read: enough for a hundred lines.
TAIL_BYTES = 16 * 1024

#: How much of a log is copied at a time.
COPIED_BYTES = 1024 * 1024


def begin_log(log: Path) -> Path:
    """Append a line with the time at which a process starts; return the log, with what it had."""
    rotate_if_long(log)
    with log.open("a") as opened:
        opened.write(f"--- started at {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC ---\n")
    return log


def rotate_if_long(log: Path, *, longest_bytes: int = LONGEST_BYTES, files: int = FILES) -> None:
    """Rotate a log that is too long: its content to ``.1``, that of ``.1`` to ``.2`` and so on.

    Raises:
        OSError: it cannot be copied, as on a full disk; nothing has changed.
    """
    if not log.exists() or log.stat().st_size < longest_bytes:
        return
    unfinished = log.with_name(f"{log.name}.unfinished")
    with log.open("r+b") as source:
        try:
            with unfinished.open("wb") as copy:
                os.fchmod(copy.fileno(), log.stat().st_mode & 0o777)
                shutil.copyfileobj(source, copy, COPIED_BYTES)
        except OSError:
            unfinished.unlink(missing_ok=True)
            raise
        for number in range(files - 2, 0, -1):
            older = rotated_file(log, number)
            if older.exists():
                older.replace(rotated_file(log, number + 1))
        unfinished.replace(rotated_file(log, 1))
        source.truncate(0)


def last_lines(log: Path, count: int) -> list[str]:
    """Return the last lines of a log, without reading all of it."""
    with log.open("rb") as opened:
        opened.seek(max(0, opened.seek(0, os.SEEK_END) - TAIL_BYTES))
        return opened.read().decode(errors="replace").splitlines()[-count:]


def rotated_file(log: Path, number: int) -> Path:
    return log.with_name(f"{log.name}.{number}")
