"""No caller keeps the upstream's threads, by sending slowly, by reading slowly, or by many calls.

The edge here believes that the upstream has two threads, and lets one caller have one of them
(``small_edge`` of the folder).
"""

import hashlib
import random
import select
import socket
from contextlib import ExitStack
from pathlib import Path

import pytest

from api_edge.proxy.lingering_close import MAX_DISCARDED_BYTES
from tests.harness.raw_http import Caller, RawAnswer, ask, last_logged, logged
from tests.harness.servers import Server, running_edge
from tests.harness.waiting import ANSWER_SECONDS, eventually

SLOW_BODIES = [
    "Transfer-Encoding: chunked",
    "Transfer-Encoding: chunked\r\nExpect: 100-continue",
    "Content-Length: 100",
    "Content-Length: 70000",
    "Content-Length: 70000\r\nExpect: 100-continue",
]


def ask_from(address: str, edge: Server, target: str) -> RawAnswer:
    return ask(edge.port, f"GET {target} HTTP/1.1\nX-Forwarded-For: {address}")


@pytest.mark.parametrize("framing", SLOW_BODIES)
def test_slow_bodies_do_not_reach_it(small_edge: Server, upstream: Server, framing: str) -> None:
    with ExitStack() as stack:
        for _ in range(16):
            caller = stack.enter_context(Caller(small_edge.port))
            caller.send(f"POST /slow HTTP/1.1\r\nHost: x\r\n{framing}\r\n\r\n1".encode())

        assert ask(small_edge.port, "GET /quick HTTP/1.1").status == 200
        assert ask(small_edge.port, "POST /quick HTTP/1.1\nContent-Length: 2", b"ab").status == 200
        assert logged(upstream.port, "/slow") == []


@pytest.mark.parametrize("framing", ["", "&chunked=1"])
def test_slow_readers_do_not_hold_it(small_edge: Server, upstream: Server, framing: str) -> None:
    target = f"/do/big?bytes=3000000&slow=1{framing}"

    with ExitStack() as stack:
        for count in range(1, 5):
            caller = stack.enter_context(Caller(small_edge.port))
            caller.send(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            assert eventually(
                lambda so_far=count: (
                    [one.seen.end for one in logged(upstream.port, target)] == ["answered"] * so_far
                )
            )

        assert ask(small_edge.port, "GET /quick HTTP/1.1").status == 200


def test_an_answer_longer_than_the_lead_comes_whole(small_edge: Server) -> None:
    answer = ask(small_edge.port, "GET /do/big?bytes=12345678 HTTP/1.1")

    assert len(answer.body) == 12_345_678


def test_a_long_body_arrives_as_it_was_sent(small_edge: Server) -> None:
    body = random.Random(1).randbytes(5_000_000)

    with Caller(small_edge.port) as caller:
        caller.send(b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 5000000\r\n\r\n" + body)
        by_length = caller.answer().seen.seen
        caller.send(b"PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        for start in range(0, len(body), 1_000_000):
            caller.send(b"f4240\r\n%b\r\n" % body[start : start + 1_000_000])
        caller.send(b"0\r\n\r\n")
        in_chunks = caller.answer().seen.seen

    assert by_length.body_sha256 == in_chunks.body_sha256 == hashlib.sha256(body).hexdigest()


def test_one_callers_calls_leave_a_thread_to_others(small_edge: Server, upstream: Server) -> None:
    target = "/do/hang?share=1"

    with Caller(small_edge.port) as hanging:
        hanging.send(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        assert eventually(lambda: last_logged(upstream.port, target).end == "waiting")

        busy = ask(small_edge.port, "GET /mine HTTP/1.1")
        assert busy.status == 503
        # As long as the one before it has hung by then.
        assert int(busy.one("retry-after")) >= 1
        assert busy.json["detail"] == "the upstream is busy; nothing was done"
        assert ask_from("192.0.2.1", small_edge, "/others").status == 200
        assert ask_from("2001:db8::1", small_edge, "/others").status == 200

    assert eventually(lambda: ask(small_edge.port, "GET /mine HTTP/1.1").status == 200)


def test_writes_leave_a_thread_to_reads(small_edge: Server, upstream: Server) -> None:
    target = "/do/hang?writes=1"

    with Caller(small_edge.port) as hanging:
        hanging.send(f"POST {target} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n".encode())
        assert eventually(lambda: last_logged(upstream.port, target).end == "waiting")

        for address in ("192.0.2.3", "192.0.2.4"):
            write = f"POST /others HTTP/1.1\nContent-Length: 0\nX-Forwarded-For: {address}"
            assert ask(small_edge.port, write).status == 503
            # A read of one whose writes wait does not wait behind them.
            assert ask_from(address, small_edge, "/others").status == 200

    assert eventually(
        lambda: ask(small_edge.port, "POST /mine HTTP/1.1\nContent-Length: 0").status == 200
    )


def test_who_waits_gets_the_next_thread(upstream: Server, logs: Path) -> None:
    with ExitStack() as stack:
        edge = stack.enter_context(
            running_edge(
                f"http://127.0.0.1:{upstream.port}",
                logs / "in_turn.log",
                PORTICO_DJANGO_THREADS="2",
                PORTICO_DJANGO_SHARE_PERCENT="50",
                # The last of them waits for all others, however long a busy machine takes.
                PORTICO_DJANGO_WAIT_SECONDS="120",
            )
        )
        callers = [stack.enter_context(Caller(edge.port)) for _ in range(8)]
        for caller in callers:
            caller.send(b"GET /in-turn HTTP/1.1\r\nHost: x\r\n\r\n")

        assert [caller.answer().status for caller in callers] == [200] * 8


@pytest.mark.parametrize("framing", ["Transfer-Encoding: chunked", "Content-Length: 9000000"])
def test_a_body_that_is_too_large_is_refused(
    small_edge: Server, upstream: Server, framing: str
) -> None:
    with Caller(small_edge.port) as caller:
        caller.send(f"PUT /large HTTP/1.1\r\nHost: x\r\n{framing}\r\n\r\n".encode())
        # Most clients send all of it before they read the answer.
        caller.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 256 * 1024)
        caller.send((b"895440\r\n" if "chunked" in framing else b"") + bytes(9_000_000))
        answer = caller.answer()

    assert (answer.status, answer.one("connection")) == (413, "close")
    assert answer.json["detail"] == "the body is longer than 8 MB; nothing was done"
    assert logged(upstream.port, "/large") == []


def test_a_refused_caller_who_never_stops_sending_is_cut_off(small_edge: Server) -> None:
    length = MAX_DISCARDED_BYTES + 64 * 1024 * 1024
    head = f"PUT /large HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n"

    def send_on(caller: Caller) -> None:
        for _ in range(length // (1024 * 1024)):
            caller.send(bytes(1024 * 1024))

    with Caller(small_edge.port) as caller:
        caller.send(head.encode())
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            send_on(caller)


def test_bodies_that_wait_share_the_disk(small_edge: Server) -> None:
    """One caller has half of it at most, and what does not fit is told to come back."""
    head = b"PUT / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 192.0.2.9\r\n"

    with Caller(small_edge.port) as first, Caller(small_edge.port) as second:
        for caller in (first, second):
            caller.send(head + b"Content-Length: 8000000\r\n\r\n" + bytes(7_900_000))
        answered, _, _ = select.select([first.socket, second.socket], [], [], ANSWER_SECONDS)
        refused = (first if answered == [first.socket] else second).answer()
        other = ask(
            small_edge.port,
            "PUT / HTTP/1.1\nX-Forwarded-For: 192.0.2.10\nContent-Length: 3000000",
            bytes(3_000_000),
        )

    assert (refused.status, refused.one("retry-after")) == (503, "1")
    assert other.seen.seen.body_bytes == 3_000_000


def test_handshakes_of_websockets_take_their_share(small_edge: Server, upstream: Server) -> None:
    """An upstream that knows no WebSockets works on one as on any request."""
    # Last in this file: the edge hears that the caller has gone when the upstream has answered.
    target, address = "/do/hang?handshake=1", "192.0.2.77"
    handshake = (
        f"GET {target} HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: {address}\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    ).encode()

    with Caller(small_edge.port) as hanging, Caller(small_edge.port) as second:
        hanging.send(handshake)
        assert eventually(lambda: last_logged(upstream.port, target).end == "waiting")
        second.send(handshake)

        assert second.answer().status == 503
        assert ask_from(address, small_edge, "/mine").status == 503
        assert ask_from("192.0.2.5", small_edge, "/others").status == 200
