"""Waiting for a condition: the only place where a test sleeps because something is not so yet."""

import asyncio
import time
from collections.abc import Callable

#: How long anything may take on a slow and busy machine.
EVENTUALLY_SECONDS = 120

#: How long a client waits for an answer; the first one may include the start of the server.
ANSWER_SECONDS = 180

#: How long to wait between two looks.
PAUSE_SECONDS = 0.02

#: How many sessions of the database wait for a lock.
LOCK_WAITS = """
SELECT count(*) FROM pg_stat_activity
 WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


def eventually(condition: Callable[[], object], *, seconds: float = EVENTUALLY_SECONDS) -> bool:
    """Return whether a condition becomes true, asking again and again.

    The bound is for what never happens; give another one only where time is what a test is about.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(PAUSE_SECONDS)
    return True


async def eventually_async(condition: Callable[[], object]) -> bool:
    """Return whether a condition becomes true while the event loop runs."""
    deadline = time.monotonic() + EVENTUALLY_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(PAUSE_SECONDS)
    return True
