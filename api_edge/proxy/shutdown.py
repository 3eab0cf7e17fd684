"""Notify subscribers that this process begins to end, so that waiting requests are answered.

uvicorn has no such notice: its lifespan ends only after the last response.
"""

from collections.abc import Callable


class Shutdown:
    """Calls its subscribers once, when the server begins to stop or to drain."""

    def __init__(self) -> None:
        self._subscribers: list[Callable[[], None]] = []

    def subscribe(self, on_shutdown: Callable[[], None]) -> None:
        self._subscribers.append(on_shutdown)

    def begin(self) -> None:
        """Call every subscriber; a second call does nothing."""
        subscribers, self._subscribers = self._subscribers, []
        for on_shutdown in subscribers:
            on_shutdown()


#: Of this process; ``EdgeServer`` begins it.
SHUTDOWN = Shutdown()
