"""``rollout evidence`` says what the next stage still needs; ``diffs`` says what differed."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.rollout_commands.commanding import (
    ADD_USER,
    EXAMPLE,
    ONLY_ON_EDGE,
    STATEMENTS,
    USERS,
    compare,
    differ,
    put_in,
    run_rollout,
)

pytestmark = pytest.mark.usefixtures("registered")


def test_nothing_is_missing_for_the_first_step() -> None:
    asked = run_rollout("evidence", *USERS)

    assert asked.status == 0
    assert asked.stdout.startswith("GET /v1/users/{id}: django to shadow\n")
    assert asked.stdout.endswith("verdict: ready\n")


def test_each_missing_piece_is_named() -> None:
    put_in(USERS, "shadow")
    compare(USERS, 3, partner_id=1, django_status=200)

    asked = run_rollout("evidence", *USERS)

    assert asked.status == 4
    assert "missing: 3 of 100 comparisons in a row that agree\n" in asked.stdout
    assert "missing: answers of 2 status classes; seen: 2xx\n" in asked.stdout
    assert "missing: calls of 2 partners; seen: 1\n" in asked.stdout
    assert "missing: the self-test: no difference has been injected yet\n" in asked.stdout
    assert asked.stdout.endswith("verdict: insufficient evidence\n")


def test_enough_of_everything_is_ready() -> None:
    put_in(USERS, "shadow", self_test_passed=True)
    compare(USERS, 100)

    asked = run_rollout("evidence", *USERS, "--json")

    assert (asked.status, asked.document["verdict"]) == (0, "ready")
    assert asked.document["to"] == "canary"
    assert asked.document["seen"]["status_classes"] == {"2xx": 80, "4xx": 20}


def test_a_later_stage_needs_more() -> None:
    put_in(USERS, "shadow", self_test_passed=True)
    compare(USERS, 100)

    asked = run_rollout("evidence", *USERS, "--to", "edge", "--json")

    assert asked.status == 4
    assert asked.document["lacking"] == ["a canary: no partner has been answered by the edge yet"]


@pytest.mark.parametrize(
    ("edge_status", "verdict", "status"), [(200, "differs", 1), (404, "misconfigured", 5)]
)
def test_the_verdict_is_the_exit_status(edge_status: int, verdict: str, status: int) -> None:
    put_in(USERS, "shadow")
    compare(USERS, 10, verdict="mismatch", django_status=200, edge_status=edge_status)

    asked = run_rollout("evidence", *USERS)

    assert asked.status == status
    assert asked.stdout.endswith(f"verdict: {verdict}\n")


@pytest.mark.parametrize(
    ("name", "arguments", "why"),
    [
        (STATEMENTS, (), "the edge does not have GET /v1/statements"),
        (USERS, ("--to", "retired"), "bring it to edge first"),
        (ONLY_ON_EDGE, ("--to", "shadow"), "Django does not have GET /octo/products"),
    ],
)
def test_no_evidence_helps_what_cannot_work(
    name: tuple[str, str], arguments: tuple[str, ...], why: str
) -> None:
    refused = run_rollout("evidence", *name, *arguments)

    assert (refused.status, refused.stdout) == (3, "")
    assert why in refused.stderr


def test_after_the_last_stage_there_is_none() -> None:
    put_in(USERS, "retired")

    assert "there is no step forward" in run_rollout("evidence", *USERS).stderr


def test_differences_come_most_frequent_first() -> None:
    differ(USERS, "/rare")
    differ(ADD_USER, "/often", count=1500)

    shown = run_rollout("diffs")

    assert shown.status == 1
    assert shown.stdout.index("/often") < shown.stdout.index("/rare")
    assert "1,500 times" in shown.stdout


def test_each_difference_has_one_redacted_example() -> None:
    difference = differ(USERS, "/items/*/price")

    shown = run_rollout("diffs", *USERS).stdout.splitlines()

    assert shown[0] == "GET /v1/users/{id}  /items/*/price  value"
    assert shown[2] == (
        f"  as in request {difference.example_request_id}, with build eeeeeeee/rrrrrrrrrrrr"
    )
    assert shown[3:5] == [
        '    django  string, hash "0a1b2c3d4e5f", length 5',
        '    edge    string, hash "f5e4d3c2b1a0", length 4',
    ]


def test_one_endpoint_and_a_few_can_be_asked_for() -> None:
    for number in range(3):
        differ(USERS, f"/{number}", count=10 + number)
    differ(ADD_USER, "/others", count=99)

    shown = run_rollout("diffs", *USERS, "--limit", "2")

    assert "/others" not in shown.stdout
    assert "/0" not in shown.stdout
    assert shown.stdout.endswith("and 1 more; --limit 3 shows them all\n")


def test_a_program_gets_differences_with_their_times() -> None:
    now = timezone.now()
    differ(USERS, "/a", first_at=now - timedelta(hours=1), last_at=now)

    shown = run_rollout("diffs", *USERS, "--json").document

    (difference,) = shown["differences"]
    assert shown["total"] == 1
    assert (difference["path"], difference["kind"]) == ("/a", "value")
    assert difference["last_at"] == now.isoformat()
    assert difference["example"] == EXAMPLE


def test_a_terminal_is_told_nothing_by_a_name_in_an_answer() -> None:
    differ(USERS, "/\x1b[2Jcleared")

    assert "\x1b" not in run_rollout("diffs").stdout


def test_a_method_without_a_path_is_a_wrong_command_line() -> None:
    assert run_rollout("diffs", "GET").status == 2
