"""Which calls are guarded: what this process knows of the agreements of its build.

It is read with the stages and after each writing, for all processes together. What is not known is
guarded: before the first reading, of a release that was heard a moment ago, without PostgreSQL.
"""

import random
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from api_edge.rollout.builds import RunningBuilds
from shared_domain.rollout import (
    Build,
    Endpoint,
    EndpointId,
    GuardCount,
    Stage,
    has_agreed,
    is_guarded,
    may_be_guarded,
)

GuardCounts = Mapping[tuple[EndpointId, Build], Mapping[int, GuardCount]]

NO_COUNTS: Mapping[int, GuardCount] = MappingProxyType({})


class NewBuildGuard:
    """Decides whether a call is asked of both halves before it is answered by the edge."""

    def __init__(self, builds: RunningBuilds) -> None:
        self._builds = builds
        self._known: GuardCounts = {}
        #: When a difference was found that the database may not know of yet.
        self._anew: dict[tuple[EndpointId, Build], datetime] = {}

    def should_guard(self, endpoint: Endpoint) -> bool:
        """Return whether this call is guarded: the build is new, or the call is of the sample.

        In stage ``edge`` a later sample is taken only where Django is the shadow: the rest of it
        is left alone, so that its view can be retired.
        """
        if not may_be_guarded(endpoint):
            return False
        if is_guarded(endpoint, self._classes(endpoint), now=datetime.now(UTC)):
            return True
        is_sampled = endpoint.stage is Stage.CANARY or endpoint.is_reverse_shadowed
        return is_sampled and random.random() * 100 < endpoint.guarded_percent

    def allows_status(self, endpoint: Endpoint, status: int) -> bool:
        """Return whether an answer of the edge with this status may go out unasked.

        A failure is not the guard's: it falls back to Django, or is the edge's in stage ``edge``.
        """
        if status >= 500 or not may_be_guarded(endpoint):
            return True
        return has_agreed(endpoint, self._classes(endpoint), status // 100)

    def replace_known(self, known: GuardCounts) -> None:
        """Take over what the database knows; what was found to differ meanwhile begins anew."""
        for key, at in list(self._anew.items()):
            classes = known.get(key, NO_COUNTS)
            if all(seen.begun_at >= at for seen in classes.values()):
                del self._anew[key]
        self._known = known

    def restart(self, endpoint: Endpoint, build: Build, *, at: datetime) -> None:
        """Guard every call of an endpoint and a build again, at once in this process."""
        self._anew[endpoint.id, build] = at

    def pending_restarts(self) -> dict[tuple[EndpointId, Build], datetime]:
        """Return the guards that have begun anew, and the database is not known to know of it."""
        return dict(self._anew)

    def _classes(self, endpoint: Endpoint) -> Mapping[int, GuardCount]:
        build = self._builds.current_build(endpoint)
        if build is None:
            return NO_COUNTS
        key = (endpoint.id, build)
        return NO_COUNTS if key in self._anew else self._known.get(key, NO_COUNTS)
