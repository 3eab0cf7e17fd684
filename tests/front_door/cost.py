"""What the door costs: ``python -m tests.front_door.cost [REQUESTS]``.

Prints the CPU milliseconds of the door's process per passed-through request, 16 callers at once,
for a short answer, a short POST and a page of 20 kB, and beside it what the edge needs to answer
without asking anybody.
"""

import asyncio
import json
import sys
import tempfile
from pathlib import Path

import psutil

from tests.front_door.running import Running, running, running_door

CALLERS = 16
HEAD = (
    "Host: shop.example\r\nUser-Agent: partner/1.0\r\nAccept: application/json\r\n"
    "Accept-Encoding: gzip\r\nAuthorization: Bearer pk_live_000000000000000000000000000000\r\n"
    "Cookie: sessionid=abc; csrftoken=def\r\n"
)
CASES = {
    "GET, 200 bytes": f"GET /small HTTP/1.1\r\n{HEAD}\r\n",
    "POST, 60 bytes up": f"POST /small HTTP/1.1\r\n{HEAD}Content-Length: 60\r\n\r\n{'x' * 60}",
    "GET, 20 kB": f"GET /page HTTP/1.1\r\n{HEAD}\r\n",
    "GET, 20 kB chunked": f"GET /chunked HTTP/1.1\r\n{HEAD}\r\n",
    "the edge's own 404": f"GET /octo/nothing HTTP/1.1\r\n{HEAD}\r\n",
}

SITE = """
import asyncio, socket, sys

HEAD = b"HTTP/1.1 200 OK\\r\\nserver: x\\r\\ncontent-type: text/x\\r\\nvary: Cookie\\r\\n"
ANSWERS = {
    b"/small": HEAD + b"content-length: 200\\r\\n\\r\\n" + b"x" * 200,
    b"/page": HEAD + b"content-length: 20000\\r\\n\\r\\n" + b"x" * 20000,
    b"/chunked": HEAD + b"transfer-encoding: chunked\\r\\n\\r\\n"
    + (b"1388\\r\\n" + b"x" * 5000 + b"\\r\\n") * 4 + b"0\\r\\n\\r\\n",
}

class Site(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(ANSWERS.get(data.split(b" ", 2)[1], ANSWERS[b"/small"]))

async def main():
    server = await asyncio.get_running_loop().create_server(
        Site, sock=socket.socket(fileno=int(sys.argv[1]))
    )
    await server.serve_forever()

asyncio.run(main())
"""


async def call(port: int, request: bytes, count: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(count):
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        if b"chunked" in head:
            await reader.readuntil(b"\r\n0\r\n\r\n")
        else:
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
            await reader.readexactly(length)
    writer.close()


async def call_all(port: int, request: str, count: int) -> None:
    await asyncio.gather(*(call(port, request.encode(), count // CALLERS) for _ in range(CALLERS)))


def cpu_seconds_of(door: Running) -> float:
    workers = psutil.Process(door.child.pid).children()
    return sum(sum(worker.cpu_times()[:2]) for worker in workers)


def measure(count: int) -> dict[str, float]:
    """Return the CPU milliseconds per request, by case."""
    with tempfile.TemporaryDirectory() as folder:
        logs = Path(folder)
        with (
            running("site", ["-c", SITE, "{fd}"], log=logs / "site.log") as site,
            running_door(
                f"http://127.0.0.1:{site.port}",
                logs / "door.log",
                # Nothing measured here needs a database.
                EDGE_DATABASE_URL="postgresql://nobody@127.0.0.1:9/none",
            ) as door,
        ):
            costs = {}
            for name, request in CASES.items():
                asyncio.run(call_all(door.port, request, count // 5))
                before = cpu_seconds_of(door)
                asyncio.run(call_all(door.port, request, count))
                costs[name] = (cpu_seconds_of(door) - before) * 1000 / (count // CALLERS * CALLERS)
            return costs


if __name__ == "__main__":
    print(json.dumps(measure(int((sys.argv[1:] or ["16000"])[0])), indent=2))
