"""An endpoint in rollout: its stage, who answers a partner, its error budget, and rolling back."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType

from shared_domain.contact_data import is_blank
from shared_domain.quantities import format_quantity
from shared_domain.rollout.errors import (
    DjangoStillCalled,
    HalfLacksEndpoint,
    InvalidShare,
    NotInStageEdge,
    ReasonMissing,
    ShareProblem,
    StageImpossible,
)

EndpointId = NewType("EndpointId", int)

#: How a caller is known to canaries, pins and evidence: a partner's id, or the name that the
#: shop's own function returns (``PORTICO_IDENTIFY_CALLER``). Never a secret: it is stored.
CallerName = NewType("CallerName", str)

LONGEST_CALLER_NAME = 200

#: Calls that reach Django so soon after a change of stage were under way before it.
STAGE_CHANGE_GRACE = timedelta(seconds=10)

#: See ``guard``; as many as comparisons must agree before a canary.
GUARDED_CALLS = 100
GUARDED_PERCENT = 5

#: Partners are divided into buckets of a hundredth of a percent.
_BUCKETS = 10_000

_PARAMETER = re.compile(r"\{[^}]*\}")


class Side(StrEnum):
    """The half that answers: Django or the edge."""

    DJANGO = "django"
    EDGE = "edge"


class Stage(StrEnum):
    """The stages of a rollout in order; until ``retired``, an endpoint can be rolled back."""

    DJANGO = "django"
    SHADOW = "shadow"
    CANARY = "canary"
    EDGE = "edge"
    RETIRED = "retired"

    @property
    def needs_edge(self) -> bool:
        return self is not Stage.DJANGO

    @property
    def needs_django(self) -> bool:
        return self in (Stage.DJANGO, Stage.SHADOW, Stage.CANARY)

    def is_ahead_of(self, other: "Stage") -> bool:
        order = list(Stage)
        return order.index(self) > order.index(other)


def describe_stage(stage: str, percent: int) -> str:
    """Return ``canary 10 %``, or the stage alone where it has no share."""
    return f"{stage} {percent} %" if percent else str(stage)


def path_shape(path_template: str) -> str:
    """Return a path template without its parameters' names, equal for templates of one endpoint."""
    return _PARAMETER.sub("{}", path_template)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The error budget of an endpoint in one stage; spending it rolls the endpoint back."""

    #: Confirmed differences between the two halves.
    mismatches: int = 5
    #: Failures of the edge: unexpected errors and answers of 500 and above.
    errors: int = 3
    #: How many times longer than Django the edge may take, by the medians of recent calls.
    latency_ratio: float = 3.0
    #: The same of the slowest hundredth of calls, by the 99th percentiles.
    tail_ratio: float = 5.0
    #: A call of the edge that takes longer, in milliseconds, is a time-out; how many percent of
    #: the recent calls may be.
    timeout_ms: int = 1000
    timeout_percent: int = 5

    @property
    def is_possible(self) -> bool:
        """Whether the limits make sense: an endpoint could keep within them."""
        return (
            min(self.mismatches, self.errors, self.timeout_ms) >= 1
            and min(self.latency_ratio, self.tail_ratio) > 0
            and 1 <= self.timeout_percent <= 100
        )

    def too_slow(self, *, edge_ms: float, django_ms: float) -> str | None:
        """Return why the edge's median latency exceeds the budget, None when it does not."""
        if edge_ms <= self.latency_ratio * django_ms:
            return None
        return (
            f"the edge takes {edge_ms:.1f} ms where Django takes {django_ms:.1f}; "
            f"{self.latency_ratio:g} times is the budget"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """A method and a path template, such as ``GET /v1/users/{id}``, with its stage of rollout.

    ``percent`` is the canary's share of partners, 0 in every other stage. ``salt`` gives each
    endpoint another order of partners. ``pins`` keep partners on one side while it is a canary.
    ``sample_percent`` is the share of calls that are compared.
    """

    id: EndpointId
    method: str
    path_template: str
    is_on_edge: bool
    is_on_django: bool
    stage: Stage
    stage_since: datetime
    percent: int = 0
    salt: str = ""
    sample_percent: int = 100
    #: Responses of each status class that must agree with Django's, with each build, before the
    #: edge answers alone (``guard``); 0 switches the guard off.
    guarded_calls: int = GUARDED_CALLS
    #: How many percent of the calls stay guarded after that.
    guarded_percent: int = GUARDED_PERCENT
    #: In stage ``edge``, whether Django is asked as well, so that rolling back stays proven.
    is_reverse_shadowed: bool = False
    budget: Budget = Budget()
    #: Spent since ``stage_since``.
    mismatches: int = 0
    errors: int = 0
    #: The last call of a partner that Django answered, through the edge or past it.
    django_called_at: datetime | None = None
    #: Calls that reached Django's view although it is retired.
    retired_calls: int = 0
    pins: Mapping[CallerName, Side] = field(default_factory=dict)
    #: Which Django registered it, where several are upstreams of one edge.
    upstream: str = ""

    @property
    def name(self) -> str:
        return f"{self.method} {self.path_template}"

    @property
    def is_guarded_as_usual(self) -> bool:
        return (self.guarded_calls, self.guarded_percent) == (GUARDED_CALLS, GUARDED_PERCENT)

    @property
    def is_read(self) -> bool:
        return self.method == "GET"

    def answered_by(self, partner_id: CallerName | None) -> Side:
        """Return the side that answers this partner; an unauthenticated caller is never a canary.

        Raising ``percent`` only adds partners: each one's bucket is fixed by the salt.
        """
        if self.stage in (Stage.EDGE, Stage.RETIRED):
            return Side.EDGE
        if self.stage is not Stage.CANARY or partner_id is None:
            return Side.DJANGO
        pinned = self.pins.get(partner_id)
        if pinned is not None:
            return pinned
        is_canary = self.canary_bucket(partner_id) < self.percent * (_BUCKETS // 100)
        return Side.EDGE if is_canary else Side.DJANGO

    def canary_bucket(self, partner_id: CallerName) -> int:
        """Return the partner's fixed bucket, 0 to 9,999; lower ones become canaries earlier."""
        digest = hashlib.sha256(f"{self.salt}:{partner_id}".encode()).digest()
        return int.from_bytes(digest[:8]) % _BUCKETS

    @property
    def next_stage(self) -> Stage | None:
        """The stage that follows in a rollout, None after the last; see ``check_stage``."""
        following = [stage for stage in Stage if stage.is_ahead_of(self.stage)]
        return following[0] if following else None

    def check_stage(self, stage: Stage) -> None:
        """Check that the endpoint can be in a stage; the evidence is not looked at.

        Raises:
            StageImpossible: the half that would answer lacks the endpoint, or Django is still
                called.
        """
        if stage.needs_edge and not self.is_on_edge:
            raise StageImpossible(self.name, stage, HalfLacksEndpoint(Side.EDGE))
        if stage.needs_django and not self.is_on_django:
            raise StageImpossible(self.name, stage, HalfLacksEndpoint(Side.DJANGO))
        if stage is Stage.RETIRED:
            self._check_retirable()

    def with_stage(
        self, stage: Stage, *, percent: int | None = None, reason: str, now: datetime
    ) -> "Endpoint":
        """Return this endpoint in another stage, its budget unspent; evidence is not looked at.

        Raises:
            ReasonMissing: the reason is blank.
            StageImpossible: see ``check_stage``.
            InvalidShare: a canary needs 1 to 100 percent, and no other stage has a share.
        """
        if is_blank(reason):
            raise ReasonMissing
        self.check_stage(stage)
        if stage is Stage.CANARY:
            if percent is None or not 1 <= percent <= 100:
                raise InvalidShare(ShareProblem.CANARY)
        elif percent is not None:
            raise InvalidShare(ShareProblem.NO_CANARY, stage=stage)
        return replace(
            self,
            stage=stage,
            percent=percent or 0,
            stage_since=now,
            mismatches=0,
            errors=0,
            retired_calls=0,
        )

    def rollback_reason(self) -> str | None:
        """Return why the endpoint has to be rolled back, None while its budget is not spent.

        None as well where no caller is answered by the edge, or Django no longer has the endpoint.
        """
        if self.stage not in (Stage.CANARY, Stage.EDGE) or not self.is_on_django:
            return None
        if self.errors >= self.budget.errors:
            failed = format_quantity(self.errors, "time")
            return f"the edge failed {failed}; {self.budget.errors} spend the budget"
        if self.mismatches >= self.budget.mismatches:
            differed = format_quantity(self.mismatches, "answer")
            return f"{differed} differed from Django's; {self.budget.mismatches} spend the budget"
        return None

    def _check_retirable(self) -> None:
        if self.stage is not Stage.EDGE:
            raise StageImpossible(self.name, Stage.RETIRED, NotInStageEdge(self.stage))
        if self.django_called_at and self.django_called_at > self.stage_since + STAGE_CHANGE_GRACE:
            still_called = DjangoStillCalled(self.django_called_at)
            raise StageImpossible(self.name, Stage.RETIRED, still_called)


@dataclass(frozen=True, slots=True, kw_only=True)
class StageChange:
    """One entry of the audit trail: who changed an endpoint's stage, when and why."""

    at: datetime
    actor: str
    from_stage: Stage
    from_percent: int
    to_stage: Stage
    to_percent: int
    reason: str
    #: The evidence did not suffice, and the actor went ahead.
    is_forced: bool = False
