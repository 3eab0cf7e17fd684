"""One endpoint with its traffic, its evidence by build, and the next stage."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core_site import stores
from core_site.rollout.callers import callers
from core_site.rollout.metrics import Traffic, format_latency, recent_traffic
from core_site.rollout.refusal_messages import stage_message
from shared_domain import rollout
from shared_domain.rollout import (
    Endpoint,
    EndpointName,
    Evidence,
    ParityStats,
    PromotionVerdict,
    Stage,
)
from shared_domain.run_now import run_now

#: Unfold's variants of a label.
VERDICT_TONES = {
    PromotionVerdict.READY: "success",
    PromotionVerdict.INSUFFICIENT: "warning",
    PromotionVerdict.DIFFERS: "danger",
    PromotionVerdict.UNSTABLE: "danger",
    PromotionVerdict.MISCONFIGURED: "danger",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """The next stage of an endpoint, and whether the evidence suffices; ``to`` is None at the end.

    ``tone`` is the variant of Unfold's label.
    """

    to: Stage | None
    verdict: str
    tone: str
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointDocument:
    """An endpoint as the admin board, its page and the subcommands show it."""

    endpoint: Endpoint
    traffic: Traffic
    #: The stage that ``evidence`` is for: the one that was asked for, or else the next one.
    target: Stage
    evidence: Evidence
    step: NextStep
    is_unproven: bool

    @property
    def by_build(self) -> tuple[ParityStats, ...]:
        """The evidence with each build that runs, the newest first."""
        return self.evidence.builds

    @property
    def newest(self) -> ParityStats:
        """The evidence with the newest build."""
        return self.by_build[0] if self.by_build else ParityStats()

    @property
    def is_guarded(self) -> bool:
        """Whether responses of the newest build are held back until Django's agrees."""
        missing = rollout.missing_guard_evidence(self.endpoint, self.newest.guarded)
        return rollout.may_be_guarded(self.endpoint) and missing is not None

    @property
    def django_ms(self) -> str:
        return format_latency(self.traffic.django.mean_ms, self.newest.django_ms)

    @property
    def edge_ms(self) -> str:
        return format_latency(self.traffic.edge.mean_ms, self.newest.edge_ms)

    @property
    def spent_percent(self) -> int:
        """The spent share of the error budget that is spent most, in percent."""
        endpoint, budget = self.endpoint, self.endpoint.budget
        spent = max(endpoint.mismatches / budget.mismatches, endpoint.errors / budget.errors)
        return min(100, round(100 * spent))

    @property
    def pins(self) -> dict[str, str]:
        """The side of each pinned caller, by the caller's label, sorted."""
        pins = self.endpoint.pins
        labels = callers().labels(pins)
        return dict(sorted((labels.get(name, name), side) for name, side in pins.items()))

    @property
    def parity(self) -> str:
        """The share of comparisons with the newest build that agreed."""
        return describe_parity(self.newest)

    @property
    def parity_tone(self) -> str:
        if self.newest.mismatched or self.newest.unstable:
            return "danger"
        return "success" if self.newest.compared else ""


def describe_parity(seen: ParityStats) -> str:
    """Return the share of comparisons that agreed, or a word such as ``misconfigured``."""
    percent = seen.parity_percent
    if seen.is_misconfigured:
        return "misconfigured"
    if seen.unstable:
        return f"unstable, {round_down(percent or 0):.1f} %"
    if percent is None:
        return "undecided" if seen.undecided else "no comparisons"
    return f"{round_down(percent):.1f} %{' (answers)' if seen.is_of_answers_only else ''}"


def round_down(number: float, decimals: int = 1) -> float:
    """Return a number rounded down, so that only full agreement is shown as 100 %."""
    scale = 10.0**decimals
    return math.floor(number * scale) / scale


def load_documents(
    endpoints: Sequence[Endpoint], target: Stage | None = None, *, now: datetime
) -> list[EndpointDocument]:
    """Return a document for each endpoint, with the evidence for ``target`` or the next stage.

    The number of queries does not grow with the number of endpoints.
    """
    traffic = recent_traffic(now=now)
    stats = run_now(stores.endpoints().parity_stats(endpoints))
    documents = []
    for endpoint in endpoints:
        by_build = stats[endpoint.id]
        stage = target or endpoint.next_stage or endpoint.stage
        evidence = rollout.assess_builds(endpoint, stage, by_build, now=now)
        document = EndpointDocument(
            endpoint=endpoint,
            traffic=traffic.get(endpoint.id, Traffic()),
            target=stage,
            evidence=evidence,
            step=_next_step(endpoint, evidence),
            is_unproven=rollout.is_unproven(endpoint, by_build, now=now),
        )
        documents.append(document)
    return documents


def load_document(
    name: EndpointName, target: Stage | None = None, *, now: datetime
) -> EndpointDocument:
    """Return the document of one endpoint; see ``load_documents``.

    Raises:
        EndpointUnknown: neither the edge nor Django has registered it.
    """
    endpoint = run_now(rollout.get_endpoint(name, store=stores.endpoints()))
    return load_documents([endpoint], target, now=now)[0]


def is_django_only(endpoint: Endpoint) -> bool:
    """Whether only Django implements an endpoint, so that it is left to move."""
    return endpoint.stage is Stage.DJANGO and not endpoint.is_on_edge


def _next_step(endpoint: Endpoint, evidence: Evidence) -> NextStep:
    if endpoint.stage.needs_edge and not endpoint.is_on_edge:
        return NextStep(to=None, verdict="gone from the edge", tone="danger")
    if endpoint.stage.needs_django and not endpoint.is_on_django:
        return NextStep(to=None, verdict="gone from Django", tone="danger")
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
        words = stage_message(refusal).text
        return NextStep(to=target, verdict="not possible", tone="danger", missing=(words,))
    return NextStep(
        to=target,
        verdict=evidence.verdict.value,
        tone=VERDICT_TONES[evidence.verdict],
        missing=evidence.missing,
    )
