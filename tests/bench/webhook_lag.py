"""The figures of the case ``webhooks``, for people and for programs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

#: Source: "Three readers", of the issue that brought webhooks.
AIM_RATIO = 1.2


@dataclass(frozen=True, kw_only=True)
class WebhookLag:
    """From the commit of an event to its arrival, in milliseconds, in ascending order.

    ``calm_ms`` are those of healthy endpoints alone, ``beside_ms`` while ``hanging`` others hang.
    """

    endpoints: int
    hanging: int
    calm_ms: Sequence[float]
    beside_ms: Sequence[float]

    @property
    def ratio(self) -> float:
        return percentile(self.beside_ms, 99) / percentile(self.calm_ms, 99)

    def as_row(self) -> dict[str, Any]:
        return {
            "case": "webhooks",
            "endpoints": self.endpoints,
            "hanging": self.hanging,
            "deliveries": len(self.calm_ms) + len(self.beside_ms),
            "calm_p50_ms": round(percentile(self.calm_ms, 50), 1),
            "calm_p99_ms": round(percentile(self.calm_ms, 99), 1),
            "beside_p50_ms": round(percentile(self.beside_ms, 50), 1),
            "beside_p99_ms": round(percentile(self.beside_ms, 99), 1),
            "ratio": round(self.ratio, 2),
            "aim_ratio": AIM_RATIO,
            "is_short_of_aim": self.ratio > AIM_RATIO,
        }

    def as_lines(self) -> list[str]:
        row = self.as_row()
        verdict = "missed" if row["is_short_of_aim"] else "met"
        return [
            f"{'commit to arrival':<24}{'p50 ms':>9}{'p99 ms':>9}",
            f"  {'no endpoint hangs':<22}{row['calm_p50_ms']:>9.1f}{row['calm_p99_ms']:>9.1f}",
            f"  {f'{self.hanging} others hang':<22}{row['beside_p50_ms']:>9.1f}"
            f"{row['beside_p99_ms']:>9.1f}",
            f"{self.endpoints:,} webhook endpoints, {row['deliveries']:,} deliveries; a p99 of at "
            f"most {AIM_RATIO:g} times that of before is the aim: {row['ratio']:.2f}, {verdict}.",
        ]


def percentile(ordered: Sequence[float], percent: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]
