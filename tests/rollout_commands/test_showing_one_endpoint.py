"""``rollout show`` tells everything about one endpoint on one screen."""

import pytest
from django.db import connection
from django.utils import timezone

from core_site.rollout.evidence_models import BuildNoise, GuardedClass, Noise
from tests.harness.data import add_partner
from tests.rollout_commands.commanding import (
    ADD_USER,
    STATEMENTS,
    USERS,
    compare,
    count_hour,
    edge_called,
    put_in,
    row_of,
    run_rollout,
    the_build,
)

pytestmark = pytest.mark.usefixtures("registered")


def test_everything_stands_on_one_screen() -> None:
    put_in(USERS, "shadow", mismatches=2, self_test_passed=True)
    add_partner("alice")
    compare(USERS, 100)
    run_rollout(
        "set-stage", *USERS, "canary", "--percent", "1", "--reason", "ready", "--actor", "a"
    )
    run_rollout("pin", *USERS, "alice", "django", "--reason", "peak season", "--actor", "a")
    put_in(USERS, "canary", mismatches=2)
    edge_called(USERS, 2, fell_back=1)
    count_hour(USERS, django_calls=10, django_ms=120.0, edge_calls=2, edge_ms=3.0, fell_back=1)
    now = timezone.now()
    place = Noise.objects.create(
        endpoint=row_of(USERS), path="/seen_at", kind="value", learned_at=now
    )
    BuildNoise.objects.create(noise=place, build=the_build(), learned_at=now)

    shown = run_rollout("show", *USERS)

    assert shown.status == 0
    for told in (
        "  stage             canary 1 % since 20",
        "  served by         Django and the edge",
        "  budget spent      2 of 5 differences, 0 of 3 errors",
        "  pins              alice on django",
        "Django 10 (0 errors, 12.0 ms each); edge 2 (0 errors, 1.5 ms each); 1 fell back",
        "  build             eeeeeeee/rrrrrrrrrrrr since 20",
        "  parity            100.0 %, 100 of 100 agree; 0 undecided",
        "  self-test         found the injected difference",
        "  noise             /seen_at (value)",
        "  next              edge: insufficient evidence",
        "- a canary that does not fail: 1 call fell back to Django",
        "cli:a  shadow to canary 1 %: ready",
        "peak season (partner ",
    ):
        assert told in shown.stdout


def test_whether_django_does_dry_runs_of_a_write() -> None:
    shown = run_rollout("show", *ADD_USER)

    assert "Django does them: it writes one user" in shown.stdout
    assert "dry runs" not in run_rollout("show", *USERS).stdout


def test_the_latest_change_stands_first() -> None:
    for reason in ("the first", "the second"):
        run_rollout("budget", *USERS, "--errors", "4", "--reason", reason)

    shown = run_rollout("show", *USERS, "--json").document

    assert [entry["reason"].split(" (")[0] for entry in shown["history"]] == [
        "the second",
        "the first",
    ]


def test_a_program_gets_everything_too() -> None:
    shown = run_rollout("show", *STATEMENTS, "--json").document

    assert (shown["method"], shown["path_template"]) == STATEMENTS
    sides = (shown["is_on_edge"], shown["is_on_django"])
    assert (shown["stage"], sides) == ("django", (False, True))
    assert shown["budget"] == {"mismatches": 5, "errors": 3, "latency_ratio": 3.0}
    assert (shown["pins"], shown["noise"], shown["history"]) == ({}, [], [])
    assert shown["self_test"] == {"at": None, "passed": None}


def test_an_alarm_is_shown_where_the_retired_view_is_still_called() -> None:
    put_in(USERS, "retired", retired_calls=3)

    assert " 3 calls reached the retired view\n" in run_rollout("show", *USERS).stdout


def test_what_no_comparison_can_see_is_named() -> None:
    compare(ADD_USER, 1, covers="method:POST status:201 unseen:users_user.secret")
    count_hour(ADD_USER, matched=3, dropped=1)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE legacy (id int)")

    shown = run_rollout("show", *ADD_USER, "--json").document
    put_in(ADD_USER, "shadow")
    evidence = " ".join(run_rollout("evidence", *ADD_USER, "--to", "canary").stdout.split())
    listed = run_rollout("list").stdout

    assert shown["unseen"]["columns"] == ["users_user.secret"]
    assert shown["unseen"]["tables"]["no trigger, `migrate` makes it"] == ["legacy"]
    assert "django_session" in shown["unseen"]["tables"]["bookkeeping"]
    assert "users_userevent" in shown["unseen"]["tables"]["versions of the history"]
    assert "1 of 4 (25.0 %) dropped" in evidence
    assert "columns that the edge may not read: users_user.secret" in evidence
    assert "25 % dropped" in listed


def test_how_far_the_guard_of_a_build_is() -> None:
    put_in(USERS, "canary", percent=1)
    guarded(USERS, {2: 37, 4: 3})

    shown = run_rollout("show", *USERS)
    listed = run_rollout("list", "--stage", "canary")

    assert "37 of 100 2xx, 3 of 100 4xx, build eeeeeeee/rrrrrrrrrrrr" in shown.stdout
    assert ", guarded" in listed.stdout
    put_in(USERS, "canary", percent=1, guarded_calls=3)
    assert "guarded" not in run_rollout("list", "--stage", "canary").stdout


def guarded(name: tuple[str, str], matched: dict[int, int]) -> None:
    now = timezone.now()
    for status_class, times in matched.items():
        GuardedClass.objects.create(
            endpoint=row_of(name),
            build=the_build(),
            status_class=status_class,
            matched=times,
            begun_at=now,
            seen_at=now,
        )
