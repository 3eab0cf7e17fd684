"""A subscription that a worker has claimed, its notifications, and their outcomes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from shared_domain.notifications.model import NotificationType, SubscriptionId
from shared_domain.webhooks import (
    AttemptOutcome,
    AttemptProblem,
    AttemptResult,
    DeliveryState,
    DisabledBy,
    Health,
    next_attempt_at,
)

#: Notifications that one run of a subscription sends, and how many at once.
PAGE, PARALLEL = 20, 4

#: The least time between two notifications of one product's availability to one subscription.
AVAILABILITY_PACE = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """A notification that is to be sent; ``attempts`` counts the attempt that begins.

    ``was_due`` is false for a probe: an attempt before its time, to see whether a failing
    subscription's server is back.
    """

    id: int
    public_id: UUID
    kind: NotificationType
    subject: str
    product_code: str
    booking_uuid: UUID | None
    local_date_start: date | None
    local_date_end: date | None
    attempts: int
    next_attempt_at: datetime
    created_at: datetime
    was_due: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedSubscription:
    """A subscription as it was when a worker claimed it, with what is sent to it now.

    ``wakeups`` tells whether there was something new since.
    """

    id: SubscriptionId
    url: str
    sealed_headers: str
    claim: UUID
    wakeups: int
    health: Health
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    notifications: Sequence[Notification] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SentNotification:
    """A notification with its new state after an attempt."""

    notification: Notification
    state: DeliveryState
    attempts: int
    next_attempt_at: datetime | None
    outcome: AttemptOutcome


class NotificationRun:
    """Sends the due notifications of one claimed subscription, and follows its health."""

    def __init__(self, claimed: ClaimedSubscription) -> None:
        self.claimed = claimed
        self.health = claimed.health
        self.disabled_by: DisabledBy | None = None
        self.sent: list[SentNotification] = []
        #: Not sent yet; of a run that has ended, what was not sent at all.
        self.unsent = list(claimed.notifications)
        self._is_stopped = False
        self._asked_to_wait_until: datetime | None = None

    @property
    def has_recovered(self) -> bool:
        """Whether a subscription that was held back has accepted a notification in this run.

        All waiting notifications are then tried at once.
        """
        return self.claimed.health.is_held_back and not self.health.is_held_back

    def stop(self) -> None:
        """Send nothing more in this run; what is left stays due."""
        self._is_stopped = True

    def take(self) -> Notification | None:
        """Return the next notification to send, None if there is none."""
        return self.unsent.pop(0) if self.unsent and not self._is_stopped else None

    def finish(
        self,
        notification: Notification,
        outcome: AttemptOutcome,
        *,
        retry_after: timedelta | None,
        jitter: float,
    ) -> None:
        """Record the outcome of an attempt to send a notification; ``jitter`` is from 0 to 1."""
        result = AttemptResult(
            is_accepted=outcome.problem is AttemptProblem.NONE,
            status=outcome.status,
            duration_ms=outcome.duration_ms,
            retry_after=retry_after,
        )
        self.health = self.health.after(result, now=outcome.ended_at, jitter=jitter)
        if result.is_accepted:
            self.health = self.health.paused_at_least(until=self._asked_to_wait_until)
            self._settle(notification, DeliveryState.DELIVERED, None, outcome)
            return
        reason = self.health.reason_to_disable(result, now=outcome.ended_at)
        self.disabled_by = self.disabled_by or reason
        if retry_after is not None:
            self._asked_to_wait_until = self.health.resume_at
        if self.disabled_by or self.health.is_held_back or retry_after is not None:
            self.stop()
        if not notification.was_due and notification.attempts > 1:
            # A probe does not shorten the schedule of the notification that it was made with.
            probed = replace(notification, attempts=notification.attempts - 1)
            self._settle(probed, DeliveryState.WAITING, notification.next_attempt_at, outcome)
            return
        again_at = next_attempt_at(
            notification.attempts, now=outcome.ended_at, jitter=jitter, retry_after=retry_after
        )
        state = DeliveryState.PASSED_OVER if again_at is None else DeliveryState.WAITING
        self._settle(notification, state, again_at, outcome)

    def _settle(
        self,
        notification: Notification,
        state: DeliveryState,
        again_at: datetime | None,
        outcome: AttemptOutcome,
    ) -> None:
        self.sent.append(
            SentNotification(
                notification=notification,
                state=state,
                attempts=notification.attempts,
                next_attempt_at=again_at,
                outcome=outcome,
            )
        )
