"""A circuit breaker: a provider that keeps failing is left alone for a while."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

#: Failures in a row that open the circuit.
MOST_FAILURES = 5

#: How long it stays open: at first, and at most after probes that failed as well.
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=10), timedelta(minutes=5)

#: A probe that has not been reported by then was lost with its caller, and another is let through.
PROBE_PATIENCE = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Breaker:
    """The state of a circuit, as a value: each method returns the next one.

    ::

        closed ──5 failures──▶ open ──pause──▶ half-open ──success──▶ closed
                                 ▲                 │
                                 └──failure, pause doubled
    """

    failures: int = 0
    pause: timedelta = FIRST_PAUSE
    #: Until when it is open; None while closed.
    open_until: datetime | None = None
    #: Whether a call was let through to see whether the provider is well again.
    is_probing: bool = False

    def wait(self, *, now: datetime) -> timedelta:
        """Return how long no call may be made; zero when one may."""
        if self.open_until is None:
            return timedelta(0)
        return max(self.open_until - now, timedelta(0))

    def admit(self, *, now: datetime) -> "Breaker":
        """Return the state once a call is under way; a half-open circuit lets one through."""
        if self.open_until is None:
            return self
        return replace(self, open_until=now + PROBE_PATIENCE, is_probing=True)

    def succeed(self) -> "Breaker":
        """Return the state after a call that was answered: closed."""
        return Breaker()

    def fail(self, *, now: datetime) -> "Breaker":
        """Return the state after a call that failed.

        Calls that were under way when it opened say nothing new: they do not lengthen the pause.
        """
        failures = self.failures + 1
        if self.open_until is not None:
            if not self.is_probing:
                return self
            pause = min(self.pause * 2, LONGEST_PAUSE)
            return Breaker(failures=failures, pause=pause, open_until=now + pause)
        if failures >= MOST_FAILURES:
            return Breaker(failures=failures, pause=self.pause, open_until=now + self.pause)
        return replace(self, failures=failures)
