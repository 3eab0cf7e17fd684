"""Request and response models of webhook endpoints and their deliveries."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from api_edge.http.strict_models import (
    NO_NUL,
    ResponseModel,
    StrictRequestModel,
    without_default,
)
from shared_domain import webhooks
from shared_domain.events import PublishedType

EXAMPLE_ID = "c0ffee2f-2f0e-4f3b-9b3a-52d1f0c7a9e4"
EXAMPLE_MESSAGE = "evt_48211"

EXAMPLE_ENDPOINT: dict[str, Any] = {
    "id": EXAMPLE_ID,
    "url": "https://shop.example.com/hooks/portico",
    "description": "The shop's bookings",
    "types": ["booking.confirmed", "booking.cancelled"],
    "status": "enabled",
    "disabledBy": None,
    "disabledAt": None,
    "position": 48211,
    "waiting": 0,
    "failingSince": None,
    "pausedUntil": None,
    "lastSuccessAt": "2026-07-01T10:02:41.018233Z",
    "lastFailureAt": None,
    "replaysUntil": None,
    "previousSecretUntil": None,
    "createdAt": "2026-06-01T08:00:00Z",
    "updatedAt": "2026-06-01T08:00:00Z",
}

# No secret of anything: it signs nothing.
EXAMPLE_SECRET = "whsec_RXhhbXBsZSBvbmx5LCBuZXZlciB1c2UgdGhpcyBzZWNyZXQ="  # noqa: S105

EXAMPLE_DELIVERY: dict[str, Any] = {
    "id": EXAMPLE_MESSAGE,
    "position": 48211,
    "type": "booking.confirmed",
    "state": "waiting",
    "attempts": 1,
    "nextAttemptAt": "2026-07-01T10:02:46.020000Z",
    "createdAt": "2026-07-01T10:02:41.018233Z",
    "lastAttemptAt": "2026-07-01T10:02:41.018233Z",
    "lastStatus": 503,
    "lastProblem": "status",
    "lastDurationMs": 127,
}

EXAMPLE_ATTEMPT: dict[str, Any] = {
    "at": "2026-07-01T10:02:41.018233Z",
    "status": 503,
    "problem": "status",
    "durationMs": 127,
    "answer": "Service Unavailable",
}

_EVENT_TYPES = [kind.value for kind in PublishedType]


def _event_type(name: str) -> str:
    if name not in _EVENT_TYPES:
        raise PydanticCustomError(
            "event_type", "must be a type of events, such as booking.confirmed"
        )
    return name


EventType = Annotated[
    str, AfterValidator(_event_type), WithJsonSchema({"type": "string", "enum": _EVENT_TYPES})
]

Url = Annotated[str, Field(min_length=1, max_length=webhooks.LONGEST_URL, pattern=NO_NUL)]
Description = Annotated[str, Field(max_length=webhooks.LONGEST_DESCRIPTION, pattern=NO_NUL)]
Types = Annotated[list[EventType], Field(max_length=len(PublishedType))]
Position = Annotated[int, Field(ge=0, le=2**53)]

LONGEST_OVERLAP_HOURS = int(webhooks.LONGEST_OVERLAP.total_seconds() // 3600)
DEFAULT_OVERLAP_HOURS = int(webhooks.DEFAULT_OVERLAP.total_seconds() // 3600)

_URL_WORDS = (
    "Where events are sent to by POST: https, with a name or address of the public internet, "
    "without user, password and fragment."
)
_TYPES_WORDS = "Which events are sent; empty for all that this API key may read."


def _whole_number(least: int, most: int) -> BeforeValidator:
    """Return what reads a number of the query, where all is text."""

    def parse(value: object) -> object:
        if not isinstance(value, str):
            return value
        is_number = value.isascii() and value.isdigit() and len(value) < 20
        if not (is_number and least <= int(value) <= most):
            raise PydanticCustomError("range", f"must be a whole number from {least} to {most}")
        return int(value)

    return BeforeValidator(parse)


class NewWebhookEndpoint(StrictRequestModel):
    """The data of a new webhook endpoint."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "url": "https://shop.example.com/hooks/portico",
                    "description": "The shop's bookings",
                    "types": ["booking.confirmed", "booking.cancelled"],
                }
            ]
        }
    )

    url: Url = Field(description=_URL_WORDS)
    description: Description = Field(
        default="",
        description="For you to tell it from others.",
        json_schema_extra=without_default,
    )
    types: Types = Field(
        default=[],
        description=f"{_TYPES_WORDS[:-1]}, as when it is left out.",
        json_schema_extra=without_default,
    )


class ChangedWebhookEndpoint(StrictRequestModel):
    """Changes to a webhook endpoint; absent fields stay as they are, and null is refused."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"types": []}]})

    # None stands for absent only.
    url: Url = Field(  # type: ignore[assignment]
        default=None, description=_URL_WORDS, json_schema_extra=without_default
    )
    description: Description = Field(  # type: ignore[assignment]
        default=None, json_schema_extra=without_default
    )
    types: Types = Field(
        default=None,  # type: ignore[arg-type]
        description=_TYPES_WORDS,
        json_schema_extra=without_default,
    )


class SecretRotation(StrictRequestModel):
    """How long the previous secret still signs, beside the new one."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"overlapHours": 24}]})

    overlap_hours: Annotated[int, Field(ge=0, le=LONGEST_OVERLAP_HOURS)] = Field(
        default=DEFAULT_OVERLAP_HOURS,
        description="So long each delivery has a signature by either secret: "
        f"{DEFAULT_OVERLAP_HOURS} hours when it is left out. 0 ends the old one at once.",
        json_schema_extra=without_default,
    )


class EnabledFrom(StrictRequestModel):
    """Whether an endpoint skips the events of the time in which it was disabled."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"skipBacklog": False}]})

    skip_backlog: bool = Field(
        default=False,
        description="true passes over what happened while it was disabled; it can be replayed. "
        "false when it is left out.",
        json_schema_extra=without_default,
    )


class SampleOrder(StrictRequestModel):
    """The type of event of which to send a sample."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"type": "booking.confirmed"}]})

    type: EventType = Field(
        default=PublishedType.BOOKING_CONFIRMED.value,
        description="The documented example of this type is sent; that of `booking.confirmed` "
        "when it is left out.",
        json_schema_extra=without_default,
    )


class ReplayOrder(StrictRequestModel):
    """The events to send again: those after one position, up to another one."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"after": 100, "until": 120}]})

    after: Position = Field(description="The position before the first event; as a cursor.")
    until: Position = Field(
        description="The position of the last event; at most "
        f"{webhooks.LONGEST_REPLAY:,} after `after`."
    )


class ListOfDeliveries(StrictRequestModel):
    """How many deliveries, in which state, and the cursor of the page."""

    limit: Annotated[
        int,
        Field(ge=1, le=webhooks.LARGEST_PAGE),
        _whole_number(1, webhooks.LARGEST_PAGE),
    ] = Field(default=20, description="How many deliveries at most.")
    state: Literal["waiting", "delivered", "passed_over"] | None = Field(
        default=None, description="Only those in this state."
    )
    before: Annotated[int, Field(ge=1, le=2**62), _whole_number(1, 2**62)] | None = Field(
        default=None,
        description="The `nextBefore` of the page before; left out, the list starts at its top.",
    )


class WebhookEndpoint(ResponseModel):
    """A URL of yours to which events are sent, and how deliveries to it go."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_ENDPOINT]})

    id: UUID
    url: str
    description: str
    types: list[str] = Field(description="Which events it gets; empty for those of every type.")
    status: str = Field(
        description="`enabled`; `failing` while its last deliveries were not accepted; `disabled`."
    )
    disabled_by: str | None = Field(
        description="`partner`, `staff`, `gone` (it answered 410) or `failure` (five days)."
    )
    disabled_at: datetime | None
    position: int = Field(description="The log has been read up to here for this endpoint.")
    waiting: int = Field(description="Deliveries that failed and are tried again, or wait behind.")
    failing_since: datetime | None
    paused_until: datetime | None = Field(
        description="Nothing is sent before: it asked so by `Retry-After`, or failed repeatedly."
    )
    last_success_at: datetime | None
    last_failure_at: datetime | None
    replays_until: int | None = Field(description="The end of the replay that is under way.")
    previous_secret_until: datetime | None = Field(
        description="So long deliveries are signed by the secret before the rotation as well."
    )
    created_at: datetime
    updated_at: datetime


class WebhookEndpointList(ResponseModel):
    """All of your endpoints in this mode, the oldest first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [EXAMPLE_ENDPOINT]}]})

    items: list[WebhookEndpoint]


class WebhookSecret(ResponseModel):
    """An endpoint with its signing secret, which is shown this once."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"endpoint": EXAMPLE_ENDPOINT, "secret": EXAMPLE_SECRET}]}
    )

    endpoint: WebhookEndpoint
    secret: str = Field(description="For the libraries of Standard Webhooks: `whsec_…`.")


class WebhookDelivery(ResponseModel):
    """An event for an endpoint, with the outcome of the last attempt."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_DELIVERY]})

    id: str = Field(description="The header `webhook-id`, the same at each attempt.")
    position: int | None = Field(description="Of the event in the log; null for a sample.")
    type: str = Field(
        description="Of the event; `gap` for events that expired before they could be sent."
    )
    state: str = Field(
        description="`waiting`, `delivered`, or `passed_over`: not accepted by the end of its "
        "schedule, or skipped by `skipBacklog`, a gap in what you got, which you may replay."
    )
    attempts: int
    next_attempt_at: datetime | None = Field(
        description="null where it is not tried again, or waits behind another one of its booking."
    )
    created_at: datetime
    last_attempt_at: datetime | None
    last_status: int | None
    last_problem: str = Field(
        description="Empty where it was accepted or never tried. `status`, `redirect`, `timeout`, "
        "`name_unknown`, `address_forbidden`, `connection`, `tls`, `protocol` or `event_gone`."
    )
    last_duration_ms: int | None


class WebhookAttempt(ResponseModel):
    """One attempt, and what your server answered."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE_ATTEMPT]})

    at: datetime
    status: int | None
    problem: str
    duration_ms: int
    answer: str = Field(description=f"The first {webhooks.ANSWER_BYTES:,} bytes of your answer.")


class WebhookDeliveryWithAttempts(ResponseModel):
    """A delivery, and the attempts that were made, the newest first."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"delivery": EXAMPLE_DELIVERY, "attempts": [EXAMPLE_ATTEMPT]}]
        }
    )

    delivery: WebhookDelivery
    attempts: list[WebhookAttempt]


class WebhookDeliveryList(ResponseModel):
    """A page of an endpoint's deliveries, the newest first."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [EXAMPLE_DELIVERY], "nextBefore": None}]}
    )

    items: list[WebhookDelivery]
    next_before: int | None = Field(description="null on the last page.")
