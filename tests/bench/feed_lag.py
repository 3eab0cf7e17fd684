"""The figures of the case ``feed``, for people and for programs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class FeedLag:
    """From the commit of an event to its arrival at a reader, in milliseconds, in ascending order.

    ``waiting`` calls of other partners wait for events that do not come. ``sessions`` are those of
    the edge in PostgreSQL while they wait, ``most_sessions`` what one process may open.
    """

    waiting: int
    readers: int
    events: int
    seconds: float
    lags_ms: Sequence[float]
    edge_cpu_ms: float
    sessions: int
    most_sessions: int

    def percentile_ms(self, percent: float) -> float:
        return self.lags_ms[min(len(self.lags_ms) - 1, int(len(self.lags_ms) * percent / 100))]

    def as_row(self) -> dict[str, Any]:
        return {
            "case": "feed",
            "waiting": self.waiting,
            "readers": self.readers,
            "events": self.events,
            "events_per_second": round(self.events / self.seconds, 1),
            "p50_ms": round(self.percentile_ms(50), 1),
            "p99_ms": round(self.percentile_ms(99), 1),
            "edge_cpu_ms_per_arrival": round(self.edge_cpu_ms, 4),
            "sessions": self.sessions,
            "is_short_of_aim": self.sessions > self.most_sessions,
        }

    def as_lines(self) -> list[str]:
        row = self.as_row()
        verdict = "missed" if row["is_short_of_aim"] else "met"
        return [
            f"{'commit to long poll':<24}{'events/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'CPU ms':>9}",
            f"  {f'{self.readers} readers':<22}{row['events_per_second']:>9.0f}"
            f"{row['p50_ms']:>9.1f}{row['p99_ms']:>9.1f}{row['edge_cpu_ms_per_arrival']:>9.3f}",
            f"{self.waiting:,} other calls wait; at most {self.most_sessions} sessions in "
            f"PostgreSQL is the aim: {self.sessions}, {verdict}.",
        ]
