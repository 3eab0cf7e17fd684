"""An upstream that costs next to nothing: ``python -m tests.bench.cheap_upstream DESCRIPTOR``.

It answers whatever it is asked with the same kilobyte of JSON, on a socket that already listens,
so that what stands in front of it limits the requests per second.
"""

import asyncio
import json
import socket
import sys
from typing import Any

import uvloop

CONTENT = json.dumps(
    [{"id": number, "email": f"guest{number}@example.com", "age": 34} for number in range(18)]
).encode()

ANSWER = (
    b"HTTP/1.1 200 OK\r\nServer: site\r\nContent-Type: application/json\r\nVary: Cookie\r\n"
    b"Content-Length: %d\r\n\r\n%b" % (len(CONTENT), CONTENT)
)


class CheapUpstream(asyncio.Protocol):
    """One connection. A request here has no body and fits into one packet."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def data_received(self, data: bytes) -> None:
        self._transport.write(ANSWER)


async def serve(descriptor: int) -> None:
    opened = socket.socket(fileno=descriptor)
    server = await asyncio.get_running_loop().create_server(CheapUpstream, sock=opened)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1])))
