"""Everything that a process remembers has a bound, which stands here beside it.

A number is how many entries there may be; a text says what bounds it instead. Something new that
remembers (a cache, or a dictionary or set that begins empty and stays) fails until it is listed.
"""

import ast
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from pathlib import Path

import pytest

from api_edge.http.answer_memory import ENTRY_BYTES, AnswerMemory
from api_edge.octo import render_catalog
from api_edge.octo.availability import MOST_REMEMBERED_ENTRIES
from api_edge.octo.capabilities import read_capabilities
from api_edge.proxy import request_head, trusted_proxies
from shared_domain import addresses
from shared_domain.availability import AvailabilityQuery, CalendarVersion
from shared_domain.availability.calendar import CalendarFingerprint
from shared_domain.bounded_memory import BoundedMemory
from shared_domain.catalog import OptionId, ProductId
from shared_domain.parity.confirmation import NoiseMemory
from shared_domain.partners import Access, PartnerId
from shared_domain.time_zones import zone
from tests.domain.samples import make_product
from tests.harness.databases import ROOT

OPEN = "what is open or waited for at the moment, which is bounded itself"
ENDPOINTS = "one entry for each endpoint in the registry"
CODE = "what the code holds, whatever callers send"
BRIEF = "lives for one request or comparison, whose size is bounded"
RUN = "lives for one look at an endpoint, of MOST_WAITING messages and a page"
ZONES = "the names that tzdata has"

BOUNDS: dict[str, int | str] = {
    "api_edge/app.py:product_memory": 5_000,
    "api_edge/documentation.py:_changelog": CODE,
    "api_edge/documentation.py:_encode_document_of_day": 1,
    "api_edge/proxy/connections.py:_by_address": OPEN,
    "api_edge/proxy/connections.py:_idle": OPEN,
    "api_edge/proxy/connections.py:_open": OPEN,
    "api_edge/rollout/error_budgets.py:_calls": ENDPOINTS,
    "api_edge/rollout/error_budgets.py:_latencies": f"{ENDPOINTS}, of WINDOW calls",
    "api_edge/rollout/builds.py:_heard": "MOST_RELEASES",
    "api_edge/rollout/builds.py:_ids": "MOST_RELEASES",
    "api_edge/rollout/builds.py:_latest": "MOST_RELEASES",
    "api_edge/rollout/comparator.py:_memories": "MOST_REMEMBERED, of MOST_PLACES",
    "api_edge/rollout/guard.py:_restarts": f"{ENDPOINTS}, of MOST_RELEASES",
    "api_edge/rollout/guard.py:_known": f"{ENDPOINTS}, of each build that is kept",
    "api_edge/rollout/request_recorder.py:_kinds": f"{ENDPOINTS}, of MOST_RECORDINGS",
    "api_edge/rollout/path_matcher.py:_by_length": ENDPOINTS,
    "api_edge/rollout/request_recorder.py:_recorded_at": ENDPOINTS,
    "api_edge/rollout/sandbox/processes.py:_starting": OPEN,
    "api_edge/rollout/shadow_runner.py:_tasks": OPEN,
    "api_edge/rollout/stage_cache.py:_noise": f"{ENDPOINTS}, of a NoiseMemory",
    "api_edge/proxy/request_head.py:_cached_action": 2_000,
    "api_edge/proxy/upstream.py:_used": OPEN,
    "api_edge/fair_slots.py:_held": OPEN,
    "api_edge/fair_slots.py:_taken": OPEN,
    "api_edge/fair_slots.py:_waiting": "PORTICO_DJANGO_MOST_WAITING, PORTICO_EDGE_MOST_WAITING",
    "api_edge/proxy/spool.py:_on_disk": OPEN,
    "api_edge/auth/key_cache.py:_digests": "one entry for each of _remembered",
    "api_edge/auth/key_cache.py:_remembered": "KeyCache.size, 10 000 (test_remembering_keys.py)",
    "api_edge/postgresql/numbered_parameters.py:_encode_numbered": 1_000,
    "api_edge/postgresql/pg_listener.py:_on_notify": CODE,
    "api_edge/http/answer_memory.py:_answers": "most_bytes, keys included",
    "api_edge/octo/capabilities.py:read_capabilities": 256,
    "core_site/config/sidebar.py:_address": 256,
    "core_site/documents/text.py:supported_characters": "two fonts, and one by a setting",
    "api_edge/octo/render_availability.py:_hours_of": 5_000,
    "api_edge/octo/render_availability.py:_of_stretch": BRIEF,
    "api_edge/octo/render_bookings.py:_offers": 5_000,
    "api_edge/octo/render_catalog.py:encoded_pricing": 5_000,
    "api_edge/rollout/shadow_runner.py:_hanging": ENDPOINTS,
    "api_edge/rollout/shadow_runner.py:_under_way": ENDPOINTS,
    "api_edge/proxy/websockets.py:_open": "PORTICO_MOST_WEBSOCKETS",
    "api_edge/usage/recorder.py:_listed": "keys that called too often or were refused this hour",
    "api_edge/v1/events/log_watcher.py:_waiters": "MOST_WAITING callers",
    "api_edge/weather/forecasts.py:_calls": OPEN,
    "core_site/admin_kit/autocompletes.py:_of_keys_only": 16,
    "core_site/admin_kit/bounded_sorts.py:_shown_sort": BRIEF,
    "core_site/events/bodies.py:load_event_bodies": CODE,
    "core_site/notifications/header_sealer.py:load_header_sealer": CODE,
    "core_site/rollout/middleware.py:django_release": CODE,
    "core_site/rollout/middleware.py:_retired": ENDPOINTS,
    "core_site/rollout/middleware.py:_recorded_at": ENDPOINTS,
    "core_site/row_history.py:find_event_model": CODE,
    "core_site/webhooks/sending/delivery_loop.py:_freed": "the lanes",
    "core_site/webhooks/sending/delivery_loop.py:_claimed": "MOST_AT_ONCE of each lane",
    "shared_domain/addresses.py:caller_network": 4_096,
    "shared_domain/availability/offer.py:_fewest_places": BRIEF,
    "shared_domain/availability/offer.py:_limits": BRIEF,
    "shared_domain/availability/offer.py:_price_periods": BRIEF,
    "shared_domain/availability/departure_times.py:parse_periods": 256,
    "shared_domain/availability/departure_sync/plan.py:match_in_order": 4_096,
    "shared_domain/availability/smallest_party.py:_fewest_places": 4_096,
    "shared_domain/bookings/mapping.py:_build_price": 5_000,
    "shared_domain/catalog/product_memory.py:_options": "as many as there are products beside it",
    "shared_domain/rollout/builds.py:_environment": CODE,
    "shared_domain/rollout/builds.py:source_fingerprint": CODE,
    "shared_domain/rollout/wire.py:token": CODE,
    "shared_domain/webhooks/queue/run.py:_blocked": RUN,
    "shared_domain/webhooks/queue/run.py:_cut": RUN,
    "shared_domain/webhooks/queue/run.py:_in_flight": RUN,
    "shared_domain/webhooks/queue/run.py:_later": RUN,
    "shared_domain/webhooks/queue/run.py:_settled": RUN,
    "api_edge/rollout/django_dry_runs.py:_refused_until": "MOST_REFUSING",
    "api_edge/rollout/django_dry_runs.py:_logged": "MOST_REFUSING",
    "core_site/rollout/dry_runs/middleware.py:_ending": CODE,
    "core_site/rollout/dry_runs/caches.py:_written": "what one dry run writes to a cache",
    "shared_domain/parity/generated_values.py:_inserted_numbers": BRIEF,
    "shared_domain/parity/generated_values.py:_inserted_uuids": BRIEF,
    "shared_domain/parity/generated_values.py:_django_of": BRIEF,
    "shared_domain/parity/generated_values.py:_edge_of": BRIEF,
    "shared_domain/parity/confirmation.py:_times_unstable": "_MOST_WATCHED_GROUPS",
    "shared_domain/parity/rules.py:_trees": 1_024,
    "shared_domain/parity/values.py:_of_group": BRIEF,
    "shared_domain/time_zones.py:_places": ZONES,
    "shared_domain/time_zones.py:known_names": ZONES,
    "shared_domain/time_zones.py:rules_fingerprint": 1_024,
    "shared_domain/time_zones.py:zone": 1_024,
    "shared_domain/unreadable.py:_log_once": 1_024,
}

CACHES = {"cache", "lru_cache"}
MEMORIES = {
    *("BoundedMemory", "ProductMemory", "Counter", "OrderedDict", "WeakSet", "defaultdict", "deque")
}

#: Commands end when they have done their work.
NO_SERVERS = {"commands", "demo", "migrations", "scaffold"}


def called(node: ast.AST) -> str:
    """Return the last part of what a decorator or a call names."""
    if isinstance(node, ast.Call):
        return called(node.func)
    return getattr(node, "attr", None) or getattr(node, "id", "")


def remembers(value: ast.AST | None) -> bool:
    """Return whether a variable begins as an empty memory."""
    if isinstance(value, ast.Dict):
        return not value.keys
    if not isinstance(value, ast.Call):
        return False
    is_empty = called(value) in {"dict", "set"} and not value.args
    is_cache = isinstance(value.func, ast.Call) and called(value) in CACHES
    return called(value) in MEMORIES or is_empty or is_cache


def memories(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            if CACHES & {called(decorator) for decorator in node.decorator_list}:
                yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign) and remembers(node.value):
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if isinstance(target, ast.Attribute):
                yield target.attr
            elif node in tree.body and isinstance(target, ast.Name):
                yield target.id


def test_each_has_a_bound() -> None:
    found = {
        f"{path.relative_to(ROOT)}:{name}"
        for half in ("api_edge", "core_site", "shared_domain")
        for path in (ROOT / half).rglob("*.py")
        if not NO_SERVERS & set(path.parts)
        for name in memories(path)
    }

    assert found == set(BOUNDS)


@pytest.mark.parametrize(
    ("place", "bound"),
    [(place, bound) for place, bound in BOUNDS.items() if isinstance(bound, int)],
)
def test_a_number_is_what_the_code_says(place: str, bound: int) -> None:
    path, _, name = place.partition(":")
    module = import_module(path.removesuffix(".py").replace("/", "."))
    memory = getattr(module, name, None)

    if name == "product_memory":
        assert bound == module.MOST_PRODUCTS
    elif isinstance(memory, BoundedMemory):
        assert memory.most == bound
    else:
        assert memory is not None
        assert memory.cache_parameters()["maxsize"] == bound


def test_a_bounded_memory_forgets_what_was_not_used_for_longest() -> None:
    memory: BoundedMemory[int, str] = BoundedMemory(most=3)
    for number in range(3):
        memory[number] = str(number)

    assert memory.get(0) == "0"
    memory[3] = "3"

    assert list(memory) == [2, 0, 3]
    assert memory.get(1) is None
    assert memory.get(1, "gone") == "gone"


def test_remembered_answers_take_no_more_than_their_bound() -> None:
    """Short answers with the longest keys that are remembered: the keys count too."""
    bound = 2 * 1024 * 1024
    memory: AnswerMemory[object, CalendarVersion, bytes] = AnswerMemory(most_bytes=bound)
    tracemalloc.start()
    for number in range(2_000):
        day = date(2000, 1, 1) + timedelta(days=number)
        party = tuple(
            ("x" * 20 + str(each), number + 257) for each in range(MOST_REMEMBERED_ENTRIES)
        )
        query = AvailabilityQuery(
            product_code=f"product {number}", option_code=f"option {number}", dates=(day, day),
            party=party,
        )  # fmt: skip
        access = Access(partner_id=PartnerId(number), test_mode=False)
        fingerprint = CalendarFingerprint(number, 2**62 + number)
        version = CalendarVersion(ProductId(number), number, 2_000, OptionId(number), fingerprint)
        memory.remember((access, query, True), version, b"[]%d" % number)
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert (access, query, True) in memory
    assert memory.bytes_held <= bound
    assert taken <= 1.1 * bound


def test_callers_cannot_make_them_grow() -> None:
    proxies = trusted_proxies.TrustedProxies.parse("10.0.0.0/8")
    for number in range(5_000):
        request_head._cached_action(b"x-%d" % number)
        addresses.caller_network(f"192.0.{number // 250}.{number % 250}")
        proxies.trusts_address(f"192.0.{number // 250}.{number % 250}")
        read_capabilities(f"octo/{number}")
        zone(f"Nowhere/{number}") if number < 1_100 else None

    assert request_head._cached_action.cache_info().currsize == 2_000
    assert addresses.caller_network.cache_info().currsize == 4_096
    assert proxies.trusts_address.cache_info().currsize == 4_096  # type: ignore[attr-defined]
    assert read_capabilities.cache_info().currsize == 256
    assert zone.cache_info().currsize == 1_024


def test_noise_is_learned_up_to_a_bound() -> None:
    noise = NoiseMemory()
    groups = [(f"/at/{number}", "value") for number in range(10_500)]
    for _ in range(5):
        noise.observe(groups)

    assert len(noise.learned) <= 2 * 10_000


def test_long_names_are_not_kept() -> None:
    before = request_head._cached_action.cache_info().misses
    scope = {
        "method": "GET", "http_version": "1.1", "scheme": "http", "client": None, "state": {},
        "raw_path": b"/", "query_string": b"",
        "headers": [(b"host", b"x"), (b"x" * 100_000, b"y")],
    }  # fmt: skip

    head = request_head.build_request_head(
        scope, request_id="1", proxies=trusted_proxies.NO_PROXIES, fallback_host=b"x"
    )

    assert b"x" * 100_000 in head.text
    assert request_head._cached_action.cache_info().misses <= before + 1


def test_answers_are_bounded_by_their_bytes_and_kept_at_one_version_each() -> None:
    memory: AnswerMemory[str, int, bytes] = AnswerMemory(most_bytes=2 * ENTRY_BYTES + 10)
    memory.remember("a", 1, b"1234")
    memory.remember("b", 1, b"1234")

    assert memory.get("a", 1) == b"1234"
    memory.remember("c", 1, b"1234")

    assert "b" not in memory
    assert memory.bytes_held == 2 * ENTRY_BYTES + 8
    memory.remember("a", 2, b"12")
    assert (memory.get("a", 1), memory.get("a", 2)) == (None, b"12")
    assert memory.bytes_held == 2 * ENTRY_BYTES + 6
    memory.remember("a", 3, bytes(ENTRY_BYTES + 11))
    assert "a" not in memory
    assert memory.bytes_held == ENTRY_BYTES + 4


def test_a_remembered_product_counts_as_the_bytes_of_its_parts() -> None:
    product = make_product(id=ProductId(987_654))
    before = render_catalog.ENCODED.bytes_held

    now = datetime(2026, 7, 14, 8, 30, tzinfo=UTC)

    encoded = render_catalog.encoded_product(product, render_catalog.Prices.IN_LIST, now)

    parts = [encoded.product, *encoded.options.values(), *encoded.units.values()]
    assert len(encoded) == sum(len(bytes(part)) for part in parts)
    assert render_catalog.ENCODED.bytes_held == before + ENTRY_BYTES + len(encoded)
    assert render_catalog.encoded_product(product, render_catalog.Prices.IN_LIST, now) is encoded
