"""The guard of a new build: the edge answers alone only after its responses agreed with Django's.

While an endpoint is guarded, both halves are asked about a call, and the edge's response goes out
only if it agrees; a write is Django's, beside a dry run of the edge. Agreements are counted by
build and status class, so that a hundred successes prove nothing about refusals.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared_domain.rollout.model import Endpoint, Stage

#: A class that was not seen for so long keeps no endpoint guarded, as a stray 404 would for ever.
#: When it comes again, its response is held back and Django is asked.
SEEN_RECENTLY = timedelta(hours=1)

#: A class that was seen so often must have agreed often enough before stage ``edge``.
ENOUGH_TO_GUARD = 3

#: One of these classes must have agreed: successes, or redirects where an endpoint has no others.
SUCCESSES = (2, 3)


@dataclass(frozen=True, slots=True)
class GuardCount:
    """Agreements of guarded calls in one build and one status class."""

    #: Agreements since the guard began, or began anew because of a difference.
    matched: int
    seen_at: datetime
    begun_at: datetime


def may_be_guarded(endpoint: Endpoint) -> bool:
    """Return whether an endpoint can be guarded: in ``canary`` or ``edge``, on Django, guard on."""
    return (
        endpoint.is_on_django
        and endpoint.guarded_calls > 0
        and endpoint.stage in (Stage.CANARY, Stage.EDGE)
    )


def is_guarded(endpoint: Endpoint, classes: Mapping[int, GuardCount], *, now: datetime) -> bool:
    """Return whether a call has to be sent to both halves.

    True until 2xx or 3xx responses have agreed often enough, and so has every status class that was
    seen recently.
    """
    if not may_be_guarded(endpoint):
        return False
    has_succeeded = any(has_agreed(endpoint, classes, success) for success in SUCCESSES)
    return not has_succeeded or any(
        seen.matched < endpoint.guarded_calls and now - seen.seen_at < SEEN_RECENTLY
        for seen in classes.values()
    )


def has_agreed(endpoint: Endpoint, classes: Mapping[int, GuardCount], status_class: int) -> bool:
    """Return whether a status class has agreed often enough for the edge to answer alone."""
    seen = classes.get(status_class)
    return seen is not None and seen.matched >= endpoint.guarded_calls


def missing_guard_evidence(endpoint: Endpoint, matched: Mapping[int, int]) -> str | None:
    """Return which agreements the guard still needs before stage ``edge``, None when it has enough.

    ``matched`` holds the agreements by status class. Classes that were seen once or twice do not
    count: stage ``edge`` is guarded as well.
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
    """Return agreements of guarded calls in words: ``37 of 100 2xx, 3 of 100 4xx``."""
    none_yet = {} if any(success in matched for success in SUCCESSES) else {SUCCESSES[0]: 0}
    return ", ".join(
        f"{min(times, endpoint.guarded_calls)} of {endpoint.guarded_calls} {status_class}xx"
        for status_class, times in sorted((none_yet | dict(matched)).items())
    )
