"""An HTTP server that returns the verdicts of comparisons as a test sets them."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from shared_domain.rollout.wire import Purpose, token

PARITY_KEY = "the key of this edge"


@dataclass
class StubEdge:
    """What it answers by target, and what it was asked."""

    url: str = ""
    verdicts: dict[str, str] = field(default_factory=dict)
    differences: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    def answers(self, target: str, sent_token: str | None) -> dict[str, str]:
        if sent_token != token(Purpose.COMPARE, PARITY_KEY):
            return {}
        verdict = self.verdicts.get(target, "match")
        found = self.differences if verdict == "mismatch" else []
        return {"Portico-Parity": verdict, "Portico-Differences": json.dumps(found)}


@contextmanager
def run_stub_edge() -> Iterator[StubEdge]:
    edge = StubEdge()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            edge.asked.append((self.command, self.path, dict(self.headers), body))
            self.send_response(edge.status)
            self.send_header("X-Request-Id", f"request-{len(edge.asked)}")
            for name, value in edge.answers(self.path, self.headers["Portico-Compare"]).items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST = do_PATCH = answer

        def log_message(self, *_: object) -> None:
            """Say nothing: the test sees what was asked."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    edge.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield edge
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
