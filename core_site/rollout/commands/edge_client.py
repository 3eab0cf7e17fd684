"""HTTP client that sends recorded requests to the edge, which compares both halves' responses."""

import http.client
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult

from core_site.environment import env
from core_site.rollout.commands.credentials import Credentials
from core_site.rollout.commands.exit_codes import CommandStopped, ExitCode
from core_site.rollout.commands.recordings import RecordedRequest
from shared_domain.rollout.wire import (
    COMPARE_HEADER,
    DIFFERENCES_HEADER,
    PARITY_HEADER,
    Purpose,
    token,
)

_TIMEOUT_SECONDS = 30

#: Recorded headers that are not sent again.
_OWN_HEADERS = frozenset(
    {"authorization", "connection", "content-length", "host", "transfer-encoding"}
) | {COMPARE_HEADER}

#: A caller without a session is often redirected to a page for signing in.
_NOT_AUTHENTICATED = frozenset({401, 403, 302, 303, 307})

NOT_COMPARED = "not_compared"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedRequest:
    """A recorded request with the edge's verdict on it."""

    recorded: RecordedRequest
    verdict: str
    status: int
    request_id: str
    differences: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeClient:
    """A client of the edge: its address, the parity key and the credentials of a caller."""

    address: SplitResult
    credentials: Credentials
    parity_key: str

    def compare(self, recorded: RecordedRequest) -> ComparedRequest:
        """Send the request; Django answers it, so a write really is committed.

        Raises:
            CommandStopped: the edge does not answer, or the credentials are refused.
        """
        status, headers = self._send(recorded)
        if status in _NOT_AUTHENTICATED and recorded.status != status:
            raise CommandStopped(
                f"the credentials are not let in: {recorded.method} {recorded.target} was "
                f"answered with {status} instead of {recorded.status}; both halves do so alike",
                ExitCode.UNREACHABLE,
            )
        return ComparedRequest(
            recorded=recorded,
            verdict=headers.get(PARITY_HEADER) or NOT_COMPARED,
            status=status,
            request_id=headers.get("X-Request-Id") or "unknown",
            differences=_differences(headers.get(DIFFERENCES_HEADER) or "[]"),
        )

    def _send(self, recorded: RecordedRequest) -> tuple[int, http.client.HTTPMessage]:
        body = None if recorded.body is None else json.dumps(recorded.body).encode()
        replaced = _OWN_HEADERS | {name.lower() for name in self.credentials.headers}
        headers = {
            name: value for name, value in recorded.headers.items() if name.lower() not in replaced
        } | dict(self.credentials.headers)
        if body is not None and "content-type" not in {name.lower() for name in headers}:
            headers["Content-Type"] = "application/json"
        headers[COMPARE_HEADER] = token(Purpose.COMPARE, self.parity_key)
        connection = self._connection()
        try:
            target = self.credentials.add_to(recorded.target)
            connection.request(recorded.method, target, body=body, headers=headers)
            response = connection.getresponse()
            response.read()
            return response.status, response.headers
        except (OSError, http.client.HTTPException) as problem:
            raise CommandStopped(
                f"the edge at {self.address.geturl()} does not answer "
                f"({type(problem).__name__}); is it running?",
                ExitCode.UNREACHABLE,
            ) from None
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        is_https = self.address.scheme == "https"
        kind = http.client.HTTPSConnection if is_https else http.client.HTTPConnection
        return kind(self.address.hostname or "", self.address.port, timeout=_TIMEOUT_SECONDS)


def parity_key() -> str:
    """Return the parity key, which the edge and Django share.

    Raises:
        CommandStopped: PORTICO_PARITY_KEY is not set.
    """
    key: str | None = env("PORTICO_PARITY_KEY")
    if key is None:
        raise CommandStopped(
            "PORTICO_PARITY_KEY is not set: it is the key that the edge was started with; "
            "./deploy/up keeps it in its data folder, in secrets.json as parity_key",
            ExitCode.UNREACHABLE,
        )
    return key


def _differences(header: str) -> list[Mapping[str, Any]]:
    try:
        found = json.loads(header)
    except ValueError:
        found = None
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise CommandStopped(
            f"the response's {DIFFERENCES_HEADER} is not an edge's", ExitCode.MISCONFIGURED
        )
    return found
