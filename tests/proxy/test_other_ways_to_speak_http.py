"""HTTP/1.0, targets in absolute form, HEAD, and what the upstream may answer."""

import pytest

from tests.harness.raw_http import Caller, ask, logged, to_answer
from tests.harness.servers import Server


def raw(edge: Server, request: bytes) -> bytes:
    with Caller(edge.port) as caller:
        caller.send(request)
        return caller.rest()


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"3\r\nabc\r\n4\r\n\r\nde\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nabc\r\nde",
        b"HTTP/1.1 200 OK\r\nX-Transfer-Encoding: chunked\r\nContent-Length: 7\r\n\r\nabc\r\nde",
    ],
    ids=["chunked", "with its length", "with a header that ends alike"],
)
def test_a_caller_of_http_1_0_gets_the_plain_body_and_its_end(edge: Server, answer: bytes) -> None:
    head, _, body = raw(edge, f"GET {to_answer(answer)} HTTP/1.0\r\n\r\n".encode()).partition(
        b"\r\n\r\n"
    )

    assert body == b"abc\r\nde"
    assert b"\r\ntransfer-encoding" not in head.lower()
    assert (b"x-transfer-encoding: chunked" in head) == (b"X-Transfer" in answer)
    assert b"connection: close" in head.lower()


def test_so_does_one_that_asks_the_edge_itself(edge: Server) -> None:
    head, _, body = raw(edge, b"GET /docs/files/start-redoc.js HTTP/1.0\r\n\r\n").partition(
        b"\r\n\r\n"
    )

    assert head.startswith(b"HTTP/1.1 200")
    assert body.startswith(b"Redoc.init(")
    assert body.endswith(b");\n")


def test_a_large_answer_to_http_1_0(edge: Server) -> None:
    _, _, body = raw(edge, b"GET /do/big?bytes=3000000&chunked=1 HTTP/1.0\r\n\r\n").partition(
        b"\r\n\r\n"
    )

    assert len(body) == 3_000_000


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("http://shop.example/a?b=c", "/a?b=c"),
        ("HTTP://shop.example:8080/a", "/a"),
        ("https://shop.example", "/"),
        ("http://shop.example?q", "/?q"),
    ],
)
def test_a_target_in_absolute_form(edge: Server, target: str, path: str) -> None:
    seen = ask(edge.port, f"GET {target} HTTP/1.1").seen

    assert seen.target == path
    assert seen.one("host") == target.split("/")[2].partition("?")[0]


def test_its_host_counts_and_not_the_header(edge: Server) -> None:
    with Caller(edge.port) as caller:
        caller.send(b"GET http://right.example/absolute HTTP/1.1\r\nHost: wrong.example\r\n\r\n")
        seen = caller.answer().seen

    assert (seen.one("host"), seen.one("x-forwarded-host")) == ("right.example", "right.example")


def test_options_of_the_whole_server_in_absolute_form(edge: Server) -> None:
    assert ask(edge.port, "OPTIONS http://shop.example HTTP/1.1").seen.target == "*"


@pytest.mark.parametrize(
    "target",
    [
        "http://user@shop.example/",
        "ftp://shop.example/",
        "http:///a",
        "http://a[b]:c/",
        "http://shop.example:80:80/",
        "http://a/#b",
        "shop.example",
    ],
)
def test_any_other_target_is_refused(edge: Server, upstream: Server, target: str) -> None:
    assert ask(edge.port, f"GET {target} HTTP/1.1").status == 400


@pytest.mark.parametrize("path", ["/health", "/docs", "/redoc", "/openapi.json", "/octo/supplier"])
def test_head_is_get_without_the_body(edge: Server, path: str) -> None:
    get, head = ask(edge.port, f"GET {path} HTTP/1.1"), ask(edge.port, f"HEAD {path} HTTP/1.1")

    assert head.status == get.status != 405
    assert head.body == b""
    assert head.one("content-length") == get.one("content-length")
    assert head.one("content-type") == get.one("content-type")


@pytest.mark.parametrize("status", [199, 600, 700, 999])
def test_a_status_that_http_does_not_know_is_502(edge: Server, status: int) -> None:
    answer = f"HTTP/1.1 {status} Odd\r\nContent-Length: 0\r\n\r\n".encode()

    if status >= 200:
        assert ask(edge.port, f"GET {to_answer(answer)} HTTP/1.1").status == 502


@pytest.mark.parametrize("coding", ["gzip, chunked", "gzip", "chunked, gzip", "identity"])
def test_a_upstream_with_another_transfer_coding_is_502(edge: Server, coding: str) -> None:
    answer = f"HTTP/1.1 200 OK\r\nTransfer-Encoding: {coding}\r\n\r\n3\r\nabc\r\n0\r\n\r\n".encode()

    assert ask(edge.port, f"GET {to_answer(answer, 'close')} HTTP/1.1").status == 502


@pytest.mark.parametrize("coding", ["gzip, chunked", "gzip", "identity"])
def test_a_caller_with_another_transfer_coding_is_refused(
    edge: Server, upstream: Server, coding: str
) -> None:
    answer = ask(edge.port, f"POST /coded HTTP/1.1\nTransfer-Encoding: {coding}", b"0\r\n\r\n")

    assert answer.status in {400, 501}
    assert logged(upstream.port, "/coded") == []


def test_interim_answers_and_trailers_are_left_out(edge: Server) -> None:
    answer = (
        b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n"
        b"HTTP/1.1 200 Fine\r\nX-Mixed: Case\r\nTransfer-Encoding: chunked\r\n"
        b"Trailer: X-Sum\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n"
    )

    got = raw(
        edge, f"GET {to_answer(answer)} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode()
    )

    assert got.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"x-mixed: Case\r\n" in got
    assert got.endswith(b"3\r\nabc\r\n0\r\n\r\n")
