"""A partner's server: it keeps what it gets, and answers as a test says."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from uuid import uuid4

from tests.harness.waiting import EVENTUALLY_SECONDS, eventually


@dataclass(frozen=True)
class Got:
    """A request as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def json(self) -> dict[str, Any]:
        parsed: dict[str, Any] = json.loads(self.body)
        return parsed


#: Status, headers and body.
Reply = tuple[int, dict[str, str], bytes]

ACCEPTED: Reply = (204, {}, b"")


class Receiver:
    """Serves on a port of this machine until the end of the block."""

    def __init__(self) -> None:
        self.path = f"/hooks/{uuid4()}"
        self.got: list[Got] = []
        self.answer: Callable[[Got], Reply] = lambda got: ACCEPTED
        self.hangs = threading.Event()
        #: Requests that hang, until ``released`` is set.
        self.hanging = 0
        self.released = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                headers = {name.lower(): value for name, value in self.headers.items()}
                got = Got(self.path, headers, self.rfile.read(length))
                if got.path.startswith("/hooks/") and got.path != receiver.path:
                    # Of an endpoint of another test, whose receiver had the same port.
                    self.send_error(404)
                    return
                receiver.got.append(got)
                if receiver.hangs.is_set():
                    receiver.hanging += 1
                    receiver.released.wait(EVENTUALLY_SECONDS)
                status, fields, body = receiver.answer(got)
                self.send_response(status)
                for name, value in fields.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *values: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}{self.path}"

    def __enter__(self) -> "Receiver":
        # It looks twice a second whether it is to end, unless it is told to look more often.
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()

    def steps(self) -> list[int]:
        """Return what the events say of themselves, in the order they came."""
        return [got.json["data"]["step"] for got in self.got]

    def wait_for(self, count: int) -> list[Got]:
        assert eventually(lambda: len(self.got) >= count), (len(self.got), count)
        return self.got
