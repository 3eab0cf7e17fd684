"""Sessions of the worker: their settings, and the channels that they listen to."""

from psycopg import AsyncConnection

from shared_domain.database import Row


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
