"""Decide from an endpoint's stage which side answers a call, and how the two are compared.

:func:`choose_route` is a pure function of facts, so that it can be read and tested as a table.
"""

from dataclasses import dataclass, replace
from enum import Enum

from shared_domain.rollout import Side, Stage


class Answerer(Enum):
    """Which side answers the caller."""

    DJANGO = "django"
    EDGE = "edge"
    #: The edge; Django in the same request when the edge fails (canary).
    EDGE_THEN_DJANGO = "edge, then django"
    #: The edge: there is no Django, or it is never asked for this path.
    EDGE_ONLY = "edge only"


class Comparison(Enum):
    """How the side that does not answer the caller is compared with the one that does."""

    NONE = "none"
    #: Nothing to compare with: the edge lacks the endpoint. The request is recorded, sanitised.
    RECORD_ONLY = "record only"
    #: A read: the other side is asked in the background, after the response.
    SHADOW_READ = "shadow read"
    #: A write that Django answers: the edge makes a dry run before it.
    EDGE_DRY_RUN = "dry run of the edge"
    #: A write that the edge answers: Django makes a dry run before it.
    DJANGO_DRY_RUN = "dry run of django"
    #: A read of an unproven build: both are asked at once, and the edge answers if they agree.
    GUARDED_READ = "guarded read"
    #: A replay by ``rollout replay``: Django answers, the verdict stands in response headers.
    ON_DEMAND = "on demand"


@dataclass(frozen=True, slots=True)
class Route:
    """Which side answers a call, and how it is compared."""

    answerer: Answerer
    comparison: Comparison = Comparison.NONE
    #: The edge's build has not yet agreed with Django often enough to answer by itself.
    is_guarded: bool = False

    @property
    def is_sampled(self) -> bool:
        """Whether the comparison may be left out, for a sample or while the process is busy."""
        return not self.is_guarded and self.comparison in (
            Comparison.SHADOW_READ,
            Comparison.EDGE_DRY_RUN,
            Comparison.DJANGO_DRY_RUN,
        )

    def without_comparison(self) -> "Route":
        return replace(self, comparison=Comparison.NONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFacts:
    """The facts that the stage decision depends on."""

    stage: Stage
    #: The side that answers this caller, by stage, pin and percent (``Endpoint.answered_by``).
    side: Side = Side.DJANGO
    #: The endpoint's method is GET.
    is_read: bool = True
    has_edge_endpoint: bool = True
    #: The request has the endpoint's method, not HEAD or OPTIONS.
    is_exact_method: bool = True
    #: The request has the endpoint's method, or HEAD or OPTIONS of a read.
    is_own_method: bool = True
    #: The request asks for a comparison on demand, and bears the parity key's token.
    is_on_demand: bool = False
    #: The edge's build is not proven for this endpoint, or the call is of the guarded sample.
    is_guarded: bool = False
    #: Django's view allows a dry run of this write.
    can_dry_run_django: bool = False
    #: Stage ``edge`` still asks Django in the background.
    is_reverse_shadowed: bool = False


def choose_route(facts: CallFacts) -> Route:
    """Return how a call of a registered endpoint is answered and compared.

    Sampling comes after it: see ``Route.is_sampled``.
    """
    if not facts.has_edge_endpoint:
        # Another edge process may have it already, or still.
        recorded = Comparison.RECORD_ONLY if facts.is_exact_method else Comparison.NONE
        return Route(Answerer.DJANGO, recorded)
    if facts.is_on_demand and facts.is_own_method:
        return Route(Answerer.DJANGO, Comparison.ON_DEMAND)
    if facts.side is Side.DJANGO:
        if facts.stage not in (Stage.SHADOW, Stage.CANARY) or not facts.is_own_method:
            return Route(Answerer.DJANGO)
        beside = Comparison.SHADOW_READ if facts.is_read else Comparison.EDGE_DRY_RUN
        return Route(Answerer.DJANGO, beside)
    if facts.is_guarded:
        return _guarded_route(facts)
    if facts.stage is Stage.CANARY:
        return Route(Answerer.EDGE_THEN_DJANGO, _beside_edge(facts, is_shadowed=True))
    return Route(Answerer.EDGE, _beside_edge(facts, is_shadowed=facts.is_reverse_shadowed))


def _guarded_route(facts: CallFacts) -> Route:
    """Return the route of a call whose edge build has not agreed with Django often enough.

    Django answers a write, beside a dry run of the edge: what a wrong edge has stored could not be
    taken back.
    """
    if not facts.is_own_method:
        return Route(Answerer.DJANGO, is_guarded=True)
    if facts.is_read:
        return Route(Answerer.EDGE_THEN_DJANGO, Comparison.GUARDED_READ, is_guarded=True)
    return Route(Answerer.DJANGO, Comparison.EDGE_DRY_RUN, is_guarded=True)


def _beside_edge(facts: CallFacts, *, is_shadowed: bool) -> Comparison:
    if not facts.is_own_method:
        return Comparison.NONE
    if facts.is_read:
        return Comparison.SHADOW_READ if is_shadowed else Comparison.NONE
    return Comparison.DJANGO_DRY_RUN if facts.can_dry_run_django else Comparison.NONE
