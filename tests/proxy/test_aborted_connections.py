"""Whatever breaks off on one side breaks off on the other, and is never taken for the whole."""

import socket

import pytest

from tests.harness.raw_http import Caller, ask, last_logged, logged, to_answer
from tests.harness.servers import Server
from tests.harness.waiting import eventually


@pytest.mark.parametrize(
    "framing",
    ["Transfer-Encoding: chunked", "Content-Length: 300000", "Content-Length: 2000"],
)
def test_a_cut_off_upload_never_reaches_the_upstream(
    edge: Server, upstream: Server, framing: str
) -> None:
    with Caller(edge.port) as caller:
        caller.send(f"POST /cut HTTP/1.1\r\nHost: x\r\n{framing}\r\n\r\n".encode())
        caller.send(b"3e8\r\n" + bytes(1000) + b"\r\n" if "chunked" in framing else bytes(1000))
        # The end of the input, which the edge answers by closing too: from then on it is over.
        caller.socket.shutdown(socket.SHUT_WR)
        caller.rest()

    assert ask(edge.port, "GET /after-the-cut HTTP/1.1").status == 200
    assert logged(upstream.port, "/cut") == []


def test_broken_chunks_end_the_upload(edge: Server, upstream: Server) -> None:
    with Caller(edge.port) as caller:
        caller.send(
            b"POST /cut/chunk HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"4\r\nabcd\r\n"
        )
        caller.send(b"nonsense\r\n")
        answer = caller.answer()

    assert answer.status == 400
    assert logged(upstream.port, "/cut/chunk") == []


@pytest.mark.parametrize("how", [socket.SHUT_RDWR, None])
def test_a_caller_that_goes_away_ends_the_call_to_the_upstream(
    edge: Server, upstream: Server, how: int | None
) -> None:
    target = f"/do/hang?how={how}"

    with Caller(edge.port) as caller:
        caller.send(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert eventually(lambda: last_logged(upstream.port, target).end == "waiting")
        if how is not None:
            caller.socket.shutdown(how)

    assert eventually(lambda: last_logged(upstream.port, target).end == "reset")


def test_a_caller_that_goes_away_ends_a_long_answer(edge: Server) -> None:
    with Caller(edge.port) as caller:
        caller.send(b"GET /do/big?bytes=1000000000000 HTTP/1.1\r\nHost: x\r\n\r\n")
        caller.socket.recv(1000)

    assert ask(edge.port, "GET /after HTTP/1.1").status == 200


@pytest.mark.parametrize("then", ["close", "reset"])
@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nonly\r\n",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nff\r\nonly\r\n",
    ],
)
def test_a_cut_off_answer_is_cut_off_for_the_caller(edge: Server, answer: bytes, then: str) -> None:
    target = to_answer(answer, then)

    with Caller(edge.port) as caller:
        caller.send(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        received = caller.rest()

    # A reset can overtake the beginning of the answer.
    is_refused = received.startswith(b"HTTP/1.1 502 ") and then == "reset"
    is_cut_off = not received.endswith(b"0\r\n\r\n") and len(received.split(b"\r\n\r\n")[1]) < 100
    assert is_refused or is_cut_off


def test_nothing_of_one_answer_ends_up_in_the_next(edge: Server) -> None:
    """An upstream that says more than it announced has that connection closed."""
    first = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
    unasked = b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nsecret"

    for _ in range(5):
        assert ask(edge.port, f"GET {to_answer(first + unasked)} HTTP/1.1").body == b"ok"
        assert ask(edge.port, "GET /mine HTTP/1.1").seen.target == "/mine"
