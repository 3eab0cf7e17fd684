"""The aims of ``deploy/bench``, and whether a figure meets its aim. Source: issue 12."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Aim:
    """What the edge may cost at most in a case; None where there is no such aim.

    ``times_limit`` compares it with the tuned peer without a framework, PostgreSQL's processor time
    counted for both.
    """

    times_limit: float | None = None
    cpu_ms: float | None = None
    postgres_ms: float | None = None

    def __str__(self) -> str:
        if self.times_limit is not None:
            return f"≤{self.times_limit:g}"
        return f"≤{self.cpu_ms:g} ms"

    def misses(
        self, *, times_limit: float | None, cpu_ms: float, postgres_ms: float | None
    ) -> list[str]:
        """Return what misses the aim, in words; a figure that was not measured misses none."""
        found = []
        for value, most, words in (
            (times_limit, self.times_limit, "{:.2f} of at most {:g} × bare ASGI"),
            (cpu_ms, self.cpu_ms, "{:.3f} CPU ms of at most {:g}"),
            (postgres_ms, self.postgres_ms, "{:.2f} ms of PostgreSQL of at most {:g}"),
        ):
            if value is not None and most is not None and value > most:
                found.append(words.format(value, most))
        return found


#: Cases that only the edge answers, with the case of bare ASGI's that they are compared with.
COMPARED_WITH = {"unchanged": "calendar", "packed": "calendar"}

AIMS = {
    "get": Aim(times_limit=1.4),
    "list": Aim(times_limit=1.3),
    "reserve": Aim(times_limit=1.3, postgres_ms=1.0),
    "calendar": Aim(times_limit=0.4),
    "unchanged": Aim(times_limit=0.15),
    "products": Aim(cpu_ms=0.35),
    "page": Aim(cpu_ms=0.15),
    "django": Aim(cpu_ms=0.15),
    "unknown": Aim(cpu_ms=0.15),
}
