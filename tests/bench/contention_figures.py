"""The figures of the case ``contention``, for people and for programs."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tests.bench.servers import EDGE, NAMES

#: Source: issue 12.
AIM_P99_MS, AIM_RESERVATIONS_PER_SECOND = 100.0, 300.0


@dataclass(frozen=True, kw_only=True)
class Reads:
    """Bookings that were read while so many callers reserved; ``refused`` counts reads."""

    writers: int
    reads_per_second: float
    refused: int
    writes_per_second: float
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True, kw_only=True)
class Contention:
    """One server; ``oversold`` counts places beyond the capacity, and those not counted right."""

    server: str
    beside_writers: Reads
    beside_one_departure: Reads
    reservations_per_second: float
    oversold: int
    places_left: int

    def short_of_aim(self) -> list[str]:
        """Return what misses an aim, in words; only the edge has aims."""
        if self.server != EDGE:
            return []
        found = [
            f"get beside {reads.writers} writers: p99 {reads.p99_ms:.0f} ms of at most "
            f"{AIM_P99_MS:g}"
            for reads in (self.beside_writers, self.beside_one_departure)
            if reads.p99_ms > AIM_P99_MS
        ]
        found += [
            f"get beside {reads.writers} writers: {reads.refused} refused"
            for reads in (self.beside_writers, self.beside_one_departure)
            if reads.refused
        ]
        if self.reservations_per_second < AIM_RESERVATIONS_PER_SECOND:
            found.append(
                f"one departure: {self.reservations_per_second:.0f} reservations a second of at "
                f"least {AIM_RESERVATIONS_PER_SECOND:g}"
            )
        if self.oversold:
            found.append(f"one departure: {self.oversold} places oversold")
        return found

    def as_row(self) -> dict[str, Any]:
        return {**asdict(self), "short_of_aim": self.short_of_aim()}

    def as_line(self) -> str:
        spread, on_one = self.beside_writers, self.beside_one_departure
        return (
            f"  {NAMES[self.server]:<26}{spread.p99_ms:>9.0f}{spread.writes_per_second:>9.0f}"
            f"{on_one.p99_ms:>12.0f}{on_one.writes_per_second:>9.0f}"
            f"{self.reservations_per_second:>12.0f}{self.oversold:>9}"
        )


@dataclass(frozen=True, kw_only=True)
class ContentionFigures:
    """The case, with every server that was measured."""

    servers: Sequence[Contention]

    def as_row(self) -> dict[str, Any]:
        rows = [found.as_row() for found in self.servers]
        return {"case": "contention", "servers": rows}

    def as_lines(self) -> list[str]:
        short = [missed for found in self.servers for missed in found.short_of_aim()]
        return [
            f"{'get beside writers':<28}{'64':>9}{'':>9}{'200 on one':>12}{'':>9}{'one alone':>12}",
            f"{'':<28}{'p99 ms':>9}{'writes/s':>9}{'p99 ms':>12}{'writes/s':>9}{'writes/s':>12}"
            f"{'oversold':>9}",
            *(found.as_line() for found in self.servers),
            "Short of the aim: " + "; ".join(short) if short else "Every aim is met.",
        ]
