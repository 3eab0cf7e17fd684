"""A key is looked up once, and forgotten the moment that anything about it may have changed."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg import AsyncConnection
from psycopg.conninfo import make_conninfo
from psycopg_pool import AsyncConnectionPool

from api_edge.auth.key_cache import KeyCache
from api_edge.postgresql.database import Connection, make_pool
from api_edge.postgresql.pg_listener import HEARTBEAT_SECONDS, PgListener
from api_edge.settings import Settings
from shared_domain import partners
from shared_domain.partners import IssuedKey, PartnerId
from tests.harness.postgres_proxy import PostgresProxy
from tests.harness.services import committed, url_of_this_test
from tests.harness.waiting import eventually_async

#: For how long a key is remembered by default.
KEY_CACHE_SECONDS = 30.0

NOW = datetime(2026, 7, 1, 10, 0, tzinfo=UTC)


class PausingPool(AsyncConnectionPool[Connection]):
    """A pool whose answers, once read, wait until they are let through."""

    def __init__(self, url: str) -> None:
        super().__init__(url, kwargs={"autocommit": True}, min_size=1, open=False)
        self.has_read = asyncio.Event()
        self.may_go_on = asyncio.Event()

    async def putconn(self, connection: Connection) -> None:
        self.has_read.set()
        await self.may_go_on.wait()
        await super().putconn(connection)


@asynccontextmanager
async def remembering(
    *,
    listen_at: str | None = None,
    pool: AsyncConnectionPool[Connection] | None = None,
    heartbeat_seconds: float = HEARTBEAT_SECONDS,
    **more,
) -> AsyncIterator[KeyCache]:
    url = url_of_this_test()
    pool = pool or make_pool(Settings(database_url=url, pool_wait_seconds=60))
    async with pool:
        listener = PgListener(listen_at or url, heartbeat_seconds=heartbeat_seconds)
        keys = KeyCache(listener, pool, **more)
        keys.lookups = lambda: pool.get_stats().get("requests_num", 0)
        await listener.start()
        try:
            yield keys
        finally:
            await listener.stop()


async def issue(partner_id: PartnerId, *, expires_at: datetime | None = None) -> IssuedKey:
    return await committed(
        lambda store: partners.issue_key(
            partner_id,
            label="web shop",
            is_test=False,
            scopes=["catalog:read"],
            expires_at=expires_at,
            now=NOW,
            store=store,
        )
    )


async def revoke(issued: IssuedKey) -> None:
    await committed(lambda store: partners.revoke_key(issued.id, now=NOW, store=store))


async def until(condition: Callable[[], bool]) -> None:
    assert await eventually_async(condition)


async def is_refused(keys: KeyCache, issued: IssuedKey) -> bool:
    try:
        await keys.find(issued.secret, now=NOW)
    except (partners.KeyRevoked, partners.PartnerInactive):
        return True
    return False


async def is_refused_soon(keys: KeyCache, issued: IssuedKey) -> bool:
    """Return whether a key is refused long before the time for which it is remembered."""
    began_at = time.monotonic()
    while not await is_refused(keys, issued):
        if time.monotonic() - began_at > KEY_CACHE_SECONDS / 3:
            return False
        # Lets the notice be heard.
        await asyncio.sleep(0.01)
    return True


def test_a_key_is_looked_up_once(partner_id: PartnerId) -> None:
    async def run() -> None:
        issued = await issue(partner_id)
        async with remembering() as keys:
            await until(lambda: keys.is_listening)
            found = [await keys.find(issued.secret, now=NOW) for _ in range(100)]

            assert {key.id for key in found} == {issued.id}
            assert keys.lookups() == 1

    asyncio.run(run())


def test_a_malformed_key_is_refused_without_the_database(partner_id: PartnerId) -> None:
    async def run() -> None:
        async with remembering() as keys:
            for text in ("", "pk_live_", "x" * 46, partners.new_secret(is_test=True)[:-1] + "-"):
                with pytest.raises(partners.KeyMalformed):
                    await keys.find(text, now=NOW)

            assert keys.lookups() == 0

    asyncio.run(run())


def test_refusals_are_not_remembered(partner_id: PartnerId) -> None:
    async def run() -> None:
        secret = partners.new_secret(is_test=False)
        async with remembering() as keys:
            await until(lambda: keys.is_listening)
            for _ in range(3):
                with pytest.raises(partners.KeyUnknown):
                    await keys.find(secret, now=NOW)

            assert keys.lookups() == 3

    asyncio.run(run())


def test_a_revoked_key_is_forgotten_within_a_second(partner_id: PartnerId) -> None:
    async def run() -> None:
        issued, untouched = await issue(partner_id), await issue(partner_id)
        async with remembering() as keys:
            await until(lambda: keys.is_listening)
            await keys.find(issued.secret, now=NOW)
            await keys.find(untouched.secret, now=NOW)

            await revoke(issued)
            assert await is_refused_soon(keys, issued)

            before = keys.lookups()
            await keys.find(untouched.secret, now=NOW)
            assert keys.lookups() == before

    asyncio.run(run())


def test_switching_a_partner_off_turns_its_keys_away_within_a_second(
    partner_id: PartnerId,
) -> None:
    async def run() -> None:
        issued = await issue(partner_id)
        async with remembering() as keys:
            await until(lambda: keys.is_listening)
            await keys.find(issued.secret, now=NOW)

            with psycopg.connect(url_of_this_test()) as staff:
                staff.execute("UPDATE partners_partner SET is_active = false")
            assert await is_refused_soon(keys, issued)

    asyncio.run(run())


def test_what_was_read_before_a_notice_is_not_kept_after_it(partner_id: PartnerId) -> None:
    async def run() -> None:
        issued = await issue(partner_id)
        pool = PausingPool(url_of_this_test())
        async with remembering(pool=pool) as keys:
            await until(lambda: keys.is_listening)
            lookup = asyncio.create_task(keys.find(issued.secret, now=NOW))
            await pool.has_read.wait()
            before = keys._generation
            await revoke(issued)
            # The notice arrives while the lookup is under way.
            await until(lambda: keys._generation > before)
            pool.may_go_on.set()

            assert (await lookup).revoked_at is None
            assert await is_refused(keys, issued)

    asyncio.run(run())


def test_a_remembered_key_still_expires(partner_id: PartnerId) -> None:
    async def run() -> None:
        end = NOW + timedelta(seconds=1)
        issued = await issue(partner_id, expires_at=end)
        async with remembering() as keys:
            await until(lambda: keys.is_listening)
            await keys.find(issued.secret, now=NOW)

            with pytest.raises(partners.KeyExpired):
                await keys.find(issued.secret, now=end)

            assert keys.lookups() == 1

    asyncio.run(run())


def test_a_key_is_believed_for_half_a_minute_at_most(partner_id: PartnerId) -> None:
    async def run() -> None:
        seconds = 1_000.0
        issued = await issue(partner_id)
        async with remembering(clock=lambda: seconds) as keys:
            await until(lambda: keys.is_listening)
            await keys.find(issued.secret, now=NOW)
            seconds += 29.9
            await keys.find(issued.secret, now=NOW)
            assert keys.lookups() == 1

            seconds += 0.1
            await keys.find(issued.secret, now=NOW)
            assert keys.lookups() == 2

    asyncio.run(run())


def test_the_longest_unused_key_makes_room(partner_id: PartnerId) -> None:
    async def run() -> None:
        first, second, third = [await issue(partner_id) for _ in range(3)]
        async with remembering(size=2) as keys:
            await until(lambda: keys.is_listening)
            for issued in (first, second, first, third, first):
                await keys.find(issued.secret, now=NOW)
            assert keys.lookups() == 3

            await keys.find(second.secret, now=NOW)
            assert keys.lookups() == 4

    asyncio.run(run())


def test_nothing_is_cached_while_the_listener_is_down(
    partner_id: PartnerId, tmp_path: Path
) -> None:
    async def run() -> None:
        issued = await issue(partner_id)
        silent = make_conninfo(url_of_this_test(), host=str(tmp_path), connect_timeout=1)
        async with remembering(listen_at=silent) as keys:
            for _ in range(3):
                await keys.find(issued.secret, now=NOW)

            assert not keys.is_listening
            assert keys.lookups() == 3

    asyncio.run(run())


def test_a_lost_listener_empties_the_memory_and_comes_back(partner_id: PartnerId) -> None:
    async def run() -> None:
        issued = await issue(partner_id)
        async with remembering() as keys:
            await until(lambda: keys.is_listening)
            await keys.find(issued.secret, now=NOW)

            await end_listeners()
            await until(lambda: not keys.is_listening)
            await keys.find(issued.secret, now=NOW)
            await until(lambda: keys.is_listening)
            for _ in range(3):
                await keys.find(issued.secret, now=NOW)

            assert keys.lookups() == 3

    asyncio.run(run())


def test_a_revocation_during_an_outage_of_the_listener_is_not_missed(
    partner_id: PartnerId,
) -> None:
    async def run() -> None:
        issued = await issue(partner_id)
        async with (
            PostgresProxy(url_of_this_test()) as proxy,
            remembering(listen_at=proxy.url) as keys,
        ):
            await until(lambda: keys.is_listening)
            await keys.find(issued.secret, now=NOW)

            proxy.cut()
            await until(lambda: not keys.is_listening)
            await revoke(issued)
            assert await is_refused(keys, issued)

            proxy.restore()
            await until(lambda: keys.is_listening)
            assert await is_refused(keys, issued)

    asyncio.run(run())


def test_a_connection_that_has_gone_silent_is_given_up(partner_id: PartnerId) -> None:
    async def run() -> None:
        issued = await issue(partner_id)
        async with (
            PostgresProxy(url_of_this_test()) as proxy,
            remembering(listen_at=proxy.url, heartbeat_seconds=0.5) as keys,
        ):
            for _ in range(3):
                listens_until = keys._listener._listens_until
                await until(lambda told=listens_until: keys._listener._listens_until > told)
            await keys.find(issued.secret, now=NOW)

            proxy.swallow()
            await until(lambda: not keys.is_listening)
            await revoke(issued)
            assert await is_refused(keys, issued)

    asyncio.run(run())


async def end_listeners() -> None:
    async with await AsyncConnection.connect(url_of_this_test(), autocommit=True) as owner:
        await owner.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name = 'portico-edge-listener'"
        )
