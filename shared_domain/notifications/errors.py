"""Refusals of subscriptions to notifications.

NotificationRefused
 ├── SubscriptionNotFound
 ├── InvalidSubscriptionUrl
 ├── InvalidHeader
 ├── TooManyHeaders
 ├── TooManySubscriptions
 ├── SealingNotConfigured
 └── HeadersUnreadable
"""

from dataclasses import dataclass
from enum import StrEnum

from shared_domain.refusals import Refused
from shared_domain.webhooks import UrlProblem


class NotificationRefused(Refused):
    """A request about subscriptions to notifications that cannot be carried out."""


class SubscriptionNotFound(NotificationRefused):
    """No such subscription, or another partner's, or of the other mode: callers cannot tell."""


@dataclass(eq=False)
class InvalidSubscriptionUrl(NotificationRefused):
    """The URL is not one that notifications can be sent to."""

    problem: UrlProblem


class HeaderProblem(StrEnum):
    """What is wrong with a header that a partner wants to be sent with each notification."""

    NAME_MALFORMED = "name_malformed"
    NAME_TOO_LONG = "name_too_long"
    #: HTTP itself, or Portico, sets it: hop-by-hop headers, Host, Content-… and the like.
    NAME_RESERVED = "name_reserved"
    #: Names count the same in capitals and small letters.
    NAME_REPEATED = "name_repeated"
    VALUE_MALFORMED = "value_malformed"
    VALUE_TOO_LONG = "value_too_long"


@dataclass(eq=False)
class InvalidHeader(NotificationRefused):
    """A header cannot be sent; ``number`` is its place in the object, from 0.

    Neither its name nor its value is part of the refusal: either may be a secret.
    """

    number: int
    problem: HeaderProblem


@dataclass(eq=False)
class TooManyHeaders(NotificationRefused):
    """There are more headers than may be sent with a notification."""

    most: int


@dataclass(eq=False)
class TooManySubscriptions(NotificationRefused):
    """The partner has as many subscriptions as it may have in this mode."""

    most: int


class SealingNotConfigured(NotificationRefused):
    """The process has no key to seal headers with (``PORTICO_WEBHOOK_KEY``)."""


class HeadersUnreadable(NotificationRefused):
    """The headers were sealed with a key that the process does not have any more."""
