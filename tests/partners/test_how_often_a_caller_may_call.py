"""A key, and an address, may call so often; what is beyond is told to come back, and does nothing.

The edge here has two processes and lets a key make 10 calls in a second, an address 20.
"""

import asyncio
import http.client
import multiprocessing
import os
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import IO

import psycopg
import pytest

from api_edge.http import token_buckets
from api_edge.http.token_buckets import SETS, WAYS, TokenBuckets
from shared_domain import partners
from shared_domain.partners import IssuedKey, PartnerId
from tests.harness.databases import CommittedDatabase
from tests.harness.servers import Server, running_edge
from tests.harness.services import committed
from tests.harness.waiting import ANSWER_SECONDS, eventually

#: Fewer than a slow and busy machine can call one after the other.
LIMITS = {
    "PORTICO_KEY_CALLS_PER_SECOND": "2",
    "PORTICO_ADDRESS_CALLS_PER_SECOND": "4",
    "PORTICO_TRUSTED_PROXIES": "127.0.0.1",
    "PORTICO_IDENTIFY_CALLER": "tests.partners.shop_callers:identify",
}

#: Callers of different addresses, where only the key matters.
addresses = (f"192.0.{n // 250}.{n % 250}" for n in count(1))


@pytest.fixture(scope="module")
def database(
    make_committed_database: Callable[[], AbstractContextManager[CommittedDatabase]],
) -> Iterator[CommittedDatabase]:
    with make_committed_database() as database:
        yield database


@pytest.fixture(scope="module")
def edge(database: CommittedDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    log: Path = tmp_path_factory.mktemp("rate_limit") / "edge.log"
    environment = dict(database.environment) | LIMITS
    with running_edge("http://127.0.0.1:1", log, workers=2, **environment) as edge:
        yield edge


@pytest.fixture(scope="module")
def partner_id(database: CommittedDatabase) -> PartnerId:
    with psycopg.connect(database.owner_url) as owner:
        row = owner.execute(
            "INSERT INTO partners_partner"
            " (code, name, email, is_active, max_hold_minutes, created_at)"
            " VALUES ('alpine', 'Alpine', 'it@alpine.example', true, 240, now()) RETURNING id"
        ).fetchone()
    assert row is not None
    return PartnerId(row[0])


def issue(database: CommittedDatabase, partner_id: PartnerId) -> IssuedKey:
    return asyncio.run(
        committed(
            lambda store: partners.issue_key(
                partner_id,
                label="web shop",
                is_test=False,
                scopes=["catalog:read", "users:read"],
                expires_at=None,
                now=datetime.now(UTC),
                store=store,
            ),
            url=database.owner_url,
        )
    )


def call(
    edge: Server,
    path: str,
    *,
    times: int,
    secret: str = "",
    address: str | None = None,
    **more: str,
) -> tuple[Counter[int], http.client.HTTPResponse, bytes]:
    """Call on connections of their own, so that both processes are met; give the last answer."""
    statuses: Counter[int] = Counter()
    for _ in range(times):
        connection = http.client.HTTPConnection("127.0.0.1", edge.port, timeout=ANSWER_SECONDS)
        headers = {"X-Forwarded-For": address or next(addresses)} | more
        if secret:
            headers["Authorization"] = f"Bearer {secret}"
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        statuses[answer.status] += 1
    return statuses, answer, body


@pytest.mark.parametrize("path", ["/octo/products", "/v1/users"])
def test_a_flood_by_one_key(
    edge: Server, database: CommittedDatabase, partner_id: PartnerId, path: str
) -> None:
    secret = issue(database, partner_id).secret
    began_at = time.monotonic()
    statuses: Counter[int] = Counter()

    while not statuses[429] and statuses.total() < 1_000:
        more, answer, body = call(edge, path, times=1, secret=secret)
        statuses += more

    # Three seconds' worth at once, then two a second, whichever process is asked.
    assert 6 <= statuses.total() - 1 <= 6 + 2 * (time.monotonic() - began_at) + 1
    assert answer.headers["Retry-After"] == "1"
    if path.startswith("/octo"):
        assert b'"error":"TOO_MANY_REQUESTS"' in body
    else:
        assert answer.headers["Content-Type"] == "application/problem+json"
    assert b"this API key may make 2 in a second; nothing was done" in body


def test_a_key_with_a_limit_of_its_own(
    edge: Server, database: CommittedDatabase, partner_id: PartnerId
) -> None:
    key = issue(database, partner_id)
    assert call(edge, "/octo/products", times=1, secret=key.secret)[0] == {200: 1}

    asyncio.run(
        committed(
            lambda store: partners.limit_rate(key.id, per_second=1, store=store),
            url=database.owner_url,
        )
    )

    def is_obeyed() -> bool:
        return 429 in call(edge, "/octo/products", times=4, secret=key.secret)[0]

    assert eventually(is_obeyed)


@pytest.mark.parametrize("path", ["/octo/products", "/admin/"])
def test_a_flood_from_one_address(edge: Server, path: str) -> None:
    address = next(addresses)
    statuses: Counter[int] = Counter()

    while not statuses[429] and statuses.total() < 1_000:
        more, answer, _ = call(edge, path, times=1, address=address)
        statuses += more

    assert statuses.total() - 1 >= 12
    assert answer.headers["Retry-After"] == "1"
    assert 429 not in call(edge, path, times=1)[0]


def test_a_flood_of_handshakes_of_websockets(edge: Server) -> None:
    address = next(addresses)
    handshake = {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    statuses: Counter[int] = Counter()

    while not statuses[429] and statuses.total() < 1_000:
        more, answer, _ = call(edge, "/chat", times=1, address=address, **handshake)
        statuses += more

    assert statuses.total() - 1 >= 12
    assert answer.headers["Retry-After"] == "1"
    assert 429 not in call(edge, "/chat", times=1, **handshake)[0]


def test_a_flood_by_one_whom_the_shop_names(edge: Server) -> None:
    """From ever other addresses and over both processes; another name is not held up."""
    statuses: Counter[int] = Counter()

    while not statuses[429] and statuses.total() < 1_000:
        more, answer, body = call(edge, "/v1/users", times=1, **{"Shop-Caller": "ada"})
        statuses += more

    assert statuses.total() - 1 >= 6
    assert answer.headers["Retry-After"] == "1"
    assert b"this caller may make 2 in a second; nothing was done" in body
    assert 429 not in call(edge, "/v1/users", times=5, **{"Shop-Caller": "bob"})[0]
    assert 429 not in call(edge, "/v1/users", times=5)[0]


def test_a_rotated_key_keeps_its_limit(database: CommittedDatabase, partner_id: PartnerId) -> None:
    key = issue(database, partner_id)

    async def rotate(store: partners.KeyStore) -> int | None:
        await partners.limit_rate(key.id, per_second=7, store=store)
        issued = await partners.rotate_key(
            key.id, overlap=partners.LONGEST_OVERLAP, now=datetime.now(UTC), store=store
        )
        successor = await store.get_locked(issued.id)
        return successor and successor.rate_limit_per_second

    assert asyncio.run(committed(rotate, url=database.owner_url)) == 7


def take_many(buckets: TokenBuckets, takes: int, granted: "multiprocessing.Queue[int]") -> None:
    free = (not buckets.take("key 1", per_second=1, burst=1_000) for _ in range(takes))
    granted.put(sum(free))


@pytest.fixture
def counters() -> Iterator[IO[bytes]]:
    with tempfile.TemporaryFile() as file:
        yield file


def test_processes_count_together(counters: IO[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    # However long a process that counts is without the processor, the others wait for it.
    monkeypatch.setattr(token_buckets, "TRIES", 10**9)
    buckets = TokenBuckets(counters, clock=lambda: 10**9)
    forking = multiprocessing.get_context("fork")
    granted: multiprocessing.Queue[int] = forking.Queue()
    children = [forking.Process(target=take_many, args=(buckets, 500, granted)) for _ in range(4)]
    for child in children:
        child.start()
    together = sum(granted.get(timeout=ANSWER_SECONDS) for _ in children)
    for child in children:
        child.join()

    assert together == 1_000


def test_a_process_that_dies_while_it_counts_leaves_the_others_counting(
    counters: IO[bytes],
) -> None:
    counting_at = os.pipe()

    def clock() -> int:
        if is_doomed:
            os.write(counting_at[1], b"!")
            signal.pause()
        return 10**9

    is_doomed = False
    buckets = TokenBuckets(counters, clock=clock)
    child = os.fork()
    if child == 0:
        is_doomed = True
        buckets.take("key 1", per_second=1, burst=1)
        os._exit(1)
    os.read(counting_at[0], 1)

    # Stopped, it holds the lock: the count goes on without.
    assert buckets.take("key 1", per_second=1, burst=2) == 0
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert buckets.take("key 1", per_second=1, burst=2) == 0
    assert buckets.take("key 1", per_second=1, burst=2) == pytest.approx(1)


def test_more_callers_than_buckets_take_the_oldest(counters: IO[bytes]) -> None:
    buckets = TokenBuckets(counters, clock=lambda: 10**9)

    for number in range(SETS * WAYS // 4):
        assert buckets.take(f"address {number}", per_second=1, burst=1) == 0

    assert buckets.take(f"address {number}", per_second=1, burst=1) > 0
