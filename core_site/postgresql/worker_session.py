"""Sessions of the worker: their settings, the channels that they listen to, and new ones."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from logging import Logger

from psycopg import AsyncConnection, Error

from shared_domain.database import Row

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.2, 5.0

#: A run that has lasted for so long begins the backoff and its report anew. An attempt to connect
#: takes less, to several hosts as well.
STABLE_AFTER_SECONDS = 30.0


async def run_on_new_sessions(
    run: Callable[[], Awaitable[None]], *, name: str, logger: Logger
) -> None:
    """Run ``run``, which connects, again and again until cancelled, with exponential backoff.

    Errors of PostgreSQL and of its connection are logged once until a run has lasted; ``name`` says
    who waits. Any other error ends this.
    """
    loop = asyncio.get_running_loop()
    pause_seconds, is_known = FIRST_PAUSE_SECONDS, False
    while True:
        began = loop.time()
        try:
            await run()
        except (Error, OSError) as problem:  # A TimeoutError is an OSError, a PoolTimeout an Error.
            if loop.time() - began > STABLE_AFTER_SECONDS:
                pause_seconds, is_known = FIRST_PAUSE_SECONDS, False
            if not is_known:
                reason = (str(problem).splitlines() or [type(problem).__name__])[0]
                logger.warning("%s waits for the database: %s", name, reason)
                is_known = True
        await asyncio.sleep(pause_seconds * random.uniform(0.5, 1.0))
        pause_seconds = min(pause_seconds * 2, LONGEST_PAUSE_SECONDS)


async def prepare_session(
    connection: AsyncConnection[Row], *, statement_seconds: int, lock_seconds: int
) -> None:
    """Set the time zone to UTC, and bound the session's statements and its waits for locks.

    Statements are not compiled (jit): it takes longer than all that a worker's do.
    """
    settings = (
        "SET timezone = 'UTC'",
        "SET jit = off",
        f"SET statement_timeout = '{statement_seconds:d}s'",
        f"SET lock_timeout = '{lock_seconds:d}s'",
    )
    for setting in settings:
        await connection.execute(setting.encode())


async def listen(connection: AsyncConnection[Row], channel: str) -> None:
    """Subscribe the session to the notifications of a channel, which ``wire`` names."""
    await connection.execute(f"LISTEN {channel}".encode())
