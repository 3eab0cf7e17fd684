"""Rate limits of the guide's view, counted in each process: by link, and by address for no links.

A process that counts alone needs no database for it; several allow as many times more, and the
signature keeps guesses out in any case.
"""

import threading
import time

from shared_domain.bounded_memory import BoundedMemory

WINDOW_SECONDS = 60

#: A telephone asks 40 times a minute; a link may be open on several.
REQUESTS_OF_A_LINK = 600

#: Links that are none, from one network: a guide who mistypes, not a program that guesses.
WRONG_LINKS_OF_AN_ADDRESS = 30

_MOST_COUNTED = 10_000


class RateLimit:
    """Counts calls by key in windows of a minute, and remembers the ``most`` used last."""

    def __init__(self, allowed: int, *, most: int = _MOST_COUNTED) -> None:
        self._allowed = allowed
        self._counted: BoundedMemory[str, tuple[float, int]] = BoundedMemory(most=most)
        self._lock = threading.Lock()

    def is_reached(self, key: str, *, count: bool = True) -> bool:
        """Return whether the key has had its share of this window; ``count`` adds this call."""
        now = time.monotonic()
        with self._lock:
            began_at, calls = self._counted.get(key, (now, 0))
            if now - began_at >= WINDOW_SECONDS:
                began_at, calls = now, 0
            if calls >= self._allowed:
                return True
            if count:
                self._counted[key] = (began_at, calls + 1)
        return False


of_links = RateLimit(REQUESTS_OF_A_LINK)
of_wrong_links = RateLimit(WRONG_LINKS_OF_AN_ADDRESS)
