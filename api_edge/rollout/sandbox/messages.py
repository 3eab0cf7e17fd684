"""What the edge process and a sandbox process say to each other: pickles with their length.

Both run the same code, one being a fork of the other, and no caller can write to the socket.
"""

import pickle
import socket
import struct
from dataclasses import dataclass
from typing import TypeVar

from starlette.types import Scope

from api_edge.request_state import request_state
from api_edge.rollout.observations import Observation
from shared_domain.rollout.wire import Verdict

T = TypeVar("T")

#: A length of four bytes, in network order.
LENGTH = struct.Struct("!I")

#: What of a request's scope goes along: plain values, none of them an open resource.
_OF_THE_SCOPE = (
    "type", "asgi", "http_version", "method", "scheme", "path", "raw_path", "query_string",
    "root_path", "headers", "client", "server",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ready:
    """The process is connected; ``backend_pid`` is PostgreSQL's process of the connection."""

    backend_pid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRunRequest:
    """One request, and how long the edge may take for it."""

    scope: Scope
    body: bytes
    is_read: bool
    within_seconds: float
    #: It sees what the one before it has seen, and so does the next one.
    keeps_snapshot: bool = False


@dataclass(frozen=True, slots=True)
class CloseSnapshot:
    """The transaction that was kept open for another dry run is needed no more."""


@dataclass(frozen=True, slots=True)
class Request:
    """What the edge process asks of a sandbox process."""

    asked: DryRunRequest | CloseSnapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRunResult:
    """What came of a dry run; ``asked`` is None when the answer came too late."""

    asked: Observation | Verdict | None
    is_late: bool
    has_lost_connection: bool
    #: Nothing of it was seen in a second transaction.
    is_one_snapshot: bool = True


def plain_scope(scope: Scope) -> Scope:
    """Return what of a request can be sent to another process."""
    state = {
        name: value
        for name, value in request_state(scope).items()
        if isinstance(value, str | bytes | int | float | bool | None)
    }
    return {name: scope[name] for name in _OF_THE_SCOPE if name in scope} | {"state": state}


def packed(message: object) -> bytes:
    content = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    return LENGTH.pack(len(content)) + content


def send(channel: socket.socket, message: object) -> None:
    channel.sendall(packed(message))


def receive(channel: socket.socket) -> DryRunRequest | CloseSnapshot | None:
    """Return what the edge process asks for next; None when it has ended."""
    head = _exactly(channel, LENGTH.size)
    content = head and _exactly(channel, *LENGTH.unpack(head))
    return unpacked(content, Request).asked if content else None


def unpacked(content: bytes, kind: type[T]) -> T:
    """Return the message.

    Raises:
        TypeError: it is another one than what is expected now.
    """
    message = pickle.loads(content)  # noqa: S301 (see the docstring)
    if not isinstance(message, kind):
        raise TypeError(type(message).__qualname__)
    return message


def _exactly(channel: socket.socket, length: int) -> bytes:
    parts = bytearray()
    while len(parts) < length:
        part = channel.recv(length - len(parts))
        if not part:
            return b""
        parts += part
    return bytes(parts)
