"""Deliveries of events to webhook endpoints, and the attempts to make them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

DeliveryId = NewType("DeliveryId", int)

LARGEST_PAGE = 100

#: Attempts that a delivery shows, the newest first. A schedule has ten; replays begin anew.
ATTEMPTS_SHOWN = 50

#: How much of an answer is kept.
ANSWER_BYTES = 2_048

#: Positions that one replay may span.
LONGEST_REPLAY = 100_000


#: The type of a row that stands for events which expired before they were sent.
GAP = "gap"


class DeliveryState(StrEnum):
    WAITING = "waiting"
    DELIVERED = "delivered"
    #: The gap in what the partner got: it can be replayed as long as the event is in the log.
    PASSED_OVER = "passed_over"


class AttemptProblem(StrEnum):
    """Why an attempt failed; NONE for an attempt that was answered with 2xx."""

    NONE = ""
    #: Answered with another status than 2xx.
    STATUS = "status"
    #: Answered with 3xx: redirects are not followed.
    REDIRECT = "redirect"
    TIMEOUT = "timeout"
    NAME_UNKNOWN = "name_unknown"
    #: The name leads to an address that is not public.
    ADDRESS_FORBIDDEN = "address_forbidden"
    CONNECTION = "connection"
    TLS = "tls"
    #: What was answered is not HTTP.
    PROTOCOL = "protocol"
    #: Nothing was sent: the event is not in the log any more, or not for this partner.
    EVENT_GONE = "event_gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt to deliver: its duration, and the endpoint's answer or the problem."""

    at: datetime
    status: int | None
    problem: AttemptProblem
    duration_ms: int
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """An event for an endpoint, with the outcome of its last attempt.

    ``message_id`` is the header ``webhook-id``. ``position`` is None for a sample. A delivery that
    waits without ``next_attempt_at`` waits behind another one about the same subject, as a booking.
    """

    id: DeliveryId
    message_id: str
    position: int | None
    type: str
    state: DeliveryState
    attempts: int
    next_attempt_at: datetime | None
    created_at: datetime
    last_attempt_at: datetime | None
    last_status: int | None
    last_problem: AttemptProblem
    last_duration_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryPage:
    """Some deliveries of an endpoint, newest first; ``next_before`` is None on the last page."""

    deliveries: Sequence[Delivery]
    next_before: DeliveryId | None
