"""Latency budgets: is the edge slower than Django by median, 99th percentile or time-outs?"""

from collections import deque
from statistics import median

from shared_domain.rollout.model import Budget, Side

#: Calls of each side that are kept, and how many are needed for a median or percentile.
WINDOW = 200
ENOUGH = 50

#: Time-outs need fewer: so many of them, among at least so many calls.
ENOUGH_TIMEOUTS = 5
ENOUGH_FOR_TIMEOUTS = 20

#: A 99th percentile that is longer by less is tolerated, whatever the ratio. Source: pauses of a
#: busy machine with 2 cores, measured on both halves.
TAIL_FLOOR_MS = 250.0


class Latencies:
    """The recent latencies of one endpoint, in milliseconds, by the side that answered."""

    def __init__(self) -> None:
        self._took: dict[Side, deque[float]] = {side: deque(maxlen=WINDOW) for side in Side}

    def add(self, side: Side, milliseconds: float) -> None:
        self._took[side].append(milliseconds)

    def forget_edge(self) -> None:
        """Forget the edge's latencies, after a rollback because of them."""
        self._took[Side.EDGE].clear()

    def too_slow(self, budget: Budget) -> str | None:
        """Return why the edge is too slow, None when it is not or too few calls were measured."""
        why = self.too_many_timeouts(budget)
        edge, django = self._took[Side.EDGE], self._took[Side.DJANGO]
        if why is not None or min(len(edge), len(django)) < ENOUGH:
            return why
        return budget.too_slow(edge_ms=median(edge), django_ms=median(django)) or too_slow_at_tail(
            budget, edge_ms=percentile_99(edge), django_ms=percentile_99(django)
        )

    def too_many_timeouts(self, budget: Budget) -> str | None:
        """Return why too many calls of the edge time out, None when they do not.

        None as well unless the share is twice Django's, and while too few calls were measured.
        """
        edge, django = self._took[Side.EDGE], self._took[Side.DJANGO]
        late = sum(took > budget.timeout_ms for took in edge)
        if len(edge) < ENOUGH_FOR_TIMEOUTS or late < ENOUGH_TIMEOUTS:
            return None
        share = 100 * late / len(edge)
        late_django = sum(took > budget.timeout_ms for took in django)
        share_of_django = 100 * late_django / len(django) if django else 0.0
        if share < budget.timeout_percent or share < 2 * share_of_django:
            return None
        return (
            f"{late} of {len(edge)} calls of the edge took longer than {budget.timeout_ms:g} ms; "
            f"{budget.timeout_percent:g} % is the budget"
        )


def percentile_99(took: "deque[float]") -> float:
    ordered = sorted(took)
    return ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]


def too_slow_at_tail(budget: Budget, *, edge_ms: float, django_ms: float) -> str | None:
    """Return why the edge's 99th percentile exceeds the budget, None when it does not."""
    if edge_ms <= max(budget.tail_ratio * django_ms, django_ms + TAIL_FLOOR_MS):
        return None
    return (
        f"the slowest hundredth of the edge's calls takes {edge_ms:.0f} ms or more, Django's "
        f"{django_ms:.0f}; {budget.tail_ratio:g} times is the budget"
    )
