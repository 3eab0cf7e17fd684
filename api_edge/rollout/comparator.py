"""Compare what both halves said, decide whether it counts, and take it down without the values."""

import hashlib
import json
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qsl

from starlette.types import Scope

from api_edge.rollout.builds import RunningBuilds
from api_edge.rollout.call import Call
from api_edge.rollout.error_budgets import ErrorBudgets
from api_edge.rollout.findings_recorder import FindingsRecorder
from api_edge.rollout.observations import Observation
from api_edge.rollout.read_verdicts import (
    ComparisonResult,
    Group,
    Halves,
    Pair,
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
    CallerName,
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

#: Differences of one comparison that are taken down, and places of one endpoint in all: where
#: data stands in the keys of objects, there is no end to them.
MOST_TAKEN_DOWN = 20
MOST_PLACES = 500

#: Pairs of an endpoint and a build; what is forgotten for another is worked out again.
MOST_REMEMBERED = 2_000

#: Agreements that a guarded call takes back when it differed and nothing could be decided: the data
#: may have changed, or the edge is wrong at times. Source: the share of undecided calls with which
#: an endpoint may go forward, 10 % (``evidence``).
UNDECIDED_COSTS = 10

#: What is shown of them in a header, which nobody reads beyond 64 kB.
MOST_SHOWN_BYTES = 16 * 1024

#: A query with more of them tells nothing about an endpoint's parameters.
MOST_PARAMETERS = 100

logger = logging.getLogger("api_edge")


@dataclass(frozen=True, slots=True)
class ComparedCall:
    """A copy of a call for its comparison: both sides are asked with it, without its caller."""

    endpoint: Endpoint
    rules: Rules
    request_id: str
    method: str
    parameters: tuple[tuple[str, str], ...]
    partner_id: CallerName | None
    #: The edge's response goes out only if it agrees.
    is_guarded: bool
    path_template: str
    #: The request as it can be sent again, with the body as far as it has been read.
    scope: Scope
    body: bytes

    @classmethod
    def from_call(cls, call: Call) -> "ComparedCall":
        try:
            parameters = tuple(
                parse_qsl(
                    call.scope["query_string"].decode("latin-1"),
                    keep_blank_values=True,
                    max_num_fields=MOST_PARAMETERS,
                )
            )
        except ValueError:
            parameters = ()
        return cls(
            call.endpoint,
            call.rules,
            call.state["request_id"],
            call.method,
            parameters,
            call.caller_name,
            call.route.is_guarded,
            call.path_template,
            call.scope,
            call.body.body,
        )


@dataclass(slots=True)
class _Remembered:
    """What comparisons of one endpoint with one build have shown this process."""

    noise: NoiseMemory = field(default_factory=NoiseMemory)
    known: set[Group] = field(default_factory=set)
    agreed: int = 0
    tested_with: frozenset[Group] | None = None


class Comparator:
    """Remembers what is noise, which differences are known, and the self-tests: new code anew."""

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
        self.has_foreign_database = has_foreign_database
        self._noise_since = time.monotonic()
        self._remembered: BoundedMemory[tuple[EndpointId, Build | None], _Remembered] = (
            BoundedMemory(most=MOST_REMEMBERED)
        )

    async def is_match(self, call: ComparedCall, first: Pair) -> bool:
        """Return whether two answers to a read agree as they are, without asking again."""
        build = self._build(call.endpoint, first)
        known = frozenset(self._of(call.endpoint, build).known)
        return await agree_at_once(first, call.rules, self._learned(call.endpoint, build), known)

    async def record_match(self, call: ComparedCall, first: Pair) -> None:
        """Take down that two answers to a read agreed at once."""
        self._budgets.record_django_latency(call.endpoint, first[0].milliseconds)
        await self._store_result(call, first, ComparisonResult(Verdict.MATCH))

    async def compare_read(
        self, call: ComparedCall, first: Pair, rounds: Halves
    ) -> ComparisonResult:
        """Compare, ask both halves again before a difference counts, and take it down."""
        endpoint = call.endpoint
        django, _ = first
        self._builds.record_release(endpoint, django.release, django.outcome.response.status)
        build = self._build(endpoint, first)
        known = frozenset(self._of(endpoint, build).known)
        learned = self._learned(endpoint, build)
        verdict = await verdict_on_read(first, call.rules, learned, known, rounds)
        for path, kind in self._of(endpoint, build).noise.observe(verdict.noise):
            logger.info(
                "%s: %s at %s is noise: Django differs from itself there", endpoint.name, kind, path
            )
            self._findings.record_noise(endpoint, build, path, kind)
        if undecidable(first) is None:
            self._budgets.record_django_latency(endpoint, first[0].milliseconds)
        return await self._store_result(call, first, verdict.found)

    async def compare_write(
        self,
        call: ComparedCall,
        pair: Pair,
        *,
        dry_run_of: Side = Side.EDGE,
        try_again: Callable[[], Awaitable[Observation | None]],
        was_crossed: Callable[[], Awaitable[bool]],
    ) -> ComparisonResult:
        """Compare the dry run of one half with what the other one then really did.

        What is done cannot be done again, and after it a dry run finds other rows. Where neither
        has written or would have, the dry run can be repeated: what another write had changed
        meanwhile, it now finds as well. What it answered with success is never run again.
        """
        nothing = undecidable(pair)
        if nothing is not None:
            return await self._store_result(call, pair, ComparisonResult(nothing))
        differences = await self._of_write(call.endpoint, call.rules, pair)
        is_of_edge = dry_run_of is Side.EDGE
        done, tried = pair if is_of_edge else pair[::-1]
        if differences and not done.outcome.effects and not tried.is_success:
            again = await try_again()
            if again is None:
                return await self._store_result(call, pair, ComparisonResult(Verdict.UNDECIDED))
            pair = (done, again) if is_of_edge else (again, done)
            differences = await self._of_write(call.endpoint, call.rules, pair)
        if not differences:
            found = ComparisonResult(Verdict.MATCH)
        elif not pair[1].outcome.ways_out and await was_crossed():
            # Somebody else changed the same row in between, or since.
            found = ComparisonResult(Verdict.UNDECIDED)
        else:
            found = ComparisonResult(Verdict.MISMATCH, tuple(differences))
        return await self._store_result(call, pair, found)

    async def _of_write(self, endpoint: Endpoint, rules: Rules, pair: Pair) -> list[Difference]:
        django, edge = pair
        found = await run_off_loop(
            lambda: compare(django.outcome, edge.outcome, rules, is_write=True), pair
        )
        return drop_noise(found, self._learned(endpoint, self._build(endpoint, pair)))

    async def roll_back_to_django(self, endpoint: Endpoint, why: str) -> None:
        """Roll an endpoint back to ``django``, and say why."""
        await self._budgets.roll_back_to_django(endpoint, why)

    def render_differences(self, found: ComparisonResult, rules: Rules) -> str:
        """Return the differences without their values, as JSON; as many as a header can hold."""
        kept: list[str] = []
        for difference in found.differences[:MOST_TAKEN_DOWN]:
            one = json.dumps(redact(difference, key=self.key, rules=rules))
            if sum(map(len, kept)) + len(one) > MOST_SHOWN_BYTES:
                break
            kept.append(one)
        return f"[{', '.join(kept)}]"

    def record_skipped(
        self, call: ComparedCall, verdict: Verdict, *, django: Observation | None = None
    ) -> None:
        """Take down that a call was not compared, and why; ``django`` is what is known of it."""
        answer = django.outcome.response if django else None
        self._findings.record_check(
            call.endpoint,
            CheckRow(
                endpoint_id=call.endpoint.id,
                at=datetime.now(UTC),
                partner_id=call.partner_id,
                request_id=call.request_id,
                verdict=verdict,
                django_status=answer.status if answer else 0,
                edge_status=0,
                django_ms=django.milliseconds if django else 0.0,
                edge_ms=0.0,
                covers=coverage_tokens(call.method, call.parameters, answer),
                build=self._builds.current_build(call.endpoint),
            ),
        )

    async def _store_result(
        self, call: ComparedCall, pair: Pair, found: ComparisonResult
    ) -> ComparisonResult:
        django, edge = pair
        build = self._build(call.endpoint, pair)
        now = datetime.now(UTC)
        covers = coverage_tokens(call.method, call.parameters, django.outcome.response)
        covers = f"{covers} {unseen_columns(django.outcome, edge.outcome)}".rstrip()
        has_rows = call.endpoint.is_read or None not in (
            django.outcome.effects,
            edge.outcome.effects,
        )
        has_rows = has_rows and not self.has_foreign_database
        self._findings.record_check(
            call.endpoint,
            CheckRow(
                endpoint_id=call.endpoint.id,
                at=now,
                partner_id=edge.partner_id,
                request_id=call.request_id,
                verdict=found.verdict,
                django_status=django.outcome.response.status,
                edge_status=edge.outcome.response.status,
                django_ms=django.milliseconds,
                edge_ms=edge.milliseconds,
                covers=covers if has_rows else f"{covers} {ANSWERS_ONLY}",
                build=build,
            ),
        )
        if found.verdict is Verdict.MATCH:
            await self._self_test(call.endpoint, build, call.rules, pair)
        self._store_differences(call, build, found, now)
        if call.is_guarded and build is not None and undecidable(pair) is None:
            counts = {Verdict.MATCH: 1, Verdict.UNDECIDED: -UNDECIDED_COSTS}.get(found.verdict)
            if counts is not None:
                status = django.outcome.response.status
                self._findings.record_guarded_call(call.endpoint, build, status, matched=counts)
        if found.verdict.differs:
            if build is not None:
                self._findings.restart_guard(call.endpoint, build)
            await self._budgets.charge(call.endpoint, mismatches=1, build=build)
        return found

    def _store_differences(
        self, call: ComparedCall, build: Build | None, found: ComparisonResult, now: datetime
    ) -> None:
        known = self._of(call.endpoint, build).known
        for difference in _one_of_each(found.differences[:MOST_TAKEN_DOWN]):
            path, kind = difference.group
            if len(known) >= MOST_PLACES and (path, kind) not in known:
                continue
            known.add((path, kind))
            self._findings.record_difference(
                DifferenceRow(
                    endpoint_id=call.endpoint.id,
                    path=path,
                    kind=kind.value,
                    at=now,
                    request_id=call.request_id,
                    example=redact(difference, key=self.key, rules=call.rules),
                    build=build,
                )
            )

    async def _self_test(
        self, endpoint: Endpoint, build: Build | None, rules: Rules, pair: Pair
    ) -> None:
        """Inject differences into an agreeing pair, and see whether noise lets them be found."""
        learned = self._learned(endpoint, build)
        remembered = self._of(endpoint, build)
        is_due = remembered.agreed % SELF_TEST_EVERY == 0 or remembered.tested_with != learned
        remembered.agreed += 1
        if not is_due:
            return
        remembered.tested_with = learned
        django, edge = pair
        is_write = not endpoint.is_read
        passed = await run_off_loop(
            lambda: passes_self_test(
                django.outcome, edge.outcome, rules, is_write=is_write, learned=learned
            ),
            pair,
        )
        if not passed:
            logger.error("%s: an injected difference was not found", endpoint.name)
        self._findings.record_self_test(endpoint, build, passed=passed)

    def _build(self, endpoint: Endpoint, pair: Pair) -> Build | None:
        """Return the build that a comparison speaks for: Django's answer says its release."""
        django, _ = pair
        return self._builds.build_for_response(
            endpoint, django.release, django.outcome.response.status
        )

    def _of(self, endpoint: Endpoint, build: Build | None) -> _Remembered:
        key = (endpoint.id, build)
        remembered = self._remembered.get(key)
        if remembered is None:
            remembered = self._remembered[key] = _Remembered()
        return remembered

    def _learned(self, endpoint: Endpoint, build: Build | None) -> frozenset[Group]:
        if time.monotonic() - self._noise_since > NOISE_KEPT_FOR.total_seconds():
            # It expires in the database, too; what still is noise is learned again.
            for remembered in self._remembered.values():
                remembered.noise = NoiseMemory()
            self._noise_since = time.monotonic()
        stored = {(path, Kind(kind)) for path, kind in self._stages.known_noise(endpoint, build)}
        return frozenset(stored | self._of(endpoint, build).noise.learned)


def source_fingerprint(*parts: object) -> str:
    """Return what tells one kind of request from another."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


def _one_of_each(differences: Iterable[Difference]) -> list[Difference]:
    return list({difference.group: difference for difference in differences}.values())
