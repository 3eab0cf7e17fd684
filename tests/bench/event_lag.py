"""The figures of the case ``events``, for people and for programs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

#: Source: "The log", of the issue that gave events their positions.
AIM_EVENTS_PER_SECOND, AIM_P99_MS = 2_000, 250.0


@dataclass(frozen=True, kw_only=True)
class EventLag:
    """The result of the case; milliseconds are of each event, in ascending order."""

    events: int
    writers: int
    seconds: float
    lags_ms: Sequence[float]
    worker_cpu_ms: float
    is_gapless: bool

    @property
    def events_per_second(self) -> float:
        return self.events / self.seconds

    def percentile_ms(self, percent: float) -> float:
        return self.lags_ms[min(len(self.lags_ms) - 1, int(len(self.lags_ms) * percent / 100))]

    def as_row(self) -> dict[str, Any]:
        return {
            "case": "events",
            "events": self.events,
            "events_per_second": round(self.events_per_second, 1),
            "p50_ms": round(self.percentile_ms(50), 1),
            "p99_ms": round(self.percentile_ms(99), 1),
            "highest_ms": round(self.lags_ms[-1], 1),
            "worker_cpu_ms_per_event": round(self.worker_cpu_ms, 4),
            "is_gapless": self.is_gapless,
            "aim_p99_ms": AIM_P99_MS,
            "is_short_of_aim": self.percentile_ms(99) > AIM_P99_MS or not self.is_gapless,
        }

    def as_lines(self) -> list[str]:
        row = self.as_row()
        verdict = "missed" if row["is_short_of_aim"] else "met"
        gapless = "gapless" if self.is_gapless else "WITH GAPS"
        return [
            f"{'commit to position':<24}{'events/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'most ms':>9}"
            f"{'CPU ms':>9}",
            f"  {'one sequencer':<22}{row['events_per_second']:>9.0f}{row['p50_ms']:>9.1f}"
            f"{row['p99_ms']:>9.1f}{row['highest_ms']:>9.1f}{row['worker_cpu_ms_per_event']:>9.3f}",
            f"{self.events:,} events of {self.writers} writers, {gapless}; "
            f"p99 of at most {AIM_P99_MS:g} ms is the aim: {verdict}.",
        ]
