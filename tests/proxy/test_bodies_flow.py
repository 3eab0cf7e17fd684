"""Bodies of any size pass the edge; it never has more than a few parts of one in its memory.

``PORTICO_TEST_BIG_MB`` is their size, 100 unless given.
"""

import os

import psutil
import pytest

from tests.harness.raw_http import Caller, last_logged
from tests.harness.servers import Server
from tests.harness.waiting import eventually

BIG = int(os.environ.get("PORTICO_TEST_BIG_MB", "100")) * 1_000_000
PART = bytes(1_000_000)

#: What the edge may grow by, whatever the size of the body.
MOST_GROWTH = 24_000_000


def memory_of(edge: Server) -> int:
    return sum(worker.memory_info().rss for worker in psutil.Process(edge.child.pid).children())


@pytest.mark.parametrize("framing", ["chunked", "length"])
def test_down(edge: Server, framing: str) -> None:
    before = most = memory_of(edge)
    target = f"/do/big?bytes={BIG}" + ("&chunked=1" if framing == "chunked" else "")

    with Caller(edge.port) as caller:
        caller.send(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        received = 0
        while received < BIG:
            received += len(caller.socket.recv(1_000_000))
            most = max(most, memory_of(edge)) if received % 7 == 0 else most

    assert max(most, memory_of(edge)) - before < MOST_GROWTH


@pytest.mark.parametrize("framing", ["Transfer-Encoding: chunked", f"Content-Length: {BIG}"])
def test_up(edge: Server, framing: str) -> None:
    before = most = memory_of(edge)
    is_chunked = "chunked" in framing

    with Caller(edge.port) as caller:
        caller.send(f"POST /up HTTP/1.1\r\nHost: x\r\n{framing}\r\n\r\n".encode())
        for _ in range(BIG // len(PART)):
            caller.send(b"%x\r\n%b\r\n" % (len(PART), PART) if is_chunked else PART)
            most = max(most, memory_of(edge))
        caller.send(b"0\r\n\r\n" if is_chunked else b"")
        answer = caller.answer()

    assert answer.seen.seen.body_bytes == BIG
    assert most - before < MOST_GROWTH


def test_a_caller_that_does_not_read_costs_no_memory(edge: Server, upstream: Server) -> None:
    before = memory_of(edge)
    # No more than what may be ahead of a caller (PORTICO_LARGEST_LEAD_MEGABYTES).
    target = f"/do/big?bytes={min(BIG, 200_000_000)}&unread=1"

    with Caller(edge.port) as caller:
        caller.send(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        # It is there ahead of its caller.
        assert eventually(lambda: last_logged(upstream.port, target).end == "answered")

        assert memory_of(edge) - before < MOST_GROWTH


def test_each_part_of_an_answer_arrives_before_the_next_is_made(edge: Server) -> None:
    with Caller(edge.port) as caller, Caller(edge.port) as other:
        caller.send(b"GET /do/drip HTTP/1.1\r\nHost: x\r\n\r\n")
        received = b""
        while b"first" not in received:
            received += caller.socket.recv(1000)
        other.ask("GET /do/go-on HTTP/1.1")
        while not received.endswith(b"0\r\n\r\n"):
            received += caller.socket.recv(1000)

    assert b"second" in received


@pytest.mark.parametrize("framing", ["Transfer-Encoding: chunked", "Content-Length: 5"])
def test_the_edge_says_100_continue_itself(edge: Server, framing: str) -> None:
    with Caller(edge.port) as caller:
        caller.send(
            f"PUT / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n{framing}\r\n\r\n".encode()
        )
        assert caller.socket.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        caller.send(b"5\r\nhello\r\n0\r\n\r\n" if "chunked" in framing else b"hello")
        seen = caller.answer().seen

    assert seen.one("expect") is None
    assert seen.seen.body_bytes == 5


def test_a_upstream_that_answers_before_it_has_the_body_is_heard(edge: Server) -> None:
    with Caller(edge.port) as caller:
        caller.send(b"POST /do/early HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000\r\n\r\n")
        caller.send(bytes(10_000_000))

        assert caller.answer().status == 413
