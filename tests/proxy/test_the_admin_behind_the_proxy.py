"""Staff use the admin through the edge as if there were none: login, forms, files, redirects."""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from tests.harness.clients import plain_browser
from tests.harness.committed_data import add_superuser
from tests.harness.databases import CommittedDatabase
from tests.harness.raw_http import Caller
from tests.harness.servers import Server, running_edge, running_wsgi
from tests.harness.waiting import ANSWER_SECONDS

PASSWORD = "a long one, for tests"


@dataclass(frozen=True)
class ServedAdmin:
    """The upstream behind an edge that believes the proxies of this machine."""

    edge: Server
    upstream: Server

    def browser(self, *, behind_proxy: bool = False) -> httpx2.Client:
        """Return a browser that comes straight, or through a proxy that ends its TLS."""
        headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"}
        return plain_browser(
            f"http://127.0.0.1:{self.edge.port}",
            headers=headers | {"Host": "api.example.com"} if behind_proxy else {},
            follow_redirects=not behind_proxy,
        )


@pytest.fixture(scope="module")
def admin(
    make_committed_database: Callable[[], AbstractContextManager[CommittedDatabase]], logs: Path
) -> Iterator[ServedAdmin]:
    with make_committed_database() as database:
        environment = database.environment | {
            "PORTICO_PUBLIC_URL": "https://api.example.com",
            "PORTICO_SECRET_KEY": "only for tests",
        }
        add_superuser(database.owner_url, "ana", PASSWORD)
        wsgi = "core_site.config.wsgi:application"
        with running_wsgi(wsgi, logs / "django.log", **environment) as upstream:
            trusting = environment | {"PORTICO_TRUSTED_PROXIES": "127.0.0.1"}
            url = f"http://127.0.0.1:{upstream.port}"
            with running_edge(url, logs / "django_edge.log", **trusting) as edge:
                yield ServedAdmin(edge, upstream)


@pytest.mark.parametrize("framing", ["Transfer-Encoding: chunked", "Content-Length: 70000"])
def test_slow_callers_do_not_hold_the_admin_up(admin: ServedAdmin, framing: str) -> None:
    """Sixteen of them, on an upstream of four threads, each with a body that never ends."""
    with ExitStack() as stack, admin.browser() as browser:
        for path in ("/admin/login/", "/v1/statements") * 8:
            caller = stack.enter_context(Caller(admin.edge.port))
            caller.send(f"POST {path} HTTP/1.1\r\nHost: x\r\n{framing}\r\n\r\n1".encode())

        assert browser.get("/admin/login/").status_code == 200
        assert browser.get("/v1/statements").status_code == 401


def csrf_token(page: httpx2.Response) -> str:
    (token, *_) = re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
    return token


def credentials(token: str) -> dict[str, str]:
    return {"username": "ana", "password": PASSWORD, "csrfmiddlewaretoken": token}


def test_logging_in_over_https_behind_a_proxy(admin: ServedAdmin) -> None:
    with admin.browser(behind_proxy=True) as browser:
        sent_on = browser.get("/admin/")
        page = browser.get("/admin/login/")
        cookie = f"csrftoken={page.cookies['csrftoken']}"
        logged_in = browser.post(
            "/admin/login/?next=/admin/",
            data=credentials(csrf_token(page)),
            headers={"Cookie": cookie, "Origin": "https://api.example.com"},
        )
        session = f"{cookie}; sessionid={logged_in.cookies['sessionid']}"
        index = browser.get("/admin/", headers={"Cookie": session})

    assert sent_on.headers["location"] == "/admin/login/?next=/admin/"
    assert (logged_in.status_code, logged_in.headers["location"]) == (302, "/admin/")
    assert all("Secure" in value for value in logged_in.headers.get_list("set-cookie"))
    assert len(logged_in.headers.get_list("set-cookie")) == 2
    assert index.status_code == 200
    assert "ana" in index.text


@pytest.mark.parametrize("origin", ["https://evil.example", "http://api.example.com", "null"])
def test_a_form_from_elsewhere_is_refused(admin: ServedAdmin, origin: str) -> None:
    with admin.browser(behind_proxy=True) as browser:
        page = browser.get("/admin/login/")
        answer = browser.post(
            "/admin/login/",
            data=credentials(csrf_token(page)),
            headers={"Cookie": f"csrftoken={page.cookies['csrftoken']}", "Origin": origin},
        )

    assert answer.status_code == 403


def test_a_strange_host_is_refused(admin: ServedAdmin) -> None:
    with admin.browser() as browser:
        named = browser.get("/admin/login/", headers={"Host": "evil.example"})
        forwarded = browser.get("/admin/login/", headers={"X-Forwarded-Host": "evil.example"})

    assert (named.status_code, forwarded.status_code) == (400, 400)


def test_the_root_leads_to_the_admin(admin: ServedAdmin) -> None:
    with admin.browser() as browser:
        answer = browser.get("/")

    assert answer.status_code == 200
    assert 'href="/admin/"' in answer.text


def test_files_come_compressed_and_are_not_sent_twice(admin: ServedAdmin) -> None:
    with admin.browser() as browser:
        page = browser.get("/admin/login/")
        (path, *_) = re.findall(r'href="(/static/[^"]+\.css)"', page.text)
        url = f"http://127.0.0.1:{admin.upstream.port}{path}"
        direct = httpx2.get(url, timeout=ANSWER_SECONDS)
        first = browser.get(path)
        part = browser.get(path, headers={"Range": "bytes=0-9", "Accept-Encoding": "identity"})
        unchanged = browser.get(path, headers={"If-Modified-Since": first.headers["last-modified"]})

    assert first.content == direct.content
    assert part.status_code == 206
    assert part.content == first.content[:10]
    assert (unchanged.status_code, unchanged.content) == (304, b"")


def test_what_the_edge_does_not_have_below_v1_is_the_upstreams(admin: ServedAdmin) -> None:
    with admin.browser() as browser:
        answer = browser.get("/v1/statements")

    assert answer.status_code == 401
    assert answer.headers["x-request-id"]
