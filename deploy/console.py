"""What the commands of this folder tell the person in front of them.

Progress goes to standard error, so that standard output is free for ``--json``.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


class SetupError(Exception):
    """Something outside Portico is not as it must be.

    The message is one line for the person at the keyboard: what is wrong, and what to do.
    Nothing is left half started when it reaches the command, which prints it and exits 1.
    """


class Step:
    """One step in progress.

    ``note`` is printed behind its duration, each of the ``remarks`` on a line below.
    """

    def __init__(self) -> None:
        self.note = ""
        self.remarks: list[str] = []


def say(line: str = "") -> None:
    print(line, file=sys.stderr, flush=True)


@contextmanager
def step(title: str) -> Iterator[Step]:
    """Show ``title`` while the block runs, then how long it took."""
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
