"""``rollout set-stage`` moves an endpoint with a reason; a step forward asks for evidence."""

from datetime import timedelta

import pytest

from core_site.rollout.models import StageChange
from tests.rollout_commands.commanding import (
    ADD_USER,
    ONLY_ON_EDGE,
    STATEMENTS,
    USERS,
    Outcome,
    compare,
    put_in,
    row_of,
    run_rollout,
)

pytestmark = pytest.mark.usefixtures("registered")

BECAUSE = ("--reason", "a test")


def set_stage(name: tuple[str, str], *arguments: str) -> Outcome:
    return run_rollout("set-stage", *name, *arguments, *BECAUSE)


def proven(name: tuple[str, str]) -> None:
    compare(name, 100)
    put_in(name, row_of(name).stage, self_test_passed=True)


def test_a_step_that_needs_no_evidence() -> None:
    moved = set_stage(USERS, "shadow")

    assert (moved.status, moved.stderr) == (0, "")
    assert moved.stdout == "GET /v1/users/{id}: django to shadow\n"
    assert row_of(USERS).stage == "shadow"


def test_case_and_the_names_of_parameters_do_not_matter() -> None:
    assert run_rollout("set-stage", "get", "/v1/users/{pk}", "SHADOW", *BECAUSE).status == 0
    assert row_of(USERS).stage == "shadow"


def test_the_history_knows_who_and_why() -> None:
    run_rollout("set-stage", *USERS, "shadow", "--reason", "trying it", "--actor", "ann")

    change = StageChange.objects.get()

    assert (change.actor, change.reason) == ("cli:ann", "trying it")
    assert (change.from_stage, change.to_stage, change.is_forced) == ("django", "shadow", False)


def test_the_user_of_the_machine_is_the_actor_by_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LOGNAME", "bea")

    set_stage(USERS, "shadow")

    assert StageChange.objects.get().actor == "cli:bea"


def test_a_canary_with_its_evidence() -> None:
    # With this salt, one of the two callers is among the first percent.
    put_in(USERS, "shadow", salt="46")
    proven(USERS)

    moved = set_stage(USERS, "canary", "--percent", "1")

    assert (moved.status, moved.stdout) == (0, "GET /v1/users/{id}: shadow to canary 1 %\n")


@pytest.mark.parametrize(
    ("verdict", "values", "status"),
    [
        ("insufficient evidence", {}, 4),
        ("differs", {"verdict": "mismatch"}, 1),
        ("misconfigured", {"verdict": "mismatch", "django_status": 200, "edge_status": 502}, 5),
    ],
)
def test_a_step_forward_without_evidence_changes_nothing(
    verdict: str, values: dict[str, object], status: int
) -> None:
    put_in(USERS, "shadow")
    compare(USERS, 20, **values)

    refused = run_rollout("set-stage", *USERS, "canary", "--percent", "5", *BECAUSE)

    assert (refused.status, refused.stdout) == (status, "")
    assert len(refused.stderr.splitlines()) == 1
    assert verdict in refused.stderr
    assert "--force goes ahead without it" in refused.stderr
    assert row_of(USERS).stage == "shadow"
    assert not StageChange.objects.exists()


def test_a_program_gets_what_is_lacking() -> None:
    put_in(USERS, "shadow")

    refused = set_stage(USERS, "canary", "--percent", "5", "--json")

    assert refused.document["verdict"] == "insufficient evidence"
    assert "0 of 100 comparisons in a row that agree" in refused.document["lacking"]


def test_force_goes_ahead_and_is_recorded() -> None:
    put_in(USERS, "shadow")

    moved = set_stage(USERS, "canary", "--percent", "5", "--force", "--json")

    assert (moved.status, moved.document["is_forced"]) == (0, True)
    assert StageChange.objects.get().is_forced


def test_force_where_nothing_was_missing_is_no_force() -> None:
    assert not set_stage(USERS, "shadow", "--force", "--json").document["is_forced"]


@pytest.mark.parametrize(
    ("name", "arguments", "why"),
    [
        (STATEMENTS, ("shadow",), "the edge does not have GET /v1/statements"),
        (STATEMENTS, ("edge", "--force"), "the edge does not have GET /v1/statements"),
        (ONLY_ON_EDGE, ("django",), "Django does not have GET /octo/products"),
        (USERS, ("retired", "--force"), "bring it to edge first"),
        (USERS, ("canary", "--force"), "a canary needs a share of 1 to 100 percent"),
        (USERS, ("canary", "--percent", "0", "--force"), "a share of 1 to 100 percent"),
        (USERS, ("shadow", "--percent", "5"), "only a canary does"),
        (ADD_USER, ("edge", "--reverse-shadow", "--force"), "only a read in stage edge"),
        (USERS, ("shadow", "--reverse-shadow"), "only a read in stage edge"),
    ],
)
def test_what_cannot_work_is_refused(
    name: tuple[str, str], arguments: tuple[str, ...], why: str
) -> None:
    refused = set_stage(name, *arguments)

    assert (refused.status, refused.stdout) == (3, "")
    assert why in refused.stderr
    assert len(refused.stderr.splitlines()) == 1
    assert not StageChange.objects.exists()


def test_an_endpoint_that_django_still_answers_is_not_retired() -> None:
    row = put_in(USERS, "edge")
    put_in(USERS, "edge", django_called_at=row.stage_since + timedelta(days=365))

    refused = set_stage(USERS, "retired", "--force")

    assert refused.status == 3
    assert "Django still receives calls" in refused.stderr


def test_django_can_stay_the_shadow_of_a_moved_read() -> None:
    assert set_stage(USERS, "edge", "--reverse-shadow", "--force").status == 0
    assert row_of(USERS).is_reverse_shadowed
