"""Decide which calls are guarded, by how often a build of the edge has agreed with Django.

The counts of all processes are read with the stages and after each writing. While they are not
known, calls are guarded: before the first reading, after a new release, without PostgreSQL.
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
    """Decides whether both sides are asked before the edge answers a call."""

    def __init__(self, builds: RunningBuilds) -> None:
        self._builds = builds
        self._known: GuardCounts = {}
        #: When a difference was found that may not be written to the database yet.
        self._restarts: dict[tuple[EndpointId, Build], datetime] = {}

    def should_guard(self, endpoint: Endpoint) -> bool:
        """Return whether this call is guarded: the build is new, or the call is in the sample.

        In stage ``edge`` there is a sample only with reverse shadowing; otherwise Django is not
        called, so that its view can be retired.
        """
        if not may_be_guarded(endpoint):
            return False
        if is_guarded(endpoint, self._classes(endpoint), now=datetime.now(UTC)):
            return True
        is_sampled = endpoint.stage is Stage.CANARY or endpoint.is_reverse_shadowed
        return is_sampled and random.random() * 100 < endpoint.guarded_percent

    def allows_status(self, endpoint: Endpoint, status: int) -> bool:
        """Return whether a response of the edge with this status may go out unguarded.

        A failure is not guarded: it falls back to Django in a canary, and stands in stage ``edge``.
        """
        if status >= 500 or not may_be_guarded(endpoint):
            return True
        return has_agreed(endpoint, self._classes(endpoint), status // 100)

    def replace_known(self, known: GuardCounts) -> None:
        """Replace the counts by those of the database, which may not know of a restart yet."""
        for key, at in list(self._restarts.items()):
            if all(count.begun_at >= at for count in known.get(key, NO_COUNTS).values()):
                del self._restarts[key]
        self._known = known

    def restart(self, endpoint: Endpoint, build: Build, *, at: datetime) -> None:
        """Guard every call of an endpoint and a build again, in this process at once."""
        self._restarts[endpoint.id, build] = at

    def pending_restarts(self) -> dict[tuple[EndpointId, Build], datetime]:
        """Return the restarts that are not known to be written, with their times."""
        return dict(self._restarts)

    def _classes(self, endpoint: Endpoint) -> Mapping[int, GuardCount]:
        build = self._builds.current_build(endpoint)
        if build is None:
            return NO_COUNTS
        key = (endpoint.id, build)
        return NO_COUNTS if key in self._restarts else self._known.get(key, NO_COUNTS)
