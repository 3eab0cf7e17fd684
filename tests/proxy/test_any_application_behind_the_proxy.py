"""Whatever speaks HTTP can stand behind the edge: its callers cannot tell that one is there.

A Flask and a Django REST framework application, each asked directly and through the edge.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from tests.harness.clients import plain_browser
from tests.harness.servers import running_edge, running_wsgi

#: What differs between any two answers, and what belongs to one connection.
OF_THE_MOMENT = {"date", "x-request-id", "connection", "transfer-encoding"}


@dataclass(frozen=True)
class BothWays:
    """One application, with and without the edge."""

    direct: httpx2.Client
    through_the_edge: httpx2.Client

    def ask(self, method: str, path: str, **options: object) -> httpx2.Response:
        """Ask both, and return the answer that both gave."""
        expected = self.direct.request(method, path, **options)
        answer = self.through_the_edge.request(method, path, **options)
        assert answer.status_code == expected.status_code
        assert answer.content == expected.content
        assert headers_of(answer) == headers_of(expected)
        return answer


def headers_of(answer: httpx2.Response) -> list[tuple[bytes, bytes]]:
    return [
        (name.lower(), value)
        for name, value in answer.headers.raw
        if name.lower().decode() not in OF_THE_MOMENT
    ]


@pytest.fixture(scope="module")
def ports(logs: Path) -> Iterator[tuple[int, int]]:
    """Where the shops listen, and an edge before them."""
    with (
        running_wsgi("tests.proxy.two_shops:application", logs / "shops.log") as shops,
        running_edge(f"http://127.0.0.1:{shops.port}", logs / "shops_edge.log") as edge,
    ):
        yield shops.port, edge.port


def both_ways(host: str, ports: tuple[int, int]) -> Iterator[BothWays]:
    headers = {"Host": host, "X-Forwarded-For": "127.0.0.1"}
    direct, through = (plain_browser(f"http://127.0.0.1:{port}", headers=headers) for port in ports)
    with direct, through:
        yield BothWays(direct, through)


@pytest.fixture
def flask_shop(ports: tuple[int, int]) -> Iterator[BothWays]:
    yield from both_ways("flask.example", ports)


@pytest.fixture
def rest_shop(ports: tuple[int, int]) -> Iterator[BothWays]:
    yield from both_ways("rest.example", ports)


@pytest.mark.parametrize(
    "path",
    ["/orders/boat?tag=a&tag=b%20c&tag=", "/orders/a%2Fb//c/%C3%A9", "/orders/%2e%2e/x?",
     "/orders/a;b=c", "/nothing", "//orders/x"],
)  # fmt: skip
def test_flask_sees_the_same_path(flask_shop: BothWays, path: str) -> None:
    flask_shop.ask("GET", path, headers={"Cookie": "a=1; b=2"})


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "DELETE", "PATCH"])
def test_flask_sees_the_same_method(flask_shop: BothWays, method: str) -> None:
    flask_shop.ask(method, "/orders/boat")


def test_flask_takes_a_photo(flask_shop: BothWays) -> None:
    photo = bytes(range(256)) * 2000

    answer = flask_shop.ask(
        "POST", "/upload", data={"note": "à bord"}, files={"photo": ("b.jpg", photo)}
    )

    assert answer.json() == {
        "name": "b.jpg",
        "sha256": hashlib.sha256(photo).hexdigest(),
        "note": "à bord",
    }


def test_flask_takes_a_body_of_unknown_length(flask_shop: BothWays) -> None:
    def parts() -> Iterator[bytes]:
        for number in range(200):
            yield b"%d" % number * 500

    whole = b"".join(parts())

    answer = flask_shop.through_the_edge.put("/raw", content=parts())

    assert answer.json() == {"sha256": hashlib.sha256(whole).hexdigest(), "length": len(whole)}


def test_flask_streams(flask_shop: BothWays) -> None:
    assert flask_shop.ask("GET", "/stream").text.endswith("000999\n")


def test_flask_breaks_off(flask_shop: BothWays) -> None:
    with pytest.raises(httpx2.RemoteProtocolError):
        flask_shop.through_the_edge.get("/cut")


def test_flask_keeps_a_session(flask_shop: BothWays) -> None:
    browser = flask_shop.through_the_edge

    refused = browser.get("/me")
    sent_on = browser.post("/login", data={"name": "ana"})
    cookies = "; ".join(value.split(";")[0] for value in sent_on.headers.get_list("set-cookie"))
    welcome = browser.get(sent_on.headers["location"], headers={"Cookie": cookies})

    assert refused.status_code == 403
    assert (sent_on.status_code, sent_on.headers["location"]) == (302, "/me")
    assert welcome.json() == {"name": "ana", "messages": ["welcome"]}


def test_rest_framework_lists(rest_shop: BothWays) -> None:
    # Django varies the length of what it compresses, against guessing.
    as_it_is = {"Accept-Encoding": "identity"}
    plain = rest_shop.ask("GET", "/orders/", headers=as_it_is)
    packed = rest_shop.through_the_edge.get("/orders/", headers={"Accept-Encoding": "gzip"})
    known = as_it_is | {"If-None-Match": plain.headers["etag"]}
    unchanged = rest_shop.ask("GET", "/orders/", headers=known)

    assert packed.headers["content-encoding"] == "gzip"
    assert packed.json() == plain.json()
    assert unchanged.status_code == 304


@pytest.mark.parametrize(
    ("sent", "status"),
    [({"name": "boat", "places": 2}, 201), ({"name": "b", "places": 0}, 400), ("nonsense", 400)],
)
def test_rest_framework_checks(rest_shop: BothWays, sent: object, status: int) -> None:
    assert rest_shop.ask("POST", "/orders/", json=sent).status_code == status


def test_rest_framework_says_what_is_possible(rest_shop: BothWays) -> None:
    assert rest_shop.ask("OPTIONS", "/orders/").headers["allow"] == "GET, POST, HEAD, OPTIONS"


def test_rest_framework_adds_the_slash(rest_shop: BothWays) -> None:
    assert rest_shop.ask("GET", "/orders?x=%2F").headers["location"] == "/orders/?x=%2F"
