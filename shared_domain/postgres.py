"""PostgreSQL as a server: connection parameters, time-outs, and which errors are transient.

Parameters are libpq's (PostgreSQL's manual, "Parameter Key Words"); codes of errors are SQLSTATEs
(its appendix "PostgreSQL Error Codes").
"""

import math
import re
from collections.abc import Callable, Mapping
from typing import Protocol

#: A machine that is gone answers nothing: the time-outs after which a connection counts as lost.
#: An address that sets one of them keeps its own value.
TIME_OUTS: Mapping[str, str] = {
    "connect_timeout": "3",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    # Milliseconds: 10 + 3 * 5 seconds, so that both find it out after the same time.
    "tcp_user_timeout": "25000",
}

#: A read-only session older than this is replaced: a new one may reach the primary.
STALE_AFTER_SECONDS = 1.0

#: Messages to callers of either half.
NOTHING_DONE = "the service is busy or restarting; nothing was done; try again in a second"

#: The one case in which a write may be stored although its answer is an error.
OUTCOME_UNKNOWN = (
    "the database was lost while it stored the outcome of this request, which may be carried out "
    "or not; look it up, or repeat the request if that is safe"
)

#: Errors after which the same request may work: the server or the way to it is at fault, not the
#: statement. Classes: connection (08), resources (53), system (58), rolled back by the server (40).
_CLASSES_THAT_PASS = ("08", "53", "58", "40")
_STATES_THAT_PASS = frozenset(
    {
        "25006",  # read-only: a standby, or a server that is about to become one
        "25P03",  # idle in a transaction for too long
        "25P04",  # a transaction that took too long
        "55P03",  # a lock was not to be had in time
        "57014",  # a statement that took too long
        "57P01",  # the server ends the session, by an administrator's word
        "57P02",  # another process of the server has crashed
        "57P03",  # starting, stopping, or in recovery
        "57P05",  # idle for too long
    }
)

#: Bodies of functions and of DO blocks, whose END ends no transaction.
_BODIES = re.compile(r"\$(\w*)\$.*?\$\1\$", re.DOTALL)

#: What would end a transaction, alone or behind another statement; back to a savepoint is no end.
_ENDING = re.compile(
    r"(?:^|;)(?:\s+|--[^\n]*\n|/\*.*?\*/)*"
    r"(?:commit|end|abort|prepare\s+transaction|rollback(?!(?:\s+(?:work|transaction))?\s+to))\b",
    re.IGNORECASE | re.DOTALL,
)


def is_transient(sqlstate: str) -> bool:
    """Return whether an error is transient: the same request may succeed in a moment."""
    return sqlstate.startswith(_CLASSES_THAT_PASS) or sqlstate in _STATES_THAT_PASS


def is_server_away(sqlstate: str) -> bool:
    """Return whether an error concerns the server as a whole, not the statement."""
    return sqlstate.startswith(("08", "53", "57P", "25006"))


def connection_parameters(address: Mapping[str, object]) -> dict[str, str]:
    """Return an address as libpq's parameters: with time-outs, and the primary of several hosts."""
    given = {name: str(value) for name, value in address.items() if value is not None}
    hosts = given.get("host", "") + given.get("hostaddr", "")
    of_several = {"target_session_attrs": "read-write"} if "," in hosts else {}
    return {**TIME_OUTS, **of_several, **given}


def wants_primary(address: Mapping[str, object]) -> bool:
    """Return whether a session that has become read-only has to be replaced."""
    return address.get("target_session_attrs") in ("read-write", "primary")


def is_read_only(status: Callable[[bytes], bytes | None]) -> bool:
    """Return whether a session cannot write, by the parameters that the server reported last.

    Sends nothing: PostgreSQL reports a change of these parameters with its next response (manual,
    "Asynchronous Operations" of the protocol).
    """
    return b"on" in (status(b"default_transaction_read_only"), status(b"in_hot_standby"))


class Session(Protocol):
    """A connection as both halves see it."""

    asked_for_at: float

    @property
    def is_read_only(self) -> bool: ...


class ReadOnlySessions:
    """Tells which read-only sessions of a pool are to be replaced.

    After a failover, or once a server takes writes again, the sessions from before still take none.
    """

    def __init__(self) -> None:
        self._writable_since = -math.inf

    def is_stale(self, session: Session, *, now: float) -> bool:
        """Return whether a session takes no writes where a new one may.

        It is older than ``STALE_AFTER_SECONDS``, or than a session of this pool that takes writes.
        Times are those of ``time.monotonic()``.
        """
        if not session.is_read_only:
            self._writable_since = max(self._writable_since, session.asked_for_at)
            return False
        is_old = now - session.asked_for_at > STALE_AFTER_SECONDS
        return is_old or session.asked_for_at < self._writable_since


def direct_parts(address: Mapping[str, object], direct: Mapping[str, object]) -> dict[str, str]:
    """Return a connection pooler's address with the host and port of the server behind it.

    ``direct`` may name host and port only: user, password and database remain those of the address.
    """
    parts = {**address, **direct}
    if "host" in direct and "hostaddr" not in direct:
        parts.pop("hostaddr", None)
    return {name: str(value) for name, value in parts.items() if value is not None}


def ends_transaction(statement: str) -> bool:
    """Return whether a statement would commit or roll back its transaction.

    A dry run refuses such statements. True as well for a text that only quotes such a statement
    behind a semicolon.
    """
    return _ENDING.search(_BODIES.sub("''", statement)) is not None
