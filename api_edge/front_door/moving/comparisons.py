"""Compare what both halves said, decide whether it counts, and take it down without the values."""

import asyncio
import hashlib
import json
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from api_edge.front_door.moving.asking import Asked
from api_edge.front_door.moving.budgets import Budgets
from api_edge.front_door.moving.ledger import Ledger
from api_edge.front_door.moving.stages import Stages
from shared_domain.endpoints import (
    Difference,
    Endpoint,
    EndpointId,
    Kind,
    NoiseMemory,
    Outcome,
    Rules,
    compare,
    judge,
    passes_self_test,
    redacted,
    without_noise,
)
from shared_domain.endpoints.findings_sql_store import Check, Differed

#: Smaller answers are compared on the spot; a thread costs more than they do.
SMALL_BYTES = 8 * 1024

#: The self-test is repeated after so many comparisons of an endpoint that agreed.
SELF_TEST_EVERY = 200

#: Differences of one comparison that are taken down, and places of one endpoint in all: where
#: data stands in the keys of objects, there is no end to them.
MOST_TAKEN_DOWN = 20
MOST_PLACES = 500

#: What is shown of them in a header, which nobody reads beyond 64 kB.
MOST_SHOWN_BYTES = 16 * 1024

logger = logging.getLogger("api_edge")

T = TypeVar("T")

Pair = tuple[Asked, Asked]
Group = tuple[str, Kind]


@dataclass(frozen=True, slots=True)
class Found:
    """The verdict on one call: ``match``, ``mismatch`` or ``undecided``."""

    verdict: str
    differences: tuple[Difference, ...] = ()


class Comparisons:
    """Remembers per endpoint what is noise, which differences are known, and the self-tests."""

    def __init__(self, ledger: Ledger, stages: Stages, budgets: Budgets, *, key: bytes) -> None:
        self._ledger = ledger
        self._stages = stages
        self._budgets = budgets
        self.key = key
        self._noise: dict[EndpointId, NoiseMemory] = {}
        self._known: dict[EndpointId, set[Group]] = {}
        self._agreed: dict[EndpointId, int] = {}

    async def settle_read(
        self,
        endpoint: Endpoint,
        rules: Rules,
        request_id: str,
        first: Pair,
        ask_again: Callable[[], Awaitable[Pair | None]],
    ) -> Found:
        """Compare, and ask both once more before a difference counts."""
        learned = self._learned(endpoint)
        known = frozenset(self._known.get(endpoint.id, ()))
        pairs = [first]
        if _is_undecidable(first):
            return await self._take_down(endpoint, rules, request_id, first, Found("undecided"))
        judgement = await _aside(lambda: judge(_rounds(pairs), rules, learned, known), first)
        while not judgement.settled:
            again = await ask_again()
            if again is None or _is_undecidable(again):
                return await self._take_down(endpoint, rules, request_id, first, Found("undecided"))
            pairs.append(again)
            judgement = await _aside(lambda: judge(_rounds(pairs), rules, learned, known), first)
        memory = self._noise.setdefault(endpoint.id, NoiseMemory())
        for path, kind in memory.observe(judgement.unstable):
            logger.info(
                "%s: %s at %s is noise: Django differs from itself there", endpoint.name, kind, path
            )
            self._ledger.learned(endpoint, path, kind)
        if judgement.differences:
            found = Found("mismatch", tuple(judgement.differences))
        elif judgement.unstable - learned:
            found = Found("undecided")
        else:
            found = Found("match")
        return await self._take_down(endpoint, rules, request_id, first, found)

    async def settle_write(
        self,
        endpoint: Endpoint,
        rules: Rules,
        request_id: str,
        pair: Pair,
        *,
        rehearse_again: Callable[[], Awaitable[Asked | None]],
        was_crossed: Callable[[], Awaitable[bool]],
    ) -> Found:
        """Compare the rehearsal with what Django then really did.

        Django cannot be asked again, and after it has written the edge cannot either. Where it
        wrote nothing, it can: what another write had changed meanwhile, it now finds as well.
        """
        django, _ = pair
        if _is_undecidable(pair):
            return await self._take_down(endpoint, rules, request_id, pair, Found("undecided"))
        differences = await self._of_write(endpoint, rules, pair)
        if differences and django.outcome.effects == ():
            again = await rehearse_again()
            if again is None:
                return await self._take_down(endpoint, rules, request_id, pair, Found("undecided"))
            pair = (django, again)
            differences = await self._of_write(endpoint, rules, pair)
        if not differences:
            found = Found("match")
        elif await was_crossed():
            # Somebody else changed the same row in between, or since.
            found = Found("undecided")
        else:
            found = Found("mismatch", tuple(differences))
        return await self._take_down(endpoint, rules, request_id, pair, found)

    async def _of_write(self, endpoint: Endpoint, rules: Rules, pair: Pair) -> list[Difference]:
        django, edge = pair
        found = await _aside(
            lambda: compare(django.outcome, edge.outcome, rules, is_write=True), pair
        )
        return without_noise(found, self._learned(endpoint))

    def shown(self, found: Found, rules: Rules) -> str:
        """Return the differences without their values, as JSON; as many as a header can hold."""
        kept: list[str] = []
        for difference in found.differences[:MOST_TAKEN_DOWN]:
            one = json.dumps(redacted(difference, key=self.key, rules=rules))
            if sum(map(len, kept)) + len(one) > MOST_SHOWN_BYTES:
                break
            kept.append(one)
        return f"[{', '.join(kept)}]"

    async def _take_down(
        self, endpoint: Endpoint, rules: Rules, request_id: str, pair: Pair, found: Found
    ) -> Found:
        django, edge = pair
        now = datetime.now(UTC)
        self._ledger.checked(
            endpoint,
            Check(
                endpoint_id=endpoint.id,
                at=now,
                partner_id=edge.partner_id,
                request_id=request_id,
                verdict=found.verdict,
                django_status=django.outcome.answer.status,
                edge_status=edge.outcome.answer.status,
                django_ms=django.milliseconds,
                edge_ms=edge.milliseconds,
            ),
        )
        if found.verdict == "match":
            await self._self_test(endpoint, rules, pair)
        known = self._known.setdefault(endpoint.id, set())
        for difference in _one_of_each(found.differences[:MOST_TAKEN_DOWN]):
            path, kind = difference.group
            if len(known) >= MOST_PLACES and (path, kind) not in known:
                continue
            known.add((path, kind))
            self._ledger.differed(
                Differed(
                    endpoint_id=endpoint.id,
                    path=path,
                    kind=kind.value,
                    at=now,
                    request_id=request_id,
                    example=redacted(difference, key=self.key, rules=rules),
                )
            )
        if found.verdict == "mismatch":
            await self._budgets.spend(endpoint, mismatches=1)
        return found

    async def _self_test(self, endpoint: Endpoint, rules: Rules, pair: Pair) -> None:
        """Inject a known difference into an agreeing pair, and see whether it is found."""
        agreed = self._agreed.get(endpoint.id, 0)
        self._agreed[endpoint.id] = agreed + 1
        if agreed % SELF_TEST_EVERY:
            return
        django, edge = pair
        is_write = not endpoint.is_read
        passed = await _aside(
            lambda: passes_self_test(django.outcome, edge.outcome, rules, is_write=is_write), pair
        )
        if not passed:
            logger.error("%s: an injected difference was not found", endpoint.name)
        self._ledger.self_tested(endpoint, passed=passed)

    def _learned(self, endpoint: Endpoint) -> frozenset[Group]:
        stored = {(path, Kind(kind)) for path, kind in self._stages.noise_of(endpoint)}
        memory = self._noise.get(endpoint.id)
        return frozenset(stored | memory.learned if memory else stored)


def fingerprint_of(*parts: object) -> str:
    """Return what tells one kind of request from another."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


async def _aside(work: Callable[[], T], pair: Pair) -> T:
    """Run it here when the answers are small, in a thread when other callers would wait for it."""
    largest = max(len(asked.outcome.answer.body) for asked in pair)
    if largest <= SMALL_BYTES:
        return work()
    return await asyncio.to_thread(work)


def _is_undecidable(pair: Pair) -> bool:
    """Return whether Django broke, or the edge had no database: neither says anything."""
    django, edge = pair
    return django.has_failed or edge.outcome.answer.status == 503


def _rounds(pairs: Iterable[Pair]) -> list[tuple[Outcome, Outcome]]:
    return [(django.outcome, edge.outcome) for django, edge in pairs]


def _one_of_each(differences: Iterable[Difference]) -> list[Difference]:
    return list({difference.group: difference for difference in differences}.values())
