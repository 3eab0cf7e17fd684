"""What waits to be written down, bounded however long the database stays away."""

from collections import OrderedDict, deque
from dataclasses import dataclass, field, replace
from datetime import datetime

from shared_domain.rollout import Build, EndpointId
from shared_domain.rollout.findings_sql_store import (
    CheckRow,
    Counts,
    DifferenceRow,
    EdgeCalls,
    RecordedRequest,
)
from shared_domain.rollout.guard_sql_store import Agreements

#: Comparisons, and kinds of difference, that wait while the database is away.
MOST_WAITING = 2_000

Learned = tuple[EndpointId, Build | None, str, str, datetime]
DifferenceKey = tuple[EndpointId, Build | None, str, str]


@dataclass(slots=True)
class PendingFindings:
    """Everything since the last writing."""

    counts: dict[tuple[EndpointId, datetime], Counts] = field(default_factory=dict)
    django_called: dict[EndpointId, datetime] = field(default_factory=dict)
    checks: deque[CheckRow] = field(default_factory=deque)
    edge_calls: dict[tuple[EndpointId, Build | None, datetime], EdgeCalls] = field(
        default_factory=dict
    )
    differed: OrderedDict[DifferenceKey, DifferenceRow] = field(default_factory=OrderedDict)
    learned: list[Learned] = field(default_factory=list)
    recorded: list[RecordedRequest] = field(default_factory=list)
    self_tests: dict[tuple[EndpointId, Build | None], tuple[bool, datetime]] = field(
        default_factory=dict
    )

    #: Agreements of guarded calls, by status class.
    guarded: dict[tuple[EndpointId, Build, int], Agreements] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not (
            self.counts
            or self.edge_calls
            or self.checks
            or self.differed
            or self.learned
            or self.recorded
            or self.self_tests
            or self.guarded
        )

    @property
    def builds(self) -> set[Build]:
        """Return the builds that anything in it belongs to."""
        found = {
            *(build for _, build, _ in self.edge_calls),
            *(check.build for check in self.checks),
            *(key[1] for key in self.differed),
            *(learned[1] for learned in self.learned),
            *(build for _, build in self.self_tests),
            *(build for _, build, _ in self.guarded),
        }
        return {build for build in found if build is not None}

    def add_check(self, check: CheckRow) -> bool:
        """Return whether the oldest one had to go for it."""
        self.checks.append(check)
        if len(self.checks) <= MOST_WAITING:
            return False
        self.checks.popleft()
        return True

    def add_difference(self, found: DifferenceRow) -> None:
        """Several of a kind become one with a count."""
        key = (found.endpoint_id, found.build, found.path, found.kind)
        before = self.differed.pop(key, None)
        self.differed[key] = found if before is None else _both(before, found)
        if len(self.differed) > MOST_WAITING:
            self.differed.popitem(last=False)

    def add_guarded(self, key: tuple[EndpointId, Build, int], agreed: Agreements) -> None:
        """Several of a class become one with a count."""
        before = self.guarded.setdefault(key, agreed)
        if before is not agreed:
            before.add(agreed)

    def forget_guarded(self, endpoint_id: EndpointId, build: Build) -> None:
        """Agreements from before a difference do not count."""
        for key in [key for key in self.guarded if key[:2] == (endpoint_id, build)]:
            del self.guarded[key]

    def requeue(self, earlier: "PendingFindings") -> None:
        """Put back what could not be written, before what has come since."""
        for key, missed in earlier.counts.items():
            now = self.counts.setdefault(key, Counts())
            for name in Counts.__slots__:
                setattr(now, name, getattr(now, name) + getattr(missed, name))
        for place, calls in earlier.edge_calls.items():
            added = self.edge_calls.setdefault(place, EdgeCalls())
            added.calls += calls.calls
            added.fell_back += calls.fell_back
        for guarded, agreed in earlier.guarded.items():
            self.add_guarded(guarded, agreed)
        self.django_called = earlier.django_called | self.django_called
        self.self_tests = earlier.self_tests | self.self_tests
        later, self.differed = self.differed, earlier.differed
        for found in later.values():
            self.add_difference(found)
        self.checks = deque([*earlier.checks, *self.checks][-MOST_WAITING:])
        self.learned = [*earlier.learned, *self.learned][-MOST_WAITING:]
        self.recorded = [*earlier.recorded, *self.recorded][-MOST_WAITING:]


def _both(before: DifferenceRow, found: DifferenceRow) -> DifferenceRow:
    return replace(found, count=before.count + found.count)
