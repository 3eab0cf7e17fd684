"""A proxy between a client and PostgreSQL that tests cut, silence and restore."""

import asyncio
import contextlib
import os
import signal
import socket
import struct
import tempfile
from asyncio import StreamReader, StreamWriter
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from psycopg.conninfo import conninfo_to_dict, make_conninfo


@dataclass
class Interruption:
    """Ends a connection at one step of a conversation, and kills the client before, if it must.

    The conversation begins, as step 0, with the message that has ``word``; each later message of
    the same connection is one step more.
    """

    word: bytes
    step: int
    delivered: bool
    kills_client: bool
    has_happened: bool = False
    steps_seen: int = 0
    _connection: StreamWriter | None = None

    def is_due(self, chunk: bytes, connection: StreamWriter) -> bool:
        if self.has_happened:
            return False
        if self._connection is None:
            if self.word not in chunk:
                return False
            self._connection = connection
        elif self._connection is connection:
            self.steps_seen += 1
        else:
            return False
        self.has_happened = self.steps_seen == self.step
        return self.has_happened


@dataclass(kw_only=True)
class _Break:
    """Ends the connection on which ``word`` is sent, once ``after`` was sent on the same one."""

    word: bytes
    delivered: bool
    after: bytes = b""
    _begun: set[StreamWriter] = field(default_factory=set)

    def is_due(self, chunk: bytes, connection: StreamWriter) -> bool:
        if self.after in chunk:
            self._begun.add(connection)
        return connection in self._begun and self.word in chunk


class PostgresProxy:
    """Listens on a unix socket of its own, at ``url``, and passes everything on."""

    def __init__(self, target_url: str) -> None:
        self._target = conninfo_to_dict(target_url)
        self._port = int(self._target.get("port") or 5432)
        self._folder = tempfile.TemporaryDirectory(prefix="wire-")
        self.url = make_conninfo(target_url, host=self._folder.name, port=self._port)
        self._is_cut = self._is_cut_next = False
        self._swallows = False
        self._fatal: _Break | None = None
        self._interruption: Interruption | None = None
        self._replaced = b"", b""
        self._holds = False
        self._held: tuple[StreamWriter, bytes] | None = None
        self._writers: set[StreamWriter] = set()
        self._connections: set[asyncio.Task[None]] = set()
        #: Clients whose next answer of PostgreSQL is lost, with their connection.
        self._lose_answer: set[StreamWriter] = set()

    async def __aenter__(self) -> "PostgresProxy":
        path = Path(self._folder.name) / f".s.PGSQL.{self._port}"
        self._server = await asyncio.start_unix_server(self._serve, path)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.close()
        self._end_connections()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        self._folder.cleanup()

    def cut(self) -> None:
        """End every connection, and every new one at once."""
        self._is_cut = True
        self._end_connections()

    def restore(self) -> None:
        self._is_cut = self._swallows = False

    def swallow(self) -> None:
        """Keep connections open, and pass nothing on any more, as a dead network does."""
        self._swallows = True

    def break_once_at(
        self, word: bytes, *, delivered: bool, for_long: bool = False, after: bytes = b""
    ) -> None:
        """End the connection on which ``word`` is sent; ``delivered`` says if it still arrives.

        What is delivered is carried out by PostgreSQL before the connection ends. ``for_long``: no
        client can connect again until ``restore``. ``after``: only a connection on which this was
        sent before, for a word that connections send on their own as well.
        """
        self._fatal = _Break(word=word, delivered=delivered, after=after)
        self._is_cut_next = for_long

    def interrupt(self, interruption: Interruption | None) -> None:
        """Interrupt one conversation; None for no more."""
        self._interruption = interruption

    def hold_once_at(self, word: bytes) -> None:
        """End the client's connection on which ``word`` is sent; it arrives when delivered."""
        self._fatal, self._holds = _Break(word=word, delivered=False), True

    async def deliver_held(self) -> None:
        """Let what was held arrive, as a network does that was stuck, and end that connection."""
        assert self._held is not None
        (writer, chunk), self._held = self._held, None
        writer.write(chunk)
        writer.write_eof()
        await writer.drain()

    def lead_to(self, database: str) -> None:
        """Lead new connections to another database of the server, as a failover does.

        Its name takes the other's place in the start-up message, and so must be as long.
        """
        asked_for = str(self._target["dbname"])
        assert len(database) == len(asked_for)
        self._replaced = asked_for.encode(), database.encode()

    def _end_connections(self) -> None:
        for writer in self._writers:
            writer.close()
        self._writers.clear()

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        connection = asyncio.current_task()
        assert connection is not None
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)
        if self._is_cut:
            writer.close()
            return
        host = str(self._target.get("host") or "127.0.0.1")
        if host.startswith("/"):
            there = await asyncio.open_unix_connection(f"{host}/.s.PGSQL.{self._port}")
        else:
            there = await asyncio.open_connection(host, self._port)
        if self._is_cut:
            # It was being opened when all others were ended.
            writer.close()
            there[1].close()
            return
        self._writers |= {writer, there[1]}
        there[1].write((await reader.read(65_536)).replace(*self._replaced, 1))
        await asyncio.gather(
            self._pass_on(reader, there[1], back=writer), self._pass_on(there[0], writer)
        )

    async def _pass_on(
        self, reader: StreamReader, writer: StreamWriter, *, back: StreamWriter | None = None
    ) -> None:
        with contextlib.suppress(ConnectionError):
            while chunk := await reader.read(65_536):
                fatal = self._fatal
                if back is not None and fatal is not None and fatal.is_due(chunk, back):
                    self._fatal = None
                    self._is_cut = self._is_cut_next
                    if self._is_cut:
                        self._writers -= {writer, back}
                        self._end_connections()
                    if fatal.delivered:
                        self._lose_answer.add(back)
                        writer.write(chunk)
                        await writer.drain()
                        continue
                    back.close()
                    if self._holds:
                        self._holds, self._held = False, (writer, chunk)
                        return
                    break
                interruption = self._interruption
                if back is not None and interruption and interruption.is_due(chunk, back):
                    if interruption.kills_client:
                        os.kill(_process_of(back), signal.SIGKILL)
                    if interruption.delivered:
                        self._lose_answer.add(back)
                        writer.write(chunk)
                        await writer.drain()
                        continue
                    back.close()
                    break
                if writer in self._lose_answer:
                    self._lose_answer.discard(writer)
                    break
                if not self._swallows:
                    writer.write(chunk)
                    await writer.drain()
        writer.close()


def _process_of(client: StreamWriter) -> int:
    """Return the process at the other end of a client's unix socket."""
    option = client.get_extra_info("socket").getsockopt(
        socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")
    )
    process_id, _, _ = struct.unpack("3i", option)
    return int(process_id)
