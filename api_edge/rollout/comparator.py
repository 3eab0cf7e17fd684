"""Compare Django's observation of a call with the edge's, and record the verdict without values."""

import json
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from api_edge.rollout.builds import RunningBuilds
from api_edge.rollout.call import ComparisonContext
from api_edge.rollout.error_budgets import ErrorBudgets
from api_edge.rollout.findings_recorder import FindingsRecorder
from api_edge.rollout.observations import Observation
from api_edge.rollout.read_verdicts import (
    ComparisonResult,
    Group,
    Pair,
    Repeater,
    agree_at_once,
    run_off_loop,
    undecidable,
    verdict_on_read,
)
from api_edge.rollout.stage_cache import StageCache
from shared_domain.bounded_memory import BoundedMemory
from shared_domain.rollout import (
    ANSWERS_ONLY,
    NOISE_KEPT_FOR,
    Build,
    Difference,
    Endpoint,
    EndpointId,
    Kind,
    NoiseMemory,
    Rules,
    Side,
    compare,
    coverage_tokens,
    drop_noise,
    passes_self_test,
    redact,
    unseen_columns,
)
from shared_domain.rollout.findings_sql_store import CheckRow, DifferenceRow
from shared_domain.rollout.wire import Verdict

#: The self-test is repeated after so many comparisons of an endpoint that agreed.
SELF_TEST_EVERY = 200

#: Differences of one comparison that are recorded, and places of one endpoint in all: where data
#: stands in the keys of objects, there is no end to them.
MOST_RECORDED = 20
MOST_PLACES = 500

#: Pairs of an endpoint and a build; what is forgotten for another is worked out again.
MOST_REMEMBERED = 2_000

#: Agreements that a guarded call takes back when it differed and nothing could be decided: the data
#: may have changed, or the edge is wrong at times. Source: the share of undecided calls with which
#: an endpoint may be promoted, 10 % (``evidence``).
UNDECIDED_COSTS = 10

#: What is shown of differences in a response header, which clients read up to 64 kB.
MOST_SHOWN_BYTES = 16 * 1024

logger = logging.getLogger("api_edge")


@dataclass(slots=True)
class _Memory:
    """What this process has learned from comparisons of one endpoint with one build."""

    build: Build | None
    noise: NoiseMemory = field(default_factory=NoiseMemory)
    #: Places and kinds of difference that were found before.
    known: set[Group] = field(default_factory=set)
    agreed: int = 0
    tested_with: frozenset[Group] | None = None


class Comparator:
    """Compares observations, and remembers noise, known differences and self-tests per build."""

    def __init__(
        self,
        findings: FindingsRecorder,
        stages: StageCache,
        budgets: ErrorBudgets,
        builds: RunningBuilds,
        *,
        key: bytes,
        has_foreign_database: bool = False,
    ) -> None:
        self._findings = findings
        self._stages = stages
        self._budgets = budgets
        self._builds = builds
        self.key = key
        self._has_foreign_database = has_foreign_database
        self._noise_since = time.monotonic()
        self._memories: BoundedMemory[tuple[EndpointId, Build | None], _Memory] = BoundedMemory(
            most=MOST_REMEMBERED
        )

    async def is_match(self, context: ComparisonContext, first: Pair) -> bool:
        """Return whether two responses to a read agree, without asking again."""
        memory = self._memory(context.endpoint, first)
        noise, known = self._noise(context.endpoint, memory), frozenset(memory.known)
        return await agree_at_once(first, context.rules, noise, known)

    async def record_match(self, context: ComparisonContext, first: Pair) -> None:
        """Record that two responses to a read agreed at once."""
        self._budgets.record_django_latency(context.endpoint, first[0].milliseconds)
        await self._record_result(context, first, ComparisonResult(Verdict.MATCH))

    async def compare_read(
        self, context: ComparisonContext, first: Pair, repeater: Repeater
    ) -> ComparisonResult:
        """Compare, ask both sides again before a difference counts, and record the verdict."""
        endpoint = context.endpoint
        django, _ = first
        self._builds.record_release(endpoint, django.release, django.outcome.response.status)
        memory = self._memory(endpoint, first)
        noise, known = self._noise(endpoint, memory), frozenset(memory.known)
        verdict = await verdict_on_read(first, context.rules, noise, known, repeater)
        for path, kind in memory.noise.observe(verdict.noise):
            logger.info(
                "%s: %s at %s is noise: Django differs from itself there", endpoint.name, kind, path
            )
            self._findings.record_noise(endpoint, memory.build, path, kind)
        if undecidable(first) is None:
            self._budgets.record_django_latency(endpoint, django.milliseconds)
        return await self._record_result(context, first, verdict.found)

    async def compare_write(
        self,
        context: ComparisonContext,
        pair: Pair,
        *,
        dry_run_of: Side,
        try_again: Callable[[], Awaitable[Observation | None]],
        was_crossed: Callable[[], Awaitable[bool]],
    ) -> ComparisonResult:
        """Compare the dry run of one side with what the other then did, and record the verdict.

        A write cannot be done again, and a dry run after it finds other rows. Where neither side
        has written or would have, the dry run is repeated: it finds what another write has changed
        meanwhile. A dry run that succeeded is never repeated.
        """
        undecided = undecidable(pair)
        if undecided is not None:
            return await self._record_result(context, pair, ComparisonResult(undecided))
        differences = await self._write_differences(context.endpoint, context.rules, pair)
        is_of_edge = dry_run_of is Side.EDGE
        done, tried = pair if is_of_edge else pair[::-1]
        if differences and not done.outcome.effects and not tried.is_success:
            again = await try_again()
            if again is None:
                return await self._record_result(context, pair, ComparisonResult(Verdict.UNDECIDED))
            pair = (done, again) if is_of_edge else (again, done)
            differences = await self._write_differences(context.endpoint, context.rules, pair)
        if not differences:
            found = ComparisonResult(Verdict.MATCH)
        elif not pair[1].outcome.ways_out and await was_crossed():
            # Another write changed the same row in between, or since.
            found = ComparisonResult(Verdict.UNDECIDED)
        else:
            found = ComparisonResult(Verdict.MISMATCH, tuple(differences))
        return await self._record_result(context, pair, found)

    async def _write_differences(
        self, endpoint: Endpoint, rules: Rules, pair: Pair
    ) -> list[Difference]:
        """Return how the responses and the written rows of a pair differ, without noise."""
        django, edge = pair
        found = await run_off_loop(
            pair, compare, django.outcome, edge.outcome, rules, is_write=True
        )
        return drop_noise(found, self._noise(endpoint, self._memory(endpoint, pair)))

    def render_differences(self, found: ComparisonResult, rules: Rules) -> str:
        """Return the differences without their values, as JSON; as many as a header can hold."""
        kept: list[str] = []
        for difference in found.differences[:MOST_RECORDED]:
            redacted = json.dumps(redact(difference, key=self.key, rules=rules))
            if sum(map(len, kept)) + len(redacted) > MOST_SHOWN_BYTES:
                break
            kept.append(redacted)
        return f"[{', '.join(kept)}]"

    def record_skipped(
        self, context: ComparisonContext, verdict: Verdict, *, django: Observation | None = None
    ) -> ComparisonResult:
        """Record why a call was not compared; ``django`` is its observation, if there is one."""
        response = django.outcome.response if django else None
        self._record_check(
            context.endpoint,
            verdict,
            request_id=context.request_id,
            partner_id=context.partner_id,
            django=django,
            covers=coverage_tokens(context.method, context.parameters, response),
            build=self._builds.current_build(context.endpoint),
        )
        return ComparisonResult(verdict)

    def _record_check(
        self,
        endpoint: Endpoint,
        verdict: Verdict,
        *,
        request_id: str,
        partner_id: str | None,
        django: Observation | None = None,
        edge: Observation | None = None,
        covers: str,
        build: Build | None,
    ) -> None:
        check = CheckRow(
            endpoint_id=endpoint.id,
            at=datetime.now(UTC),
            partner_id=partner_id,
            request_id=request_id,
            verdict=verdict,
            django_status=django.outcome.response.status if django else 0,
            edge_status=edge.outcome.response.status if edge else 0,
            django_ms=django.milliseconds if django else 0.0,
            edge_ms=edge.milliseconds if edge else 0.0,
            covers=covers,
            build=build,
        )
        self._findings.record_check(endpoint, check)

    async def _record_result(
        self, context: ComparisonContext, pair: Pair, found: ComparisonResult
    ) -> ComparisonResult:
        """Record a verdict with its differences, count it for the guard, and charge the budget."""
        endpoint, (django, edge) = context.endpoint, pair
        memory = self._memory(endpoint, pair)
        build, verdict = memory.build, found.verdict
        status = django.outcome.response.status
        covers = coverage_tokens(context.method, context.parameters, django.outcome.response)
        covers = f"{covers} {unseen_columns(django.outcome, edge.outcome)}".rstrip()
        has_effects = None not in (django.outcome.effects, edge.outcome.effects)
        if self._has_foreign_database or not (endpoint.is_read or has_effects):
            covers = f"{covers} {ANSWERS_ONLY}"
        self._record_check(
            endpoint,
            verdict,
            request_id=context.request_id,
            partner_id=edge.partner_id,
            django=django,
            edge=edge,
            covers=covers,
            build=build,
        )
        if verdict is Verdict.MATCH:
            await self._self_test(endpoint, context.rules, pair, memory)
        self._record_differences(context, memory, found)
        if context.is_guarded and build is not None and undecidable(pair) is None:
            counts = {Verdict.MATCH: 1, Verdict.UNDECIDED: -UNDECIDED_COSTS}.get(verdict)
            if counts is not None:
                self._findings.record_guarded_call(endpoint, build, status, matched=counts)
        if verdict.differs:
            if build is not None:
                self._findings.restart_guard(endpoint, build)
            await self._budgets.charge(endpoint, mismatches=1, build=build)
        return found

    def _record_differences(
        self, context: ComparisonContext, memory: _Memory, found: ComparisonResult
    ) -> None:
        """Record one difference of each group, up to ``MOST_PLACES`` groups of an endpoint."""
        recorded = found.differences[:MOST_RECORDED]
        by_group = {difference.group: difference for difference in recorded}
        for (path, kind), difference in by_group.items():
            if len(memory.known) >= MOST_PLACES and (path, kind) not in memory.known:
                continue
            memory.known.add((path, kind))
            self._findings.record_difference(
                DifferenceRow(
                    endpoint_id=context.endpoint.id,
                    path=path,
                    kind=kind.value,
                    at=datetime.now(UTC),
                    request_id=context.request_id,
                    example=redact(difference, key=self.key, rules=context.rules),
                    build=memory.build,
                )
            )

    async def _self_test(
        self, endpoint: Endpoint, rules: Rules, pair: Pair, memory: _Memory
    ) -> None:
        """Inject differences into an agreeing pair, and see whether noise lets them be found."""
        noise = self._noise(endpoint, memory)
        is_due = memory.agreed % SELF_TEST_EVERY == 0 or memory.tested_with != noise
        memory.agreed += 1
        if not is_due:
            return
        memory.tested_with = noise
        django, edge = pair
        passed = await run_off_loop(
            pair,
            passes_self_test,
            django.outcome,
            edge.outcome,
            rules,
            is_write=not endpoint.is_read,
            learned=noise,
        )
        if not passed:
            logger.error("%s: an injected difference was not found", endpoint.name)
        self._findings.record_self_test(endpoint, memory.build, passed=passed)

    def _memory(self, endpoint: Endpoint, pair: Pair) -> _Memory:
        """Return the memory of the build that answered: Django's response says its release."""
        django, _ = pair
        build = self._builds.build_for_response(
            endpoint, django.release, django.outcome.response.status
        )
        key = (endpoint.id, build)
        memory = self._memories.get(key)
        if memory is None:
            memory = self._memories[key] = _Memory(build)
        return memory

    def _noise(self, endpoint: Endpoint, memory: _Memory) -> frozenset[Group]:
        """Return the groups that are noise, learned by this process or by any other."""
        if time.monotonic() - self._noise_since > NOISE_KEPT_FOR.total_seconds():
            # It expires in the database, too; what still is noise is learned again.
            for known in self._memories.values():
                known.noise = NoiseMemory()
            self._noise_since = time.monotonic()
        stored = self._stages.known_noise(endpoint, memory.build)
        return memory.noise.learned | {(path, Kind(kind)) for path, kind in stored}
