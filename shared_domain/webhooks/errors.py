"""Refusals of webhook endpoints, their deliveries and replays.

WebhookRefused
 ├── EndpointNotFound
 ├── DeliveryNotFound
 ├── InvalidUrl
 ├── InvalidDescription
 ├── TypesNotReadable
 ├── TooManyEndpoints
 ├── SecretOverlapOutOfRange
 ├── SecretsNotConfigured
 ├── EndpointDisabled
 ├── DisabledByStaff
 ├── EventsExpired
 ├── ReplayRunning
 └── ReplayOutOfRange
"""

from dataclasses import dataclass
from enum import StrEnum

from shared_domain.refusals import Refused


class WebhookRefused(Refused):
    """A request about webhook endpoints that cannot be carried out."""


class EndpointNotFound(WebhookRefused):
    """No such endpoint, or another partner's, or of the other mode: callers cannot tell which."""

    stable_name = "webhook-endpoint-not-found"


class DeliveryNotFound(WebhookRefused):
    """The endpoint has no such delivery, or it has been deleted with its age."""

    stable_name = "webhook-delivery-not-found"


class UrlProblem(StrEnum):
    """What is wrong with the URL of an endpoint."""

    MALFORMED = "malformed"
    NOT_HTTPS = "not_https"
    TOO_LONG = "too_long"
    HAS_USER = "has_user"
    HAS_FRAGMENT = "has_fragment"
    NOT_PUBLIC = "not_public"


@dataclass(eq=False)
class InvalidUrl(WebhookRefused):
    """The URL is not one that webhooks can be sent to."""

    stable_name = "webhook-url-unusable"

    problem: UrlProblem


@dataclass(eq=False)
class InvalidDescription(WebhookRefused):
    """The description is too long, or holds control characters."""

    stable_name = "webhook-description-unusable"

    longest: int


@dataclass(eq=False)
class TypesNotReadable(WebhookRefused):
    """The API key lacks the scopes to read events of these types."""

    types: tuple[str, ...]


@dataclass(eq=False)
class TooManyEndpoints(WebhookRefused):
    """The partner has as many endpoints as it may have in this mode."""

    most: int


@dataclass(eq=False)
class SecretOverlapOutOfRange(WebhookRefused):
    """The overlap, for which the old secret stays valid, is negative or too long."""

    longest_hours: int


class SecretsNotConfigured(WebhookRefused):
    """The process has no key to derive signing secrets from (``PORTICO_WEBHOOK_KEY``)."""


class EndpointDisabled(WebhookRefused):
    """The endpoint is disabled, so nothing is sent to it."""


class DisabledByStaff(WebhookRefused):
    """Staff have disabled the endpoint, so only they enable it again."""


class EventsExpired(WebhookRefused):
    """The delivery stands for events that expired before they were sent: none is left to send."""


class ReplayRunning(WebhookRefused):
    """A replay of this endpoint is still under way; there is one at a time."""


@dataclass(eq=False)
class ReplayOutOfRange(WebhookRefused):
    """The range does not lie within the log, or is empty."""

    expired_to: int
    last_position: int
