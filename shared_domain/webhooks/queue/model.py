"""An endpoint that a worker has claimed, and the messages to deliver to it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from shared_domain.events import Event, PublishedType
from shared_domain.webhooks.deliveries.model import AttemptProblem, DeliveryState
from shared_domain.webhooks.model import WebhookEndpoint
from shared_domain.webhooks.queue.schedule import Health


class Lane(StrEnum):
    """The two queues of endpoints: slow or failing ones do not hold up those that answer soon."""

    QUICK = "quick"
    SLOW = "slow"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedEndpoint:
    """An endpoint as it was when a worker claimed it, and from where it reads the log.

    ``claimed_at`` is by the clock of the database, which decides when an endpoint is due. Events
    after ``position`` are unread; there are some if ``has_unread``. A replay reads those
    after ``replay_after``, up to ``replay_until``. The stored ``wakeups`` differs from this one if
    the endpoint was made due since.
    """

    endpoint: WebhookEndpoint
    partner_is_active: bool
    claim: UUID
    claimed_at: datetime
    wakeups: int
    position: int
    has_unread: bool
    replay_after: int | None
    replay_until: int | None
    health: Health


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message to deliver to an endpoint: an event, or a sample, which has no position.

    ``subject`` is the booking, departure, product or key that it is about: messages of one subject
    are delivered one after the other, in the order of positions. ``is_stored`` is True when the
    delivery has a row already.
    """

    message_id: str
    position: int | None
    subject: str
    type: PublishedType
    booking_uuid: UUID | None
    attempts: int = 0
    first_attempt_at: datetime | None = None
    next_attempt_at: datetime | None = None
    is_stored: bool = False
    is_replay: bool = False

    @property
    def is_sample(self) -> bool:
        return self.position is None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptOutcome:
    """The outcome of an attempt that began ``at``, as it is stored."""

    at: datetime
    status: int | None
    problem: AttemptProblem
    duration_ms: int
    answer: str

    @property
    def ended_at(self) -> datetime:
        """The moment of the answer, from which pauses count (RFC 9110, section 10.2.3)."""
        return self.at + timedelta(milliseconds=self.duration_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A message with its new state to store; ``outcome`` is None if it was not attempted."""

    message: Message
    state: DeliveryState
    attempts: int
    next_attempt_at: datetime | None
    first_attempt_at: datetime | None
    outcome: AttemptOutcome | None


def build_message(event: Event, *, is_replay: bool = False) -> Message:
    """Return the message that delivers an event."""
    return Message(
        message_id=f"evt_{event.position}",
        position=event.position,
        subject=_subject(event),
        type=event.type,
        booking_uuid=event.booking_uuid,
        is_replay=is_replay,
    )


def _subject(event: Event) -> str:
    if event.booking_uuid is not None:
        return f"booking {event.booking_uuid}"
    if event.departure_id is not None:
        return f"departure {event.departure_id}"
    if event.product_id is not None:
        return f"product {event.product_id}"
    return f"key {event.api_key_id}"
