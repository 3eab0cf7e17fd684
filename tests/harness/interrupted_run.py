"""Ending what an interrupted run has started: the servers and callers of tests that were cut off.

pytest-xdist kills a test process that does not end in time, and its children know nothing of it.
"""

import os
from contextlib import suppress

import psutil

#: How long what is asked to end may take on a busy machine before it is killed.
PATIENCE_SECONDS = 30


def list_descendants(process_id: int | None = None, *, but: int = 0) -> list[psutil.Process]:
    """Return the processes below this one, or below another; ``but`` and its children left out."""
    found = psutil.Process(process_id or os.getpid()).children(recursive=True)
    kept = {process.pid for process in psutil.Process(but).children(recursive=True)} if but else ()
    return [process for process in found if process.pid != but and process.pid not in kept]


def end_all(processes: list[psutil.Process]) -> None:
    """Ask processes to end, and kill those that do not; an id that is taken anew is left alone."""
    asked = []
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
            asked.append(process)
    _, left = psutil.wait_procs(asked, timeout=PATIENCE_SECONDS)
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.kill()
