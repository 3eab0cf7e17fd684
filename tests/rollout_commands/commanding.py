"""Run the command in this process, on the test's own transaction, and see what came out."""

import json
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

from django.core.management.base import CommandError
from django.utils import timezone

from core_site import stores
from core_site.rollout.evidence_models import (
    Build,
    BuildDifference,
    Difference,
    EdgeCalls,
    EndpointHour,
    ParityCheck,
    SelfTest,
)
from core_site.rollout.management.commands.rollout import Command
from core_site.rollout.models import Endpoint
from shared_domain.rollout import EndpointName, Side, register_endpoints
from shared_domain.run_now import run_now

USERS: EndpointName = ("GET", "/v1/users/{id}")
ADD_USER: EndpointName = ("POST", "/v1/users")
STATEMENTS: EndpointName = ("GET", "/v1/statements")
ONLY_ON_EDGE: EndpointName = ("GET", "/octo/products")

#: What is kept of a difference: no value that is not public.
EXAMPLE = {
    "path": "/name",
    "kind": "value",
    "django": {"type": "string", "length": 5, "hash": "0a1b2c3d4e5f"},
    "edge": {"type": "string", "length": 4, "hash": "f5e4d3c2b1a0"},
}


@dataclass(frozen=True)
class Outcome:
    status: int
    stdout: str
    stderr: str

    @property
    def document(self) -> Any:
        return json.loads(self.stdout)


def run_rollout(*arguments: str) -> Outcome:
    """Run ``manage.py rollout …`` on the test's own connection, and report as Django does."""
    out, err = StringIO(), StringIO()
    command = Command(stdout=out, stderr=err)
    # Argparse then ends with its own status, as it does in a terminal.
    command._called_from_command_line = True  # type: ignore[attr-defined]  # Django sets it
    status = 0
    with redirect_stdout(out), redirect_stderr(err):
        try:
            parser = command.create_parser("manage.py", "rollout")
            command.execute(**vars(parser.parse_args(list(arguments))))
        except SystemExit as ended:
            status = int(ended.code or 0)
        except CommandError as stopped:
            status = stopped.returncode
            err.write(f"CommandError: {stopped}\n")
    return Outcome(status, out.getvalue(), err.getvalue())


def register(*names: EndpointName, side: Side, at: datetime | None = None) -> None:
    now = at or timezone.now()
    run_now(register_endpoints(names, side=side, now=now, store=stores.endpoints()))


def register_both_halves() -> None:
    """USERS and ADD_USER are on both, STATEMENTS is left in Django, ONLY_ON_EDGE is new."""
    long_ago = timezone.now() - timedelta(days=3)
    register(USERS, ADD_USER, STATEMENTS, side=Side.DJANGO, at=long_ago)
    register(USERS, ADD_USER, ONLY_ON_EDGE, side=Side.EDGE, at=long_ago)


def row_of(name: EndpointName) -> Endpoint:
    return Endpoint.objects.get(method=name[0], path_template=name[1])


def put_in(name: EndpointName, stage: str, **values: Any) -> Endpoint:
    """Put an endpoint into a stage, whatever the rules say."""
    if "self_test_passed" in values:
        self_test(name, passed=values.pop("self_test_passed"))
    Endpoint.objects.filter(pk=row_of(name).pk).update(stage=stage, **values)
    return row_of(name)


def the_build(edge: str = "e" * 32, **values: Any) -> Build:
    """Return a build that runs now, of which nothing has been seen yet."""
    now = timezone.now()
    times = {"first_seen_at": now - timedelta(hours=1), "last_seen_at": now, "heard_at": now}
    return Build.objects.get_or_create(
        upstream="", edge=edge, release="r" * 32, defaults=times | values
    )[0]


def self_test(name: EndpointName, *, passed: bool = True) -> None:
    SelfTest.objects.update_or_create(
        endpoint=row_of(name),
        build=the_build(),
        defaults={"at": timezone.now(), "passed": passed},
    )


def edge_called(name: EndpointName, calls: int, *, fell_back: int = 0) -> None:
    """Store calls that the edge answered in the endpoint's present stage."""
    row = row_of(name)
    EdgeCalls.objects.create(
        endpoint=row,
        build=the_build(),
        stage_since=row.stage_since,
        calls=calls,
        fell_back=fell_back,
    )


def compare(name: EndpointName, times: int = 1, **values: Any) -> None:
    """Store comparisons that agree, spread over two partners and two status classes."""
    row, build, now = row_of(name), the_build(), timezone.now()
    ParityCheck.objects.bulk_create(
        ParityCheck(
            **{
                "endpoint": row,
                "build": build,
                "at": now,
                "partner_id": 1 + number % 2,
                "request_id": uuid4(),
                "verdict": "match",
                "django_status": 404 if number % 5 == 0 else 200,
                "edge_status": 404 if number % 5 == 0 else 200,
                "django_ms": 12.0,
                "edge_ms": 3.0,
            }
            | values
        )
        for number in range(times)
    )


def count_hour(name: EndpointName, **values: Any) -> None:
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    EndpointHour.objects.create(**{"endpoint": row_of(name), "hour": hour} | values)


def differ(
    name: EndpointName, path: str, *, count: int = 1, build: Build | None = None, **values: Any
) -> BuildDifference:
    """Store a difference of a build that runs now, unless told otherwise."""
    now = timezone.now()
    found = {
        "count": count,
        "first_at": now,
        "last_at": now,
        "example_request_id": uuid4(),
        "example": EXAMPLE,
    } | values
    place, _ = Difference.objects.get_or_create(
        endpoint=row_of(name), path=path, kind="value", defaults=found
    )
    return BuildDifference.objects.create(difference=place, build=build or the_build(), **found)
