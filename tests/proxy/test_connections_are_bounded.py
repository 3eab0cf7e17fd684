"""Connections have a number and a pace: what is too many, too slow or idle for too long is closed.

The edge here takes 24 connections, 12 of one address, and gives its callers a second.
"""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest

from api_edge.proxy.connections import ConnectionLimiter, TransferRate
from api_edge.proxy.limits import DEFAULT_LIMITS, Limits
from api_edge.proxy.trusted_proxies import NO_PROXIES
from tests.harness.raw_http import Caller, ask, logged
from tests.harness.servers import Server, gunicorn_workers, running_edge
from tests.harness.waiting import ANSWER_SECONDS, eventually

OF_ADDRESS = 12

SMALL = {
    "PORTICO_MOST_CONNECTIONS": "24",
    "PORTICO_MOST_CONNECTIONS_OF_ADDRESS": str(OF_ADDRESS),
    "PORTICO_HEAD_SECONDS": "1",
    "PORTICO_GRACE_SECONDS": "1",
    "PORTICO_DJANGO_THREADS": "0",
}

#: What the first caller of an idle connection has sent: nothing, half a line, half a head.
UNFINISHED = [b"", b"GE", b"GET / HTTP/1.1\r\nHost: x\r\nA: "]


@pytest.fixture(scope="module")
def strict_edge(upstream: Server, logs: Path) -> Iterator[Server]:
    url = f"http://127.0.0.1:{upstream.port}"
    with running_edge(url, logs / "few_connections.log", **SMALL) as edge:
        yield edge


@pytest.fixture(scope="module")
def patient_edge(upstream: Server, logs: Path) -> Iterator[Server]:
    """As few connections, and all the time in the world."""
    patient = {name: value for name, value in SMALL.items() if not name.endswith("_SECONDS")}
    url = f"http://127.0.0.1:{upstream.port}"
    with running_edge(url, logs / "unhurried.log", **patient) as edge:
        yield edge


def is_closed(caller: Caller) -> bool:
    caller.socket.setblocking(False)
    try:
        return caller.socket.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True
    finally:
        caller.socket.settimeout(ANSWER_SECONDS)


@pytest.mark.parametrize("sent", UNFINISHED)
def test_the_oldest_idle_ones_give_way(patient_edge: Server, sent: bytes) -> None:
    with ExitStack() as stack:
        kept = stack.enter_context(Caller(patient_edge.port))
        idle = [stack.enter_context(Caller(patient_edge.port)) for _ in range(3 * OF_ADDRESS)]
        for caller in idle:
            if not is_closed(caller):
                try:
                    caller.send(sent)
                except ConnectionError:
                    continue

        assert ask(patient_edge.port, "GET /quick HTTP/1.1").status == 200
        assert ask(patient_edge.port, "POST /quick HTTP/1.1\nContent-Length: 1", b"a").status
        assert eventually(lambda: is_closed(kept))
        assert eventually(lambda: sum(map(is_closed, idle)) >= 2 * OF_ADDRESS)
        assert not is_closed(idle[-1])


def test_of_one_address_the_one_that_is_idle_for_longest_gives_way() -> None:
    """It is not the one that was opened first, if that has had a request since."""

    class Connection:
        def __init__(self) -> None:
            self.client = ("203.0.113.7", 1)
            self.is_closed = False

        def close_idle(self) -> None:
            self.is_closed = True

        def check_rate(self, now: float) -> None:
            pass

    async def admit_three() -> list[bool]:
        limits = DEFAULT_LIMITS.model_copy(update={"max_connections_per_address": 2})
        limiter = ConnectionLimiter(limits, NO_PROXIES)
        first, second, third = (Connection() for _ in range(3))
        for connection in (first, second):
            assert limiter.admit(connection)
        limiter.mark_busy(first)
        limiter.mark_idle(first)
        assert limiter.admit(third)
        return [first.is_closed, second.is_closed, third.is_closed]

    assert asyncio.run(admit_three()) == [False, True, False]


def test_requests_are_not_given_up_for_new_connections(
    patient_edge: Server, upstream: Server
) -> None:
    with ExitStack() as stack:
        for count in range(1, OF_ADDRESS + 1):
            caller = stack.enter_context(Caller(patient_edge.port))
            caller.send(b"GET /do/hang?busy=1 HTTP/1.1\r\nHost: x\r\n\r\n")
            assert eventually(
                lambda so_far=count: len(logged(upstream.port, "/do/hang?busy=1")) == so_far
            )

        with Caller(patient_edge.port) as late:
            answer = late.answer()

        assert (answer.status, answer.one("retry-after")) == (503, "1")
        with other_address(patient_edge.port) as other:
            assert other.ask("GET /other HTTP/1.1").status == 200
        assert {one.seen.end for one in logged(upstream.port, "/do/hang?busy=1")} == {"waiting"}

    assert eventually(lambda: ask(patient_edge.port, "GET /quick HTTP/1.1").status == 200)


def other_address(port: int) -> Caller:
    caller = Caller(port)
    caller.socket.close()
    try:
        caller.socket = socket.create_connection(
            ("127.0.0.1", port), timeout=ANSWER_SECONDS, source_address=("127.0.0.2", 0)
        )
    except OSError:
        pytest.skip("this machine has one loopback address only")
    return caller


@pytest.mark.parametrize("path", ["/to-the-upstream", "/octo/bookings"])
@pytest.mark.parametrize(
    "framing", ["Content-Length: 100", "Content-Length: 100000", "Transfer-Encoding: chunked"]
)
def test_a_body_that_does_not_get_on_is_given_up(
    strict_edge: Server, path: str, framing: str
) -> None:
    with Caller(strict_edge.port) as caller:
        caller.send(f"POST {path} HTTP/1.1\r\nHost: x\r\n{framing}\r\n\r\n1".encode())
        answer = caller.answer()
        rest = caller.rest()

    # Without a key, the answer does not wait for the body.
    assert answer.status == (408 if path == "/to-the-upstream" else 401)
    assert rest == b""


def test_line_ends_between_requests_keep_nothing_open(strict_edge: Server) -> None:
    with Caller(strict_edge.port) as caller:

        def is_over() -> bool:
            try:
                caller.send(b"\r\n")
            except ConnectionError:
                return True
            return is_closed(caller)

        assert eventually(is_over)


def test_an_answer_that_is_not_read_is_given_up(strict_edge: Server) -> None:
    worker = gunicorn_workers(psutil.Process(strict_edge.child.pid))[0]
    with Caller(strict_edge.port) as caller:
        caller.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        caller.send(b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 50)
        mine = caller.socket.getsockname()

        assert eventually(lambda: all(one.raddr != mine for one in worker.net_connections()))


def test_no_more_than_a_few_requests_wait_on_one_connection(strict_edge: Server) -> None:
    with Caller(strict_edge.port) as caller:
        caller.send(b"GET /quick HTTP/1.1\r\nHost: x\r\n\r\n" * 200)
        answers = caller.rest().count(b"HTTP/1.1 200 ")

    assert 1 <= answers <= 101


def test_a_pace_is_that_of_what_is_waited_for() -> None:
    limits = DEFAULT_LIMITS.model_copy(update={"grace_seconds": 20.0, "min_bytes_per_second": 500})
    steady, hurried, held_up = (TransferRate(limits, now=0.0) for _ in range(3))

    assert not steady.is_too_slow(20.0, is_waiting=True)
    steady.record(1_000)
    assert not steady.is_too_slow(22.0, is_waiting=True)
    assert steady.is_too_slow(22.1, is_waiting=True)
    hurried.record(1_000_000)
    assert hurried.is_too_slow(61.0, is_waiting=True, within_seconds=60.0)
    assert not held_up.is_too_slow(1_000.0, is_waiting=False)


@pytest.mark.parametrize(
    ("limits", "descriptors", "connections"),
    [
        (DEFAULT_LIMITS, 1_048_576, 4_096),
        (DEFAULT_LIMITS, 1_024, 640),
        (DEFAULT_LIMITS, 256, 128),
        (DEFAULT_LIMITS.model_copy(update={"upstream_threads": 0}), 1_024, 320),
        (DEFAULT_LIMITS.model_copy(update={"max_connections": 10}), 1_024, 10),
    ],
)
def test_there_is_a_descriptor_for_each(limits: Limits, descriptors: int, connections: int) -> None:
    assert limits.connections_within(descriptors) == connections


def test_bodies_without_a_key_are_answered_before_they_come(edge: Server) -> None:
    """Four hundred callers with a megabyte each leave nothing in memory."""
    head = b"POST /octo/bookings HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"
    worker = gunicorn_workers(psutil.Process(edge.child.pid))[0]
    before = worker.memory_info().rss

    with ExitStack() as stack:
        for _ in range(400):
            caller = stack.enter_context(Caller(edge.port))
            caller.send(head + bytes(50_000))
            assert caller.answer().status == 401

        assert ask(edge.port, "GET /quick HTTP/1.1").status == 200
        # Buffers of the connections themselves; the bodies would be 400 MB.
        assert worker.memory_info().rss - before < 60_000_000
