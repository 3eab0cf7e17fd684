"""An upstream that is down, slow or broken gives 502 or 504 as a problem document, in time."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from api_edge.settings import InvalidSettings, Settings
from tests.harness.raw_http import Caller, RawAnswer, ask, listening_unix, logged, to_answer
from tests.harness.servers import Server, running_edge, running_recorder

#: What an edge that gives up after a second may take on a slow and busy machine.
SOON_SECONDS = 40

SHORT = {"PORTICO_DJANGO_READ_SECONDS": "1", "PORTICO_DJANGO_CONNECT_SECONDS": "1"}


@pytest.fixture(scope="module")
def impatient_edge(upstream: Server, logs: Path) -> Iterator[Server]:
    with running_edge(f"http://127.0.0.1:{upstream.port}", logs / "impatient.log", **SHORT) as edge:
        yield edge


@pytest.fixture(scope="module")
def silent() -> Iterator[socket.socket]:
    """A socket that does not listen: its port refuses connections, and stays its own."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken


@pytest.fixture(scope="module")
def edge_without_upstream(logs: Path, silent: socket.socket) -> Iterator[Server]:
    """An edge whose upstream is not there."""
    url = f"http://127.0.0.1:{silent.getsockname()[1]}"
    with running_edge(url, logs / "lonely.log") as edge:
        yield edge


def check_problem(answer: RawAnswer, status: int) -> None:
    assert answer.status == status
    assert answer.one("content-type") == "application/problem+json"
    assert answer.json["status"] == status
    assert answer.json["requestId"] == answer.one("x-request-id")


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE"])
def test_an_upstream_that_is_down(edge_without_upstream: Server, method: str) -> None:
    answer = ask(edge_without_upstream.port, f"{method} /admin/ HTTP/1.1\nContent-Length: 0")

    check_problem(answer, 502)
    assert "nothing was done" in answer.json["detail"]


def test_a_person_gets_a_page(edge_without_upstream: Server) -> None:
    answer = ask(edge_without_upstream.port, "GET /admin/ HTTP/1.1\nAccept: text/html,*/*;q=0.8")

    assert answer.status == 502
    assert answer.one("content-type") == "text/html; charset=utf-8"
    assert str(answer.one("x-request-id")).encode() in answer.body
    for part in (b"Portico does not answer", b"Nothing was done", b"Load this page again"):
        assert part in answer.body
    assert b"upstream" not in answer.body
    assert b"look first" not in answer.body


def test_a_person_whose_change_may_be_stored_is_told_so(impatient_edge: Server) -> None:
    answer = ask(
        impatient_edge.port, "POST /do/hang HTTP/1.1\nContent-Length: 0\nAccept: text/html"
    )

    assert answer.status == 504
    assert b"if you were saving, look first if it is there" in answer.body
    assert b"Nothing was done" not in answer.body


def test_the_edge_serves_its_own_without_the_upstream(edge_without_upstream: Server) -> None:
    assert ask(edge_without_upstream.port, "GET /openapi.json HTTP/1.1").status == 200
    assert ask(edge_without_upstream.port, "GET /octo/products HTTP/1.1").status == 401


@pytest.mark.parametrize("request_line", ["GET /do/hang HTTP/1.1", "POST /do/hang HTTP/1.1"])
def test_no_answer_in_time(impatient_edge: Server, request_line: str) -> None:
    began_at = time.monotonic()

    answer = ask(impatient_edge.port, f"{request_line}\nContent-Length: 0")

    check_problem(answer, 504)
    assert 1 <= time.monotonic() - began_at < SOON_SECONDS


def test_no_answer_after_a_long_upload_in_time(impatient_edge: Server) -> None:
    answer = ask(
        impatient_edge.port, "POST /do/hang HTTP/1.1\nContent-Length: 200000", bytes(200_000)
    )

    check_problem(answer, 504)


def test_a_upstream_that_does_not_take_the_body(impatient_edge: Server) -> None:
    with Caller(impatient_edge.port) as caller:
        caller.send(b"POST /do/unmoved HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n")
        try:
            for _ in range(100):
                caller.send(bytes(1_000_000))
        except ConnectionError:
            return
        answer = caller.answer()

    check_problem(answer, 504)


def test_an_answer_that_stops_in_the_middle(impatient_edge: Server) -> None:
    stopped = to_answer(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this", then="keep")

    with Caller(impatient_edge.port) as caller:
        caller.send(f"GET {stopped} HTTP/1.1\r\nHost: x\r\n\r\n".encode())

        assert caller.rest().endswith(b"only this")


@pytest.mark.parametrize("framing", ["Content-Length: 100", "Content-Length: 100000"])
def test_a_caller_that_stops_in_the_middle(impatient_edge: Server, framing: str) -> None:
    with Caller(impatient_edge.port) as caller:
        caller.send(f"POST /stopped HTTP/1.1\r\nHost: x\r\n{framing}\r\n\r\nhalf".encode())
        answer = caller.answer()
        rest = caller.rest()

    check_problem(answer, 408)
    assert rest == b""


@pytest.mark.parametrize(
    "nonsense",
    [b"", b"\x16\x03\x01\x02\x00", b"nonsense\r\n\r\n", b"HTTP/1.1 2000 OK\r\n\r\n",
     b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
     b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n", b"HTTP/1.1 999 Odd\r\n\r\n",
     b"HTTP/1.1 200 OK\r\nodd name: x\r\ncontent-length: 0\r\n\r\n",
     b"HTTP/1.1 200 OK\r\nx: a\x01b\r\ncontent-length: 0\r\n\r\n",
     b"HTTP/1.1 200 OK\r\nx: a\x00b\r\ncontent-length: 0\r\n\r\n",
     b"HTTP/1.1 101 Switching Protocols\r\n\r\n", b"HTTP/1.1 200 OK\r\nhalf a head"],
)  # fmt: skip
def test_nonsense(edge: Server, nonsense: bytes) -> None:
    check_problem(ask(edge.port, f"GET {to_answer(nonsense, 'close')} HTTP/1.1"), 502)


def test_a_get_on_a_connection_that_has_just_died_is_sent_again(
    edge: Server, upstream: Server
) -> None:
    for number in range(5):
        ask(edge.port, f"GET /warm/{number} HTTP/1.1")
        assert ask(edge.port, "GET /do/die-if-kept HTTP/1.1").status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_what_may_have_had_an_effect_is_never_sent_twice(
    edge: Server, upstream: Server, method: str
) -> None:
    ask(edge.port, "GET /warm HTTP/1.1")
    before = len(logged(upstream.port, "/do/die-if-kept"))

    answer = ask(edge.port, f"{method} /do/die-if-kept HTTP/1.1\nContent-Length: 0")

    check_problem(answer, 502)
    assert "may have done" in answer.json["detail"]
    assert len(logged(upstream.port, "/do/die-if-kept")) == before + 1


def test_a_restarted_upstream_is_found_again_by_every_method(
    edge_without_upstream: Server, silent: socket.socket, logs: Path
) -> None:
    silent.listen()
    for method in ("GET", "POST", "PUT", "DELETE", "POST", "PATCH"):
        with running_recorder(logs / "restarted.log", silent.dup()):
            for _ in range(3):
                request = f"{method} /again HTTP/1.1\nContent-Length: 2"
                assert ask(edge_without_upstream.port, request, b"hi").status == 200


def test_a_unix_socket(logs: Path, tmp_path: Path) -> None:
    path = str(tmp_path / "upstream.sock")

    with (
        listening_unix(path) as listening,
        running_recorder(logs / "unix.log", listening.dup()),
        running_edge(f"unix://{path}", logs / "unix_edge.log") as edge,
    ):
        seen = ask(edge.port, "POST /by/unix HTTP/1.1\nContent-Length: 100000", bytes(100_000)).seen

    assert seen.target == "/by/unix"
    assert seen.one("host") == "shop.example"
    assert seen.seen.body_bytes == 100_000


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DJANGO_URL", "localhost:8001"),
        ("DJANGO_URL", "ftp://localhost"),
        ("DJANGO_URL", "http://localhost:8o01"),
        ("DJANGO_URL", "http://localhost/path"),
        ("DJANGO_URL", "http://user:password@localhost"),
        ("DJANGO_URL", "unix:upstream.sock"),
        ("PORTICO_DJANGO_READ_SECONDS", "0"),
        ("PORTICO_DJANGO_CONNECT_SECONDS", "soon"),
        ("PORTICO_TRUSTED_PROXIES", "10.0.0.0/99"),
        ("PORTICO_TRUSTED_PROXIES", "lb.example"),
    ],
)
def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv("EDGE_DATABASE_URL", "postgresql://x@y/z")
    monkeypatch.setenv(name, value)

    with pytest.raises(InvalidSettings, match=name):
        Settings.from_environment()
