"""An error of Django is a problem (RFC 9457) below every prefix of the API, and has an id."""

import json
from typing import Any

import pytest
from django.http import Http404
from django.test import RequestFactory

from core_site.config.unavailable import answer_server_error
from core_site.problem_details import answer_not_found


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/api/boats", "application/problem+json"),
        ("/v1/boats", "application/problem+json"),
        ("/apiary", "text/html"),
        ("/admin/boats", "text/html"),
    ],
)
@pytest.mark.django_db
def test_in_the_dialect_of_its_address(settings: Any, path: str, kind: str) -> None:
    settings.ENDPOINT_PREFIXES = ["/api/", "/v1/"]
    request = RequestFactory().get(path)
    try:
        raise ValueError("ada@example.com")
    except ValueError:
        broken = answer_server_error(request)
    missing = answer_not_found(request, Http404())

    assert (broken.status_code, missing.status_code) == (500, 404)
    for answer in (broken, missing):
        assert answer["Content-Type"].partition(";")[0] == kind
        assert b"ada@" not in answer.content
    if "json" in kind:
        assert json.loads(broken.content)["requestId"] == broken["X-Request-Id"]
