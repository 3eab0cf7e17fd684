"""The API is documented by the edge itself, completely, and with nothing from elsewhere."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

import api_edge
from tests.harness.clients import OctoClient
from tests.harness.openapi import own_document
from tests.octo.edge import Edge

OPERATIONS = [
    (method, path, operation)
    for path, operations in own_document()["paths"].items()
    for method, operation in operations.items()
]
IDS = [f"{method} {path}" for method, path, _ in OPERATIONS]


def fetch(edge: Edge, path: str) -> tuple[int, str, bytes]:
    """Return status, content type and body."""
    connection = OctoClient(edge.port, None).connection
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.headers["Content-Type"], answer.read()


@pytest.mark.parametrize("page", ["/docs", "/redoc"])
def test_the_pages_and_all_they_ask_for_come_from_the_edge(edge: Edge, page: str) -> None:
    status, kind, body = fetch(edge, page)

    assert (status, kind) == (200, "text/html; charset=utf-8")
    wanted = re.findall(r'(?:src|href)="(?!data:)([^"]+)"', body.decode())
    assert len(wanted) >= 2
    for path in wanted:
        # Relative, so that the pages may stand below a prefix.
        assert path.startswith("docs/files/")
        assert fetch(edge, f"/{path}")[0] == 200
    assert b"<script>" not in body


def test_the_changelog_is_a_page_that_the_documentation_links(edge: Edge) -> None:
    status, kind, body = fetch(edge, "/docs/changelog")
    changes = (Path(api_edge.__file__).parent / "CHANGELOG.md").read_text()

    assert (status, kind) == (200, "text/html; charset=utf-8")
    dates = re.findall(r"^## (.+)$", changes, re.M)
    assert dates == sorted(dates, reverse=True)
    assert re.findall(r"<h2>(.+)</h2>", body.decode()) == dates
    assert b"<script" not in body
    assert "(docs/changelog)" in own_document()["info"]["description"]


def test_the_document_is_openapi_3_1(edge: Edge) -> None:
    status, kind, body = fetch(edge, "/openapi.json")

    assert (status, kind) == (200, "application/json")
    document = json.loads(body)
    assert document["openapi"].startswith("3.1")
    assert set(document["paths"]) == set(own_document()["paths"])


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=IDS)
def test_every_operation_is_described_with_examples(
    method: str, path: str, operation: dict[str, Any]
) -> None:
    assert operation["summary"]
    assert operation["description"]
    assert operation["tags"]
    if "requestBody" in operation:
        assert example_of(operation["requestBody"]["content"])
    for status, response in operation["responses"].items():
        assert response["description"]
        assert status == "204" or example_of(response["content"])
    if path.startswith("/octo/"):
        assert operation["security"]
        assert {"200", "400", "401", "403", "500", "503"} <= set(operation["responses"])
        assert "422" not in operation["responses"]


def test_only_one_form_of_each_path_is_documented() -> None:
    assert not [path for path in own_document()["paths"] if path.endswith("/")]


def test_operations_have_readable_names() -> None:
    names = [operation["operationId"] for _, _, operation in OPERATIONS]

    assert len(set(names)) == len(names)
    assert {"reserve", "confirm", "cancel", "get_booking"} <= set(names)


def example_of(content: dict[str, Any]) -> object:
    """Return an example of a body, in its first media type: beside its schema, or in it."""
    media = next(iter(content.values()))
    if "examples" in media:
        return next(iter(media["examples"].values()))["value"]
    schema = media["schema"]
    if schema.get("type") == "array":
        schema = schema["items"]
    name = schema["$ref"].rpartition("/")[2]
    return own_document()["components"]["schemas"][name]["examples"][0]
