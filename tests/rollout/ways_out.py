"""Ways that an endpoint must not take in a dry run: each would do something that lasts.

All of them write the same row, call the same port or make the same file, and swallow what goes
wrong: the answer alone shows nothing.
"""

import asyncio
import os
import socket
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import psycopg
from fastapi import FastAPI
from psycopg import AsyncConnection
from psycopg.pq import ConnStatus, PGconn
from psycopg_pool import AsyncConnectionPool

from api_edge.postgresql.database import Transaction
from tests.rollout.odd_outbox import OUTBOX

ROW = {"partner_id": 1, "type": "escaped", "of": "00000000-0000-4000-8000-000000000000"}
PLAIN = OUTBOX % {"partner_id": 1, "type": "'escaped'", "of": f"'{ROW['of']}'"}


async def own_pool(app: FastAPI, address: str) -> None:
    async with app.state.pool.connection() as connection:
        await connection.execute(OUTBOX, ROW)


async def own_transaction(app: FastAPI, address: str) -> None:
    """What the scaffold used to recommend."""
    transaction = Transaction(app.state.pool)
    await transaction.execute(OUTBOX, ROW)
    await transaction.commit()


async def another_pool(app: FastAPI, address: str) -> None:
    pool = AsyncConnectionPool(app.state.settings.database_url, open=False)
    async with pool, pool.connection() as connection:
        await connection.execute(OUTBOX, ROW)


async def own_connection(app: FastAPI, address: str) -> None:
    async with await AsyncConnection.connect(app.state.settings.database_url) as connection:
        await connection.execute(OUTBOX, ROW)


async def libpq(app: FastAPI, address: str) -> None:
    connection = PGconn.connect(app.state.settings.database_url.encode())
    assert connection.status == ConnStatus.OK
    connection.exec_(PLAIN.encode())


async def task(app: FastAPI, address: str) -> None:
    app.state.left_running = asyncio.create_task(_late(app))


async def _late(app: FastAPI) -> None:
    await asyncio.sleep(60)
    await own_pool(app, "")


async def thread(app: FastAPI, address: str) -> None:
    def write() -> None:
        with psycopg.connect(app.state.settings.database_url) as connection:
            connection.execute(PLAIN)

    threading.Thread(target=write).start()


async def blocking_call_in_a_thread(app: FastAPI, address: str) -> None:
    def write() -> None:
        with psycopg.connect(app.state.settings.database_url) as connection:
            connection.execute(PLAIN)

    await asyncio.to_thread(write)


async def call(app: FastAPI, address: str) -> None:
    _reader, writer = await asyncio.open_connection("127.0.0.1", int(address))
    writer.write(b"GET /hook HTTP/1.0\r\n\r\n")
    await writer.drain()


async def blocking_call(app: FastAPI, address: str) -> None:
    socket.create_connection(("127.0.0.1", int(address))).sendall(b"GET /hook HTTP/1.0\r\n\r\n")


async def program(app: FastAPI, address: str) -> None:
    subprocess.run([sys.executable, "-c", CALLING.format(port=address)], check=True)  # noqa: ASYNC221


async def fork(app: FastAPI, address: str) -> None:
    if os.fork() == 0:
        with suppress(Exception):
            await blocking_call(app, address)
        os._exit(0)


async def file(app: FastAPI, address: str) -> None:
    Path(f"/tmp/escaped-{address}").write_text("x")  # noqa: ASYNC240


async def sqlite(app: FastAPI, address: str) -> None:
    with sqlite3.connect(f"/tmp/escaped-{address}") as connection:
        connection.execute("CREATE TABLE a (b int)")


CALLING = "import socket; socket.create_connection(('127.0.0.1', {port}))"

#: By name, with what the comparison says of it; None where only the kernel refuses it.
WAYS_OUT: dict[str, tuple[Callable[[FastAPI, str], Awaitable[None]], str | None]] = {
    "own pool": (own_pool, "app.state.pool"),
    "own transaction": (own_transaction, "app.state.pool"),
    "another pool": (another_pool, "psycopg_pool.getconn"),
    "own connection": (own_connection, "psycopg.connect"),
    "libpq": (libpq, None),
    "task": (task, "task-after-answer:_late"),
    "thread": (thread, "thread"),
    "blocking call in a thread": (blocking_call_in_a_thread, "psycopg.connect"),
    "call": (call, "socket.__new__"),
    "blocking call": (blocking_call, "socket.getaddrinfo"),
    "program": (program, "subprocess.Popen"),
    "fork": (fork, "os.fork"),
    "file": (file, "open-for-writing"),
    "sqlite": (sqlite, "sqlite3.connect"),
}


async def take(way: str, app: FastAPI, address: str) -> None:
    """Try one, and keep quiet about what comes of it."""
    with suppress(Exception):
        await WAYS_OUT[way][0](app, address)
