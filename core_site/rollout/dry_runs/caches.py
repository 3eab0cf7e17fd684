"""Copy-on-write caches: a dry run reads the real caches, and its writes are discarded."""

import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.cache import caches
from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache

from core_site.rollout.dry_runs.ways_out import allow_ways_out, refuse


@contextmanager
def copy_on_write_caches() -> Iterator[None]:
    """Replace every cache of this thread by a copy-on-write cache."""
    real = {alias: caches[alias] for alias in caches}
    for alias, cache in real.items():
        caches[alias] = CopyOnWriteCache(cache)
    try:
        yield
    finally:
        for alias, cache in real.items():
            caches[alias] = cache


class CopyOnWriteCache(BaseCache):
    """Reads through to another cache, and stores writes in memory only."""

    def __init__(self, real: BaseCache) -> None:
        super().__init__({"VERSION": real.version, "TIMEOUT": real.default_timeout})
        self._real = real
        self._is_cleared = False
        #: Pickled values, as in every cache; None for a deleted key.
        self._written: dict[tuple[str, int], bytes | None] = {}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        # Methods of the backend's own, such as the locks of Redis, are blocked.
        refuse(f"cache.{name}")
        return getattr(self._real, name)

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        place = self._place(key, version)
        if place in self._written:
            value = self._written[place]
            return default if value is None else pickle.loads(value)  # noqa: S301 (its own)
        if self._is_cleared:
            return default
        with allow_ways_out():
            return self._real.get(key, default, version=version)

    def set(
        self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> None:
        seconds = self.default_timeout if timeout is DEFAULT_TIMEOUT else timeout
        has_expired = seconds is not None and seconds <= 0
        self._written[self._place(key, version)] = None if has_expired else pickle.dumps(value)

    def add(
        self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> bool:
        if self.has_key(key, version):
            return False
        self.set(key, value, timeout, version)
        return True

    def touch(self, key: str, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        is_there = self.has_key(key, version)
        if is_there:
            self.set(key, self.get(key, version=version), timeout, version)
        return is_there

    def delete(self, key: str, version: int | None = None) -> bool:
        was_there = self.has_key(key, version)
        self._written[self._place(key, version)] = None
        return was_there

    def clear(self) -> None:
        self._written.clear()
        self._is_cleared = True

    def _place(self, key: str, version: int | None) -> tuple[str, int]:
        return key, self.version if version is None else version
