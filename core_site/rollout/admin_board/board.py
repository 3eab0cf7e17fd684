"""What the board shows of all endpoints: who answers, how much, how alike, and what comes next."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from core_site import stores
from core_site.rollout.metrics import (
    Traffic,
    describe_parity,
    format_latency,
    recent_traffic,
)
from shared_domain import rollout
from shared_domain.rollout import Endpoint, ParityStats, PromotionVerdict, Stage
from shared_domain.run_now import run_now

WHO_ANSWERS = {
    Stage.DJANGO: "Django answers",
    Stage.SHADOW: "Django answers; the edge is asked as well, and compared",
    Stage.CANARY: "The edge answers some partners, Django the rest; compared",
    Stage.EDGE: "The edge answers",
    Stage.RETIRED: "The edge answers; Django's view is gone",
}

#: As the theme names its colours.
TONES = {
    PromotionVerdict.READY: "success",
    PromotionVerdict.INSUFFICIENT: "warning",
    PromotionVerdict.DIFFERS: "danger",
    PromotionVerdict.UNSTABLE: "danger",
    PromotionVerdict.MISCONFIGURED: "danger",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """The next step of an endpoint and whether it is proven; ``to`` is None at the end."""

    to: Stage | None
    verdict: str
    tone: str
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardRow:
    """One endpoint on the board."""

    endpoint: Endpoint
    traffic: Traffic
    #: With each build that runs, the newest first.
    by_build: tuple[ParityStats, ...]
    step: NextStep
    is_unproven: bool

    @property
    def seen(self) -> ParityStats:
        return self.by_build[0] if self.by_build else ParityStats()

    @property
    def parity(self) -> str:
        is_anything_seen = self.seen.compared or self.seen.undecided
        return describe_parity(self.seen) if is_anything_seen else "–"

    @property
    def parity_tone(self) -> str:
        if self.seen.mismatched or self.seen.unstable:
            return "danger"
        return "success" if self.seen.compared else ""

    @property
    def is_guarded(self) -> bool:
        """Whether the newest build has not agreed often enough to answer unasked."""
        missing = rollout.missing_guard_evidence(self.endpoint, self.seen.guarded)
        return rollout.may_be_guarded(self.endpoint) and missing is not None

    @property
    def django_ms(self) -> str:
        return format_latency(self.traffic.django.mean_ms, self.seen.django_ms)

    @property
    def edge_ms(self) -> str:
        return format_latency(self.traffic.edge.mean_ms, self.seen.edge_ms)

    @property
    def spent_percent(self) -> int:
        """How much of the budget that is nearest to its end is spent."""
        return spent_percent(self.endpoint)


@dataclass(frozen=True, slots=True, kw_only=True)
class StageGroup:
    """The endpoints of one stage; ``total`` also counts those that the page leaves out."""

    stage: Stage
    who_answers: str
    total: int
    rows: tuple[BoardRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """Every stage in the order of the move."""

    groups: tuple[StageGroup, ...]
    total: int
    left_to_move: int


def build_board(shown: Iterable[int], *, now: datetime) -> Board:
    """Return the board with the endpoints of these ids, in few questions for any number."""
    everything = run_now(rollout.list_endpoints(store=stores.endpoints()))
    wanted = set(shown)
    listed = [endpoint for endpoint in everything if endpoint.id in wanted]
    traffic = recent_traffic(now=now)
    seen = run_now(stores.endpoints().parity_stats(listed))
    rows = [
        BoardRow(
            endpoint=endpoint,
            traffic=traffic.get(endpoint.id, Traffic()),
            by_build=seen[endpoint.id],
            step=next_step(endpoint, seen[endpoint.id], now=now),
            is_unproven=rollout.is_unproven(endpoint, seen[endpoint.id], now=now),
        )
        for endpoint in listed
    ]
    return Board(
        groups=tuple(
            StageGroup(
                stage=stage,
                who_answers=WHO_ANSWERS[stage],
                total=sum(endpoint.stage is stage for endpoint in everything),
                rows=tuple(row for row in rows if row.endpoint.stage is stage),
            )
            for stage in Stage
        ),
        total=len(everything),
        left_to_move=sum(is_django_only(endpoint) for endpoint in everything),
    )


def next_step(endpoint: Endpoint, by_build: Sequence[ParityStats], *, now: datetime) -> NextStep:
    """Return what comes next for an endpoint, and whether it is possible and proven."""
    if endpoint.stage.needs_edge and not endpoint.is_on_edge:
        return NextStep(to=None, verdict="gone from the edge", tone="danger")
    if endpoint.stage.needs_django and not endpoint.is_on_django:
        return NextStep(to=None, verdict="gone from the site", tone="danger")
    target = endpoint.next_stage
    if target is None:
        if endpoint.retired_calls:
            return NextStep(to=None, verdict="Django is still called", tone="danger")
        return NextStep(to=None, verdict="done", tone="success")
    if is_django_only(endpoint):
        return NextStep(to=None, verdict="left to move", tone="info")
    if endpoint.stage is Stage.EDGE and not endpoint.is_on_django:
        return NextStep(to=None, verdict="only on the edge", tone="")
    try:
        endpoint.check_stage(target)
    except rollout.StageImpossible as refusal:
        return NextStep(to=target, verdict="not possible", tone="danger", missing=(str(refusal),))
    evidence = rollout.assess_builds(endpoint, target, by_build, now=now)
    return NextStep(
        to=target,
        verdict=evidence.verdict.value,
        tone=TONES[evidence.verdict],
        missing=evidence.missing,
    )


def is_django_only(endpoint: Endpoint) -> bool:
    """True while only Django could answer: nobody has written it for the edge yet."""
    return endpoint.stage is Stage.DJANGO and not endpoint.is_on_edge


def spent_percent(endpoint: Endpoint) -> int:
    budget = endpoint.budget
    spent = max(endpoint.mismatches / budget.mismatches, endpoint.errors / budget.errors)
    return min(100, round(100 * spent))
