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
        super().__init__({})
        self._real = real
        self._is_cleared = False
        #: Pickled values, as in every cache; None for a deleted key.
        self._written: dict[tuple[str, int | None], bytes | None] = {}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        # Methods of the backend's own, such as the locks of Redis, are blocked.
        refuse(f"cache.{name}")
        return getattr(self._real, name)

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        if (key, version) in self._written:
            value = self._written[key, version]
            return default if value is None else pickle.loads(value)  # noqa: S301 (its own)
        if self._is_cleared:
            return default
        with allow_ways_out():
            return self._real.get(key, default, version=version)

    def set(
        self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> None:
        self._written[key, version] = pickle.dumps(value)

    def add(
        self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> bool:
        if self.has_key(key, version):
            return False
        self.set(key, value, timeout, version=version)
        return True

    def touch(self, key: str, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return self.has_key(key, version)

    def delete(self, key: str, version: int | None = None) -> bool:
        was_there = self.has_key(key, version)
        self._written[key, version] = None
        return was_there

    def clear(self) -> None:
        self._written.clear()
        self._is_cleared = True
