"""A raw HTTP client: sends bytes as they are, and returns what the server sent."""

import base64
import http.client
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from tests.harness.recording_upstream import Seen
from tests.harness.waiting import ANSWER_SECONDS


@dataclass(frozen=True)
class RawAnswer:
    """A response as bytes, its headers in the order that they came."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name]

    def one(self, name: str) -> str | None:
        values = self.all(name)
        assert len(values) <= 1, values
        return values[0] if values else None

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def seen(self) -> "Request":
        """What the recording upstream says it was sent."""
        return Request(Seen(**self.json))


@dataclass(frozen=True)
class Request:
    """A request as the upstream saw it."""

    seen: Seen

    @property
    def line(self) -> str:
        return self.seen.head.split("\r\n")[0]

    @property
    def target(self) -> str:
        return self.line.split(" ")[1]

    @property
    def headers(self) -> list[tuple[str, str]]:
        lines = self.seen.head.split("\r\n")[1:-2]
        return [(name, value) for name, _, value in (line.partition(": ") for line in lines)]

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name]

    def one(self, name: str) -> str | None:
        values = self.all(name)
        assert len(values) <= 1, values
        return values[0] if values else None


class Caller:
    """One connection to a server of this machine."""

    def __init__(self, port: int, *, seconds: float = ANSWER_SECONDS) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=seconds)

    def __enter__(self) -> "Caller":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def answer(self, method: str = "GET") -> RawAnswer:
        """Read one answer to its end.

        Raises:
            http.client.HTTPException, ConnectionError: it has none.
        """
        response = http.client.HTTPResponse(self.socket, method=method)
        response.begin()
        body = response.read()
        return RawAnswer(response.status, response.getheaders(), body)

    def ask(self, head: str, body: bytes = b"") -> RawAnswer:
        """Send a request whose lines are written with ``\\n``; ``Host`` is added."""
        first, *lines = head.strip().split("\n")
        text = "\r\n".join([first, "Host: shop.example", *map(str.strip, lines), "", ""])
        self.send(text.encode("latin-1") + body)
        return self.answer(first.split(" ")[0])

    def rest(self) -> bytes:
        """Read until the other side closes."""
        parts = []
        try:
            while part := self.socket.recv(65536):
                parts.append(part)
        except ConnectionResetError:
            pass
        return b"".join(parts)


def ask(port: int, head: str, body: bytes = b"") -> RawAnswer:
    """Send one request on a connection of its own."""
    with Caller(port) as caller:
        return caller.ask(head, body)


def log_of(upstream_port: int) -> list[Request]:
    """Return everything that a recording upstream was ever sent, past the edge."""
    return [Request(Seen(**one)) for one in ask(upstream_port, "GET /do/log HTTP/1.1").json]


def logged(upstream_port: int, target: str) -> list[Request]:
    return [request for request in log_of(upstream_port) if request.target == target]


def last_logged(upstream_port: int, target: str) -> Seen:
    """Return the last request for ``target``; a blank one while there is none."""
    requests = logged(upstream_port, target)
    return requests[-1].seen if requests else Seen(0, "")


def to_answer(answer: bytes, then: str = "keep") -> str:
    """Return the path at which the recording upstream answers with these bytes."""
    encoded = quote(base64.urlsafe_b64encode(answer).decode())
    return f"/do/answer?bytes={encoded}&then={then}"


@contextmanager
def listening_unix(path: str) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as opened:
        opened.bind(path)
        opened.listen(128)
        yield opened
