"""What two programs could read differently is refused at the edge; the upstream never hears of it."""

# A malformed request on one line is easier to read than on three.
# ruff: noqa: E501

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.raw_http import Caller, ask, log_of
from tests.harness.servers import Server, running, wait_until_there

HOST = b"Host: x\r\n"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(sent, id=name)
        for name, sent in {
            "both lengths": b"POST / HTTP/1.1\r\n%bContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "both lengths, reversed": b"POST / HTTP/1.1\r\n%bTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
            "two lengths": b"POST / HTTP/1.1\r\n%bContent-Length: 0\r\nContent-Length: 40\r\n\r\n",
            "the same length twice": b"POST / HTTP/1.1\r\n%bContent-Length: 0\r\nContent-Length: 0\r\n\r\n",
            "list of lengths": b"POST / HTTP/1.1\r\n%bContent-Length: 0, 0\r\n\r\n",
            "signed length": b"POST / HTTP/1.1\r\n%bContent-Length: +0\r\n\r\n",
            "negative length": b"POST / HTTP/1.1\r\n%bContent-Length: -1\r\n\r\n",
            "hexadecimal length": b"POST / HTTP/1.1\r\n%bContent-Length: 0x0\r\n\r\n",
            "endless length": b"POST / HTTP/1.1\r\n%bContent-Length: 99999999999999999999999\r\n\r\n",
            "coding and chunked": b"POST / HTTP/1.1\r\n%bTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
            "chunked twice": b"POST / HTTP/1.1\r\n%bTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
            "chunked in two headers": b"POST / HTTP/1.1\r\n%bTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
            "identity": b"POST / HTTP/1.1\r\n%bTransfer-Encoding: identity\r\n\r\n",
            "nearly chunked": b"POST / HTTP/1.1\r\n%bTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
            "vertical tab before chunked": b"POST / HTTP/1.1\r\n%bTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
            "chunked in HTTP/1.0": b"POST / HTTP/1.0\r\n%bTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "space before the colon": b"POST / HTTP/1.1\r\n%bTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
            "bare LF after the request line": b"GET / HTTP/1.1\n%b\r\n",
            "bare LF after a header": b"GET / HTTP/1.1\r\n%bA: b\nC: d\r\n\r\n",
            "bare LF at the end": b"GET / HTTP/1.1\r\n%b\n",
            "bare CR in a header": b"GET / HTTP/1.1\r\n%bA: b\rC: d\r\n\r\n",
            "folded header": b"GET / HTTP/1.1\r\n%bA: b\r\n folded\r\n\r\n",
            "folded with a tab": b"GET / HTTP/1.1\r\n%bTransfer-Encoding:\r\n\tchunked\r\n\r\n0\r\n\r\n",
            "no colon": b"GET / HTTP/1.1\r\n%bnonsense\r\n\r\n",
            "no name": b"GET / HTTP/1.1\r\n%b: value\r\n\r\n",
            "odd name": b"GET / HTTP/1.1\r\n%bA(b): value\r\n\r\n",
            "NUL in a header": b"GET / HTTP/1.1\r\n%bA: b\x00c\r\n\r\n",
            "control character in a header": b"GET / HTTP/1.1\r\n%bA: b\x01c\r\n\r\n",
            "no host": b"GET / HTTP/1.1\r\nA: b\r\n\r\n",
            "two hosts": b"GET / HTTP/1.1\r\n%bHost: y\r\n\r\n",
            "host with a path": b"GET / HTTP/1.1\r\nHost: y/z\r\n\r\n",
            "host with a user": b"GET / HTTP/1.1\r\nHost: u@y\r\n\r\n",
            "host with a space": b"GET / HTTP/1.1\r\nHost: y z\r\n\r\n",
            "host in raw bytes": b"GET / HTTP/1.1\r\nHost: \xc3\xa9\r\n\r\n",
            "host with a named port": b"GET / HTTP/1.1\r\nHost: y:http\r\n\r\n",
            "host with half a bracket": b"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n",
            "other expectation": b"POST / HTTP/1.1\r\n%bExpect: 200-ok\r\nContent-Length: 0\r\n\r\n",
            "two expectations": b"POST / HTTP/1.1\r\n%bExpect: 100-continue, 200-ok\r\nContent-Length: 0\r\n\r\n",
            "whole address with a user": b"GET http://u@y/ HTTP/1.1\r\n%b\r\n",
            "fragment": b"GET /a#b HTTP/1.1\r\n%b\r\n",
            "no path": b"GET HTTP/1.1\r\n%b\r\n",
            "path without a slash": b"GET a HTTP/1.1\r\n%b\r\n",
            "space in the path": b"GET /a b HTTP/1.1\r\n%b\r\n",
            "NUL in the path": b"GET /a\x00b HTTP/1.1\r\n%b\r\n",
            "raw bytes in the path": b"GET /\xc3\xa9 HTTP/1.1\r\n%b\r\n",
            "proxy": b"CONNECT y:443 HTTP/1.1\r\n%b\r\n",
            "HTTP/0.9": b"GET /\r\n\r\n",
            "HTTP/0.9, named": b"GET / HTTP/0.9\r\n%b\r\n",
            "HTTP/2.0": b"GET / HTTP/2.0\r\n%b\r\n",
            "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            "TLS": bytes.fromhex("16030100a5010000a10303") + bytes(160),
            "unknown method": b"FROBNICATE / HTTP/1.1\r\n%b\r\n",
            "lower-case method": b"get / HTTP/1.1\r\n%b\r\n",
            "upgrade with a body": b"POST / HTTP/1.1\r\n%bConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 39\r\n\r\n",
        }.items()
    ],
)  # fmt: skip
def test_refused(edge: Server, upstream: Server, sent: bytes) -> None:
    before = len(log_of(upstream.port))

    with Caller(edge.port) as caller:
        caller.send((sent.replace(b"%b", HOST)) + SMUGGLED)
        answer = caller.rest()

    assert answer[:10] in {b"HTTP/1.1 4", b"HTTP/1.1 5"}
    # One answer, and no second: nothing after the mistake is taken for a request.
    assert answer.count(b"HTTP/1.1 ") == 1
    assert len(log_of(upstream.port)) == before


@pytest.mark.parametrize(
    "body",
    [b"4\nabcd\r\n0\r\n\r\n", b"0x4\r\nabcd\r\n0\r\n\r\n", b"4\r\nabcdef\r\n0\r\n\r\n", b"-1\r\n\r\n",
     b"4 \r\nabcd\r\n0\r\n\r\n", b"fffffffffffffffff\r\nabcd", b"4\r\nabcd0\r\n\r\n"],
)  # fmt: skip
def test_a_body_in_broken_chunks_never_counts_as_complete(
    edge: Server, upstream: Server, body: bytes
) -> None:
    with Caller(edge.port) as caller:
        caller.send(b"POST /chunks HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n")
        caller.send(body + SMUGGLED)
        answer = caller.rest()

    assert answer.startswith(b"HTTP/1.1 400 ")
    seen = [
        request for request in log_of(upstream.port) if request.target in {"/chunks", "/smuggled"}
    ]
    assert "whole" not in {request.seen.end for request in seen}


def test_a_trailer_is_no_header(edge: Server) -> None:
    body = b"4\r\nabcd\r\n0\r\nAuthorization: Bearer x\r\nX-Trailer: y\r\n\r\n"

    seen = ask(edge.port, "POST / HTTP/1.1\nTransfer-Encoding: chunked", body).seen

    assert seen.seen.body_bytes == 4
    assert seen.all("authorization") == seen.all("x-trailer") == []


def test_refusals_are_problems_in_words_with_an_id(edge: Server) -> None:
    with Caller(edge.port) as caller:
        caller.send(b"GET / HTTP/1.1\r\n\r\n")
        answer = caller.answer()

    assert answer.status == 400
    assert answer.one("content-type") == "application/problem+json"
    assert answer.json["detail"] == "the header Host must be sent exactly once"
    assert answer.json["requestId"] == answer.one("x-request-id")


def test_refusals_speak_octo_below_octo(edge: Server) -> None:
    with Caller(edge.port) as caller:
        caller.send(b"GET /octo/products HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n")
        answer = caller.answer()

    assert answer.json["error"] == "BAD_REQUEST"
    assert "Host" in answer.json["errorMessage"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [(["A: " + "x" * 64_000], 200), (["A: " + "x" * 600] * 100, 200), (["A: " + "x" * 140_000], 431),
     ([f"A{number}: {'x' * 1000}" for number in range(140)], 431),
     (["A: x"] * 999, 200), (["A: x"] * 1001, 431)],
)  # fmt: skip
def test_long_headers_are_passed_on_whole_or_refused(
    edge: Server, headers: list[str], status: int
) -> None:
    answer = ask(edge.port, "\n".join(["GET /headers HTTP/1.1", *headers]))

    assert answer.status == status
    if status == 200:
        sent = [value.partition(": ")[2] for value in headers]
        assert answer.seen.all("a") == sent


@pytest.mark.parametrize(
    "begun",
    [b"A: ", b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nA: ",
     b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n1;"],
    ids=["header", "trailer", "extension of a chunk"],
)  # fmt: skip
def test_headers_without_end_are_refused(edge: Server, begun: bytes) -> None:
    with Caller(edge.port) as caller:
        caller.send(b"GET / HTTP/1.1\r\nHost: x\r\n" + begun)
        try:
            for _ in range(1000):
                caller.send(b"x" * 10_000)
        except (BrokenPipeError, ConnectionResetError):
            return
        # What is sent after the refusal is read for a while, and thrown away.
        assert caller.answer().status in {400, 431}


def test_a_path_without_end_is_refused(edge: Server) -> None:
    assert ask(edge.port, f"GET /{'x' * 70_000} HTTP/1.1").status == 414


def test_a_mistake_does_not_spoil_the_answer_before_it(edge: Server) -> None:
    with Caller(edge.port) as caller:
        caller.send(b"GET /do/one-second-later HTTP/1.1\r\nHost: x\r\n\r\nNONSENSE\r\n\r\n")
        answer = caller.answer()
        rest = caller.rest()

    assert answer.status == 200
    assert answer.seen.target == "/do/one-second-later"
    assert rest == b""


def test_requests_may_be_sent_before_the_answers_are_read(edge: Server) -> None:
    with Caller(edge.port) as caller:
        caller.send(
            b"".join(b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n" % number for number in range(9))
        )
        targets = []
        stream = caller.socket.makefile("rb")
        for _ in range(9):
            length = 0
            while (line := stream.readline()) != b"\r\n":
                if line.startswith(b"content-length"):
                    length = int(line.split(b":")[1])
            targets.append(stream.read(length).split(b" ")[4])

    assert targets == [b"/%d" % number for number in range(9)]


def test_an_upgrade_to_anything_else_is_declined_by_going_on(edge: Server) -> None:
    seen = ask(
        edge.port,
        "GET /h2 HTTP/1.1\nConnection: Upgrade, HTTP2-Settings\nUpgrade: h2c\nHTTP2-Settings: x",
    ).seen

    assert seen.all("upgrade") == seen.all("connection") == seen.all("http2-settings") == []


@pytest.mark.parametrize("named", ["", "shop.example"])
def test_a_caller_of_http_1_0_needs_no_host(edge: Server, upstream: Server, named: str) -> None:
    with Caller(edge.port) as caller:
        caller.send(f"GET {named and f'http://{named}'}/old HTTP/1.0\r\n\r\n".encode())
        answer = caller.answer()

    assert answer.seen.one("host") == (named or f"127.0.0.1:{upstream.port}")


@pytest.mark.parametrize(
    "path",
    ["//octo/products", "/./octo/products", "/x/../octo/products", "/OCTO/products", "/octo%00",
     "/octo;x", "/%2focto/products", "/octo%ff", "/octo./products"],
)  # fmt: skip
def test_what_only_resembles_a_path_of_the_edge_is_the_upstreams(edge: Server, path: str) -> None:
    assert ask(edge.port, f"GET {path} HTTP/1.1").seen.target == path


@pytest.mark.parametrize(
    "path", ["/octo", "/octo/", "/octo/nothing", "/%6fcto/nothing", "/octo/%2e%2e/admin",
             "/octo/../admin", "/octo%2fnothing", "/octo//admin", "/docs/nothing", "/health/"],
)  # fmt: skip
def test_what_is_missing_in_the_edges_own_rooms_is_the_edges_404(
    edge: Server, upstream: Server, path: str
) -> None:
    before = len(log_of(upstream.port))

    answer = ask(edge.port, f"GET {path} HTTP/1.1")

    assert answer.status == 404
    assert ("error" in answer.json) == ("octo" in path or "%6fcto" in path)
    assert len(log_of(upstream.port)) == before


def test_a_websocket_below_the_edges_own_paths_is_refused_in_words(
    edge: Server, upstream: Server
) -> None:
    before = len(log_of(upstream.port))
    handshake = """GET /octo/chat HTTP/1.1
        Connection: Upgrade
        Upgrade: websocket
        Sec-WebSocket-Version: 13
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
        """

    answer = ask(edge.port, handshake)

    assert answer.status == 501
    assert answer.json["requestId"] == answer.one("x-request-id")
    assert len(log_of(upstream.port)) == before


@pytest.fixture(scope="module")
def hurried(logs: Path) -> Iterator[Server]:
    arguments = ["-m", "tests.proxy.hurried_edge", "{fd}"]
    with running("hurried", arguments, log=logs / "hurried.log") as edge:
        wait_until_there(edge)
        yield edge


@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\nHost: x\r\nA: "])
def test_a_caller_that_never_gets_to_the_point_is_shown_out(hurried: Server, said: bytes) -> None:
    with Caller(hurried.port) as caller:
        caller.send(said)
        answer = caller.rest()

    assert answer.startswith(b"HTTP/1.1 408 ") if said else answer == b""


def test_headers_in_two_parts_are_taken(edge: Server) -> None:
    with Caller(edge.port) as caller:
        caller.send(b"GET / HTTP/1.1\r\nHo")
        time.sleep(0.1)
        caller.send(b"st: x\r\n\r\n")

        assert caller.answer().status == 200
