"""Webhooks: events are sent to URLs of partners, signed, in order, at least once.

::

    event gets its position ──▶ endpoints that want it are due ──▶ a worker claims, signs and sends
                                                                        │ accepted: cursor goes on
    endpoint: enabled ──failures──▶ failing ──five days──▶ disabled     │ failed: tried again by
                 ▲────accepted────────┘  └──410 Gone──────▶ disabled    ▼ schedule, then passed over

``model`` and ``services`` manage endpoints; ``signing`` derives their secrets; ``destinations``
decides which URLs and addresses webhooks may be sent to. ``deliveries`` is for partners and staff,
who read and replay deliveries; ``queue`` is for the worker. ``core_site/webhooks/sending`` sends.
"""

from shared_domain.webhooks.deliveries.model import (
    ANSWER_BYTES,
    GAP,
    LARGEST_PAGE,
    LONGEST_REPLAY,
    Attempt,
    AttemptProblem,
    Delivery,
    DeliveryId,
    DeliveryPage,
    DeliveryState,
)
from shared_domain.webhooks.deliveries.services import (
    DeliveryStore,
    get_delivery,
    list_deliveries,
    replay_delivery,
    replay_range,
    send_sample,
)
from shared_domain.webhooks.destinations import (
    LONGEST_URL,
    is_loopback_address,
    is_public_address,
    validated_url,
)
from shared_domain.webhooks.errors import (
    DeliveryNotFound,
    DisabledByStaff,
    EndpointDisabled,
    EndpointNotFound,
    EventsExpired,
    InvalidDescription,
    InvalidUrl,
    ReplayOutOfRange,
    ReplayRunning,
    SecretOverlapOutOfRange,
    SecretsNotConfigured,
    TooManyEndpoints,
    TypesNotReadable,
    UrlProblem,
    WebhookRefused,
)
from shared_domain.webhooks.model import (
    DEFAULT_OVERLAP,
    LONGEST_DESCRIPTION,
    LONGEST_OVERLAP,
    MOST_ENDPOINTS,
    DisabledBy,
    EndpointChange,
    EndpointHealth,
    EndpointId,
    EndpointStatus,
    EndpointWithHealth,
    WebhookEndpoint,
    parse_endpoint_id,
)
from shared_domain.webhooks.queue.model import (
    AttemptOutcome,
    ClaimedEndpoint,
    Lane,
    Message,
    Settled,
    build_message,
)
from shared_domain.webhooks.queue.run import LEASE, MOST_WAITING, PAGE, PARALLEL, RUN_SECONDS, Run
from shared_domain.webhooks.queue.schedule import (
    DISABLED_AFTER,
    AttemptResult,
    Health,
    next_attempt_at,
)
from shared_domain.webhooks.services import (
    WebhookStore,
    create_endpoint,
    disable_endpoint,
    enable_endpoint,
    get_endpoint,
    list_endpoints,
    remove_endpoint,
    rotate_secret,
    update_endpoint,
)
from shared_domain.webhooks.signing import (
    SECRET_PREFIX,
    SecretVersion,
    SigningKeys,
    signed_headers,
)

__all__ = [
    # Endpoints
    "create_endpoint",
    "get_endpoint",
    "list_endpoints",
    "update_endpoint",
    "rotate_secret",
    "disable_endpoint",
    "enable_endpoint",
    "remove_endpoint",
    "parse_endpoint_id",
    "WebhookEndpoint",
    "EndpointChange",
    "EndpointHealth",
    "EndpointId",
    "EndpointStatus",
    "WebhookStore",
    "EndpointWithHealth",
    "DisabledBy",
    "DEFAULT_OVERLAP",
    "LONGEST_DESCRIPTION",
    "LONGEST_OVERLAP",
    "LONGEST_URL",
    "MOST_ENDPOINTS",
    # Their deliveries
    "get_delivery",
    "list_deliveries",
    "replay_delivery",
    "replay_range",
    "send_sample",
    "Attempt",
    "AttemptProblem",
    "Delivery",
    "DeliveryId",
    "DeliveryPage",
    "DeliveryState",
    "DeliveryStore",
    "ANSWER_BYTES",
    "GAP",
    "LARGEST_PAGE",
    "LONGEST_REPLAY",
    # How they are signed, and where they may go
    "SECRET_PREFIX",
    "SecretVersion",
    "SigningKeys",
    "signed_headers",
    "is_loopback_address",
    "is_public_address",
    "validated_url",
    # The worker's queue
    "ClaimedEndpoint",
    "Health",
    "Lane",
    "Message",
    "AttemptOutcome",
    "AttemptResult",
    "Run",
    "Settled",
    "build_message",
    "next_attempt_at",
    "DISABLED_AFTER",
    "LEASE",
    "MOST_WAITING",
    "PAGE",
    "PARALLEL",
    "RUN_SECONDS",
    # What can be refused
    "WebhookRefused",
    "DeliveryNotFound",
    "DisabledByStaff",
    "EndpointDisabled",
    "EndpointNotFound",
    "EventsExpired",
    "InvalidDescription",
    "InvalidUrl",
    "ReplayOutOfRange",
    "ReplayRunning",
    "SecretOverlapOutOfRange",
    "SecretsNotConfigured",
    "TooManyEndpoints",
    "TypesNotReadable",
    "UrlProblem",
]
