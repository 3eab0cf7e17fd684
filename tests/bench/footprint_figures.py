"""The figures of the cases ``process`` and ``up``, for people and for programs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: Source: issue 12.
AIM_RSS_MB, AIM_IMPORT_SECONDS = 70.0, 0.8
AIM_STACK_PSS_MB, AIM_SECOND_START_SECONDS = 350.0, 5.0


@dataclass(frozen=True, kw_only=True)
class ProcessFootprint:
    """One worker of the edge; the CPU seconds of importing its code, in a process of its own."""

    import_cpu_seconds: float
    rss_mb: float
    pss_mb: float

    @property
    def is_short_of_aim(self) -> bool:
        return self.rss_mb > AIM_RSS_MB or self.import_cpu_seconds > AIM_IMPORT_SECONDS

    def as_row(self) -> dict[str, Any]:
        return {
            "case": "process",
            "import_cpu_seconds": round(self.import_cpu_seconds, 2),
            "rss_mb": round(self.rss_mb, 1),
            "pss_mb": round(self.pss_mb, 1),
            "is_short_of_aim": self.is_short_of_aim,
        }

    def as_lines(self) -> list[str]:
        return [
            f"One process of the edge: {self.rss_mb:.0f} MB resident ({self.pss_mb:.0f} MB PSS), "
            f"its import {self.import_cpu_seconds:.2f} CPU s; at most {AIM_RSS_MB:g} MB and "
            f"{AIM_IMPORT_SECONDS:g} s is the aim: {_verdict(self.is_short_of_aim)}."
        ]


@dataclass(frozen=True, kw_only=True)
class StackFootprint:
    """What ``deploy/up`` runs, started again on data that are there; memory by kind of process."""

    second_start_seconds: float
    pss_mb: Mapping[str, float]

    @property
    def is_short_of_aim(self) -> bool:
        return (
            sum(self.pss_mb.values()) > AIM_STACK_PSS_MB
            or self.second_start_seconds > AIM_SECOND_START_SECONDS
        )

    def as_row(self) -> dict[str, Any]:
        return {
            "case": "up",
            "second_start_seconds": round(self.second_start_seconds, 1),
            "pss_mb": {name: round(used, 1) for name, used in self.pss_mb.items()},
            "is_short_of_aim": self.is_short_of_aim,
        }

    def as_lines(self) -> list[str]:
        parts = ", ".join(f"{name} {used:.0f}" for name, used in sorted(self.pss_mb.items()))
        return [
            f"deploy/up, started again: {self.second_start_seconds:.1f} s, "
            f"{sum(self.pss_mb.values()):.0f} MB PSS ({parts}); at most "
            f"{AIM_SECOND_START_SECONDS:g} s and {AIM_STACK_PSS_MB:g} MB is the aim: "
            f"{_verdict(self.is_short_of_aim)}."
        ]


def _verdict(is_short_of_aim: bool) -> str:
    return "missed" if is_short_of_aim else "met"
