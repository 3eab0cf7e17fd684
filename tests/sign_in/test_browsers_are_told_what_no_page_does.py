"""Headers keep a browser from what no page of ours does, and no page of ours needs more."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client, override_settings

from tests.harness.browser import (
    FAIL_ON_REFUSED_CONTENT,
    open_page,
    running_chromium,
    sign_in,
)
from tests.harness.committed_data import add_superuser
from tests.harness.databases import CommittedDatabase
from tests.harness.servers import running_wsgi

PASSWORD = "a long one, for tests"

PAGES = (
    "",
    "bookings/booking/",
    "catalog/departure/",
    "catalog/option/add/",
    "catalog/schedule/add/",
    "catalog/price/add/",
    "endpoints/endpoint/",
    "password_change/",
)


@pytest.mark.parametrize("path", ["/admin/login/", "/v1/nowhere", "/health"])
def test_every_answer_of_the_site(client: Client, db: None, path: str) -> None:
    headers = client.get(path).headers

    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "http" not in policy
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert "camera=()" in headers["Permissions-Policy"]


def test_https_is_for_good(client: Client, db: None) -> None:
    with override_settings(SECURE_HSTS_SECONDS=31_536_000):
        page = client.get("/admin/login/", secure=True)

    assert page.headers["Strict-Transport-Security"] == "max-age=31536000"


@pytest.fixture
def site(committed_database: CommittedDatabase, tmp_path: Path) -> Iterator[str]:
    add_superuser(committed_database.owner_url, "ana", PASSWORD)
    wsgi = "core_site.config.wsgi:application"
    with running_wsgi(wsgi, tmp_path / "site.log", **committed_database.environment) as running:
        yield f"http://127.0.0.1:{running.port}"


@pytest.mark.browser
def test_no_page_needs_more(site: str) -> None:
    refused: list[str] = []
    with running_chromium() as browser:
        page = open_page(browser, site)
        page.add_init_script(FAIL_ON_REFUSED_CONTENT)
        page.on("pageerror", lambda error: refused.append(f"{page.url}: {error}"))
        sign_in(page, "ana", PASSWORD)
        for address in PAGES:
            page.goto(f"/admin/{address}")
            page.wait_for_load_state("networkidle")
        # Alpine.js works: the menu of the user opens.
        assert page.evaluate("typeof window.Alpine") == "object"

    assert refused == []
