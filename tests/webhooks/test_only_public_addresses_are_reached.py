"""A connection is made to an address of the public internet, whatever its name said before."""

import asyncio
import socket
import struct
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from aiohttp.resolver import AsyncResolver

from core_site.webhooks.sending.client import Answer, WebhookClient, parse_retry_after
from shared_domain.webhooks import AttemptProblem
from tests.harness.waiting import EVENTUALLY_SECONDS
from tests.webhooks.receiver import Receiver


class NameServer:
    """A DNS server that answers each question for an A record with the next address."""

    def __init__(self, addresses: list[str]) -> None:
        self._addresses = iter(addresses)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = "{}:{}".format(*self._socket.getsockname())
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                question, caller = self._socket.recvfrom(512)
            except OSError:
                return
            end = question.index(b"\0", 12) + 5
            is_for_ipv4 = question[end - 4 : end - 2] == b"\0\1"
            address = next(self._addresses, None) if is_for_ipv4 else None
            count = 0 if address is None else 1
            answer = question[:2] + struct.pack("!HHHHH", 0x8180, 1, count, 0, 0)
            answer += question[12:end]
            if address is not None:
                answer += struct.pack("!HHHIH", 0xC00C, 1, 1, 0, 4) + socket.inet_aton(address)
            self._socket.sendto(answer, caller)


def post(url: str, *, times: int = 1, names: NameServer | None = None, loopback: bool = False,
         seconds: float = EVENTUALLY_SECONDS) -> list[Answer]:  # fmt: skip
    async def send() -> list[Answer]:
        resolver = AsyncResolver(nameservers=[names.address]) if names else None
        client = WebhookClient(allows_loopback=loopback, resolver=resolver, attempt_seconds=seconds)
        async with client:
            return [await client.post(url, b"{}", {"webhook-id": "x"}) for _ in range(times)]

    return asyncio.run(send())


@pytest.fixture
def names() -> Iterator[NameServer]:
    made = NameServer(["127.0.0.1", "169.254.169.254"])
    yield made
    made.close()


def test_a_name_that_leads_here_is_not_followed(receiver: Receiver, names: NameServer) -> None:
    port = receiver.url.split(":")[2]

    (answer,) = post(f"http://shop.example.com:{port}", names=names)

    assert answer.problem is AttemptProblem.ADDRESS_FORBIDDEN
    assert receiver.got == []


def test_a_name_that_leads_elsewhere_the_second_time_is_caught_then(
    receiver: Receiver, names: NameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In development this machine may be reached: the first address is let through."""
    port = receiver.url.split(":")[2]
    receiver.answer = lambda got: (200, {"Connection": "close"}, b"")
    monkeypatch.setattr("core_site.webhooks.sending.client.DNS_CACHE_SECONDS", 0)

    first, second = post(f"http://shop.example.com:{port}", names=names, loopback=True, times=2)

    assert (first.status, first.problem) == (200, AttemptProblem.NONE)
    assert second.problem is AttemptProblem.ADDRESS_FORBIDDEN
    assert len(receiver.got) == 1


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "localhost", "0.0.0.0", "169.254.169.254"]
)
def test_an_address_that_is_none_of_the_internet_gets_no_socket(host: str) -> None:
    (answer,) = post(f"http://{host}:9/")

    assert answer.problem is AttemptProblem.ADDRESS_FORBIDDEN


def test_no_proxy_of_the_environment_is_asked(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, receiver.url)

    post("http://10.0.0.1:9/")

    assert receiver.got == []


def test_time_and_size_of_an_answer_are_bounded(receiver: Receiver) -> None:
    receiver.answer = lambda got: (200, {"Retry-After": "7"}, b"x" * 10_000_000)
    (long,) = post(receiver.url, loopback=True)
    receiver.hangs.set()
    (late,) = post(receiver.url, loopback=True, seconds=0.2)

    assert (long.status, len(long.text)) == (200, 2048)
    assert long.retry_after is not None
    assert (late.status, late.problem) == (None, AttemptProblem.TIMEOUT)


def answer_with(raw: bytes, *, hangs: bool = False) -> Answer:
    """Return the outcome of an attempt that is answered with these bytes.

    One that hangs lasts until its time-out. It is made again with a longer one where a busy machine
    had answered nothing by then.
    """
    is_over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(raw)
                if hangs:
                    is_over.wait()

        def attempt(seconds: float) -> Answer:
            threading.Thread(target=answer, daemon=True).start()
            (got,) = post(url, loopback=True, seconds=seconds)
            return got

        got = attempt(0.5 if hangs else EVENTUALLY_SECONDS)
        if hangs and got.status is None:
            got = attempt(15)
        is_over.set()
    return got


def test_what_is_no_http_is_no_fault_of_ours() -> None:
    got = answer_with(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")

    assert got.problem is AttemptProblem.PROTOCOL


@pytest.mark.parametrize("hangs", [False, True])
@pytest.mark.parametrize(
    ("status", "problem"), [(200, AttemptProblem.NONE), (410, AttemptProblem.STATUS)]
)
def test_a_status_counts_though_its_body_does_not_end(
    status: int, problem: AttemptProblem, hangs: bool
) -> None:
    """Else the event would be sent ten times to a server that has accepted it each time."""
    head = f"HTTP/1.1 {status} So\r\nContent-Length: 10\r\nRetry-After: 7\r\n\r\n"

    got = answer_with(head.encode() + b"take", hangs=hangs)

    assert (got.status, got.problem, got.text) == (status, problem, "take")
    assert got.retry_after is not None


@pytest.mark.parametrize(
    "text", ["", "soon", "-1", "1.5", "٣", "9" * 400, f"1 Jan {'9' * 20} 00:00:00"]
)
def test_a_pause_that_cannot_be_read_breaks_nothing(text: str) -> None:
    parse_retry_after(text, now=datetime(2026, 7, 1, tzinfo=UTC))
