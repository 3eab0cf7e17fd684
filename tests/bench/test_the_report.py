"""The report gives CPU time per request beside its aim, and names what misses it."""

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.bench.contention_figures import Contention, ContentionFigures, Reads
from tests.bench.event_lag import EventLag
from tests.bench.export_figures import BookingExport
from tests.bench.footprint_figures import ProcessFootprint, StackFootprint
from tests.bench.measured import Measured
from tests.bench.report import Results, as_json, as_table
from tests.bench.servers import EDGE


def turn(**changes: Any) -> dict[str, Any]:
    return {
        "cpu_seconds": 0.5,
        "postgres_seconds": None,
        "seconds": 2.0,
        "own_cpu_seconds": 0.1,
        "latencies_us": [1000] * 98 + [5000, 9000],
    } | changes


def results(
    case: str = "get", *, postgres_seconds: float | None = None, **cpu_seconds_of: float
) -> Results:
    measured = {(case, name): Measured() for name in cpu_seconds_of}
    for name, cpu_seconds in cpu_seconds_of.items():
        for _ in range(2):
            cost = turn(cpu_seconds=cpu_seconds, postgres_seconds=postgres_seconds)
            measured[case, name].add(cost)
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


def test_the_edge_is_compared_with_bare_asgi_and_the_time_of_postgresql_counts() -> None:
    met = results(postgres_seconds=0.1, edge=0.04, tuned_asgi=0.0)
    missed = results(postgres_seconds=0.1, edge=0.041, tuned_asgi=0.0)
    edge, limit = met.rows()

    assert (edge["postgres_ms"], edge["times_limit"], edge["aim"]) == (1.0, 1.4, "≤1.4")
    assert (limit["times_limit"], limit["aim"], limit["short_of_aim"]) == (1.0, None, [])
    assert "Every aim is met." in as_table(met).splitlines()
    summary = "Short of the aim: get one booking: 1.41 of at most 1.4 × bare ASGI"
    assert summary in as_table(missed).splitlines()
    table = as_table(results("reserve", postgres_seconds=0.11, edge=0.0, tuned_asgi=0.1))
    assert "Short of the aim: reserve: 1.10 ms of PostgreSQL of at most 1" in table.splitlines()


def test_a_repeated_calendar_is_compared_with_the_whole_one_of_bare_asgi() -> None:
    whole = results("calendar", edge=0.1, tuned_asgi=0.1)
    unchanged = results("unchanged", edge=0.016)
    both = replace(whole, measured=whole.measured | unchanged.measured)

    summary = "calendar, not modified (304): 0.16 of at most 0.15 × bare ASGI"
    assert summary in as_table(both)


def test_without_bare_asgi_nothing_is_judged_by_it() -> None:
    table = as_table(results(edge=0.1, rest_framework=0.25))

    assert "Not judged, without bare ASGI, tuned: get one booking" in table.splitlines()
    assert "× edge" in table
    assert "  REST framework, documented    2.50            2.50" in table


def test_a_busy_generator_is_admitted() -> None:
    busy = results(edge=0.1)
    busy.measured["get", EDGE].add(turn(own_cpu_seconds=20.0))

    assert "load generator may have limited" in as_table(busy)
    assert "load generator may have limited" not in as_table(results(edge=0.1))


@pytest.mark.parametrize(
    ("cpu_seconds", "summary"),
    [
        (0.015, "Every aim is met."),
        (0.0151, "Short of the aim: passed through: page: 0.151 CPU ms of at most 0.15"),
    ],
)
def test_passing_through_has_an_aim_of_its_own(cpu_seconds: float, summary: str) -> None:
    passing = results("page", edge=cpu_seconds, nginx=0.002)
    edge, beside = passing.rows()

    assert summary in as_table(passing).splitlines()
    assert (edge["aim"], bool(edge["short_of_aim"])) == ("≤0.15 ms", "Short" in summary)
    assert (beside["aim"], beside["short_of_aim"]) == (None, [])


def test_a_cost_of_microseconds_keeps_its_digits() -> None:
    lines = as_table(results("django", edge=0.0185, nginx=0.0011)).splitlines()

    times = "      50      1.0      9.0"
    assert f"  Portico's edge               0.185            1.00 ≤0.15 ms{times}" in lines
    assert f"  nginx                        0.011            0.06         {times}" in lines


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
    only_events = replace(results(), figures={"events": quick})

    assert "250 ms is the aim: met." in as_table(only_events)
    assert "WITH GAPS; p99 of at most 250 ms is the aim: missed." in as_table(
        replace(only_events, figures={"events": with_gaps})
    )
    assert json.loads(as_json(only_events))["others"]["events"]["events_per_second"] == 2000.0


def test_the_memory_of_an_export_is_held_against_its_aim() -> None:
    flat = BookingExport(
        bookings=1_000_000, megabytes=700.0, first_byte_ms=20.0, seconds=100.0, cpu_seconds=90.0,
        growth_mb=4.0,
    )  # fmt: skip

    assert "may grow by 30 MB: met." in as_table(replace(results(), figures={"export": flat}))
    assert "30 MB: missed." in as_table(
        replace(results(), figures={"export": replace(flat, growth_mb=31.0)})
    )
    assert (
        json.loads(as_json(replace(results(), figures={"export": flat})))["others"]["export"][
            "growth_mb"
        ]
        == 4.0
    )


def test_reads_beside_writers_and_one_departure_are_held_against_their_aims() -> None:
    reads = Reads(
        writers=64, reads_per_second=900.0, refused=0, writes_per_second=300.0, p50_ms=9.0,
        p99_ms=100.0,
    )  # fmt: skip
    met = Contention(
        server=EDGE, beside_writers=reads, beside_one_departure=reads,
        reservations_per_second=300.0, oversold=0, places_left=0,
    )  # fmt: skip
    missed = replace(
        met,
        beside_one_departure=replace(reads, writers=200, refused=7, p99_ms=1375.0),
        reservations_per_second=83.0,
        oversold=2,
    )

    assert met.short_of_aim() == []
    assert missed.short_of_aim() == [
        "get beside 200 writers: p99 1375 ms of at most 100",
        "get beside 200 writers: 7 refused",
        "one departure: 83 reservations a second of at least 300",
        "one departure: 2 places oversold",
    ]
    assert replace(missed, server="tuned_asgi").short_of_aim() == []
    table = as_table(replace(results(), figures={"contention": ContentionFigures(servers=[met])}))
    assert (
        "  Portico's edge                  100      300         100      300         300" in table
    )


def test_memory_and_start_are_held_against_their_aims() -> None:
    light = ProcessFootprint(import_cpu_seconds=0.8, rss_mb=70.0, pss_mb=55.0)
    quick = StackFootprint(second_start_seconds=5.0, pss_mb={"PostgreSQL": 90.0, "Python": 260.0})

    assert "70 MB and 0.8 s is the aim: met." in light.as_lines()[0]
    assert "missed." in replace(light, rss_mb=70.1).as_lines()[0]
    assert "5.0 s, 350 MB PSS (PostgreSQL 90, Python 260)" in quick.as_lines()[0]
    assert quick.as_row()["is_short_of_aim"] is False
    assert replace(quick, second_start_seconds=5.1).as_row()["is_short_of_aim"] is True
