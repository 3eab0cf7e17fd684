"""The API is documented by the edge itself, completely, and with nothing from elsewhere."""

import asyncio
import gzip
import json
import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
from starlette.types import Message as AsgiMessage

import api_edge
from api_edge.app import create_app
from api_edge.settings import Settings
from api_edge.v1.events.kinds import KINDS
from shared_domain import postgres
from shared_domain.events import PublishedType
from shared_domain.webhooks import signing
from tests.harness.clients import OctoClient
from tests.harness.openapi import mistakes_in, own_document
from tests.octo.edge import Edge

#: However busy the machine is, a page is answered within this time.
LONG_SECONDS = 600.0

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


def test_a_visitor_of_an_edge_without_django_is_led_to_the_documentation(edge: Edge) -> None:
    connection = OctoClient(edge.port, None).connection
    connection.request("GET", "/")
    answer = connection.getresponse()

    assert (answer.status, answer.headers["Location"]) == (307, "/docs")


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


def test_the_document_is_sent_compressed_and_once(edge: Edge) -> None:
    def ask(**headers: str) -> tuple[int, Message, bytes]:
        connection = OctoClient(edge.port, None).connection
        connection.request("GET", "/openapi.json", headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()

    _, headers, plain = ask()
    _, packed_headers, packed = ask(**{"Accept-Encoding": "br, gzip"})

    assert packed_headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed) == plain
    assert len(packed) < len(plain) / 5
    etag = packed_headers["ETag"]
    assert headers["ETag"] == etag
    for known in (etag, f'"other", {etag}', "*"):
        assert ask(**{"If-None-Match": known})[::2] == (304, b"")
    assert ask(**{"If-None-Match": '"other"'})[0] == 200


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=IDS)
def test_every_operation_is_described_with_examples(
    method: str, path: str, operation: dict[str, Any]
) -> None:
    assert operation["summary"]
    assert operation["description"]
    assert operation["tags"]
    if "requestBody" in operation:
        assert example_of(operation["requestBody"]["content"])
    # Swagger UI fills in a parameter's own example, and leaves a schema's to be read.
    for parameter in operation.get("parameters", ()):
        assert "example" in parameter or not parameter.get("required"), parameter["name"]
    for status, response in operation["responses"].items():
        assert response["description"]
        assert status == "204" or example_of(response["content"])
    if path.startswith("/octo/"):
        assert operation["security"]
        assert {"200", "400", "401", "403", "500", "503"} <= set(operation["responses"])
        assert "422" not in operation["responses"]


def test_the_first_booking_of_the_introduction_names_what_there_is() -> None:
    document = own_document()
    steps = document["info"]["description"].partition("## Your first booking")[2].partition("##")[0]
    schemas = json.dumps(document["components"]["schemas"])

    paths = re.findall(r"`(GET|POST) (/\S+)`", steps)
    assert len(paths) == 4
    assert all(path in document["paths"] and method.lower() in document["paths"][path]
               for method, path in paths)  # fmt: skip
    fields = [name for name in re.findall(r"`(\w+)`", steps) if name != "id"]
    assert len(fields) > 8
    assert [name for name in fields if f'"{name}":' not in schemas] == []


def test_only_one_form_of_each_path_is_documented() -> None:
    assert not [path for path in own_document()["paths"] if path.endswith("/")]


def test_operations_have_readable_names() -> None:
    names = [operation["operationId"] for _, _, operation in OPERATIONS]

    assert len(set(names)) == len(names)
    assert {"reserve", "confirm", "cancel", "get_booking", "get_liveness"} <= set(names)
    # FastAPI's own names end with the method.
    assert [name for name in names if name.endswith(("_get", "_post", "_patch", "_delete"))] == []


def test_every_operation_says_whether_it_needs_a_key() -> None:
    document = own_document()
    without_key = [path for _, path, operation in OPERATIONS if operation["security"] == []]
    assert without_key == ["/health", "/health/ready"]
    assert all(hook["post"]["security"] == [] for hook in document["webhooks"].values())
    for _, path, operation in OPERATIONS:
        assert (path in without_key) is ("401" not in operation["responses"])
        if path not in without_key:
            assert "WWW-Authenticate" in operation["responses"]["401"]["headers"]


def find_schemas(node: object, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each schema of the document with its place; examples hold none."""
    if isinstance(node, dict):
        if {"type", "anyOf", "oneOf", "format", "pattern", "const", "enum"} & set(node):
            yield place, node
        for name, part in node.items():
            if name not in ("example", "examples", "properties"):
                yield from find_schemas(part, f"{place}/{name}")
        for name, part in node.get("properties", {}).items():
            yield from find_schemas(part, f"{place}/{name}")
    elif isinstance(node, list):
        for index, part in enumerate(node):
            yield from find_schemas(part, f"{place}/{index}")


def test_generators_of_clients_find_the_type_beside_what_limits_it() -> None:
    schemas = list(find_schemas(own_document()))

    assert len(schemas) > 500
    limits = {"format", "pattern", "const", "enum", "maxLength", "minimum"}
    assert [
        place for place, schema in schemas
        if limits & set(schema) and not isinstance(schema.get("type"), str)
    ] == []  # fmt: skip
    unions = [place for place, schema in schemas if "anyOf" in schema and not is_nullable(schema)]
    # Where the list of events begins: a number or a word.
    assert [place for place in unions if "/v1/events/" not in place] == []


def is_nullable(schema: dict[str, Any]) -> bool:
    return len(schema["anyOf"]) == 2 and {"type": "null"} in schema["anyOf"]


def test_a_parameter_is_left_out_and_has_no_null() -> None:
    for _, path, operation in OPERATIONS:
        for parameter in operation.get("parameters", ()):
            assert {"type": "null"} not in parameter.get("schema", {}).get("anyOf", ()), path


def test_what_may_be_left_out_of_a_body_has_no_default() -> None:
    # openapi-typescript takes a field with a default for one that is always there.
    schemas = own_document()["components"]["schemas"]
    assert [place for place, schema in find_schemas(schemas) if "default" in schema] == []
    assert schemas["Problem"]["required"] == ["type", "title", "status", "detail", "requestId"]


@pytest.mark.parametrize("path", ["/v1/users/{id}", "/v1/webhook-endpoints/{id}",
                                  "/octo/notifications/subscriptions/{id}"])  # fmt: skip
def test_an_id_is_asked_for_as_it_is_answered(path: str) -> None:
    document = own_document()
    operation = document["paths"][path]["get"]
    asked = next(one["schema"] for one in operation["parameters"] if one.get("name") == "id")
    answered = operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"]
    properties = document["components"]["schemas"][answered.rpartition("/")[2]]["properties"]

    assert asked["format"] == properties["id"]["format"] == "uuid"


def test_no_schema_has_the_name_of_its_own_field() -> None:
    # A generated class that reads itself into a variable of its name would lose the field.
    for name, schema in own_document()["components"]["schemas"].items():
        assert name.lower() not in {field.lower() for field in schema.get("properties", ())}


def test_every_call_with_a_key_may_ask_for_test_mode() -> None:
    chooses_mode = {"$ref": "#/components/parameters/OctoEnv"}
    for _, path, operation in OPERATIONS:
        if path.startswith(("/octo/", "/v1/")):
            assert chooses_mode in operation["parameters"], path


def test_a_body_may_be_left_out_exactly_where_nothing_in_it_is_required() -> None:
    schemas = own_document()["components"]["schemas"]
    for _, path, operation in OPERATIONS:
        if body := operation.get("requestBody"):
            name = body["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
            assert body["required"] is ("required" in schemas[name]), path


def test_events_that_are_named_are_types_of_events() -> None:
    changes = (Path(api_edge.__file__).parent / "CHANGELOG.md").read_text()
    texts = [changes, *(operation.get("description", "") for _, _, operation in OPERATIONS)]
    named = set(re.findall(r"`((?:booking|departure|product|price|key)\.[a-z_]+)`", str(texts)))

    assert "booking.changed" in named
    assert named - {kind.value for kind in PublishedType} == set()


@pytest.mark.parametrize(
    ("operation", "refusals"),
    [
        ("post /octo/bookings", ("CurrencyNotOffered", "PriceMissing", "AvailabilityMissing")),
        (
            "patch /octo/bookings/{uuid}",
            ("ContactIncomplete", "PriceMissing", "AvailabilityMissing", "AgreementMissing"),
        ),
        ("post /octo/bookings/{uuid}/confirm", ("ContactIncomplete", "PriceMissing", "SoldOut")),
        (
            "post /octo/bookings/{uuid}/extend",
            ("WrongStatus", "DepartureClosed", "ProductNotFound"),
        ),
    ],
)
def test_what_a_booking_may_be_refused_for_is_documented(
    operation: str, refusals: tuple[str, ...]
) -> None:
    (documented,) = (shown for method, path, shown in OPERATIONS if f"{method} {path}" == operation)
    examples = documented["responses"]["400"]["content"]["application/json"]["examples"]
    assert set(refusals) <= {name.rpartition(": ")[2] for name in examples}


def test_an_unknown_outcome_is_documented_in_the_words_of_its_message() -> None:
    words = "the request may be carried out or not"
    assert words.removeprefix("the request ") in postgres.OUTCOME_UNKNOWN

    unsafe = [(method, path, shown) for method, path, shown in OPERATIONS if method != "get"]
    assert [
        (method, path)
        for method, path, operation in unsafe
        if words not in operation["responses"]["503"]["description"]
    ] == []


def test_webhooks_are_documented_apart_with_the_headers_that_are_sent() -> None:
    # A generator that writes a file for each tag would write two to one path.
    hooks = [hook["post"] for hook in own_document()["webhooks"].values()]
    tags = {tag for _, _, operation in OPERATIONS for tag in operation["tags"]}
    sent = signing.signed_headers("evt_1", b"", secrets=[], now=datetime.now(UTC))

    for hook in hooks:
        assert not tags & set(hook["tags"])
        assert [header["name"] for header in hook["parameters"]] == list(sent)


@pytest.mark.parametrize("kind", PublishedType)
def test_each_type_of_event_has_a_page_with_an_example_of_its_model(kind: PublishedType) -> None:
    document = own_document()
    page = document["webhooks"][kind.value]["post"]
    (media,) = page["requestBody"]["content"].values()
    (example,) = [shown["value"] for shown in media["examples"].values()]

    assert page["summary"]
    assert page["description"]
    assert example["type"] == kind.value
    assert mistakes_in(example, schema=media["schema"], document=document) == []
    assert media["schema"]["$ref"].endswith(f"/{KINDS[kind].model.__name__}")
    for part in ("data", "id"):
        assert mistakes_in(example | {part: 1}, schema=media["schema"], document=document)


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


def test_calls_are_answered_while_the_document_is_made() -> None:
    app = create_app(Settings(database_url="postgresql://unused@/nothing"))
    is_answered = threading.Event()
    # Made on the event loop, it would wait for an answer that the loop cannot give.
    app.openapi = lambda: {"answered": is_answered.wait(LONG_SECONDS)}  # type: ignore[method-assign]

    async def ask(path: str) -> bytes:
        parts = bytearray()

        async def send(message: AsgiMessage) -> None:
            parts.extend(message.get("body", b""))

        async def receive() -> AsgiMessage:
            return {"type": "http.disconnect"}

        scope = {
            "type": "http", "method": "GET", "path": path, "query_string": b"", "headers": [],
            "http_version": "1.1", "client": ("127.0.0.1", 1), "state": {},
        }  # fmt: skip
        await app(scope, receive, send)
        return bytes(parts)

    async def ask_meanwhile() -> bytes:
        health = await ask("/health")
        is_answered.set()
        return health

    async def ask_both() -> list[bytes]:
        # The first one begins first.
        return list(await asyncio.gather(ask("/openapi.json"), ask_meanwhile()))

    assert asyncio.run(ask_both()) == [b'{"answered":true}', b'{"status":"ok"}']
