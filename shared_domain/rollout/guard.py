"""The guard of a new build: no caller sees an answer of the edge before its like has agreed.

While an endpoint is guarded, both halves are asked about a call, and the edge's answer goes out
only if it agrees with Django's; a write is Django's, beside a dry run of the edge. Agreements count
by build and by the hundreds of the status, so that a hundred successes do not speak for refusals.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared_domain.rollout.model import Endpoint, Stage

#: A class that has not been seen for so long keeps no endpoint guarded: a stray 404 would do so for
#: ever. When it comes again, its answer is held back and Django is asked.
SEEN_RECENTLY = timedelta(hours=1)

#: A class that was seen so often must have agreed often enough before the stage ``edge``.
ENOUGH_TO_GUARD = 3

#: The classes without which nothing is known of an endpoint: one of them must have agreed. Some
#: endpoints answer nothing but redirects.
SUCCESSES = (2, 3)


@dataclass(frozen=True, slots=True)
class GuardCount:
    """What guarded calls of one build have shown of one status class."""

    #: Agreements since the guard began, or began anew because of a difference.
    matched: int
    seen_at: datetime
    begun_at: datetime


def may_be_guarded(endpoint: Endpoint) -> bool:
    """Return whether Django can answer instead, and nobody has switched the guard off."""
    return (
        endpoint.is_on_django
        and endpoint.guarded_calls > 0
        and endpoint.stage in (Stage.CANARY, Stage.EDGE)
    )


def is_guarded(endpoint: Endpoint, classes: Mapping[int, GuardCount], *, now: datetime) -> bool:
    """Return whether a call must be asked of both halves.

    Until successes or redirects have agreed often enough, and every class that was seen lately.
    """
    if not may_be_guarded(endpoint):
        return False
    has_succeeded = any(has_agreed(endpoint, classes, success) for success in SUCCESSES)
    return not has_succeeded or any(
        seen.matched < endpoint.guarded_calls and now - seen.seen_at < SEEN_RECENTLY
        for seen in classes.values()
    )


def has_agreed(endpoint: Endpoint, classes: Mapping[int, GuardCount], status_class: int) -> bool:
    """Return whether answers of a class have agreed often enough to go out unasked."""
    seen = classes.get(status_class)
    return seen is not None and seen.matched >= endpoint.guarded_calls


def missing_guard_evidence(endpoint: Endpoint, matched: Mapping[int, int]) -> str | None:
    """Return what the guard still has to see, None when it has seen enough.

    ``matched`` holds the agreements by status class. A class that was seen once or twice is left
    to the guard in stage ``edge``.
    """
    if not endpoint.guarded_calls:
        return None
    asked_for = {
        status_class: times
        for status_class, times in matched.items()
        if times >= ENOUGH_TO_GUARD or status_class in SUCCESSES
    }
    enough = endpoint.guarded_calls
    has_succeeded = any(asked_for.get(success, 0) >= enough for success in SUCCESSES)
    if has_succeeded and all(
        times >= enough for times in asked_for.values() if times >= ENOUGH_TO_GUARD
    ):
        return None
    return f"the guard of this build: {describe_guard(endpoint, asked_for)} agreed"


def describe_guard(endpoint: Endpoint, matched: Mapping[int, int]) -> str:
    """Return ``37 of 100 2xx, 3 of 100 4xx``: the agreements of guarded calls by status class."""
    none_yet = {} if any(success in matched for success in SUCCESSES) else {SUCCESSES[0]: 0}
    return ", ".join(
        f"{min(times, endpoint.guarded_calls)} of {endpoint.guarded_calls} {status_class}xx"
        for status_class, times in sorted((none_yet | dict(matched)).items())
    )
