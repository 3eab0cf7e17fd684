"""Evidence is told apart by build: one that stopped proves nothing of the one that runs."""

from datetime import timedelta

import pytest
from django.utils import timezone

from core_site.rollout.evidence_models import Build, EdgeCalls, ParityCheck
from core_site.rollout.retention import delete_expired_findings
from shared_domain.rollout import EVIDENCE_KEPT_FOR, LIVE_FOR
from tests.rollout_commands.commanding import (
    USERS,
    compare,
    differ,
    edge_called,
    put_in,
    row_of,
    run_rollout,
    self_test,
    the_build,
)

pytestmark = pytest.mark.usefixtures("registered")

OLD = "eeeeeeee/rrrrrrrrrrrr"
NEW = "nnnnnnnn/rrrrrrrrrrrr"
BECAUSE = ("--reason", "a test")


def deploy(*, old_stopped: bool) -> Build:
    """Have a new build of the edge report itself."""
    now = timezone.now()
    if old_stopped:
        Build.objects.update(last_seen_at=now - LIVE_FOR - timedelta(seconds=1))
    return the_build(edge="n" * 32, first_seen_at=now)


@pytest.fixture
def proven(registered: None) -> None:
    put_in(USERS, "shadow")
    compare(USERS, 120)
    self_test(USERS)


@pytest.mark.usefixtures("proven")
@pytest.mark.parametrize("old_stopped", [True, False])
def test_new_code_begins_anew(old_stopped: bool) -> None:
    assert run_rollout("evidence", *USERS).status == 0

    deploy(old_stopped=old_stopped)
    asked = run_rollout("evidence", *USERS)

    assert asked.status == 4
    assert f" {NEW} since " in asked.stdout
    assert (OLD in asked.stdout) != old_stopped
    assert "0 of 100 comparisons in a row that agree" in asked.stdout


@pytest.mark.usefixtures("proven")
def test_a_restart_with_the_same_code_goes_on() -> None:
    Build.objects.update(last_seen_at=timezone.now() - timedelta(days=3))
    assert run_rollout("evidence", *USERS).status == 0

    Build.objects.update(last_seen_at=timezone.now())
    assert run_rollout("evidence", *USERS).status == 0


@pytest.mark.usefixtures("proven")
def test_a_stage_stays_and_says_that_its_build_is_unproven() -> None:
    put_in(USERS, "canary", percent=50)
    assert "unproven" not in run_rollout("list").stdout

    deploy(old_stopped=True)

    assert row_of(USERS).stage == "canary"
    assert "no comparisons, unproven build" in run_rollout("list").stdout
    for verb in ("show", "evidence"):
        shown = " ".join(run_rollout(verb, *USERS).stdout.split())
        assert "UTC, unproven " in shown, shown
    assert run_rollout("show", *USERS, "--json").document["is_unproven"]


@pytest.mark.usefixtures("proven")
def test_the_first_canary_of_a_build_takes_one_percent() -> None:
    refused = run_rollout("set-stage", *USERS, "canary", "--percent", "2", *BECAUSE)
    moved = run_rollout("set-stage", *USERS, "canary", "--percent", "1", *BECAUSE)

    assert refused.status == 4
    assert "0 of 20 calls answered" in refused.stderr
    assert moved.status == 0

    edge_called(USERS, 20)
    assert run_rollout("set-stage", *USERS, "canary", "--percent", "2", *BECAUSE).status == 0


@pytest.mark.usefixtures("proven")
def test_a_canary_without_callers_is_a_warning() -> None:
    # With this salt neither of the two callers is among the first percent.
    put_in(USERS, "shadow", salt="0")

    moved = run_rollout("set-stage", *USERS, "canary", "--percent", "1", *BECAUSE)

    said = " ".join(moved.stdout.split())
    assert "1 % of the 2 callers that were compared is none of them: pin one" in said


def test_a_canary_is_counted_from_the_moment_its_stage_began() -> None:
    row = put_in(USERS, "canary", percent=1, stage_since=timezone.now())
    edge_called(USERS, 7)
    EdgeCalls.objects.create(
        endpoint=row,
        build=the_build(),
        stage_since=row.stage_since - timedelta(seconds=1),
        calls=100,
        fell_back=3,
    )

    shown = run_rollout("evidence", *USERS, "--json").document["seen"]

    assert (shown["canary_calls"], shown["fell_back"]) == (7, 0)


def test_differences_of_a_build_that_stopped_are_history() -> None:
    differ(USERS, "/age", count=3)
    differ(USERS, "/age", count=2, build=deploy(old_stopped=True))

    now, ever = run_rollout("diffs"), run_rollout("diffs", "--all-builds")

    assert (OLD in now.stdout, NEW in now.stdout) == (False, True)
    assert (OLD in ever.stdout, NEW in ever.stdout) == (True, True)


def test_a_build_goes_with_its_evidence_when_it_has_not_run_for_long() -> None:
    compare(USERS, 1, at=timezone.now() - EVIDENCE_KEPT_FOR - timedelta(minutes=1))
    self_test(USERS)
    edge_called(USERS, 1)
    the_build(edge="n" * 32)
    gone = timezone.now() - EVIDENCE_KEPT_FOR - timedelta(minutes=1)
    Build.objects.filter(edge="e" * 32).update(last_seen_at=gone)

    delete_expired_findings()

    assert [build.edge for build in Build.objects.all()] == ["n" * 32]
    assert not EdgeCalls.objects.exists()
    assert not ParityCheck.objects.exists()
