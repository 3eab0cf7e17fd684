"""Disruptions: cancel or move every booking of one or many departures, as for a day of wind.

start ──▶ departures closed, one row for each booking ──worker──▶ DONE · REFUSED · NEEDLESS
                                                         │
                                                         └─ the last row: the disruption is over

``start_disruption`` closes the departures and lists their bookings in one transaction, so nothing
new is sold from that moment on. The worker then carries out each booking in a transaction of its
own, together with its event and the notice to its guest: a worker that is killed goes on
where it was, and no booking is cancelled, moved or told twice. A refusal is a result of one row.
"""

from shared_domain.disruptions.errors import (
    AffectedChanged,
    DisruptionRefused,
    DisruptionRunning,
    DisruptionTooLarge,
    MoveOntoItself,
    NoDepartures,
)
from shared_domain.disruptions.model import (
    MAX_BOOKINGS,
    MAX_DEPARTURES,
    AffectedBooking,
    DisruptionId,
    DisruptionKind,
    DisruptionPlan,
    DisruptionRowId,
    LineOutcome,
    Notice,
    Obstacle,
    Prediction,
    fingerprint,
    predict,
)
from shared_domain.disruptions.notices import (
    CancellationNotice,
    due_cancellation_notices,
    lock_cancellation_notice,
    settle_cancellation_notice,
)
from shared_domain.disruptions.services import (
    MOST_ATTEMPTS,
    DisruptionStore,
    carry_out_row,
    find_affected,
    finish_disruption,
    note_failure,
    pending_rows,
    refuse_row,
    running_disruptions,
    start_disruption,
)

__all__ = [
    "MAX_BOOKINGS",
    "MAX_DEPARTURES",
    "MOST_ATTEMPTS",
    "AffectedBooking",
    "AffectedChanged",
    "CancellationNotice",
    "DisruptionId",
    "DisruptionKind",
    "DisruptionPlan",
    "DisruptionRefused",
    "DisruptionRowId",
    "DisruptionRunning",
    "DisruptionStore",
    "DisruptionTooLarge",
    "MoveOntoItself",
    "NoDepartures",
    "Notice",
    "Obstacle",
    "LineOutcome",
    "Prediction",
    "carry_out_row",
    "due_cancellation_notices",
    "find_affected",
    "fingerprint",
    "finish_disruption",
    "lock_cancellation_notice",
    "note_failure",
    "pending_rows",
    "predict",
    "refuse_row",
    "running_disruptions",
    "settle_cancellation_notice",
    "start_disruption",
]
