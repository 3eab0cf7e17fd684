"""Evidence belongs to a build: the edge's sources, and the release of Django that answered."""

import json
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.harness.databases import CommittedDatabase
from tests.harness.servers import Server, running_django, running_edge
from tests.harness.waiting import eventually
from tests.rollout.failing_stack import LIST, FailingStack
from tests.rollout.stack import Stack
from tests.rollout.test_the_command_changes_the_stage import endpoints

BUILDS = "SELECT id FROM endpoints_build ORDER BY id"

#: An edge of the same endpoints, with one more of a package of its own.
OTHER_EDGE = """
from api_edge.v1 import users
from tests.rollout.edge_with_status import create_app


@users.router.get("/more")
async def more() -> str:
    return "{text}"
"""


def test_the_release_of_django_never_reaches_a_caller(stack: Stack) -> None:
    past_the_edge = stack.ask("GET", "/v1/users/1", port=stack.django_port)
    asking_for_it = stack.ask("GET", "/v1/users/1", headers={"X-Portico-Release": "1"})

    assert "X-Portico-Release" not in past_the_edge.headers
    assert "X-Portico-Release" not in asking_for_it.headers


def test_no_caller_can_say_or_hide_the_release(stack: Stack) -> None:
    for forged in (
        {"X-Portico-Release": "forged"},
        {"x_portico_release": "forged"},
        {"Connection": "x-portico-release"},
    ):
        assert stack.ask("GET", "/v1/users/1", headers=forged).status == 404

    assert eventually(lambda: bool(stack.rows(BUILDS)))
    releases = stack.rows("SELECT DISTINCT release FROM endpoints_build")
    assert [len(release) for (release,) in releases] == [32]


@dataclass(frozen=True, kw_only=True)
class NamedDatabase(CommittedDatabase):
    """A database whose Django has settings of its own, with a name for its release."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        return super().environment | {
            "DJANGO_SETTINGS_MODULE": "named_site",
            "PYTHONPATH": str(self.folder),
        }


@dataclass
class OtherEdge:
    """A second edge of the same stack, whose sources a test can change."""

    stack: Stack
    edge: Server
    sources: Path
    rollouts: int = 0

    def ask(self) -> None:
        """Call it once it knows the endpoint's stage."""
        replace(self.stack, edge=self.edge).wait_for_stages(self.stack.stage(LIST), LIST)
        assert self.stack.ask("GET", "/v1/users", port=self.edge.port).status == 200

    def start_anew(self, text: str) -> None:
        """Replace its processes, as a deployment does."""
        self.sources.write_text(OTHER_EDGE.format(text=text))
        self.rollouts += 1
        os.kill(self.edge.child.pid, signal.SIGHUP)
        assert eventually(
            lambda: self.edge.log.read_text().count("Release: finished") == self.rollouts,
        ), self.edge.log.read_text()


@pytest.fixture
def other_edge(stack: Stack, tmp_path: Path) -> Iterator[OtherEdge]:
    package = tmp_path / "other_edge"
    package.mkdir()
    sources = package / "__init__.py"
    sources.write_text(OTHER_EDGE.format(text="one"))
    with running_edge(
        f"http://127.0.0.1:{stack.django_port}",
        tmp_path / "other.log",
        app="tests.rollout.edge_with_package:create_app()",
        database=stack.database,
        FOLDER_OF_OTHER_EDGE=str(tmp_path),
    ) as edge:
        yield OtherEdge(stack, edge, sources)
    stack.owner.execute("DELETE FROM endpoints_endpoint WHERE path_template = '/v1/more'")


def seen(stack: Stack) -> Any:
    """Return what the command knows of each build: comparisons that agreed, the newest first."""
    shown = endpoints(stack, "show", "GET", "/v1/users", "--json")
    assert shown.returncode == 0, shown.stderr
    return [build["agreed"] for build in json.loads(shown.stdout)["builds"]]


def checks_by_build(stack: Stack) -> list[int]:
    return [
        count
        for (count,) in stack.rows(
            "SELECT count(*) FROM endpoints_paritycheck GROUP BY build_id ORDER BY build_id"
        )
    ]


def guarded_by_build(stack: Stack) -> list[int]:
    return [
        matched
        for (matched,) in stack.rows("SELECT matched FROM endpoints_guardedclass ORDER BY build_id")
    ]


def test_new_code_begins_anew_and_a_restart_goes_on(stack: Stack, other_edge: OtherEdge) -> None:
    stack.set_stage(LIST, "canary", percent=100, guarded_calls=100)
    stack.ask("GET", "/v1/users")
    other_edge.ask()
    assert eventually(lambda: checks_by_build(stack) == [1, 1]), checks_by_build(stack)
    # Two builds at once count apart.
    both = stack.rows(BUILDS)

    other_edge.start_anew("one")
    other_edge.ask()
    assert eventually(lambda: checks_by_build(stack) == [1, 2]), checks_by_build(stack)
    assert stack.rows(BUILDS) == both
    assert guarded_by_build(stack) == [1, 2]

    other_edge.start_anew("two")
    other_edge.ask()
    assert eventually(lambda: checks_by_build(stack) == [1, 2, 1]), checks_by_build(stack)
    assert guarded_by_build(stack) == [1, 2, 1]
    # The one before says that it has stopped when it ends, which the release does not wait for.
    assert eventually(lambda: seen(stack) == [1, 1]), seen(stack)


@pytest.mark.long
def test_another_release_of_django_begins_anew(stack: Stack, tmp_path: Path) -> None:
    (tmp_path / "named_site.py").write_text(
        "from core_site.config.settings import *\nENDPOINT_RELEASE = '2026.11.1'\n"
    )
    named = NamedDatabase(**vars(stack.database), folder=tmp_path)
    stack.set_stage(LIST, "shadow")
    stack.ask("GET", "/v1/users")
    with (
        running_django(named, tmp_path / "django.log") as port,
        running_edge(
            f"http://127.0.0.1:{port}", tmp_path / "edge.log", database=stack.database
        ) as edge,
    ):
        for _ in range(2):
            stack.ask("GET", "/v1/users", port=edge.port)

        assert eventually(lambda: checks_by_build(stack) == [1, 2]), checks_by_build(stack)
        builds = stack.rows("SELECT edge, release FROM endpoints_build ORDER BY id DESC LIMIT 2")
    # The same edge, beside another release.
    assert builds[0][1] == "2026.11.1" != builds[1][1]
    assert builds[0][0] == builds[1][0]


def test_the_first_difference_of_a_build_suspends_its_canary(failing_stack: FailingStack) -> None:
    failing_stack.owner.execute("TRUNCATE endpoints_edgecalls")
    failing_stack.set_stage(LIST, "canary", percent=1)
    failing_stack.pin(LIST, "alpine", "edge")
    try:
        assert "itemz" in failing_stack.read("wrong").body

        why = failing_stack.rollback_reason(LIST)
    finally:
        failing_stack.has_had_first_canaries()

    assert why.startswith("the first difference of build ")
    assert "items" in failing_stack.read("wrong").body
