"""Usage of the API: how often each key calls, and which calls were refused and why.

    call ──▶ Calls of its key and hour         kept 90 days
      └─ refused or failed ──▶ Refusal         the last 200 of each partner, at most 30 days

Neither holds a value that was sent: a refusal has the path's template, the code of the error and
the names of the fields at fault.
"""

from shared_domain.usage.model import (
    CALLS_KEPT_FOR,
    MOST_FIELDS,
    REFUSALS_KEPT,
    REFUSALS_KEPT_FOR,
    Calls,
    CallsOfDay,
    CallsOfKey,
    ListedRefusal,
    Refusal,
    normalise_method,
)

__all__ = [
    "CALLS_KEPT_FOR",
    "MOST_FIELDS",
    "REFUSALS_KEPT",
    "REFUSALS_KEPT_FOR",
    "Calls",
    "CallsOfDay",
    "CallsOfKey",
    "ListedRefusal",
    "Refusal",
    "normalise_method",
]
