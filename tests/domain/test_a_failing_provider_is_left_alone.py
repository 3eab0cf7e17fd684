"""A circuit breaker opens after five failures, lets one call probe, and closes by a success."""

from datetime import UTC, datetime, timedelta

from shared_domain.weather import Breaker
from shared_domain.weather.breaker import FIRST_PAUSE, LONGEST_PAUSE, MOST_FAILURES, PROBE_PATIENCE

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
NO_WAIT = timedelta(0)


def opened() -> Breaker:
    breaker = Breaker()
    for _ in range(MOST_FAILURES):
        breaker = breaker.fail(now=NOW)
    return breaker


def test_it_opens_after_failures_in_a_row() -> None:
    breaker = Breaker()
    for _ in range(MOST_FAILURES - 1):
        breaker = breaker.fail(now=NOW)
    assert breaker.wait(now=NOW) == NO_WAIT

    assert breaker.succeed().fail(now=NOW).wait(now=NOW) == NO_WAIT
    assert breaker.fail(now=NOW).wait(now=NOW) == FIRST_PAUSE


def test_calls_that_were_under_way_do_not_lengthen_the_pause() -> None:
    assert opened().fail(now=NOW).fail(now=NOW) == opened()


def test_after_the_pause_one_call_probes() -> None:
    later = NOW + FIRST_PAUSE
    assert opened().wait(now=later) == NO_WAIT

    probing = opened().admit(now=later)

    assert probing.wait(now=later) == PROBE_PATIENCE
    assert probing.wait(now=later + PROBE_PATIENCE) == NO_WAIT
    assert probing.succeed() == Breaker()
    assert probing.fail(now=later).wait(now=later) == 2 * FIRST_PAUSE


def test_the_pause_has_a_bound() -> None:
    breaker, now = opened(), NOW
    for _ in range(20):
        now += breaker.wait(now=now)
        breaker = breaker.admit(now=now).fail(now=now)

    assert breaker.wait(now=now) == LONGEST_PAUSE


def test_a_closed_circuit_admits_every_call() -> None:
    assert Breaker().admit(now=NOW) == Breaker()
