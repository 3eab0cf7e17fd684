"""``rollout list`` shows every endpoint by stage, with traffic, parity and both latencies."""

import pytest

from core_site.rollout.commands.output import WIDTH
from shared_domain.rollout import Side
from tests.rollout_commands.commanding import (
    ADD_USER,
    STATEMENTS,
    USERS,
    compare,
    count_hour,
    put_in,
    register,
    row_of,
    run_rollout,
)

pytestmark = pytest.mark.usefixtures("registered")


def line_of(text: str, name: tuple[str, str]) -> list[str]:
    (found,) = (line for line in text.splitlines() if line.split()[:2] == list(name))
    return found.split()[2:]


def test_endpoints_stand_below_their_stage_in_the_order_of_the_move() -> None:
    put_in(USERS, "canary", percent=5)

    shown = run_rollout("list")

    titles = [line for line in shown.stdout.splitlines() if line.endswith(")")]
    assert shown.status == 0
    assert titles == ["django (2)", "canary (1)", "edge (1)"]
    assert line_of(shown.stdout, USERS)[:2] == ["5", "%"]


def test_only_one_stage_can_be_asked_for() -> None:
    shown = run_rollout("list", "--stage", "edge", "--json")

    assert [one["path_template"] for one in shown.document["endpoints"]] == ["/octo/products"]
    assert run_rollout("list", "--stage", "retired").stdout == "No endpoint is in stage retired.\n"


def test_calls_and_latency_are_those_of_the_last_day() -> None:
    count_hour(USERS, django_calls=1200, django_ms=12_000.0, edge_calls=300, edge_ms=600.0)
    last_week = row_of(USERS).stage_since.replace(minute=0, second=0, microsecond=0)
    count_hour(USERS, hour=last_week, django_calls=77)

    cells = line_of(run_rollout("list").stdout, USERS)

    assert cells == ["1,200", "300", "no", "comparisons", "10.0", "2.0"]


def test_the_latency_of_calls_that_were_only_compared_stands_in_brackets() -> None:
    count_hour(USERS, django_calls=10, django_ms=100.0)
    compare(USERS, 3)

    cells = line_of(run_rollout("list").stdout, USERS)

    assert cells[-2:] == ["10.0", "(3.0)"]


def test_parity_is_never_rounded_up_to_no_difference() -> None:
    compare(USERS, 2999)
    compare(USERS, verdict="mismatch")
    compare(ADD_USER, 4)

    shown = run_rollout("list").stdout

    assert line_of(shown, USERS)[2:6] == ["99.9", "%", "of", "3,000"]
    assert line_of(shown, ADD_USER)[2:6] == ["100.0", "%", "of", "4"]


def test_what_has_no_share_is_a_word() -> None:
    compare(USERS, 10, verdict="mismatch", django_status=200, edge_status=404)
    compare(ADD_USER, verdict="undecided")

    shown = run_rollout("list").stdout

    assert line_of(shown, USERS)[2:5] == ["misconfigured", "of", "10"]
    assert line_of(shown, ADD_USER)[2] == "undecided"
    assert line_of(shown, STATEMENTS)[2:4] == ["no", "comparisons"]


def test_no_line_is_wider_than_a_terminal() -> None:
    register(("DELETE", "/v1/" + "long/" * 90 + "{id}"), side=Side.DJANGO)
    count_hour(USERS, django_calls=10**9, edge_calls=10**9)

    shown = run_rollout("list").stdout

    assert max(map(len, shown.splitlines())) <= WIDTH
    assert "DELETE" in shown
    assert "/{id} " in shown


def test_a_program_gets_numbers() -> None:
    count_hour(USERS, django_calls=4, django_errors=1, django_ms=10.0)
    compare(USERS, 3)

    (users,) = (
        one for one in run_rollout("list", "--json").document["endpoints"]
        if (one["method"], one["path_template"]) == USERS
    )  # fmt: skip

    assert users["last_24_hours"]["django"] == {"calls": 4, "errors": 1, "mean_ms": 2.5}
    assert users["last_24_hours"]["edge"]["mean_ms"] is None
    assert users["parity"]["percent"] == 100
    assert users["parity"]["median_ms"] == {"django": 12.0, "edge": 3.0}
