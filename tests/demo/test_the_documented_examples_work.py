"""Every example in the documentation works on a fresh demo, with the documented answer."""

import http.client
import json
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import product
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import psycopg
import pytest

from api_edge.examples import shift_example_dates
from tests.harness.databases import DemoDatabase
from tests.harness.servers import running_bare_edge, running_weather_provider
from tests.harness.waiting import ANSWER_SECONDS

JSON = ("application/json", "application/problem+json")

DAY = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True)
class Demo:
    """A fresh demo behind an edge, and the key that ``deploy/up`` prints."""

    port: int
    key: str

    def send(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS)
        sent = {"Authorization": f"Bearer {self.key}"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        if body is not None:
            sent["Content-Type"] = "application/json"
        text = None if body is None else json.dumps(body)
        connection.request(method.upper(), path, body=text, headers=sent)
        response = connection.getresponse()
        content, kind = response.read(), response.getheader("Content-Type", "")
        answer = response.status, json.loads(content) if content and kind in JSON else content
        connection.close()
        return answer


@pytest.fixture(scope="module")
def demo(
    make_demo_database: Callable[[], AbstractContextManager[DemoDatabase]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Demo]:
    logs = tmp_path_factory.mktemp("demo")
    with (
        make_demo_database() as made,
        running_weather_provider(logs / "weather.log") as weather_url,
        running_bare_edge(
            made.database,
            logs / "edge.log",
            PORTICO_WEBHOOK_KEY="only for tests",
            PORTICO_WEATHER_URL=weather_url,
            # A busy machine may take longer than the default, by which the example is refused.
            PORTICO_WEATHER_SECONDS="60",
        ) as port,
    ):
        # A worker gives events their positions, which the examples name.
        with psycopg.connect(made.database.django_url) as django:
            django.execute("SELECT events_give_positions(1000, 0)")
        yield Demo(port, made.loaded["api_key"])


def test_every_example_gets_the_documented_answer(demo: Demo) -> None:
    _, document = demo.send("get", "/openapi.json")
    sent = 0

    listed = [
        (path, method, operation)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    ]
    # What one example removes, the others still need.
    for path, method, operation in sorted(listed, key=lambda entry: entry[1] == "delete"):
        (expected,) = (int(code) for code in operation["responses"] if code < "300")
        for target, body, headers in requests_of(document, path, operation):
            status, answer = demo.send(method, target, body, **headers)
            sent += 1

            assert status == expected, (method, target, body, headers, answer)
            if method == "delete":
                # The same with other headers would find nothing.
                break

    assert sent >= 40


def test_what_an_example_asks_for_is_there(demo: Demo) -> None:
    _, document = demo.send("get", "/openapi.json")
    for path in ("/octo/availability", "/octo/availability/calendar"):
        operation = document["paths"][path]["post"]
        for target, body, headers in requests_of(document, path, operation):
            _, found = demo.send("post", target, body, **headers)

            assert any(slot["available"] for slot in found), body


def test_no_example_of_a_request_names_a_day_of_the_past(demo: Demo) -> None:
    _, document = demo.send("get", "/openapi.json")
    today = datetime.now(UTC).date()

    named = [
        date.fromisoformat(day)
        for path, operations in document["paths"].items()
        for operation in operations.values()
        for target, body, _ in requests_of(document, path, operation)
        for day in DAY.findall(target + json.dumps(body))
    ]

    assert len(named) >= 8
    assert min(named) >= today


@pytest.mark.parametrize(
    ("today", "start"),
    [
        (date(2026, 7, 1), "2026-07-14T09:30:00+01:00"),
        (date(2026, 11, 25), "2026-12-08T09:30:00+00:00"),
        (date(2027, 3, 15), "2027-03-28T09:30:00+01:00"),
        (date(2028, 2, 16), "2028-02-29T09:30:00+00:00"),
    ],
)
def test_a_departure_keeps_its_time_on_the_clock(today: date, start: str) -> None:
    document = {
        "example": {"availabilityId": "2026-07-14T09:30:00+01:00"},
        "description": "since 2026-07-14",
    }

    moved = shift_example_dates(document, today)

    assert moved == {"example": {"availabilityId": start}, "description": "since 2026-07-14"}


def requests_of(
    document: dict[str, Any], path: str, operation: dict[str, Any]
) -> Iterator[tuple[str, Any, dict[str, str]]]:
    """Yield each request that the operation's examples describe: its target, body and headers."""
    parameters = [
        document["components"]["parameters"][name]
        if (name := parameter.get("$ref", "").rpartition("/")[2])
        else parameter
        for parameter in operation.get("parameters", [])
    ]
    target, query = path, {}
    headers: dict[str, list[str]] = {}
    for parameter in parameters:
        examples = examples_of(parameter) or examples_of(parameter["schema"])
        if parameter["in"] == "path":
            target = target.replace(f"{{{parameter['name']}}}", examples[0])
        elif parameter["in"] == "query" and examples:
            query[parameter["name"]] = examples[0]
        elif parameter["in"] == "header" and examples:
            # A repeat under /v1 with another value would create a second one, which is refused.
            chosen = examples[-1:] if path.startswith("/v1/") else examples
            headers[parameter["name"].replace("-", "_")] = chosen
    targets = [f"{target}?{urlencode(query)}" if query else target]
    content = operation.get("requestBody", {}).get("content", {})
    bodies = bodies_of(document, content["application/json"]) if content else [None]
    for at, body, *values in product(targets, bodies, *headers.values()):
        sent = dict(zip(headers, values, strict=True))
        if "Idempotency_Key" in sent:
            # It names one request: another one, with other content, has a key of its own.
            sent["Idempotency_Key"] = str(uuid4())
        yield at, body, sent


def bodies_of(document: dict[str, Any], media: dict[str, Any]) -> list[Any]:
    found = examples_of(media)
    if not found:
        name = media["schema"]["$ref"].rpartition("/")[2]
        found = examples_of(document["components"]["schemas"][name])
    assert found, media
    return found


def examples_of(described: dict[str, Any]) -> list[Any]:
    examples = described.get("examples", [])
    if isinstance(examples, dict):
        return [example["value"] for example in examples.values()]
    return examples or ([described["example"]] if "example" in described else [])
