"""Register endpoints, and change who answers them: load, decide, save, with an audit of each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from shared_domain.contact_data import is_blank, strip_blanks
from shared_domain.rollout.builds import Build
from shared_domain.rollout.errors import (
    EndpointUnknown,
    InvalidShare,
    PromotionNotProven,
    ReasonMissing,
    StageImpossible,
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

#: The actor of a step back that no person ordered; the edge's role may name no other.
BUDGET_ACTOR = "budget"


class EndpointStore(Protocol):
    """What these services need from the outside world."""

    async def all(self) -> list[Endpoint]: ...

    async def get(self, name: EndpointName) -> Endpoint | None: ...

    async def get_locked(self, name: EndpointName) -> Endpoint | None: ...

    async def register(
        self, names: Iterable[EndpointName], *, side: Side, site: str, now: datetime
    ) -> None: ...

    async def save(self, endpoint: Endpoint) -> None: ...

    async def save_spent(self, endpoint: Endpoint) -> None: ...

    async def record(self, endpoint: Endpoint, change: StageChange) -> None: ...

    async def pin(self, endpoint: Endpoint, partner_id: CallerName, side: Side | None) -> None: ...

    async def parity_stats(
        self, many: Sequence[Endpoint]
    ) -> Mapping[EndpointId, tuple[ParityStats, ...]]:
        """Return what was seen of each with each build that runs, the newest build first."""
        ...

    async def edge_calls(self, endpoint: Endpoint, build: Build) -> int:
        """Return how many calls the edge has answered in this build while Django could have."""
        ...

    async def record_django_call(self, name: EndpointName, *, now: datetime) -> Stage | None: ...


async def list_endpoints(*, store: EndpointStore) -> list[Endpoint]:
    """Return every endpoint of either half, by path and method."""
    return await store.all()


async def get_endpoint(name: EndpointName, *, store: EndpointStore) -> Endpoint:
    """Return one endpoint; the names of its parameters do not matter.

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
    site: str = "",
    now: datetime,
    store: EndpointStore,
) -> None:
    """Say which endpoints one half has now, all of them; each process does so as it starts.

    Several programs may stand behind one door. ``site`` names the one that speaks, for itself
    only: what others have registered stays.

    What the site has begins in stage ``django``, what only the edge has in ``edge``. A stage that
    somebody set stays, so a restart moves nothing.
    """
    await store.register(names, side=side, site=site, now=now)


async def evidence_for(
    name: EndpointName, target: Stage, *, now: datetime, store: EndpointStore
) -> Evidence:
    """Return what is known, and what is still missing, for going forward to a stage.

    Raises:
        EndpointUnknown: neither half has it.
    """
    endpoint = await get_endpoint(name, store=store)
    return assess_builds(endpoint, target, await _seen(endpoint, store), now=now)


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
    """Change who answers an endpoint; every edge process follows within a second.

    ``is_forced`` goes ahead without the evidence, and the audit says so; what cannot work stays
    impossible.

    Raises:
        EndpointUnknown: neither half has it.
        StageImpossible, InvalidShare, ReasonMissing: see ``Endpoint.with_stage``.
        PromotionNotProven: the step forward is not proven yet.
    """
    before = await _locked(name, store)
    after = before.with_stage(stage, percent=percent, reason=reason, now=now)
    if is_reverse_shadowed and not (stage is Stage.EDGE and before.is_on_django and before.is_read):
        raise StageImpossible("only a read in stage edge that Django has can be shadowed by it")
    after = replace(after, is_reverse_shadowed=is_reverse_shadowed)
    is_more = stage.is_ahead_of(before.stage) or after.percent > before.percent
    lacks_evidence = False
    if is_more:
        by_build = await _seen(before, store)
        never = promotion_blocker(before, stage, by_build)
        if never is not None:
            raise StageImpossible(f"{stage}: {never}")
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
    """Change what an endpoint may cost in one stage, or how many of its calls are compared.

    With 0 ``guarded_calls``, answers of a new build go out without having been compared.

    Raises:
        EndpointUnknown: neither half has it.
        ReasonMissing: nobody said why.
        InvalidShare: not 0 to 100 percent, a budget that nothing could keep, or no number of
            calls.
    """
    if is_blank(reason):
        raise ReasonMissing
    before = await _locked(name, store)
    after = replace(
        before,
        budget=budget or before.budget,
        sample_percent=before.sample_percent if sample_percent is None else sample_percent,
        guarded_calls=before.guarded_calls if guarded_calls is None else guarded_calls,
        guarded_percent=before.guarded_percent if guarded_percent is None else guarded_percent,
    )
    if not 0 <= after.sample_percent <= 100:
        raise InvalidShare("the sample is 0 to 100 percent of the calls", field="sample_percent")
    if not 0 <= after.guarded_percent <= 100:
        raise InvalidShare("0 to 100 percent of the calls stay guarded", field="guarded_percent")
    if not 0 <= after.guarded_calls <= MOST_GUARDED_CALLS:
        raise InvalidShare(
            f"0 to {MOST_GUARDED_CALLS:,} calls of each status class are guarded",
            field="guarded_calls",
        )
    if not after.budget.is_possible:
        raise InvalidShare("a budget must be above 0", field="budget")
    told = f"{strip_blanks(reason)} (budget {_in_words(after)}; before: {_in_words(before)})"
    await _save(before, after, actor, told, now, store)
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
    """Keep a partner on one side while the endpoint is a canary; None lets it go again.

    Raises:
        EndpointUnknown: neither half has it.
        ReasonMissing: nobody said why.
        StageImpossible: that side does not have it.
    """
    if is_blank(reason):
        raise ReasonMissing
    endpoint = await _locked(name, store)
    has_it = endpoint.is_on_edge if side is Side.EDGE else endpoint.is_on_django
    if side is not None and not has_it:
        raise StageImpossible(f"the {side} side does not have {endpoint.name}")
    await store.pin(endpoint, partner_id, side)
    to = f"pinned to {side}" if side else "no longer pinned"
    told = f"{strip_blanks(reason)} (partner {partner_id} {to})"
    await _save(endpoint, endpoint, actor, told, now, store)
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
    """Count what an endpoint has cost, and step it back to ``shadow`` when that is too much.

    The first difference is too much while the edge has answered few calls in this ``build``.

    The answer's ``stage_since`` is ``now`` exactly when it has stepped back.

    ``known`` is the endpoint as the caller's process knew it: what happened before somebody
    changed the stage is not held against the new one. ``too_slow`` says in words that the latency
    budget is spent, which each process measures for itself.
    """
    before = await _locked((known.method, known.path_template), store)
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
    """Take an endpoint out of comparison as well, because even a dry run of it cannot be trusted.

    The answer's ``stage_since`` is ``now`` exactly when this call has rolled it back. What
    happened before a stage was changed is not held against the new one, and an endpoint that
    Django does not have stays where it is.
    """
    before = await _locked((known.method, known.path_template), store)
    has_changed = before.stage_since != known.stage_since
    if has_changed or not before.is_on_django or before.stage in (Stage.DJANGO, Stage.RETIRED):
        return before
    after = before.with_stage(Stage.DJANGO, reason=why, now=now)
    await _save(before, after, BUDGET_ACTOR, why, now, store)
    return after


async def record_django_call(
    name: EndpointName, *, now: datetime, store: EndpointStore
) -> Stage | None:
    """Remember that Django answered a partner, and return the stage: ``retired`` is an alarm.

    None when nobody has registered the endpoint.
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


async def _seen(endpoint: Endpoint, store: EndpointStore) -> tuple[ParityStats, ...]:
    return (await store.parity_stats([endpoint])).get(endpoint.id, ())


async def _locked(name: EndpointName, store: EndpointStore) -> Endpoint:
    endpoint = await store.get_locked(name)
    if endpoint is None:
        raise EndpointUnknown(" ".join(name))
    return endpoint


def _in_words(endpoint: Endpoint) -> str:
    budget, usual, guarded = endpoint.budget, Budget(), endpoint.guarded_calls
    rarely = {
        f", {budget.tail_ratio:g} times at the tail": budget.tail_ratio != usual.tail_ratio,
        f", {budget.timeout_percent} % above {budget.timeout_ms} ms": (
            (budget.timeout_percent, budget.timeout_ms) != (usual.timeout_percent, usual.timeout_ms)
        ),
        f", {guarded} calls of a class guarded, then {endpoint.guarded_percent} %": (
            not endpoint.is_guarded_as_usual
        ),
    }
    return (
        f"{budget.mismatches} mismatches, {budget.errors} errors, "
        f"{budget.latency_ratio:g} times Django's latency"
        f"{''.join(words for words, is_other in rarely.items() if is_other)}, "
        f"{endpoint.sample_percent} % compared"
    )
