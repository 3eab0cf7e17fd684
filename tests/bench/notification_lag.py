"""The figures of the case ``notifications``, for people and for programs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.bench.webhook_lag import percentile

#: Source: "Three readers", of the issue that brought notifications.
AIM_P99_MS = 1_000


@dataclass(frozen=True, kw_only=True)
class NotificationLag:
    """From the commit of a change to its arrival at each subscriber, in milliseconds, ascending.

    ``worker_cpu_ms`` is the worker's processor time for one notification.
    """

    subscribers: int
    changes: int
    worker_cpu_ms: float
    lags_ms: Sequence[float]

    def as_row(self) -> dict[str, Any]:
        p99 = percentile(self.lags_ms, 99)
        return {
            "case": "notifications",
            "subscribers": self.subscribers,
            "changes": self.changes,
            "worker_cpu_ms": round(self.worker_cpu_ms, 3),
            "p50_ms": round(percentile(self.lags_ms, 50), 1),
            "p99_ms": round(p99, 1),
            "most_ms": round(self.lags_ms[-1], 1),
            "aim_p99_ms": AIM_P99_MS,
            "is_short_of_aim": p99 > AIM_P99_MS,
        }

    def as_lines(self) -> list[str]:
        row = self.as_row()
        verdict = "missed" if row["is_short_of_aim"] else "met"
        return [
            f"{'change to push':<24}{'p50 ms':>9}{'p99 ms':>9}{'most ms':>9}{'CPU ms':>9}",
            f"  {'availability':<22}{row['p50_ms']:>9.1f}{row['p99_ms']:>9.1f}"
            f"{row['most_ms']:>9.1f}{row['worker_cpu_ms']:>9.3f}",
            f"{self.changes} changes, each told to {self.subscribers:,} subscribers; p99 of at "
            f"most {AIM_P99_MS:,} ms is the aim: {verdict}.",
        ]
