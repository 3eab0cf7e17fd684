"""An upstream that remembers every byte it was sent, and answers with whatever bytes a test wants.

Run as a process: ``python -m tests.harness.recording_upstream DESCRIPTOR`` on a listening socket.

====================================  ========================================================
any other path                        a JSON ``Seen`` of the request itself
/do/log                               all of them so far, unfinished ones included
/do/answer?bytes=BASE64&then=…        these bytes, then ``keep``, ``close``, ``reset``
/do/big?bytes=N&chunked=1             N bytes
/do/many-cookies                      60 kB of headers
/do/hang                              nothing at all
/do/early                             413 before any of the body is read, then closes
/do/unmoved                           reads nothing, says nothing
/do/die-if-kept                       closes without a word, unless it is a connection's first
/do/one-second-later                  like any other path, a second later
/do/drip                              one part, and another when the caller asks /do/go-on
====================================  ========================================================
"""

import asyncio
import base64
import hashlib
import json
import socket
import struct
import sys
from dataclasses import asdict, dataclass
from itertools import count
from urllib.parse import parse_qsl, urlsplit

CHUNK = 64 * 1024


@dataclass
class Seen:
    """One request: ``end`` is ``whole``, or how it broke off: ``closed``, ``reset``."""

    connection: int
    head: str
    body_bytes: int = 0
    body_sha256: str = ""
    end: str = "open"


class RecordingSite:
    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.connections = count(1)
        self.go_on = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = next(self.connections)
        for nth in count(1):
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except (asyncio.IncompleteReadError, ConnectionError):
                break
            seen = Seen(number, head.decode("latin-1"))
            target = urlsplit(seen.head.split(" ")[1])
            if target.path != "/do/log":
                self.seen.append(seen)
            try:
                if not await self.answer(target.path, target.query, nth, seen, reader, writer):
                    break
            except asyncio.IncompleteReadError:
                seen.end = "closed"
                break
            except ConnectionError:
                seen.end = "reset"
                break
        writer.close()

    async def answer(
        self,
        path: str,
        query: str,
        nth: int,
        seen: Seen,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> bool:
        """Answer, and return whether the connection stays."""
        wanted = dict(parse_qsl(query))
        headers = [line.lower() for line in seen.head.split("\r\n")]
        if path == "/do/die-if-kept" and nth > 1:
            return False
        if path == "/do/early":
            writer.write(b"HTTP/1.1 413 Too Large\r\ncontent-length: 5\r\n\r\nlarge")
            await writer.drain()
            writer.write_eof()
            # Without reading on, the answer would be lost with the reset.
            await reader.read()
            return False
        if path == "/do/unmoved":
            await asyncio.sleep(3600)
        await self.read_body(headers, seen, reader)
        if path == "/do/hang":
            seen.end = "waiting"
            await reader.readexactly(1)
        if path == "/do/one-second-later":
            await asyncio.sleep(1)
        if path == "/do/many-cookies":
            cookies = b"".join(b"set-cookie: c%d=%b\r\n" % (n, b"v" * 200) for n in range(300))
            writer.write(b"HTTP/1.1 200 OK\r\n%bcontent-length: 0\r\n\r\n" % cookies)
            return True
        if path == "/do/big":
            await send_big(int(wanted["bytes"]), "chunked" in wanted, writer)
            seen.end = "answered"
            return True
        if path == "/do/drip":
            self.go_on.clear()
            writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nfirst\r\n")
            await self.go_on.wait()
            writer.write(b"6\r\nsecond\r\n0\r\n\r\n")
            return True
        if path == "/do/go-on":
            self.go_on.set()
        if path == "/do/answer":
            writer.write(base64.urlsafe_b64decode(wanted["bytes"]))
            if wanted["then"] == "close":
                # At once: an answer alone would put the connection back into the edge's pool.
                writer.write_eof()
            await writer.drain()
            if wanted["then"] == "reset":
                writer.get_extra_info("socket").setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                )
            return wanted["then"] == "keep"
        asked = self.seen if path == "/do/log" else seen
        body = json.dumps(
            [asdict(one) for one in asked] if isinstance(asked, list) else asdict(asked)
        ).encode()
        writer.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
            % len(body)
        )
        if not seen.head.startswith("HEAD "):
            writer.write(body)
        await writer.drain()
        return True

    async def read_body(self, headers: list[str], seen: Seen, reader: asyncio.StreamReader) -> None:
        digest = hashlib.sha256()
        lengths = [line for line in headers if line.startswith("content-length:")]
        if "transfer-encoding: chunked" in headers:
            while length := int(await reader.readuntil(b"\r\n"), 16):
                await read_exactly(length, digest, seen, reader)
                await reader.readexactly(2)
            await reader.readexactly(2)
        elif lengths:
            await read_exactly(int(lengths[0].partition(":")[2]), digest, seen, reader)
        seen.body_sha256, seen.end = digest.hexdigest(), "whole"


async def read_exactly(
    length: int, digest: "hashlib._Hash", seen: Seen, reader: asyncio.StreamReader
) -> None:
    while length:
        part = await reader.read(min(length, CHUNK))
        if not part:
            raise asyncio.IncompleteReadError(b"", length)
        digest.update(part)
        seen.body_bytes += len(part)
        length -= len(part)


async def send_big(length: int, is_chunked: bool, writer: asyncio.StreamWriter) -> None:
    framing = b"transfer-encoding: chunked" if is_chunked else b"content-length: %d" % length
    writer.write(b"HTTP/1.1 200 OK\r\n%b\r\n\r\n" % framing)
    part = bytes(CHUNK)
    while length:
        now = part[:length]
        writer.write(b"%x\r\n%b\r\n" % (len(now), now) if is_chunked else now)
        length -= len(now)
        await writer.drain()
    if is_chunked:
        writer.write(b"0\r\n\r\n")


async def main(descriptor: int) -> None:
    upstream = RecordingSite()
    listening = socket.socket(fileno=descriptor)
    start = (
        asyncio.start_unix_server if listening.family == socket.AF_UNIX else asyncio.start_server
    )
    server = await start(upstream.serve, sock=listening, limit=1024 * 1024)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
