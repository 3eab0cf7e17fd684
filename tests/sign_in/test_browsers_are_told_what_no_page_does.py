"""Headers keep a browser from what no page of ours does.

That no page needs more is seen in Chromium: see ``tests/back_office/test_no_page_needs_more.py``.
"""

import pytest
from django.test import Client, override_settings


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
