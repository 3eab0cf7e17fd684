"""Requests reach the upstream, and responses the caller, byte for byte as they were sent."""

import hashlib
from pathlib import Path

import pytest

from api_edge.proxy.forwarding import SMALL_BODY_BYTES
from tests.harness.raw_http import Caller, ask, to_answer
from tests.harness.servers import Server, running_edge


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "//",
        "//two//slashes//",
        "/a/./b/../c",
        "/../../etc/passwd",
        "/a%2fb%2Fc",
        "/%00/%ff%fe/%C3%A9",
        "/percent%25zz%",
        "/empty-query?",
        "/q?a=1&a=2&&=&b",
        "/q?next=/x?y=%2F#".rstrip("#"),
        "/semi;colon=1;/path,comma:colon@at",
        "/~tilde!$&'()*+=|^`{}\\\"<>",
        "/octopus",
        "/Octo/products",
        "/healthy",
        "/v2/users?q=a+b%20c",
        "/many?" + "&".join(f"{number}" for number in range(10_000)),
    ],
)
def test_path_and_query(edge: Server, target: str) -> None:
    answer = ask(edge.port, f"GET {target} HTTP/1.1")

    if answer.status == 400:
        # Refused is right as well, as long as the upstream never saw another path.
        assert any(letter in target for letter in '\\"<>^`{|}')
    else:
        assert answer.seen.target == target


@pytest.mark.parametrize(
    "method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PURGE", "PROPFIND"]
)
def test_method(edge: Server, method: str) -> None:
    answer = ask(edge.port, f"{method} /here HTTP/1.1\nContent-Length: 3", b"abc")

    assert answer.seen.line == f"{method} /here HTTP/1.1"
    assert answer.seen.seen.body_bytes == 3


def test_options_of_the_whole_server(edge: Server) -> None:
    assert ask(edge.port, "OPTIONS * HTTP/1.1").seen.line == "OPTIONS * HTTP/1.1"


def test_headers_with_their_order_repetitions_and_bytes(edge: Server) -> None:
    seen = ask(
        edge.port,
        """GET / HTTP/1.1
        X-Second: b
        X-First: a
        X-Second: \xe9\xff\t,;"
        Range: bytes=0-9
        If-None-Match: "abc", W/"def"
        Accept-Encoding: gzip, br
        snake_case: kept
        """,
    ).seen

    others = ("host", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-request-id")
    assert [header for header in seen.headers if header[0] not in others] == [
        ("x-second", "b"),
        ("x-first", "a"),
        ("x-second", '\xe9\xff\t,;"'),
        ("range", "bytes=0-9"),
        ("if-none-match", '"abc", W/"def"'),
        ("accept-encoding", "gzip, br"),
        ("snake_case", "kept"),
    ]
    assert seen.all("host") == ["shop.example"]


def test_several_cookie_headers_become_one(edge: Server) -> None:
    seen = ask(edge.port, "GET / HTTP/1.1\nCookie: a=1\nX: y\nCookie: b=2; c=3").seen

    assert seen.one("cookie") == "a=1; b=2; c=3"


@pytest.mark.parametrize("length", [0, 1, 65_536, 65_537, 3_000_000])
def test_body_of_known_length(edge: Server, length: int) -> None:
    body = bytes(index % 251 for index in range(length))

    seen = ask(edge.port, f"POST / HTTP/1.1\nContent-Length: {length}", body).seen

    assert seen.one("content-length") == str(length)
    assert seen.one("transfer-encoding") is None
    assert seen.seen.body_sha256 == hashlib.sha256(body).hexdigest()


@pytest.mark.parametrize("parts", [[b""], [b"a"], [b"abc" * 50_000, b"d", b"e" * 100_000, b""]])
def test_body_of_unknown_length(edge: Server, parts: list[bytes]) -> None:
    body = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts if part)

    seen = ask(edge.port, "POST / HTTP/1.1\nTransfer-Encoding: chunked", body + b"0\r\n\r\n").seen

    assert seen.one("transfer-encoding") == "chunked"
    assert seen.one("content-length") is None
    assert seen.seen.body_sha256 == hashlib.sha256(b"".join(parts)).hexdigest()


def test_an_empty_chunked_body_leaves_nothing_for_the_next_request(
    upstream: Server, logs: Path
) -> None:
    with running_edge(f"http://127.0.0.1:{upstream.port}", logs / "empty.log") as edge:
        first = ask(edge.port, "POST / HTTP/1.1\nTransfer-Encoding: chunked", b"0\r\n\r\n").seen
        second = ask(edge.port, "GET / HTTP/1.1").seen

    # The upstream ends a connection on which it reads what is not HTTP.
    assert second.seen.connection == first.seen.connection


def test_a_connection_that_carried_a_long_body_carries_no_other_request(
    upstream: Server, logs: Path
) -> None:
    """An upstream may refuse it unread and close: another caller's request would be lost."""
    with running_edge(f"http://127.0.0.1:{upstream.port}", logs / "long.log") as edge:
        short, long, after = (
            ask(edge.port, f"POST / HTTP/1.1\nContent-Length: {length}", bytes(length)).seen
            for length in (SMALL_BODY_BYTES, SMALL_BODY_BYTES + 1, 1)
        )

    assert long.seen.connection == short.seen.connection
    assert after.seen.connection != long.seen.connection


def test_a_compressed_body_stays_compressed_both_ways(edge: Server) -> None:
    packed = bytes.fromhex("1f8b0800000000000003cb48cdc9c9070086a6103605000000")
    answer = to_answer(
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: %d\r\n\r\n%b"
        % (len(packed), packed)
    )

    sent = ask(
        edge.port, f"POST / HTTP/1.1\nContent-Encoding: gzip\nContent-Length: {len(packed)}", packed
    )
    received = ask(edge.port, f"GET {answer} HTTP/1.1\nAccept-Encoding: gzip")

    assert sent.seen.seen.body_sha256 == hashlib.sha256(packed).hexdigest()
    assert received.body == packed
    assert received.one("content-encoding") == "gzip"


def test_headers_of_the_answer(edge: Server) -> None:
    answer = ask(
        edge.port,
        "GET "
        + to_answer(
            b"HTTP/1.1 207 Odd\r\nServer: legacy/1\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
            b"Set-Cookie: a=1; Path=/\r\nSet-Cookie: b=2; HttpOnly\r\nLink: </a>\r\nLink: </b>\r\n"
            b'Location: /x%2f?y\r\nETag: "a"\r\nX-Bytes: \xe9\xff\r\nContent-Length: 2\r\n\r\nok'
        )
        + " HTTP/1.1",
    )

    assert answer.status == 207
    assert [header for header in answer.headers if header[0] != "x-request-id"] == [
        ("server", "legacy/1"),
        ("date", "Sun, 06 Nov 1994 08:49:37 GMT"),
        ("set-cookie", "a=1; Path=/"),
        ("set-cookie", "b=2; HttpOnly"),
        ("link", "</a>"),
        ("link", "</b>"),
        ("location", "/x%2f?y"),
        ("etag", '"a"'),
        ("x-bytes", "\xe9\xff"),
        ("content-length", "2"),
    ]
    assert answer.body == b"ok"


@pytest.mark.parametrize(
    ("method", "answer", "status", "body"),
    [
        ("HEAD", b"HTTP/1.1 200 OK\r\ncontent-length: 1234\r\n\r\n", 200, b""),
        ("HEAD", b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", 200, b""),
        ("GET", b'HTTP/1.1 304 Not Modified\r\netag: "a"\r\n\r\n', 304, b""),
        ("GET", b"HTTP/1.1 304 Not Modified\r\ncontent-length: 1234\r\n\r\n", 304, b""),
        ("DELETE", b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
        ("GET", b"HTTP/1.1 206 P\r\ncontent-range: bytes 0-1/9\r\ncontent-length: 2\r\n\r\nab", 206, b"ab"),  # noqa: E501
        ("GET", b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;x=y\r\na\r\n0\r\nT: 1\r\n\r\n", 200, b"a"),  # noqa: E501
        ("GET", b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n", 404, b""),  # noqa: E501
        ("GET", b"HTTP/1.1 599 Custom\r\ncontent-length: 1\r\n\r\nx", 599, b"x"),
    ],
)  # fmt: skip
def test_kinds_of_answers_on_a_connection_that_stays(
    edge: Server, method: str, answer: bytes, status: int, body: bytes
) -> None:
    with Caller(edge.port) as caller:
        first = caller.ask(f"{method} {to_answer(answer)} HTTP/1.1")
        second = caller.ask("GET /still-here HTTP/1.1")

    assert (first.status, first.body) == (status, body)
    assert second.seen.target == "/still-here"
    if b"1234" in answer and method == "HEAD":
        assert first.one("content-length") == "1234"


def test_an_answer_that_ends_with_the_connection(edge: Server) -> None:
    target = to_answer(b"HTTP/1.0 200 OK\r\n\r\nuntil the end", then="close")

    answer = ask(edge.port, f"GET {target} HTTP/1.1")

    assert (answer.status, answer.body) == (200, b"until the end")


def test_an_answer_with_a_long_head(edge: Server) -> None:
    with Caller(edge.port) as caller:
        caller.send(b"GET /do/many-cookies HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        lines = caller.rest().split(b"\r\n")

    assert lines[0] == b"HTTP/1.1 200 OK"
    assert [line for line in lines if line.startswith(b"set-cookie")] == [
        b"set-cookie: c%d=%b" % (number, b"v" * 200) for number in range(300)
    ]
