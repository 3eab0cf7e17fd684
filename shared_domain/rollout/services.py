"""Register endpoints and change who answers them: load, decide, save, and audit each change."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from shared_domain.contact_data import is_blank, strip_blanks
from shared_domain.quantities import format_quantity
from shared_domain.rollout.builds import Build
from shared_domain.rollout.errors import (
    EndpointUnknown,
    HalfLacksEndpoint,
    InvalidShare,
    NotShadowable,
    PromotionNotProven,
    ReasonMissing,
    ShareProblem,
    StageImpossible,
    WritesElsewhere,
)
from shared_domain.rollout.evidence import (
    FIRST_CANARY_CALLS,
    Evidence,
    ParityStats,
    PromotionVerdict,
    assess_builds,
    promotion_blocker,
)
from shared_domain.rollout.model import (
    Budget,
    CallerName,
    Endpoint,
    EndpointId,
    Side,
    Stage,
    StageChange,
)

#: A method and a path template.
EndpointName = tuple[str, str]

#: More than any endpoint needs: a fault in one of 33,000 answers would be found (rule of three).
MOST_GUARDED_CALLS = 100_000

#: The actor of an automatic rollback; the edge's database role may name no other.
BUDGET_ACTOR = "budget"


class EndpointStore(Protocol):
    """The store of endpoints that these services need; ``sql_store`` implements it."""

    async def all(self) -> list[Endpoint]: ...

    async def get(self, name: EndpointName) -> Endpoint | None: ...

    async def get_locked(self, name: EndpointName) -> Endpoint | None: ...

    async def register(
        self, names: Iterable[EndpointName], *, side: Side, upstream: str, now: datetime
    ) -> None: ...

    async def save(self, endpoint: Endpoint) -> None: ...

    async def save_spent(self, endpoint: Endpoint) -> None: ...

    async def record(self, endpoint: Endpoint, change: StageChange) -> None: ...

    async def pin(self, endpoint: Endpoint, partner_id: CallerName, side: Side | None) -> None: ...

    async def parity_stats(
        self, many: Sequence[Endpoint]
    ) -> Mapping[EndpointId, tuple[ParityStats, ...]]:
        """Return the statistics of each endpoint with each build that runs, the newest first."""
        ...

    async def edge_calls(self, endpoint: Endpoint, build: Build) -> int:
        """Return how many calls the edge has answered in this build while Django could have."""
        ...

    async def record_django_call(self, name: EndpointName, *, now: datetime) -> Stage | None: ...


async def list_endpoints(*, store: EndpointStore) -> list[Endpoint]:
    """Return every endpoint of the edge and of Django, by path and method."""
    return await store.all()


async def get_endpoint(name: EndpointName, *, store: EndpointStore) -> Endpoint:
    """Return one endpoint; the names of its path parameters do not matter.

    Raises:
        EndpointUnknown: neither half has it.
    """
    endpoint = await store.get(name)
    if endpoint is None:
        raise EndpointUnknown(" ".join(name))
    return endpoint


async def register_endpoints(
    names: Iterable[EndpointName],
    *,
    side: Side,
    upstream: str = "",
    now: datetime,
    store: EndpointStore,
) -> None:
    """Register all endpoints that one half has now; each process does so as it starts.

    Several Djangos may be upstreams of one edge: ``upstream`` names the one that registers, and the
    endpoints of others stay. An endpoint of Django begins in stage ``django``, one that only the
    edge has in ``edge``. A stage that was set stays, so a restart changes nothing.
    """
    await store.register(names, side=side, upstream=upstream, now=now)


async def evidence_for(
    name: EndpointName, target: Stage, *, now: datetime, store: EndpointStore
) -> Evidence:
    """Return the evidence for promoting an endpoint to a stage, with what is missing.

    Raises:
        EndpointUnknown: neither half has it.
    """
    endpoint = await get_endpoint(name, store=store)
    return assess_builds(endpoint, target, await _parity_stats(endpoint, store), now=now)


async def set_stage(
    name: EndpointName,
    stage: Stage,
    *,
    percent: int | None = None,
    is_reverse_shadowed: bool = False,
    reason: str,
    actor: str,
    is_forced: bool = False,
    now: datetime,
    store: EndpointStore,
) -> Endpoint:
    """Promote an endpoint or roll it back; every edge process follows within a second.

    ``is_forced`` promotes without the evidence, and the audit trail says so; an impossible stage
    stays impossible.

    Raises:
        EndpointUnknown: neither half has it.
        StageImpossible, InvalidShare, ReasonMissing: see ``Endpoint.with_stage``.
        PromotionNotProven: the evidence does not suffice.
    """
    before = await _get_locked(name, store)
    after = before.with_stage(stage, percent=percent, reason=reason, now=now)
    if is_reverse_shadowed and not (stage is Stage.EDGE and before.is_on_django and before.is_read):
        raise StageImpossible(before.name, stage, NotShadowable())
    after = replace(after, is_reverse_shadowed=is_reverse_shadowed)
    is_more = stage.is_ahead_of(before.stage) or (
        stage is before.stage and after.percent > before.percent
    )
    lacks_evidence = False
    if is_more:
        by_build = await _parity_stats(before, store)
        if promotion_blocker(before, stage, by_build) is not None:
            raise StageImpossible(before.name, stage, WritesElsewhere())
        evidence = assess_builds(before, stage, by_build, now=now, percent=percent)
        lacks_evidence = evidence.verdict is not PromotionVerdict.READY
        if lacks_evidence and not is_forced:
            raise PromotionNotProven(evidence.verdict, evidence.missing)
    await _save(before, after, actor, reason, now, store, is_forced=lacks_evidence)
    return after


async def set_budget(
    name: EndpointName,
    *,
    budget: Budget | None = None,
    sample_percent: int | None = None,
    guarded_calls: int | None = None,
    guarded_percent: int | None = None,
    reason: str,
    actor: str,
    now: datetime,
    store: EndpointStore,
) -> Endpoint:
    """Change an endpoint's error budget, sample of compared calls, or guard.

    With 0 ``guarded_calls``, responses of a new build go out without having been compared.

    Raises:
        EndpointUnknown: neither half has it.
        ReasonMissing: the reason is blank.
        InvalidShare: not 0 to 100 percent, a budget that no endpoint could keep, or
            too many calls.
    """
    if is_blank(reason):
        raise ReasonMissing
    before = await _get_locked(name, store)
    after = replace(
        before,
        budget=budget or before.budget,
        sample_percent=before.sample_percent if sample_percent is None else sample_percent,
        guarded_calls=before.guarded_calls if guarded_calls is None else guarded_calls,
        guarded_percent=before.guarded_percent if guarded_percent is None else guarded_percent,
    )
    if not 0 <= after.sample_percent <= 100:
        raise InvalidShare(ShareProblem.SAMPLE)
    if not 0 <= after.guarded_percent <= 100:
        raise InvalidShare(ShareProblem.GUARDED_PERCENT)
    if not 0 <= after.guarded_calls <= MOST_GUARDED_CALLS:
        raise InvalidShare(ShareProblem.GUARDED_CALLS, most=MOST_GUARDED_CALLS)
    if not after.budget.is_possible:
        raise InvalidShare(ShareProblem.BUDGET)
    change = f"budget {describe_budget(after)}; before: {describe_budget(before)}"
    full_reason = f"{strip_blanks(reason)} ({change})"
    await _save(before, after, actor, full_reason, now, store)
    return after


async def pin_partner(
    name: EndpointName,
    partner_id: CallerName,
    side: Side | None,
    *,
    reason: str,
    actor: str,
    now: datetime,
    store: EndpointStore,
) -> Endpoint:
    """Pin a partner to one side while the endpoint is a canary; None removes the pin.

    Raises:
        EndpointUnknown: neither half has it.
        ReasonMissing: the reason is blank.
        StageImpossible: that side does not have it.
    """
    if is_blank(reason):
        raise ReasonMissing
    endpoint = await _get_locked(name, store)
    has_it = endpoint.is_on_edge if side is Side.EDGE else endpoint.is_on_django
    if side is not None and not has_it:
        raise StageImpossible(endpoint.name, None, HalfLacksEndpoint(side))
    await store.pin(endpoint, partner_id, side)
    to = f"pinned to {side}" if side else "no longer pinned"
    full_reason = f"{strip_blanks(reason)} (partner {partner_id} {to})"
    await _save(endpoint, endpoint, actor, full_reason, now, store)
    return endpoint


async def spend_budget(
    known: Endpoint,
    *,
    mismatches: int = 0,
    errors: int = 0,
    too_slow: str | None = None,
    build: Build | None = None,
    now: datetime,
    store: EndpointStore,
) -> Endpoint:
    """Charge an endpoint's error budget, and roll it back to ``shadow`` when the budget is spent.

    The returned ``stage_since`` is ``now`` exactly when it was rolled back. A first difference is
    enough for that while the edge has answered few calls in this ``build``.

    ``known`` is the endpoint as the edge's process knew it: nothing is charged when the stage has
    changed since. ``too_slow`` is the reason when the process found the latency budget exceeded.
    """
    before = await _get_locked((known.method, known.path_template), store)
    if before.stage_since != known.stage_since:
        return before
    spent = replace(
        before, mismatches=before.mismatches + mismatches, errors=before.errors + errors
    )
    why = spent.rollback_reason() or (too_slow if spent.is_on_django else None)
    if why is None and mismatches and spent.is_on_django and build is not None:
        why = _first_difference(await store.edge_calls(spent, build), build)
    if why is None or spent.stage not in (Stage.CANARY, Stage.EDGE):
        await store.save_spent(spent)
        return spent
    # While processes are replaced, the last one to start may not have it on the edge.
    back = Stage.SHADOW if spent.is_on_edge else Stage.DJANGO
    after = spent.with_stage(back, reason=why, now=now)
    await _save(spent, after, BUDGET_ACTOR, why, now, store)
    return after


def _first_difference(answered: int, build: Build) -> str | None:
    if answered >= FIRST_CANARY_CALLS:
        return None
    return (
        f"the first difference of build {build.short}, which has answered {answered} of the "
        f"{FIRST_CANARY_CALLS} calls of a first canary"
    )


async def roll_back_to_django(
    known: Endpoint, *, why: str, now: datetime, store: EndpointStore
) -> Endpoint:
    """Roll an endpoint back to stage ``django``, where it is not compared either.

    For an endpoint of which even a dry run cannot be trusted. The returned ``stage_since`` is
    ``now`` exactly when this call rolled it back: not when the stage has changed since ``known``
    was read, nor when Django does not have the endpoint.
    """
    before = await _get_locked((known.method, known.path_template), store)
    has_changed = before.stage_since != known.stage_since
    if has_changed or not before.is_on_django or before.stage in (Stage.DJANGO, Stage.RETIRED):
        return before
    after = before.with_stage(Stage.DJANGO, reason=why, now=now)
    await _save(before, after, BUDGET_ACTOR, why, now, store)
    return after


async def record_django_call(
    name: EndpointName, *, now: datetime, store: EndpointStore
) -> Stage | None:
    """Record that Django answered a partner, and return the stage, None of an unknown endpoint.

    A call in stage ``retired`` is an alarm.
    """
    return await store.record_django_call(name, now=now)


async def _save(
    before: Endpoint,
    after: Endpoint,
    actor: str,
    reason: str,
    now: datetime,
    store: EndpointStore,
    *,
    is_forced: bool = False,
) -> None:
    await store.save(after)
    change = StageChange(
        at=now,
        actor=actor,
        from_stage=before.stage,
        from_percent=before.percent,
        to_stage=after.stage,
        to_percent=after.percent,
        reason=strip_blanks(reason),
        is_forced=is_forced,
    )
    await store.record(after, change)


async def _parity_stats(endpoint: Endpoint, store: EndpointStore) -> tuple[ParityStats, ...]:
    return (await store.parity_stats([endpoint])).get(endpoint.id, ())


async def _get_locked(name: EndpointName, store: EndpointStore) -> Endpoint:
    endpoint = await store.get_locked(name)
    if endpoint is None:
        raise EndpointUnknown(" ".join(name))
    return endpoint


def describe_budget(endpoint: Endpoint) -> str:
    """Return an endpoint's budget, guard and sample in words, rarely changed parts only if set."""
    budget, usual = endpoint.budget, Budget()
    parts = [
        format_quantity(budget.mismatches, "mismatch", "mismatches"),
        format_quantity(budget.errors, "error"),
        f"{budget.latency_ratio:g} times Django's latency",
    ]
    if budget.tail_ratio != usual.tail_ratio:
        parts.append(f"{budget.tail_ratio:g} times at the tail")
    if (budget.timeout_percent, budget.timeout_ms) != (usual.timeout_percent, usual.timeout_ms):
        parts.append(f"{budget.timeout_percent} % above {budget.timeout_ms} ms")
    parts.append(f"{endpoint.sample_percent} % compared")
    if not endpoint.guarded_calls:
        parts.append("not guarded")
    elif not endpoint.is_guarded_as_usual:
        parts.append(
            f"{format_quantity(endpoint.guarded_calls, 'call')} of each status class guarded, then "
            f"{endpoint.guarded_percent} %"
        )
    return ", ".join(parts)
