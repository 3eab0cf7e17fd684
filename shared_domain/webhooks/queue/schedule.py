"""Retry schedule of a delivery, and the health of an endpoint: held back, probed or disabled.

A delivery has the schedule of the standard, each step with jitter. The health of its endpoint is
kept beside it: after ``HELD_BACK_AFTER`` failures in a row it gets one attempt at a time, a probe
at least every 15 minutes, so that a dead endpoint costs little and its return is noticed soon:
after a success all waiting messages are tried at once. Source of the schedule:
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared_domain.webhooks.model import DisabledBy

#: From the answer to one attempt of a delivery, or its time-out, to the next attempt.
DELAYS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    *(timedelta(hours=hours) for hours in (2, 5, 10, 14, 20, 24)),
)

#: A delay is at most so much shorter or longer.
JITTER = 0.2

#: Failures in a row after which an endpoint is held back.
HELD_BACK_AFTER = 5

_FIRST_PROBE = timedelta(seconds=30)
LONGEST_PROBE = timedelta(minutes=15)

#: The longest pause that an endpoint may ask for (Retry-After).
LONGEST_PAUSE = timedelta(hours=6)

#: An endpoint that has accepted nothing for so long is disabled.
DISABLED_AFTER = timedelta(days=5)

#: Between two attempts it is longer only where nothing waited, or nothing could be sent, as to a
#: partner that was switched off: that is no time in which the endpoint failed.
LONGEST_BETWEEN_ATTEMPTS = timedelta(days=2)

#: An attempt that takes longer makes its endpoint a slow one.
SLOW_MS = 2_000

GONE = 410


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptResult:
    """The result of one attempt, as far as the endpoint's health depends on it."""

    is_accepted: bool
    status: int | None
    duration_ms: int
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """The health of an endpoint, as its last attempts show it.

    ``failures`` counts failures in a row; before ``resume_at``, only samples are sent to it.
    """

    failures: int = 0
    failing_since: datetime | None = None
    resume_at: datetime | None = None
    is_slow: bool = False
    last_success_at: datetime | None = None
    last_failure_at: datetime | None = None

    @property
    def is_held_back(self) -> bool:
        return self.failures >= HELD_BACK_AFTER

    def is_paused(self, *, now: datetime) -> bool:
        return self.resume_at is not None and now < self.resume_at

    def after(self, verdict: AttemptResult, *, now: datetime, jitter: float) -> "Health":
        """Return this health after an attempt; ``jitter`` is from 0 to 1."""
        is_slow = verdict.duration_ms > SLOW_MS
        if verdict.is_accepted:
            return Health(
                is_slow=is_slow, last_success_at=now, last_failure_at=self.last_failure_at
            )
        failing = replace(
            self,
            failures=self.failures + 1,
            failing_since=now if self._was_left_alone(now) else self.failing_since or now,
            last_failure_at=now,
            is_slow=True,
        )
        if failing.is_held_back:
            steps = min(failing.failures - HELD_BACK_AFTER, 10)
            probe = min(_FIRST_PROBE * 2**steps, LONGEST_PROBE)
            failing = failing.paused_at_least(until=now + spread(probe, jitter))
        if verdict.retry_after is not None:
            failing = failing.paused_at_least(until=now + min(verdict.retry_after, LONGEST_PAUSE))
        return failing

    def _was_left_alone(self, now: datetime) -> bool:
        last = self.last_failure_at
        return last is not None and now - last > LONGEST_BETWEEN_ATTEMPTS

    def paused_at_least(self, *, until: datetime | None) -> "Health":
        """Return this health with a pause that ends at ``until``, or later if it did before."""
        if until is None or (self.resume_at is not None and self.resume_at >= until):
            return self
        return replace(self, resume_at=until)

    def reason_to_disable(self, verdict: AttemptResult, *, now: datetime) -> DisabledBy | None:
        """Return why the endpoint is disabled after this attempt; None if it is not."""
        if verdict.is_accepted:
            return None
        if verdict.status == GONE:
            return DisabledBy.GONE
        if self.failing_since is not None and now - self.failing_since >= DISABLED_AFTER:
            return DisabledBy.FAILURE
        return None


def next_attempt_at(
    attempts: int, *, now: datetime, jitter: float, retry_after: timedelta | None = None
) -> datetime | None:
    """Return when a delivery is tried again that has failed ``attempts`` times.

    None after the last attempt of the schedule: it is passed over. An endpoint that asks for a
    longer pause gets it, up to ``LONGEST_PAUSE``.
    """
    if attempts > len(DELAYS):
        return None
    delay = spread(DELAYS[attempts - 1], jitter)
    if retry_after is not None:
        delay = max(delay, min(retry_after, LONGEST_PAUSE))
    return now + delay


def spread(delay: timedelta, jitter: float) -> timedelta:
    """Return a delay that is up to ``JITTER`` shorter or longer; ``jitter`` is from 0 to 1."""
    return delay * (1 - JITTER + 2 * JITTER * jitter)
