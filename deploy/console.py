"""Console output of the commands in this folder: progress on standard error, and setup errors.

Standard output stays free for ``--json``.
"""

import errno
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


class SetupError(Exception):
    """The command cannot run because of something outside Portico, such as a taken port.

    The message is one line for the operator: what is wrong, and what to do. Nothing is left half
    started when it reaches the command, which prints it and exits with status 1.
    """


#: What an operator mends on the machine: a full or read-only disk, missing rights.
DISK_ERRORS = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES}


@contextmanager
def disk_errors_reported() -> Iterator[None]:
    """Raise SetupError for a full or read-only disk, or for missing rights, inside the block.

    Such an error can come from every file that is written; any other is a mistake of the program.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in DISK_ERRORS:
            raise
        file = error.filename or "a file"
        raise SetupError(
            f"{file} cannot be written ({error.strerror}); free disk space, or give this account "
            f"access to it, then run this again."
        ) from error


class Step:
    """A step of a command, shown while it runs.

    ``note`` is printed after its duration, each of the ``remarks`` on a line below.
    """

    def __init__(self) -> None:
        self.note = ""
        self.remarks: list[str] = []


def say(line: str = "") -> None:
    """Print a line on standard error."""
    print(line, file=sys.stderr, flush=True)


@contextmanager
def step(title: str) -> Iterator[Step]:
    """Print ``title`` while the block runs, then how long it took."""
    started_at = time.monotonic()
    current = Step()
    print(f"  {title + ' ':.<32} ", end="", file=sys.stderr, flush=True)
    try:
        yield current
    except BaseException:
        say("stopped here")
        raise
    note = f"   {current.note}" if current.note else ""
    say(f"{time.monotonic() - started_at:5.1f} s{note}")
    for remark in current.remarks:
        say(f"    {remark}")
