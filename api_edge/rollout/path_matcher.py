"""Match a request's method and path to a path template, such as ``GET /v1/users/{id}``."""

from collections.abc import Iterable
from typing import Generic, TypeVar

from shared_domain.rollout import path_shape

T = TypeVar("T")

#: Methods that the endpoint of GET answers as well.
METHODS_LIKE_GET = frozenset({"HEAD", "OPTIONS"})


class PathMatcher(Generic[T]):
    """Finds the value that is registered for a method and a path template.

    A parameter is one segment of the path, as in both frameworks. Of two templates that fit a path
    the one with fewer parameters wins, and of equally many the one whose first comes later,
    whatever their order. The path is matched as it was sent, without decoding.
    """

    def __init__(self, known: Iterable[tuple[str, str, T]]) -> None:
        self._by_length: dict[tuple[str, int], list[tuple[tuple[str, ...], T]]] = {}
        for method, template, value in known:
            parts = tuple(path_shape(template).split("/"))
            self._by_length.setdefault((method, len(parts)), []).append((parts, value))
        for alternatives in self._by_length.values():
            alternatives.sort(key=lambda alternative: _precedence(alternative[0]))
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


def _precedence(parts: tuple[str, ...]) -> tuple[int, list[bool]]:
    return parts.count("{}"), [part == "{}" for part in parts]


def hides(earlier: str, later: str) -> bool:
    """Return whether a route fits a path before another one does to which ``PathMatcher`` gives it.

    A framework takes the first route that fits.
    """
    first, second = (tuple(path_shape(template).split("/")) for template in (earlier, later))
    return (
        len(first) == len(second)
        and _precedence(second) < _precedence(first)
        and all("{}" in pair or pair[0] == pair[1] for pair in zip(first, second, strict=True))
    )
