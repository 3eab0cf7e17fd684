"""The report gives CPU time per request beside its aim, and names what misses it."""

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.bench.event_lag import EventLag
from tests.bench.export_figures import BookingExport
from tests.bench.report import Measured, Results, as_json, as_table
from tests.bench.servers import EDGE


def turn(**changes: Any) -> dict[str, Any]:
    return {
        "cpu_seconds": 0.5,
        "seconds": 2.0,
        "own_cpu_seconds": 0.1,
        "latencies_us": [1000] * 98 + [5000, 9000],
    } | changes


def results(case: str = "get", **cpu_seconds_of: float) -> Results:
    measured = {(case, name): Measured() for name in cpu_seconds_of}
    for name, cpu_seconds in cpu_seconds_of.items():
        measured[case, name].add(turn(cpu_seconds=cpu_seconds))
        measured[case, name].add(turn(cpu_seconds=cpu_seconds))
    return Results(bookings=20_000, seconds=4.0, rounds=2, load_before=0.0, measured=measured)


def test_turns_are_taken_together() -> None:
    edge, ninja = json.loads(as_json(results(edge=0.1, ninja=0.4)))["results"]

    assert (edge["server"], edge["requests"], edge["requests_per_second"]) == (EDGE, 200, 50.0)
    assert (edge["cpu_ms"], ninja["cpu_ms"], ninja["times_edge"]) == (1.0, 4.0, 4.0)
    assert (edge["p50_ms"], edge["p99_ms"]) == (1.0, 9.0)


def test_one_disturbed_turn_does_not_count() -> None:
    disturbed = results(edge=0.1)
    disturbed.measured["get", EDGE].add(turn(cpu_seconds=7.0))

    (edge,) = json.loads(as_json(disturbed))["results"]

    assert (edge["cpu_ms"], edge["cpu_ms_of_turns"]) == (1.0, [1.0, 1.0, 70.0])


def test_what_misses_its_aim_is_named() -> None:
    table = as_table(results(edge=0.1, rest_framework=0.49, ninja=0.25))

    assert "Short of the aim: Django REST framework, get one booking: 4.9 of 5" in table
    assert "django-ninja, get one booking: " not in table


def test_a_busy_generator_is_admitted() -> None:
    busy = results(edge=0.1)
    busy.measured["get", EDGE].add(turn(own_cpu_seconds=20.0))

    assert "load generator may have limited" in as_table(busy)
    assert "load generator may have limited" not in as_table(results(edge=0.1))


@pytest.mark.parametrize(
    ("cpu_seconds", "verdict", "summary"),
    [
        (0.025, "0.250 (page); at most 0.25 is the aim: met.", "Every aim is met."),
        (
            0.0251,
            "0.251 (page); at most 0.25 is the aim: missed.",
            "Short of the aim: Portico's edge, passed through: page: 0.251 CPU ms of at most 0.25",
        ),
    ],
)
def test_passing_through_has_an_aim_of_its_own(
    cpu_seconds: float, verdict: str, summary: str
) -> None:
    passing = results("page", edge=cpu_seconds, nginx=0.002)

    table = as_table(passing)
    edge, beside = passing.rows()

    assert verdict in table
    assert summary in table.splitlines()
    assert (edge["aim_cpu_ms"], edge["is_short_of_aim"]) == (0.25, "missed" in verdict)
    assert (beside["aim_cpu_ms"], beside["is_short_of_aim"]) == (None, False)


def test_a_cost_of_microseconds_keeps_its_digits() -> None:
    lines = as_table(results("django", edge=0.0185, nginx=0.0011)).splitlines()

    assert "  Portico's edge            0.185          ≤0.25       50      1.0      9.0" in lines
    assert "  nginx                     0.011      0.1             50      1.0      9.0" in lines


def test_nginx_left_out_is_admitted() -> None:
    passing = replace(results("page", edge=0.01), left_out={"nginx": "there is no nginx on PATH"})

    assert "nginx was left out: there is no nginx on PATH." in as_table(passing).splitlines()
    assert json.loads(as_json(passing))["left_out"] == {"nginx": "there is no nginx on PATH"}
    assert "nginx" not in as_table(results("page", edge=0.01))


def test_no_bookings_are_claimed_where_none_were_loaded() -> None:
    assert "20,000 bookings, 16 callers" in as_table(results(edge=0.1))
    assert "bookings" not in as_table(replace(results("page", edge=0.01), bookings=0))


def test_the_lag_of_events_is_held_against_its_aim() -> None:
    quick = EventLag(
        events=200, writers=2, seconds=0.1, worker_cpu_ms=0.01, is_gapless=True,
        lags_ms=[20.0] * 190 + [249.0] * 10,
    )  # fmt: skip
    with_gaps = replace(quick, is_gapless=False)
    only_events = replace(results(), event_lag=quick)

    assert "250 ms is the aim: met." in as_table(only_events)
    assert "WITH GAPS; p99 of at most 250 ms is the aim: missed." in as_table(
        replace(only_events, event_lag=with_gaps)
    )
    assert json.loads(as_json(only_events))["events"]["events_per_second"] == 2000.0


def test_the_memory_of_an_export_is_held_against_its_aim() -> None:
    flat = BookingExport(
        bookings=1_000_000, megabytes=700.0, first_byte_ms=20.0, seconds=100.0, cpu_seconds=90.0,
        growth_mb=4.0,
    )  # fmt: skip

    assert "may grow by 30 MB: met." in as_table(replace(results(), export=flat))
    assert "30 MB: missed." in as_table(replace(results(), export=replace(flat, growth_mb=31.0)))
    assert json.loads(as_json(replace(results(), export=flat)))["export"]["growth_mb"] == 4.0
