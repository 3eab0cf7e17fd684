"""A cache of API keys in this process, so that most requests need no query.

The app creates one, and starts the listener::

    app.state.keys = KeyCache(listener, pool, lifetime_seconds=settings.key_cache_seconds)

Why a revoked key works for at most a second
    Triggers on the tables of keys and partners notify the channel ``API_KEY_CHANNEL``; the keys
    that a notification names are dropped from the cache.

    - The cache is not used while the listener is disconnected (``pg_listener.py``). It is empty
      when the listener reconnects, because notifications may have been missed.
    - ``_generation`` counts the notifications. A key whose lookup began before the latest one is
      used once and not cached.
    - Entries last at most ``lifetime_seconds``, should all else fail; a key's own expiry is
      checked at each use.

Refusals are not cached: a key that was just issued works at once.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from api_edge.postgresql.database import AutocommitDatabase, Pool
from api_edge.postgresql.pg_listener import PgListener
from shared_domain import partners
from shared_domain.partners import ApiKey, ApiKeyId
from shared_domain.partners.sql_store import SqlKeyStore
from shared_domain.rollout.wire import API_KEY_CHANNEL


@dataclass(frozen=True, slots=True)
class _Remembered:
    key: ApiKey
    until: float


class KeyCache:
    """Finds API keys by their secret, in memory where that is safe, else in the database."""

    def __init__(
        self,
        listener: PgListener,
        pool: Pool,
        *,
        lifetime_seconds: float = 30.0,
        size: int = 10_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._listener = listener
        self._store = SqlKeyStore(AutocommitDatabase(pool))
        self._lifetime_seconds = lifetime_seconds
        self._size = size
        self._clock = clock
        # By digest, so that a copy of this process's memory holds no secret; oldest use first.
        self._remembered: OrderedDict[bytes, _Remembered] = OrderedDict()
        self._digests: dict[ApiKeyId, bytes] = {}
        self._generation = 0
        listener.subscribe(
            API_KEY_CHANNEL, on_notify=self._on_notify, on_reconnect=self._forget_everything
        )

    @property
    def is_listening(self) -> bool:
        """Whether the cache is in use; without the listener each request queries the database."""
        return self._listener.is_listening

    async def find(self, secret: str, *, now: datetime) -> ApiKey:
        """Return the API key with this secret, if it is valid at ``now``.

        Raises:
            KeyMalformed: recognised without a query.
            KeyUnknown, KeyRevoked, KeyExpired, PartnerInactive
        """
        digest = partners.key_digest(secret)
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

    def _on_notify(self, notice: str) -> None:
        """Drop the key whose id the notification holds, or every key when it holds none."""
        if notice.isdecimal():
            self._generation += 1
            self._forget(ApiKeyId(int(notice)))
        else:
            self._forget_everything()
