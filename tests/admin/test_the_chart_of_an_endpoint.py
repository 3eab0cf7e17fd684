"""The chart shows parity, latency and calls by the hour, and says in words what it shows."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from core_site.admin_kit.charts import Chart
from core_site.rollout.admin_board.chart import (
    DIFFERING,
    ROLLBACK,
    HourlyStats,
    build_chart,
    hourly_stats,
)
from core_site.rollout.models import StageChange
from shared_domain.rollout import Stage
from tests.admin.endpoint_data import USERS, compared, had_calls, move, page_of, register, row_of

UNTIL = datetime(2026, 7, 1, 12, tzinfo=UTC)
SINCE = UNTIL - timedelta(hours=48)


def hour(
    ago: int, *, matched: int = 10, mismatched: int = 0, edge_ms: float | None = 2
) -> HourlyStats:
    return HourlyStats(
        at=UNTIL - timedelta(hours=ago),
        calls=20,
        matched=matched,
        mismatched=mismatched,
        edge_ms=edge_ms,
        django_ms=20,
    )


def drawn(
    *hours: HourlyStats, changes: tuple[StageChange, ...] = (), is_misconfigured: bool = False
) -> Chart:
    return build_chart(hours, changes, since=SINCE, until=UNTIL, is_misconfigured=is_misconfigured)


def series(chart: Chart, label: str) -> dict[str, Any]:
    return next(one for one in json.loads(chart.data)["datasets"] if one["label"] == label)


def test_every_hour_has_a_place_and_one_without_comparisons_stays_a_gap() -> None:
    chart = drawn(hour(4), hour(3), hour(1))

    assert len(json.loads(chart.data)["labels"]) == 48
    assert json.loads(chart.data)["labels"][-1] == "2026-07-01 11:00"
    assert series(chart, "parity, %")["data"][-5:] == [None, 100, 100, None, 100]


def test_a_side_without_calls_is_not_drawn_as_zero() -> None:
    chart = drawn(hour(2), hour(1, edge_ms=None))

    assert series(chart, "edge, ms")["data"][-2:] == [2, None]
    assert series(chart, "Django, ms")["data"][-2:] == [20, 20]
    assert series(chart, "calls")["data"][-2:] == [20, 20]


def test_every_hour_that_differed_is_marked_and_parity_is_never_rounded_up() -> None:
    parity = series(drawn(hour(2, matched=99_999, mismatched=1), hour(1)), "parity, %")

    assert parity["data"][-2:] == [99.99, 100]
    assert [color == DIFFERING for color in parity["backgroundColor"][-3:]] == [False, True, False]


@pytest.mark.parametrize(
    ("mismatched", "floor"), [(0, 99), (5, 99), (11, 90), (400, 50), (1000, 0)]
)
def test_the_axis_leaves_room_for_the_lowest_hour(mismatched: int, floor: int) -> None:
    chart = drawn(hour(1, matched=1000 - mismatched, mismatched=mismatched))

    axis = json.loads(chart.options)["scales"]["y"]
    assert (axis["min"], axis["max"]) == (floor, 100)


def test_a_misconfigured_endpoint_has_no_parity_line() -> None:
    chart = drawn(hour(2, matched=0, mismatched=10), hour(1), is_misconfigured=True)

    assert set(series(chart, "parity, %")["data"]) == {None}
    assert "Parity is left out: the comparisons are misconfigured." in chart.description
    assert series(chart, "Django, ms")["data"][-1] == 20


def test_changes_of_the_stage_are_marked_and_pins_are_not() -> None:
    def changed(*stages: str, actor: str, ago: int) -> StageChange:
        return StageChange(
            at=UNTIL - timedelta(hours=ago),
            actor=actor,
            from_stage=stages[0],
            from_percent=0,
            to_stage=stages[1],
            to_percent=5 if stages[1] == "canary" else 0,
            reason="why",
        )

    chart = drawn(
        hour(1),
        changes=(
            changed("shadow", "canary", actor="rosa", ago=9),
            changed("canary", "shadow", actor="budget", ago=5),
            changed("shadow", "shadow", actor="rosa", ago=4),
            changed("shadow", "edge", actor="rosa", ago=90),
        ),
    )

    marks = [one for one in json.loads(chart.data)["datasets"] if one.get("showLine") is False]
    assert [one["label"] for one in marks] == [
        "shadow to canary 5 % by rosa, why",
        "canary to shadow by budget, why",
    ]
    assert [one["data"].index(100) for one in marks] == [39, 43]
    assert [one["backgroundColor"] == ROLLBACK for one in marks] == [False, True]


def test_it_is_described_for_a_screen_reader() -> None:
    description = drawn(hour(2, matched=9, mismatched=1), hour(1)).description

    assert description == (
        "Parity and latency from 2026-06-29 12:00 UTC to 2026-07-01 12:00 UTC. Parity between 90 % "
        "and 100 %, 100 % at last. The edge took 2.0 to 2.0 ms, 2.0 at last. Django took 20.0 to "
        "20.0 ms, 20.0 at last."
    )
    assert drawn().description.endswith(" UTC. No calls in this time.")


def test_hours_come_from_the_roll_up_and_what_was_only_compared_from_the_comparisons(
    db: None,
) -> None:
    register()
    move(USERS, Stage.SHADOW)
    started = timezone.now().replace(minute=0, second=0, microsecond=0)
    had_calls(USERS, django_calls=10, django_ms=300, matched=4)
    compared(USERS, 4, at=started)
    had_calls(USERS, ago=timedelta(hours=20), django_calls=10, django_ms=400)
    had_calls(USERS, ago=timedelta(hours=90), django_calls=10, django_ms=400)

    earlier, now = hourly_stats(row_of(USERS).pk, since=timezone.now() - timedelta(hours=48))

    assert (earlier.django_ms, earlier.edge_ms, earlier.parity_percent) == (40, None, None)
    assert (now.django_ms, now.edge_ms, now.parity_percent) == (30, 2, 100)


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata"])
def test_the_page_of_an_endpoint_holds_it(rosa: Client, settings: Any, zone: str) -> None:
    settings.TIME_ZONE = zone
    register()
    had_calls(USERS, django_calls=10, django_ms=300)

    page = rosa.get(page_of(USERS))

    assert '<canvas class="chart"' in page.content.decode()
    assert "Django took 30.0 to 30.0 ms" in page.content.decode()
    assert 30 in series(page.context["page"]["chart"], "Django, ms")["data"]
