"""``rollout pin`` and ``rollout budget`` change one thing each, with a reason."""

import pytest

from core_site.rollout.models import Pin, StageChange
from tests.harness.data import add_partner
from tests.rollout_commands.commanding import (
    ONLY_ON_EDGE,
    USERS,
    put_in,
    row_of,
    run_rollout,
)

pytestmark = pytest.mark.usefixtures("registered")

BECAUSE = ("--reason", "a test")


def test_a_partner_is_pinned_moved_and_let_go() -> None:
    put_in(USERS, "canary", percent=5)
    alice = add_partner("alice")

    assert run_rollout("pin", *USERS, "alice", "edge", *BECAUSE).stdout == (
        "GET /v1/users/{id}: alice is pinned to edge\n"
    )
    assert Pin.objects.get().partner_id == str(alice)
    assert run_rollout("pin", *USERS, "alice", "django", *BECAUSE).status == 0
    assert Pin.objects.get().side == "django"
    assert run_rollout("pin", *USERS, "alice", "none", *BECAUSE, "--json").document["side"] is None
    assert not Pin.objects.exists()
    assert StageChange.objects.count() == 3


def test_a_pin_that_waits_for_the_canary_says_so() -> None:
    add_partner("alice")

    pinned = run_rollout("pin", *USERS, "alice", "edge", *BECAUSE)

    assert pinned.stdout.endswith("it counts in a canary, not in django\n")


def test_no_partner_is_pinned_to_a_side_that_cannot_answer() -> None:
    add_partner("alice")

    refused = run_rollout("pin", *ONLY_ON_EDGE, "alice", "django", *BECAUSE)

    assert (refused.status, Pin.objects.count()) == (3, 0)
    assert "the django side does not have GET /octo/products" in refused.stderr


def test_an_unknown_partner_is_refused() -> None:
    refused = run_rollout("pin", *USERS, "unknown", "edge", *BECAUSE)

    assert refused.status == 3
    assert "no partner has the code 'unknown'" in refused.stderr


def test_what_is_not_named_stays_as_it_is() -> None:
    run_rollout("budget", *USERS, "--errors", "9", *BECAUSE)

    changed = run_rollout("budget", *USERS, "--mismatches", "1", "--sample", "20", *BECAUSE)

    assert changed.stdout == (
        "GET /v1/users/{id}: 1 mismatch, 9 errors, 3 times Django's latency, 20 % compared\n"
    )
    row = row_of(USERS)
    assert (row.most_mismatches, row.most_errors, row.sample_percent) == (1, 9, 20)


def test_a_program_gets_the_whole_budget() -> None:
    changed = run_rollout("budget", *USERS, "--latency-ratio", "1.5", *BECAUSE, "--json")

    assert changed.document["budget"] == {"mismatches": 5, "errors": 3, "latency_ratio": 1.5}


def test_a_change_of_nothing_is_a_wrong_command_line() -> None:
    refused = run_rollout("budget", *USERS, *BECAUSE)

    assert refused.status == 2
    assert "give --mismatches, --errors, --latency-ratio or --sample" in refused.stderr


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (("--guarded-calls", "20"), "20 calls of each status class guarded, then 5 %"),
        (("--guarded-calls", "0"), "not guarded"),
    ],
)
def test_the_guard_of_a_new_build_is_changed(given: tuple[str, str], told: str) -> None:
    changed = run_rollout("budget", *USERS, *given, *BECAUSE, "--json")
    said = run_rollout("budget", *USERS, *given, *BECAUSE)

    assert changed.document["guarded_calls"] == int(given[1]) == row_of(USERS).guarded_calls
    assert said.stdout.endswith(f"100 % compared, {told}\n")
