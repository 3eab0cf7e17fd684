"""The edge also works in a server without its strict HTTP, as in ``uvicorn api_edge.app:…``."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.raw_http import ask, to_answer
from tests.harness.servers import Server, running, wait_until_there


@pytest.fixture(scope="module")
def plain_edge(upstream: Server, logs: Path) -> Iterator[Server]:
    arguments = ["-m", "uvicorn", "api_edge.app:create_app", "--factory", "--no-proxy-headers"]
    with running(
        "plain",
        [*arguments, "--no-access-log", "--fd", "{fd}"],
        log=logs / "plain.log",
        environment={"DJANGO_URL": f"http://127.0.0.1:{upstream.port}"},
    ) as edge:
        wait_until_there(edge)
        yield edge


def test_paths_and_bodies_arrive(plain_edge: Server) -> None:
    seen = ask(plain_edge.port, "PUT /a%2fb//c?d=%20 HTTP/1.1\nContent-Length: 2", b"hi").seen

    assert seen.target == "/a%2fb//c?d=%20"
    assert seen.seen.body_bytes == 2


def test_no_header_comes_twice(plain_edge: Server) -> None:
    answered = b"HTTP/1.1 200 OK\r\nDate: x\r\nServer: y\r\ncontent-length: 0\r\n\r\n"

    answer = ask(plain_edge.port, f"GET {to_answer(answered)} HTTP/1.1")

    assert answer.one("date")
    assert answer.one("server")


@pytest.mark.parametrize(
    "headers", ["Host: y", "Transfer-Encoding: gzip, chunked", "Content-Length: 1\nHost: y"]
)
def test_what_is_unclear_is_refused(plain_edge: Server, headers: str) -> None:
    answer = ask(plain_edge.port, f"POST / HTTP/1.1\n{headers}", b"0\r\n\r\n")

    assert answer.status == 400
    assert answer.one("connection") == "close"
