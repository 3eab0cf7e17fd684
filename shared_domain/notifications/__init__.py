"""OCTO notifications: partners subscribe a URL, and are told what to fetch again.

::

    POST subscription ──▶ enabled ──410 Gone, five days of failure──▶ disabled
                            ▲  └──────────staff──────────────────────▶   │
                            └──────────PATCH, staff──────────────────────┘

A notification holds ids only, never the booking, product or availability itself (OCTO, capability
``octo/notifications``). ``headers`` checks and seals what a partner wants to be sent with each.
"""

from shared_domain.notifications.errors import (
    HeaderProblem,
    HeadersUnreadable,
    InvalidHeader,
    InvalidSubscriptionUrl,
    NotificationRefused,
    SealingNotConfigured,
    SubscriptionNotFound,
    TooManyHeaders,
    TooManySubscriptions,
)
from shared_domain.notifications.headers import (
    LONGEST_HEADER_NAME,
    LONGEST_HEADER_VALUE,
    MOST_HEADERS,
    HeaderSealer,
    open_headers,
)
from shared_domain.notifications.model import (
    MOST_SUBSCRIPTIONS,
    NotificationType,
    Subscription,
    SubscriptionChange,
    SubscriptionId,
    parse_subscription_id,
)
from shared_domain.notifications.queue.model import (
    AVAILABILITY_PACE,
    PARALLEL,
    ClaimedSubscription,
    Notification,
    NotificationRun,
)
from shared_domain.notifications.services import (
    SubscriptionStore,
    SubscriptionWithHeaders,
    create_subscription,
    disable_subscription,
    enable_subscription,
    get_subscription,
    list_subscriptions,
    remove_subscription,
    update_subscription,
)
from shared_domain.webhooks import LONGEST_URL, SigningKeys, UrlProblem

__all__ = [
    # Subscriptions
    "create_subscription",
    "get_subscription",
    "list_subscriptions",
    "update_subscription",
    "remove_subscription",
    "disable_subscription",
    "enable_subscription",
    "parse_subscription_id",
    "NotificationType",
    "Subscription",
    "SubscriptionChange",
    "SubscriptionId",
    "SubscriptionStore",
    "SubscriptionWithHeaders",
    "MOST_SUBSCRIPTIONS",
    "LONGEST_URL",
    "UrlProblem",
    # The headers that are sent with each notification
    "HeaderSealer",
    "open_headers",
    "SigningKeys",
    "LONGEST_HEADER_NAME",
    "LONGEST_HEADER_VALUE",
    "MOST_HEADERS",
    # The worker's queue
    "ClaimedSubscription",
    "Notification",
    "NotificationRun",
    "AVAILABILITY_PACE",
    "PARALLEL",
    # What can be refused
    "NotificationRefused",
    "HeaderProblem",
    "HeadersUnreadable",
    "InvalidHeader",
    "InvalidSubscriptionUrl",
    "SealingNotConfigured",
    "SubscriptionNotFound",
    "TooManyHeaders",
    "TooManySubscriptions",
]
