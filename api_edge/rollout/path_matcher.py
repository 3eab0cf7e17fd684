"""Which endpoint a request is for, by its method and its path as it was sent."""

from collections.abc import Iterable
from typing import Generic, TypeVar

from shared_domain.rollout import path_shape

T = TypeVar("T")

#: Methods that are answered by whoever answers GET.
METHODS_LIKE_GET = frozenset({"HEAD", "OPTIONS"})


class PathMatcher(Generic[T]):
    """Finds what stands for a method and a path template, as in ``GET /v1/users/{id}``.

    A parameter is one part of the path, as it is for both frameworks; a template with fewer
    parameters wins over one with more.
    """

    def __init__(self, known: Iterable[tuple[str, str, T]]) -> None:
        self._by_length: dict[tuple[str, int], list[tuple[tuple[str, ...], T]]] = {}
        for method, template, what in known:
            parts = tuple(path_shape(template).split("/"))
            self._by_length.setdefault((method, len(parts)), []).append((parts, what))
        for alternatives in self._by_length.values():
            alternatives.sort(key=lambda it: it[0].count("{}"))
        self._methods = {method for method, _ in self._by_length}

    def find(self, method: str, path: str) -> T | None:
        """Return what was registered, None when nothing fits."""
        if method in METHODS_LIKE_GET:
            method = "GET"
        parts = path.split("/")
        for template, what in self._by_length.get((method, len(parts)), ()):
            for wanted, given in zip(template, parts, strict=True):
                if wanted != given and not (wanted == "{}" and given):
                    break
            else:
                return what
        return None

    def at(self, path: str) -> list[T]:
        """Return what was registered for a path, one for each method that fits."""
        found = (self.find(method, path) for method in self._methods)
        return [what for what in found if what is not None]
