"""Before any half has registered its endpoints, every verb says so in one line."""

import pytest

from tests.rollout_commands.commanding import run_rollout

pytestmark = pytest.mark.django_db


def test_the_list_says_what_fills_it() -> None:
    shown = run_rollout("list")

    assert shown.status == 0
    assert "`rollout register`" in shown.stdout
    assert run_rollout("list", "--json").document == {"endpoints": []}


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "GET", "/v1/users"),
        ("evidence", "GET", "/v1/users"),
        ("diffs", "GET", "/v1/users"),
        ("set-stage", "GET", "/v1/users", "shadow", "--reason", "a test"),
        ("pin", "GET", "/v1/users", "alice", "edge", "--reason", "a test"),
        ("budget", "GET", "/v1/users", "--errors", "1", "--reason", "a test"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_an_unknown_endpoint_is_refused(arguments: tuple[str, ...]) -> None:
    refused = run_rollout(*arguments)

    assert (refused.status, refused.stdout) == (3, "")
    assert refused.stderr == (
        "CommandError: GET /v1/users is not an endpoint that the edge or Django "
        "has registered; `rollout list` shows them all\n"
    )


def test_a_program_gets_the_refusal_as_a_document() -> None:
    refused = run_rollout("show", "GET", "/v1/users", "--json")

    assert refused.document["exit_status"] == 3
    assert "GET /v1/users is not an endpoint" in refused.document["error"]


def test_nothing_differs_yet() -> None:
    assert run_rollout("diffs").status == 0
    assert run_rollout("diffs", "--json").document == {"total": 0, "differences": []}
