"""Match a request's method and path to a path template, such as ``GET /v1/users/{id}``."""

from collections.abc import Iterable
from typing import Generic, TypeVar

from shared_domain.rollout import path_shape

T = TypeVar("T")

#: Methods that the endpoint of GET answers as well.
METHODS_LIKE_GET = frozenset({"HEAD", "OPTIONS"})


class PathMatcher(Generic[T]):
    """Finds the value that is registered for a method and a path template.

    A parameter is one segment of the path, as in both frameworks; a template with fewer parameters
    wins over one with more. The path is matched as it was sent, without decoding.
    """

    def __init__(self, known: Iterable[tuple[str, str, T]]) -> None:
        self._by_length: dict[tuple[str, int], list[tuple[tuple[str, ...], T]]] = {}
        for method, template, value in known:
            parts = tuple(path_shape(template).split("/"))
            self._by_length.setdefault((method, len(parts)), []).append((parts, value))
        for alternatives in self._by_length.values():
            alternatives.sort(key=lambda alternative: alternative[0].count("{}"))
        self._methods = {method for method, _ in self._by_length}

    def find(self, method: str, path: str) -> T | None:
        """Return the value for a request, or None; HEAD and OPTIONS match as GET does."""
        if method in METHODS_LIKE_GET:
            method = "GET"
        parts = path.split("/")
        for template, value in self._by_length.get((method, len(parts)), ()):
            for wanted, given in zip(template, parts, strict=True):
                if wanted != given and not (wanted == "{}" and given):
                    break
            else:
                return value
        return None

    def find_all(self, path: str) -> list[T]:
        """Return the values of all methods that have a path."""
        found = (self.find(method, path) for method in self._methods)
        return [value for value in found if value is not None]
