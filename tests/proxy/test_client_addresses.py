"""The edge says who calls and how; what the outside says about it is believed of proxies only."""

import re
from uuid import uuid4

import pytest

from api_edge.proxy.trusted_proxies import TrustedProxies
from tests.harness.raw_http import ask, to_answer
from tests.harness.servers import Server

LIES = """
X-Forwarded-For: 6.6.6.6
X_Forwarded_For: 6.6.6.6
X-Forwarded_For: 6.6.6.6
X-Forwarded-Proto: https
X-Forwarded-Protocol: ssl
X-Forwarded-Ssl: on
X-Forwarded-Host: evil.example
X_Forwarded_Host: evil.example
X-Forwarded-Port: 666
X-Forwarded-Prefix: /evil
X-Forwarded-Server: evil.example
Forwarded: for=6.6.6.6;proto=https;host=evil.example
X-Real-Ip: 6.6.6.6
X_Real_Ip: 6.6.6.6
X-Request-Id: 11111111-2222-3333-4444-555555555555
X_Request_Id: 11111111-2222-3333-4444-555555555555
Script_Name: /evil
Path_Info: /evil
Content_Length: 5
Transfer_Encoding: chunked
"""


def test_no_forwarded_header_is_believed_without_configured_proxies(edge: Server) -> None:
    answer = ask(edge.port, "GET / HTTP/1.1" + LIES)

    seen = answer.seen
    assert seen.headers == [
        ("host", "shop.example"),
        ("x-forwarded-for", "127.0.0.1"),
        ("x-forwarded-proto", "http"),
        ("x-forwarded-host", "shop.example"),
        ("x-request-id", answer.one("x-request-id")),
    ]
    assert not str(answer.one("x-request-id")).startswith("11111111")


def test_a_proxy_is_known_on_a_socket_for_both_versions_of_ip() -> None:
    hops = [(b"x-forwarded-for", b"192.0.2.66, 192.0.2.1, ::ffff:10.0.0.8")]
    scope = {"client": ("::ffff:10.0.0.7", 50_000), "headers": hops}

    assert TrustedProxies.parse("10.0.0.0/8").client_address(scope) == "192.0.2.1"


def test_the_id_of_the_request_is_on_both_sides_and_never_the_upstreams(edge: Server) -> None:
    answer = ask(
        edge.port,
        "GET "
        + to_answer(b"HTTP/1.1 200 OK\r\nX-Request-Id: upstreams\r\ncontent-length: 0\r\n\r\n")
        + " HTTP/1.1",
    )

    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", answer.one("x-request-id"))


@pytest.mark.parametrize(
    ("connection", "taken_off"),
    [
        ("close", set()),
        ("X-Secret, keep-alive", {"x-secret"}),
        ("X-Forwarded-For, Host, Content-Length, X-Request-Id", set()),
        ("cookie", {"cookie"}),
    ],
)
def test_what_belongs_to_one_connection_stays_there(
    edge: Server, connection: str, taken_off: set[str]
) -> None:
    answer = ask(
        edge.port,
        f"""POST / HTTP/1.1
        Connection: {connection}
        Keep-Alive: timeout=5
        Proxy-Connection: keep-alive
        Proxy-Authorization: Basic abc
        TE: trailers
        Trailer: X-T
        Content-Length: 2
        X-Secret: s
        Cookie: a=b
        """,
        b"hi",
    )

    always = {"host", "content-length", "x-request-id"}
    forwarded = {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"}
    names = {name for name, _ in answer.seen.headers}
    assert names == (always | forwarded | {"x-secret", "cookie"}) - taken_off
    assert answer.seen.seen.body_bytes == 2


def test_what_belongs_to_the_upstreams_connection_stays_there(edge: Server) -> None:
    answer = ask(
        edge.port,
        "GET "
        + to_answer(
            b"HTTP/1.1 200 OK\r\nConnection: X-Hop, keep-alive\r\nKeep-Alive: timeout=5\r\n"
            b"X-Hop: 1\r\nUpgrade: h2\r\nProxy-Authenticate: Basic\r\nTrailer: X-T\r\n"
            b"X-Kept: 1\r\ncontent-length: 0\r\n\r\n"
        )
        + " HTTP/1.1",
    )

    names = {name for name, _ in answer.headers}
    assert names - {"date", "server"} == {"x-kept", "content-length", "x-request-id"}


def test_a_configured_proxy_is_believed(small_edge: Server) -> None:
    request_id = str(uuid4())

    answer = ask(
        small_edge.port,
        f"""GET / HTTP/1.1
        X-Forwarded-For: 192.0.2.1, 192.0.2.2
        X-Forwarded-Proto: https
        X-Forwarded-Host: api.example.com
        X-Forwarded-Port: 443
        X-Real-Ip: 192.0.2.1
        X-Request-Id: {request_id}
        """,
    )

    seen = answer.seen
    assert seen.one("x-forwarded-for") == "192.0.2.1, 192.0.2.2, 127.0.0.1"
    assert seen.one("x-forwarded-proto") == "https"
    assert seen.one("x-forwarded-host") == "api.example.com"
    assert seen.one("x-forwarded-port") == "443"
    assert seen.one("x-real-ip") == "192.0.2.1"
    assert seen.one("x-request-id") == request_id == answer.one("x-request-id")


@pytest.mark.parametrize("nonsense", ["", "x", "1" * 40, "'; DROP TABLE bookings; --"])
def test_even_a_proxys_id_must_be_one(small_edge: Server, nonsense: str) -> None:
    answer = ask(small_edge.port, f"GET / HTTP/1.1\nX-Request-Id: {nonsense}")

    assert answer.seen.one("x-request-id") == answer.one("x-request-id") != nonsense


def test_a_proxy_does_not_get_odd_schemes_through(small_edge: Server) -> None:
    seen = ask(small_edge.port, "GET / HTTP/1.1\nX-Forwarded-Proto: gopher").seen

    assert seen.one("x-forwarded-proto") == "http"
