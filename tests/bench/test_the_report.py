"""The report gives CPU time per request, its ratio to the edge, and names what misses its aim."""

import json
from typing import Any

from deploy.bench_report import Measured, Results, as_json, as_table
from tests.bench.servers import EDGE


def turn(**changes: Any) -> dict[str, Any]:
    return {
        "cpu_seconds": 0.5,
        "seconds": 2.0,
        "own_cpu_seconds": 0.1,
        "latencies_us": [1000] * 98 + [5000, 9000],
    } | changes


def results(**cpu_seconds_of: float) -> Results:
    measured = {("get", name): Measured() for name in cpu_seconds_of}
    for name, cpu_seconds in cpu_seconds_of.items():
        measured["get", name].add(turn(cpu_seconds=cpu_seconds))
        measured["get", name].add(turn(cpu_seconds=cpu_seconds))
    return Results(bookings=20_000, seconds=4.0, rounds=2, load_before=0.0, measured=measured)


def test_turns_are_taken_together() -> None:
    edge, ninja = json.loads(as_json(results(edge=0.1, ninja=0.4)))["results"]

    assert (edge["server"], edge["requests"], edge["requests_per_second"]) == (EDGE, 200, 50.0)
    assert (edge["cpu_ms"], ninja["cpu_ms"], ninja["times_edge"]) == (1.0, 4.0, 4.0)
    assert (edge["p50_ms"], edge["p99_ms"]) == (1.0, 9.0)


def test_what_misses_its_aim_is_named() -> None:
    table = as_table(results(edge=0.1, rest_framework=0.49, ninja=0.25))

    assert "Short of the aim: Django REST framework, get one booking: 4.9 of 5" in table
    assert "django-ninja, get one booking: " not in table


def test_a_busy_generator_is_admitted() -> None:
    busy = results(edge=0.1)
    busy.measured["get", EDGE].add(turn(own_cpu_seconds=20.0))

    assert "load generator may have limited" in as_table(busy)
    assert "load generator may have limited" not in as_table(results(edge=0.1))
