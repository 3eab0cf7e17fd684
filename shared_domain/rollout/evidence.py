"""Evidence for promotion: how many comparisons agreed, of which kinds of call, with which builds.

Too little evidence is a verdict of its own and never passes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from shared_domain.quantities import format_quantity
from shared_domain.rollout.builds import Build
from shared_domain.rollout.coverage import ANSWERS_ONLY, UNSEEN
from shared_domain.rollout.guard import missing_guard_evidence
from shared_domain.rollout.latency import too_slow_at_tail
from shared_domain.rollout.model import Endpoint, Stage
from shared_domain.rollout.wire import Verdict

#: Comparisons without a difference, counted from the last one that had any. Three hundred would
#: bound a fault rate at 1 % with 95 % confidence (the rule of three); a hundred, at 3 %.
ENOUGH_COMPARISONS = 100

#: A hundred successes prove nothing about refusals.
ENOUGH_STATUS_CLASSES = 2

ENOUGH_PARTNERS = 2

#: Calls of canaries that the edge answered.
ENOUGH_CANARY_CALLS = 100

#: The share of partners that the first canary of a build may answer, until it has answered so many
#: calls; its first difference suspends it. Twenty without one bound the fault rate at 14 %.
FIRST_CANARY_PERCENT = 1
FIRST_CANARY_CALLS = 20

#: Evidence older than this is deleted.
EVIDENCE_KEPT_FOR = timedelta(days=14)

#: Calls that were not compared prove nothing: how many percent of the latest calls they may be, by
#: verdict. Data that change while both halves are asked are the fault of neither.
MOST_LEFT_OUT_PERCENT: Mapping[str, int] = {
    Verdict.UNDECIDED: 10,
    Verdict.UNAVAILABLE: 1,
    Verdict.TOO_LARGE: 5,
    Verdict.UNREADABLE: 5,
    Verdict.ABANDONED: 1,
    # Of a view that allows none: what its writes do was compared in stage shadow only.
    Verdict.NO_DRY_RUN: 100,
}

WRITES_ELSEWHERE = (
    "the edge writes to a database of which Portico knows nothing (PORTICO_FOREIGN_DATABASE), so "
    "its writes can be neither compared nor rolled back; Django has to answer them"
)

#: A kind of call that is seen so often must have agreed; a single stray one need not.
ENOUGH_TO_ASK_FOR = 3

#: Answers with which Django failed are never compared.
_5XX = "status:5"

#: How long Django's view must not have been called before it may be deleted.
QUIET_BEFORE_RETIRING = timedelta(hours=24)

#: So many comparisons of which none agrees are not chance.
ENOUGH_TO_CALL_MISCONFIGURED = 10


class PromotionVerdict(StrEnum):
    """The verdict of the evidence on promoting an endpoint to a stage."""

    READY = "ready"
    INSUFFICIENT = "insufficient evidence"
    DIFFERS = "differs"
    UNSTABLE = "unstable"
    MISCONFIGURED = "misconfigured"


@dataclass(frozen=True, slots=True)
class CoverageCount:
    """How many of the latest calls are of one kind, and how many of them agreed."""

    calls: int
    #: Since the last difference.
    agreed: int


NEVER = CoverageCount(0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParityStats:
    """Statistics of the latest comparisons of an endpoint with one build, 5,000 at most.

    ``agreed``, ``status_classes`` and ``partners`` count from the last difference on; an unstable
    edge is a difference.
    """

    #: None where no build has answered yet.
    build: Build | None = None
    build_since: datetime | None = None
    #: Calls that the edge has answered in this build while Django could have, in any stage.
    build_calls: int = 0
    compared: int = 0
    matched: int = 0
    mismatched: int = 0
    #: Comparisons in which the edge gave two answers to one question, while Django gave one.
    unstable: int = 0
    #: Comparisons without a result: the data changed meanwhile, or a half could not be reached.
    undecided: int = 0
    last_mismatch_at: datetime | None = None
    agreed: int = 0
    #: How many agreed, by the hundreds of the status: ``{2: 97, 4: 5}``.
    status_classes: Mapping[int, int] = field(default_factory=dict)
    partners: int = 0
    #: The latest comparisons, twenty at most, and those of them in which one half succeeded and the
    #: other had nothing (404, 401, 3xx, 5xx …).
    recent: int = 0
    not_here: int = 0
    #: Medians of the compared calls.
    edge_ms: float | None = None
    django_ms: float | None = None
    #: The 99th percentiles of the compared calls.
    edge_tail_ms: float | None = None
    django_tail_ms: float | None = None
    #: Of the latest calls, one thousand at most: how many there are, and those that were not
    #: compared, by the verdict that says why: ``{"too large": 3}``.
    latest_calls: int = 0
    not_compared: Mapping[str, int] = field(default_factory=dict)
    #: Kinds of call, as ``coverage`` names them.
    coverage: Mapping[str, CoverageCount] = field(default_factory=dict)
    #: Where differences do not count for now, because Django differs from itself there.
    noise: tuple[str, ...] = ()
    #: Calls that the edge answered as a canary, and those that fell back to Django, since the
    #: stage began.
    canary_calls: int = 0
    fallbacks: int = 0
    #: Agreements of guarded calls by the hundreds of the status: ``{2: 37, 4: 3}``.
    guarded: Mapping[int, int] = field(default_factory=dict)
    #: Whether the injected difference was found, when it was last tried; None: never tried.
    self_test_passed: bool | None = None
    self_test_at: datetime | None = None

    @property
    def is_first_canary(self) -> bool:
        """Whether the edge has answered too few calls in this build for a larger canary."""
        return self.build_calls < FIRST_CANARY_CALLS

    @property
    def parity_percent(self) -> float | None:
        """Return the share of comparisons that agreed, None when there were none."""
        decided = self.matched + self.mismatched + self.unstable
        return 100 * self.matched / decided if decided else None

    @property
    def is_of_answers_only(self) -> bool:
        """Whether a write was compared by its responses only: its rows were not known."""
        return ANSWERS_ONLY in self.coverage

    @property
    def unseen_columns(self) -> tuple[str, ...]:
        """Return the columns of written rows that were not compared, as ``table.column``."""
        return tuple(
            sorted(token.removeprefix(UNSEEN) for token in self.coverage if UNSEEN in token)
        )

    @property
    def is_misconfigured(self) -> bool:
        """Whether the halves seem to use different data: one finds nothing that the other has."""
        return self.recent >= ENOUGH_TO_CALL_MISCONFIGURED and self.not_here == self.recent


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The verdict on a promotion with the statistics it rests on, and what is missing, in words.

    ``stats`` are of the build that lacks most, ``builds`` are all that run, the newest first.
    """

    verdict: PromotionVerdict
    stats: ParityStats
    missing: tuple[str, ...] = ()
    builds: tuple[ParityStats, ...] = ()


#: From the best to the worst.
_SEVERITY = (
    PromotionVerdict.READY,
    PromotionVerdict.INSUFFICIENT,
    PromotionVerdict.UNSTABLE,
    PromotionVerdict.DIFFERS,
    PromotionVerdict.MISCONFIGURED,
)


def assess_builds(
    endpoint: Endpoint,
    target: Stage,
    by_build: Sequence[ParityStats],
    *,
    now: datetime,
    percent: int | None = None,
) -> Evidence:
    """Decide whether an endpoint may be promoted with every build that is running.

    While one build replaces another both answer callers, so both must be proven. ``by_build`` has
    the newest first.
    """
    assessed = [
        assess_promotion(endpoint, target, seen, now=now, percent=percent)
        for seen in by_build or (ParityStats(),)
    ]
    assessed.sort(key=lambda evidence: -_SEVERITY.index(evidence.verdict))
    worst = assessed[0]
    lacking = worst.missing
    if len(assessed) > 1:
        lacking = tuple(
            f"build {evidence.stats.build.short if evidence.stats.build else ''}: {missing}"
            for evidence in assessed
            for missing in evidence.missing
        )
    return replace(worst, missing=lacking, builds=tuple(by_build))


def is_unproven(endpoint: Endpoint, by_build: Sequence[ParityStats], *, now: datetime) -> bool:
    """Return whether callers are answered by a build of the edge that has too little evidence.

    A deployment keeps the stage, as anything else would be a rollback that no staff user ordered;
    the evidence of its build begins from nothing. A build that is older than evidence is kept
    counts as proven.
    """
    if endpoint.stage not in (Stage.CANARY, Stage.EDGE) or not endpoint.is_on_django:
        return False
    return any(
        seen.agreed < ENOUGH_COMPARISONS
        and seen.build_since is not None
        and now - seen.build_since < EVIDENCE_KEPT_FOR
        for seen in by_build
    )


def promotion_blocker(
    endpoint: Endpoint, target: Stage, by_build: Iterable[ParityStats]
) -> str | None:
    """Return why the edge must never answer an endpoint, None where it may."""
    if endpoint.is_read or target not in (Stage.CANARY, Stage.EDGE):
        return None
    is_elsewhere = any(Verdict.FOREIGN_DATA in seen.not_compared for seen in by_build)
    return WRITES_ELSEWHERE if is_elsewhere else None


MISCONFIGURED = (
    "in every comparison one half said that there is no such thing or caller: the edge "
    "and Django do not look at the same data, or one of them is the wrong program "
    "(check DJANGO_URL and both database addresses)"
)


def assess_promotion(
    endpoint: Endpoint,
    target: Stage,
    seen: ParityStats,
    *,
    now: datetime,
    percent: int | None = None,
) -> Evidence:
    """Decide whether an endpoint may be promoted to ``target`` with one build.

    Rolling back needs no evidence. ``percent`` is the share of a canary, where it is known.
    """
    verdict, missing = PromotionVerdict.READY, list[str]()
    is_change_of_canary = target is endpoint.stage is Stage.CANARY
    if target.is_ahead_of(Stage.SHADOW) and (
        target.is_ahead_of(endpoint.stage) or is_change_of_canary
    ):
        if target is Stage.RETIRED:
            missing = _missing_quiet(endpoint, now)
        elif never := promotion_blocker(endpoint, target, (seen,)):
            missing = [never]
        elif seen.is_misconfigured:
            verdict, missing = PromotionVerdict.MISCONFIGURED, [MISCONFIGURED]
        else:
            verdict, differences = _describe_differences(seen)
            missing = differences + _missing_comparisons(endpoint, seen)
            if target is Stage.EDGE:
                missing += _missing_canary_calls(endpoint, seen)
            elif seen.is_first_canary and percent is not None and percent > FIRST_CANARY_PERCENT:
                missing.append(
                    f"a first canary of this build with {FIRST_CANARY_PERCENT} percent of the "
                    f"partners: {seen.build_calls} of {FIRST_CANARY_CALLS} calls answered"
                )
    if missing and verdict is PromotionVerdict.READY:
        verdict = PromotionVerdict.INSUFFICIENT
    return Evidence(verdict=verdict, stats=seen, missing=tuple(missing))


def _describe_differences(seen: ParityStats) -> tuple[PromotionVerdict, list[str]]:
    """Return the verdict on the differences since which too few comparisons agree, and which."""
    if seen.last_mismatch_at is None or seen.agreed >= ENOUGH_COMPARISONS:
        return PromotionVerdict.READY, []
    last = (
        f"{seen.mismatched} of {seen.compared} comparisons differed, the last on "
        f"{seen.last_mismatch_at:%Y-%m-%d at %H:%M:%S} UTC; `rollout diffs` shows where"
    )
    unstable = (
        f"{seen.unstable} of {seen.compared} comparisons found the edge unstable: it gave two "
        "answers to one question while Django gave one and nothing was written in between; "
        "look for a cache, a counter or state that callers share"
    )
    if seen.unstable and not seen.mismatched:
        return PromotionVerdict.UNSTABLE, [unstable]
    return PromotionVerdict.DIFFERS, [last, *([unstable] if seen.unstable else [])]


def _missing_comparisons(endpoint: Endpoint, seen: ParityStats) -> list[str]:
    lacking = []
    if seen.agreed < ENOUGH_COMPARISONS:
        lacking.append(f"{seen.agreed} of {ENOUGH_COMPARISONS} comparisons in a row that agree")
    if len(seen.status_classes) < ENOUGH_STATUS_CLASSES:
        known = ", ".join(f"{hundreds}xx" for hundreds in sorted(seen.status_classes)) or "none"
        lacking.append(f"answers of {ENOUGH_STATUS_CLASSES} status classes; seen: {known}")
    if seen.partners < ENOUGH_PARTNERS:
        lacking.append(f"calls of {ENOUGH_PARTNERS} partners; seen: {seen.partners}")
    if seen.self_test_passed is None:
        lacking.append("the self-test: no difference has been injected yet")
    elif not seen.self_test_passed:
        lacking.append(
            "the self-test: an injected difference was not found, so the rules are blind"
        )
    if seen.edge_ms is not None and seen.django_ms is not None:
        slow = endpoint.budget.too_slow(edge_ms=seen.edge_ms, django_ms=seen.django_ms)
        lacking += filter(None, [slow])
    if (
        seen.edge_tail_ms is not None
        and seen.django_tail_ms is not None
        and seen.compared >= ENOUGH_COMPARISONS
    ):
        slow = too_slow_at_tail(
            endpoint.budget, edge_ms=seen.edge_tail_ms, django_ms=seen.django_tail_ms
        )
        lacking += filter(None, [slow])
    return [*lacking, *_missing_of_uncompared(seen), *_missing_coverage(seen)]


def _missing_of_uncompared(seen: ParityStats) -> list[str]:
    """Return which kinds of call were not compared too often to be left out."""
    return [
        f"fewer calls that were not compared: {times} of the latest {seen.latest_calls} were "
        f"{verdict}, {MOST_LEFT_OUT_PERCENT.get(verdict, 0)} % may be"
        for verdict, times in sorted(seen.not_compared.items())
        if 100 * times > MOST_LEFT_OUT_PERCENT.get(verdict, 0) * seen.latest_calls
    ]


def _missing_coverage(seen: ParityStats) -> list[str]:
    """Return which kinds of call partners send that have never agreed."""
    missing = [
        token.replace(":", " ", 1)
        for token, covered in sorted(seen.coverage.items())
        if covered.calls >= ENOUGH_TO_ASK_FOR
        and not covered.agreed
        and not token.startswith((_5XX, UNSEEN))
    ]
    lacking = [f"an agreement for each kind of call; none yet for: {', '.join(missing)}"]
    first, later = (seen.coverage.get(f"page:{page}", NEVER) for page in ("first", "later"))
    is_first_only = first.calls >= ENOUGH_TO_ASK_FOR and not later.calls
    return (lacking if missing else []) + (
        ["a later page of the list: only first pages have been compared"] if is_first_only else []
    )


def _missing_canary_calls(endpoint: Endpoint, seen: ParityStats) -> list[str]:
    if endpoint.stage is not Stage.CANARY:
        return ["a canary: no partner has been answered by the edge yet"]
    guard = missing_guard_evidence(endpoint, seen.guarded)
    lacking = [guard] if guard else []
    if seen.canary_calls < ENOUGH_CANARY_CALLS:
        lacking.append(f"{seen.canary_calls} of {ENOUGH_CANARY_CALLS} calls answered by the canary")
    if seen.fallbacks:
        fell_back = format_quantity(seen.fallbacks, "call")
        lacking.append(f"a canary that does not fail: {fell_back} fell back to Django")
    return lacking


def _missing_quiet(endpoint: Endpoint, now: datetime) -> list[str]:
    quiet = now - endpoint.stage_since
    if quiet >= QUIET_BEFORE_RETIRING:
        return []
    hours = quiet.total_seconds() / 3600
    return [f"24 hours in stage edge without a call of Django's view; so far {hours:.1f}"]
