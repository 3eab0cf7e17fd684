"""WebSockets and event streams pass through the edge, and the upstream's own paths reach it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.harness.raw_http import Caller, ask, to_answer
from tests.harness.servers import Server, running, running_edge, wait_until_there
from tests.harness.waiting import ANSWER_SECONDS, eventually


@pytest.fixture(scope="module")
def talking(logs: Path) -> Iterator[Server]:
    arguments = ["-m", "tests.proxy.streaming_upstream", "{fd}"]
    with running("talking", arguments, log=logs / "talking.log") as upstream:
        wait_until_there(upstream)
        yield upstream


@pytest.fixture(scope="module")
def talking_edge(talking: Server, logs: Path) -> Iterator[Server]:
    with running_edge(
        f"http://127.0.0.1:{talking.port}",
        logs / "talking_edge.log",
        PORTICO_EDGE_PREFIX="/edge",
        PORTICO_ENDPOINT_PREFIXES="/api, /v1",
        PORTICO_MOST_WEBSOCKETS="4",
    ) as edge:
        yield edge


def opened(edge: Server, target: str, **options: object) -> ClientConnection:
    return connect(
        f"ws://127.0.0.1:{edge.port}{target}",
        compression=None,
        open_timeout=ANSWER_SECONDS,
        close_timeout=ANSWER_SECONDS,
        **options,
    )


class TestAWebSocket:
    def test_is_opened_as_it_was_asked_for(self, talking_edge: Server) -> None:
        with opened(
            talking_edge,
            "/echo?q=%2F&q",
            subprotocols=["first", "second"],
            origin="https://shop.example",
            additional_headers={"Cookie": "a=1", "X-Forwarded-For": "6.6.6.6"},
        ) as talk:
            asked = json.loads(talk.recv())

        assert talk.subprotocol == "first"
        assert asked["target"] == "/echo?q=%2F&q"
        assert asked["headers"]["origin"] == "https://shop.example"
        assert asked["headers"]["cookie"] == "a=1"
        assert asked["headers"]["x-forwarded-for"] == "127.0.0.1"
        assert asked["headers"]["host"] == f"127.0.0.1:{talking_edge.port}"

    @pytest.mark.parametrize("said", ["", "héllo", b"", b"\x00\xff", "x" * 2_000_000])
    def test_hands_on_what_is_said(self, talking_edge: Server, said: str | bytes) -> None:
        with opened(talking_edge, "/echo", max_size=None) as talk:
            talk.recv()
            talk.send(said)

            assert talk.recv() == said

    def test_keeps_the_order_of_many(self, talking_edge: Server) -> None:
        with opened(talking_edge, "/echo") as talk:
            talk.recv()
            for number in range(500):
                talk.send(str(number))

            assert [talk.recv() for _ in range(500)] == [str(number) for number in range(500)]

    @pytest.mark.parametrize("code", [1000, 1001, 1008, 4321])
    def test_is_closed_by_the_upstream_with_its_code(self, talking_edge: Server, code: int) -> None:
        address = f"/close?code={code}"
        with opened(talking_edge, address) as talk, pytest.raises(ConnectionClosed) as closed:
            talk.recv()

        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (code, "enough")

    @pytest.mark.parametrize("code", [1000, 4321])
    def test_is_closed_by_the_caller_with_its_code(
        self, talking_edge: Server, talking: Server, code: int
    ) -> None:
        before = len(ask(talking.port, "GET /closed HTTP/1.1").json)
        with opened(talking_edge, "/echo") as talk:
            talk.recv()
            talk.close(code)

        assert eventually(lambda: len(ask(talking.port, "GET /closed HTTP/1.1").json) > before)
        assert ask(talking.port, "GET /closed HTTP/1.1").json[-1] == code

    @pytest.mark.parametrize(
        ("target", "status"), [("/refuse", 403), ("/octo/x", 501), ("/v1/users", 501)]
    )
    def test_is_refused_with_a_status(self, talking_edge: Server, target: str, status: int) -> None:
        with pytest.raises(InvalidStatus) as refused:
            opened(talking_edge, target)

        assert refused.value.response.status_code == status
        assert json.loads(refused.value.response.body)["status"] == status

    @pytest.mark.parametrize(
        "said", ["nonsense\r\n\r\n", "HTTP/1.1 302 Found\r\nlocation: {}\r\n\r\n"]
    )
    def test_is_opened_by_the_upstream_and_no_other(
        self, edge: Server, talking: Server, said: str
    ) -> None:
        answer = said.format(f"http://127.0.0.1:{talking.port}/echo").encode()
        with pytest.raises(InvalidStatus) as refused:
            opened(edge, to_answer(answer))

        assert refused.value.response.status_code == 502

    def test_one_caller_has_a_bounded_number(self, talking_edge: Server) -> None:
        with opened(talking_edge, "/echo"), opened(talking_edge, "/echo"):
            with pytest.raises(InvalidStatus) as refused:
                opened(talking_edge, "/echo")
            assert refused.value.response.status_code == 503

        assert eventually(lambda: opens(talking_edge))


def opens(edge: Server) -> bool:
    try:
        with opened(edge, "/echo"):
            return True
    except InvalidStatus:
        return False


def test_an_event_stream_may_be_silent_for_longer_than_any_other_answer(
    talking: Server, logs: Path
) -> None:
    with (
        running_edge(
            f"http://127.0.0.1:{talking.port}",
            logs / "impatient_talking_edge.log",
            PORTICO_DJANGO_READ_SECONDS="3",
        ) as edge,
        Caller(edge.port) as caller,
    ):
        caller.send(b"GET /events HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        got = b""
        while b"first" not in got:
            part = caller.socket.recv(1000)
            assert part, got
            got += part
        # Any other answer is broken off when the upstream is silent for so long.
        caller.socket.settimeout(4)
        with pytest.raises(TimeoutError):
            caller.socket.recv(1)
        caller.socket.settimeout(ANSWER_SECONDS)
        ask(talking.port, "GET /go-on HTTP/1.1")

        assert b"data: second" in caller.rest()


@pytest.mark.parametrize(
    "path", ["/docs", "/docs/", "/redoc", "/openapi.json", "/health", "/health/"]
)
def test_the_upstreams_own_pages_are_reached_when_the_edge_has_a_prefix(
    talking_edge: Server, path: str
) -> None:
    answer = ask(talking_edge.port, f"GET {path} HTTP/1.1")

    assert answer.body.decode() == f"the upstream has {path}"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/edge/docs", "text/html"),
        ("/edge/docs/files/start-redoc.js", "text/javascript"),
        ("/edge/openapi.json", "application/json"),
        ("/edge/health", "application/json"),
    ],
)
def test_the_edges_own_stand_below_it(talking_edge: Server, path: str, kind: str) -> None:
    answer = ask(talking_edge.port, f"GET {path} HTTP/1.1")

    assert answer.status == 200
    assert (answer.one("content-type") or "").startswith(kind)
