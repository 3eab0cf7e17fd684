"""Findings that wait to be written, bounded however long the database stays away."""

from collections import OrderedDict, deque
from dataclasses import dataclass, field, fields, replace
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

#: Checks, kinds of difference, noise and recorded requests that wait while the database is away.
MOST_WAITING = 2_000

Noise = tuple[EndpointId, Build | None, str, str, datetime]
DifferenceKey = tuple[EndpointId, Build | None, str, str]


@dataclass(slots=True)
class PendingFindings:
    """Findings that are not flushed to the database yet: counts and compared calls."""

    counts: dict[tuple[EndpointId, datetime], Counts] = field(default_factory=dict)
    django_called: dict[EndpointId, datetime] = field(default_factory=dict)
    edge_calls: dict[tuple[EndpointId, Build | None, datetime], EdgeCalls] = field(
        default_factory=dict
    )
    checks: deque[CheckRow] = field(default_factory=lambda: deque(maxlen=MOST_WAITING))
    differences: OrderedDict[DifferenceKey, DifferenceRow] = field(default_factory=OrderedDict)
    noise: deque[Noise] = field(default_factory=lambda: deque(maxlen=MOST_WAITING))
    requests: deque[RecordedRequest] = field(default_factory=lambda: deque(maxlen=MOST_WAITING))
    self_tests: dict[tuple[EndpointId, Build | None], tuple[bool, datetime]] = field(
        default_factory=dict
    )
    #: Agreements of guarded calls, by status class.
    guarded: dict[tuple[EndpointId, Build, int], Agreements] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not any(getattr(self, each.name) for each in fields(self))

    @property
    def builds(self) -> set[Build]:
        """The builds to which the waiting findings belong."""
        found = {
            *(build for _, build, _ in self.edge_calls),
            *(check.build for check in self.checks),
            *(key[1] for key in self.differences),
            *(noise[1] for noise in self.noise),
            *(build for _, build in self.self_tests),
            *(build for _, build, _ in self.guarded),
        }
        return {build for build in found if build is not None}

    def add_difference(self, found: DifferenceRow) -> None:
        """Add a difference; several of one kind at one path become one with a count."""
        key = (found.endpoint_id, found.build, found.path, found.kind)
        if (before := self.differences.pop(key, None)) is not None:
            found = replace(found, count=before.count + found.count)
        self.differences[key] = found
        if len(self.differences) > MOST_WAITING:
            self.differences.popitem(last=False)

    def add_guarded(self, key: tuple[EndpointId, Build, int], agreed: Agreements) -> None:
        """Add agreements of one status class to those that wait."""
        before = self.guarded.setdefault(key, agreed)
        if before is not agreed:
            before.add(agreed)

    def forget_guarded(self, endpoint_id: EndpointId, build: Build) -> None:
        """Drop the agreements from before a difference, which do not count."""
        for key in [key for key in self.guarded if key[:2] == (endpoint_id, build)]:
            del self.guarded[key]

    def add(self, later: "PendingFindings") -> None:
        """Add what was found later, while these could not be written."""
        for key, counts in later.counts.items():
            _add(self.counts.setdefault(key, Counts()), counts)
        for stage, calls in later.edge_calls.items():
            _add(self.edge_calls.setdefault(stage, EdgeCalls()), calls)
        for guarded, agreed in later.guarded.items():
            self.add_guarded(guarded, agreed)
        for found in later.differences.values():
            self.add_difference(found)
        self.django_called |= later.django_called
        self.self_tests |= later.self_tests
        self.checks += later.checks
        self.noise += later.noise
        self.requests += later.requests


def _add(total: Counts | EdgeCalls, counts: Counts | EdgeCalls) -> None:
    for each in fields(counts):
        setattr(total, each.name, getattr(total, each.name) + getattr(counts, each.name))
