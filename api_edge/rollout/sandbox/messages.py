"""The messages between the edge process and a sandbox process: pickles over a socket.

Both run the same code, one being a fork of the other, and no caller can write to the socket. Those
of the sandbox process have their length in front, since the edge process reads without blocking.
"""

import pickle
import socket
import struct
from dataclasses import dataclass

from starlette.types import Scope

from api_edge.request_state import request_state
from api_edge.rollout.observations import Observation
from shared_domain.rollout.wire import Verdict

#: A length of four bytes, in network order.
LENGTH = struct.Struct("!I")

#: What of a request's scope goes along: plain values, none of them an open resource.
_PLAIN_KEYS = (
    "type", "asgi", "http_version", "method", "scheme", "path", "raw_path", "query_string",
    "root_path", "headers", "client", "server",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ready:
    """The sandbox process is connected; ``backend_pid`` is PostgreSQL's process for it."""

    backend_pid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRunRequest:
    """One request for a dry run, and how long the edge may take for it."""

    scope: Scope
    body: bytes
    is_read: bool
    within_seconds: float
    #: The next dry run sees the snapshot of this one, as this one that of the last.
    keeps_snapshot: bool = False


@dataclass(frozen=True, slots=True)
class CloseSnapshot:
    """Asks to end the transaction that was kept open for another dry run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRunResult:
    """The result of a dry run; ``observation`` is ``ABANDONED`` when it was not done in time."""

    observation: Observation | Verdict
    has_lost_connection: bool
    #: Nothing of it was seen in a second transaction.
    is_one_snapshot: bool = True


def plain_scope(scope: Scope) -> Scope:
    """Return the part of a request's scope that can be sent to another process."""
    state = {
        name: value
        for name, value in request_state(scope).items()
        if isinstance(value, str | bytes | int | float | bool | None)
    }
    return {name: scope[name] for name in _PLAIN_KEYS if name in scope} | {"state": state}


def send(channel: socket.socket, message: Ready | DryRunResult) -> None:
    """Send a message of the sandbox process."""
    content = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    channel.sendall(LENGTH.pack(len(content)) + content)
