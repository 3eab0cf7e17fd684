"""What was measured of one server in one case."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any


@dataclass(kw_only=True)
class Measured:
    """One server in one case, all its turns together; a cost is the median of the turns."""

    cpu_ms_of_turns: list[float] = field(default_factory=list)
    #: PostgreSQL's, of the turns in which it was known.
    postgres_ms_of_turns: list[float] = field(default_factory=list)
    seconds: float = 0.0
    generator_seconds: float = 0.0
    latencies_us: list[int] = field(default_factory=list)

    def add(self, turn: dict[str, Any]) -> None:
        requests = len(turn["latencies_us"])
        self.cpu_ms_of_turns.append(1000 * turn["cpu_seconds"] / requests)
        if turn["postgres_seconds"] is not None:
            self.postgres_ms_of_turns.append(1000 * turn["postgres_seconds"] / requests)
        self.seconds += turn["seconds"]
        self.generator_seconds += turn["own_cpu_seconds"]
        self.latencies_us += turn["latencies_us"]

    @property
    def requests(self) -> int:
        return len(self.latencies_us)

    @property
    def cpu_ms(self) -> float:
        """CPU milliseconds of the server's processes per request."""
        return median(self.cpu_ms_of_turns)

    @property
    def postgres_ms(self) -> float | None:
        """CPU milliseconds of PostgreSQL per request; None where they are not known."""
        return median(self.postgres_ms_of_turns) if self.postgres_ms_of_turns else None

    @property
    def total_ms(self) -> float:
        """CPU milliseconds per request of the server and, where known, of PostgreSQL."""
        return self.cpu_ms + (self.postgres_ms or 0.0)

    @property
    def requests_per_second(self) -> float:
        return self.requests / self.seconds

    def percentile_ms(self, percent: float) -> float:
        return percentile_ms(self.latencies_us, percent)


def percentile_ms(latencies_us: Sequence[int], percent: float) -> float:
    ordered = sorted(latencies_us)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] / 1000
