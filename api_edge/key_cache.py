"""What this process remembers of API keys, so that most requests ask the database nothing.

The app starts and stops it with itself::

    keys = KeyCache(settings.database_url, pool, lifetime_seconds=settings.key_cache_seconds)
    await keys.start()
    app.state.keys = keys
    ...
    await keys.stop()

How a revoked key is never believed for longer than a second
    Triggers on the tables of keys and partners notify the channel ``portico_api_key``. One
    connection of this process does nothing but listen there, and what it hears of is forgotten.

    - Nothing remembered is believed while that connection is down, or has given no sign of
      life for a while. When it comes back, remembering starts from nothing, because notices
      may have been missed.
    - Nothing is remembered that was read before the latest notice: ``_generation`` counts the
      notices, and a lookup during which it moved is used once and not kept.
    - Nothing is remembered for longer than ``lifetime_seconds``, should all else fail; and a
      key's own expiry is looked at every time it is used.

Refusals are not remembered: a key that was just issued works at once.
"""

import asyncio
import contextlib
import logging
import random
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg import AsyncConnection

from api_edge.database import Pool, StatementByStatement, connection_arguments
from shared_domain import partners
from shared_domain.partners import ApiKey, ApiKeyId
from shared_domain.partners.sql_store import SqlKeyStore

CHANNEL = "portico_api_key"

#: What pg_stat_activity calls the connection that listens.
LISTENER = "portico-edge-listener"

#: A silent connection is asked for a sign of life this often, and given as long to answer.
HEARTBEAT_SECONDS = 5.0

FIRST_RETRY_SECONDS = 0.1
LONGEST_RETRY_SECONDS = 2.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Remembered:
    key: ApiKey
    until: float


class KeyCache:
    """Answers whose key a secret is, from memory where that is safe."""

    def __init__(
        self,
        database_url: str,
        pool: Pool,
        *,
        lifetime_seconds: float = 30.0,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
        size: int = 10_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database_url = database_url
        self._store = SqlKeyStore(StatementByStatement(pool))
        self._lifetime_seconds = lifetime_seconds
        self._heartbeat_seconds = heartbeat_seconds
        self._size = size
        self._clock = clock
        # By digest, so that a copy of this process's memory holds no secret; oldest use first.
        self._remembered: OrderedDict[bytes, _Remembered] = OrderedDict()
        self._digests: dict[ApiKeyId, bytes] = {}
        self._generation = 0
        self._listens_until = 0.0
        self._retry_seconds = FIRST_RETRY_SECONDS
        self._listener: asyncio.Task[None] | None = None

    @property
    def is_listening(self) -> bool:
        """Whether keys are being remembered; without it every request asks the database."""
        return time.monotonic() < self._listens_until

    async def start(self) -> None:
        """Begin to listen. Returns at once; until the connection stands, nothing is remembered."""
        self._listener = asyncio.create_task(self._listen_until_stopped(), name="key listener")

    async def stop(self) -> None:
        """Stop listening, and forget everything."""
        if self._listener is not None:
            self._listener.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._listener
            self._listener = None

    async def find(self, secret: str, *, now: datetime) -> ApiKey:
        """Return the key that ``secret`` is, if it works at ``now``.

        Raises:
            KeyMalformed: found out without the database.
            KeyUnknown, KeyRevoked, KeyExpired, PartnerInactive
        """
        digest = partners.digest_of(secret)
        remembered = self._recall(digest)
        if remembered is not None:
            remembered.check_usable(now=now)
            return remembered

        generation = self._generation
        key = await partners.authenticate(secret, now=now, store=self._store)
        if self.is_listening and generation == self._generation:
            self._remember(digest, key)
        return key

    def _recall(self, digest: bytes) -> ApiKey | None:
        remembered = self._remembered.get(digest)
        if remembered is None or not self.is_listening:
            return None
        if remembered.until <= self._clock():
            self._forget(remembered.key.id)
            return None
        self._remembered.move_to_end(digest)
        return remembered.key

    def _remember(self, digest: bytes, key: ApiKey) -> None:
        self._remembered[digest] = _Remembered(key, self._clock() + self._lifetime_seconds)
        self._remembered.move_to_end(digest)
        self._digests[key.id] = digest
        if len(self._remembered) > self._size:
            _, oldest = self._remembered.popitem(last=False)
            del self._digests[oldest.key.id]

    def _forget(self, key_id: ApiKeyId) -> None:
        digest = self._digests.pop(key_id, None)
        if digest is not None:
            del self._remembered[digest]

    def _forget_everything(self) -> None:
        self._generation += 1
        self._remembered.clear()
        self._digests.clear()

    def _heed(self, notice: str) -> None:
        """Forget the key that ``notice`` names by its id, or every key when it names none."""
        if notice.isdecimal():
            self._generation += 1
            self._forget(ApiKeyId(int(notice)))
        else:
            self._forget_everything()

    async def _listen_until_stopped(self) -> None:
        while True:
            try:
                await self._listen()
            except (psycopg.Error, OSError) as error:
                logger.warning("API keys are looked up every time: no listener (%s)", error)
            finally:
                self._listens_until = 0.0
                self._forget_everything()
            # Not all processes at once, when a restarted server has to take them back.
            await asyncio.sleep(self._retry_seconds * random.uniform(0.5, 1.0))
            self._retry_seconds = min(self._retry_seconds * 2, LONGEST_RETRY_SECONDS)

    async def _listen(self) -> None:
        """Heed notices until the connection fails."""
        arguments = connection_arguments() | {"application_name": LISTENER}
        connection = await AsyncConnection.connect(self._database_url, **arguments)
        async with connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            # A lookup that began before this moment may have missed a notice.
            self._forget_everything()
            self._retry_seconds = FIRST_RETRY_SECONDS
            logger.info("listening for changes of API keys")
            while True:
                # Set ahead, not taken back: giving a dead connection up may take long.
                self._listens_until = time.monotonic() + 2 * self._heartbeat_seconds
                async for notice in connection.notifies(timeout=self._heartbeat_seconds):
                    self._heed(notice.payload)
                async with asyncio.timeout(self._heartbeat_seconds):
                    await connection.execute("SELECT 1")
