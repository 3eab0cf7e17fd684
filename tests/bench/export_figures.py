"""The figures of the case ``export``, for people and for programs."""

from dataclasses import dataclass
from typing import Any

#: Source: "The seed's async promise, shown", of the issue that asked for the export.
AIM_GROWTH_MB = 30.0


@dataclass(frozen=True, kw_only=True)
class BookingExport:
    """The result of the case."""

    bookings: int
    megabytes: float
    first_byte_ms: float
    seconds: float
    cpu_seconds: float
    growth_mb: float

    def as_row(self) -> dict[str, Any]:
        return {
            "case": "export",
            "bookings": self.bookings,
            "megabytes": round(self.megabytes, 1),
            "first_byte_ms": round(self.first_byte_ms, 1),
            "bookings_per_second": round(self.bookings / self.seconds),
            "cpu_ms_per_booking": round(self.cpu_seconds * 1000 / max(1, self.bookings), 4),
            "growth_mb": round(self.growth_mb, 1),
            "aim_growth_mb": AIM_GROWTH_MB,
            "is_short_of_aim": self.growth_mb > AIM_GROWTH_MB,
        }

    def as_lines(self) -> list[str]:
        row = self.as_row()
        verdict = "missed" if row["is_short_of_aim"] else "met"
        return [
            f"{'export of bookings':<24}{'bookings/s':>11}{'first ms':>9}{'MB':>9}{'growth MB':>10}"
            f"{'CPU ms':>9}",
            f"  {'one NDJSON stream':<22}{row['bookings_per_second']:>11}"
            f"{row['first_byte_ms']:>9.1f}{row['megabytes']:>9.1f}{row['growth_mb']:>10.1f}"
            f"{row['cpu_ms_per_booking']:>9.3f}",
            f"{self.bookings:,} bookings; the edge may grow by {AIM_GROWTH_MB:g} MB: {verdict}.",
        ]
