"""Refusals of a change of an endpoint's stage, share or settings.

StageRefused
 ├── EndpointUnknown
 ├── StageImpossible
 ├── InvalidShare
 ├── ReasonMissing
 └── PromotionNotProven
"""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from shared_domain.refusals import RefusedToStaff


class StageRefused(RefusedToStaff):
    """A change of an endpoint is refused; nothing about the endpoint has changed."""


@dataclass(eq=False)
class EndpointUnknown(StageRefused):
    """Neither the edge nor Django has registered such an endpoint."""

    endpoint: str


@dataclass(frozen=True, slots=True)
class HalfLacksEndpoint:
    """The half that would answer, ``edge`` or ``django``, does not have the endpoint."""

    side: str


@dataclass(frozen=True, slots=True)
class NotInStageEdge:
    """Only an endpoint in stage ``edge`` is retired; it is in ``stage``."""

    stage: str


@dataclass(frozen=True, slots=True)
class DjangoStillCalled:
    """Django still receives calls, so not all of them go through the edge."""

    last_at: datetime


@dataclass(frozen=True, slots=True)
class NotShadowable:
    """Only a read in stage ``edge`` that Django has is shadowed by it."""


@dataclass(frozen=True, slots=True)
class WritesElsewhere:
    """The edge writes to a database of its own, so Django has to answer its writes."""


@dataclass(eq=False)
class StageImpossible(StageRefused):
    """The endpoint cannot be in a stage, for a reason that no evidence changes.

    ``stage`` is the one that was asked for; None where a partner was to be pinned to a side.
    """

    endpoint: str
    stage: str | None
    reason: HalfLacksEndpoint | NotInStageEdge | DjangoStillCalled | NotShadowable | WritesElsewhere


class ShareProblem(Enum):
    """Which number of an endpoint is outside its limits."""

    CANARY = "a canary has 1 to 100 percent"
    NO_CANARY = "no other stage has a share"
    SAMPLE = "the sample has 0 to 100 percent"
    GUARDED_PERCENT = "0 to 100 percent stay guarded"
    GUARDED_CALLS = "the guarded calls of a status class have a limit"
    BUDGET = "a budget is above 0"


@dataclass(eq=False)
class InvalidShare(StageRefused):
    """A share of calls, their number or a budget that is outside its limits.

    ``most`` is the largest possible number; ``stage`` is the one that was asked for, if any.
    """

    problem: ShareProblem
    most: int = 100
    stage: str | None = None


class ReasonMissing(StageRefused):
    """The change has no reason, which the audit trail requires."""


@dataclass(eq=False)
class PromotionNotProven(StageRefused):
    """The evidence does not suffice for promotion, and it was not forced.

    ``verdict`` and ``missing`` are those of the evidence, in the words of its document.
    """

    verdict: str
    missing: tuple[str, ...]
