"""Endpoints of subscriptions to notifications: create, list, read, change and remove them."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Path, Request, Response

from api_edge.auth.authentication import CallerWithWebhooksRead, CallerWithWebhooksWrite
from api_edge.http.answer_structs import answer_struct
from api_edge.idempotency.header import TAKES_IDEMPOTENCY_KEY
from api_edge.octo.answers import octo_answer
from api_edge.octo.bookings import KEY_REFUSALS
from api_edge.octo.capabilities import Capabilities, RequestedCapabilities
from api_edge.octo.notifications import schemas
from api_edge.octo.notifications.header_encryption import AesGcmSealer
from api_edge.octo.notifications.schemas import (
    EXAMPLE_ID,
    ChangedSubscription,
    NewSubscription,
)
from api_edge.octo.route import octo_router
from api_edge.octo.schemas.errors import error_responses
from api_edge.settings import Settings
from api_edge.wiring import ReadSubscriptions, WriteSubscriptions, current_time
from shared_domain import notifications
from shared_domain.notifications import NotificationType, SigningKeys, UrlProblem
from shared_domain.partners import Scope

router = octo_router("Notifications")

Subscription = answer_struct(schemas.Subscription)

PATH = "/notifications/subscriptions"

#: As OCTO's documentation once spells it.
MISSPELT_PATH = "/notifications/subcriptions"

# Text, not a UUID: what cannot be an id is an unknown id.
SubscriptionId = Annotated[
    str,
    Path(
        description="A subscription's `id`.",
        examples=[EXAMPLE_ID],
        json_schema_extra={"format": "uuid"},
    ),
]

#: Neither a proxy nor the record of an idempotency key keeps an answer that shows headers.
SHOWS_SECRETS = "no-store"

_NOT_FOUND = notifications.SubscriptionNotFound()
_UNREADABLE = notifications.HeadersUnreadable()
_BAD_FIELDS = (
    notifications.InvalidSubscriptionUrl(UrlProblem.NOT_PUBLIC),
    notifications.InvalidHeader(0, notifications.HeaderProblem.NAME_RESERVED),
    notifications.TooManyHeaders(most=notifications.MOST_HEADERS),
    notifications.SealingNotConfigured(),
)


@router.post(
    PATH,
    summary="Subscribe to notifications",
    response_model=schemas.Subscription,
    openapi_extra=TAKES_IDEMPOTENCY_KEY,
    responses=error_responses(
        *_BAD_FIELDS,
        notifications.TooManySubscriptions(most=notifications.MOST_SUBSCRIPTIONS),
        *KEY_REFUSALS,
        scope=Scope.WEBHOOKS_WRITE,
        bad_request="notificationTypes must have at least one entry",
    ),
)
@router.post(
    MISSPELT_PATH,
    include_in_schema=False,
    name="create_subscription_misspelt",
    response_model=schemas.Subscription,
)
async def create_subscription(
    new: NewSubscription,
    caller: CallerWithWebhooksWrite,
    capabilities: Capabilities,
    store: WriteSubscriptions,
    request: Request,
) -> Response:
    """Create a subscription: from now on, a URL of yours is notified of what to fetch again.

    Each notification is a POST with `id`, `subscriptionId`, `notificationType`, `utcCreatedAt` and
    `data`, which holds ids only: `uuid` of one of your bookings, `productId` of a product that you
    may sell, and for availability `localDateStart` and `localDateEnd` as well. Several changes may
    come as one notification; changes of a product's availability come at most once in a second.

    Answer 2xx within 15 seconds. Anything else is tried again after 5 s, 5 and 30 min, 2, 5, 10,
    14, 20 and 24 hours, `Retry-After` is honoured up to 6 hours. `410` disables the subscription,
    and so do five days in which nothing was accepted; a PATCH enables it again. A notification may
    come twice. A test key subscribes to what happens to test bookings and their stock.
    """
    made = await notifications.create_subscription(
        url=new.url,
        notification_types=_types(new.notification_types),
        headers=new.headers or {},
        scopes=caller.scopes,
        access=caller.access,
        sealer=_sealer(request),
        now=current_time(),
        store=store,
        allows_loopback=_settings(request).webhooks_allow_loopback,
    )
    return _answer(made, capabilities)


@router.get(
    PATH,
    summary="List subscriptions to notifications",
    response_model=list[schemas.Subscription],
    responses=error_responses(scope=Scope.WEBHOOKS_READ),
)
async def list_subscriptions(
    caller: CallerWithWebhooksRead,
    capabilities: Capabilities,
    store: ReadSubscriptions,
    request: Request,
) -> Response:
    """Return all of your subscriptions, the oldest first. There are at most 20 in a mode.

    One whose headers we cannot decrypt any more is listed with none, and is sent nothing: a GET of
    it says so. Send its headers again by PATCH.
    """
    known = await notifications.list_subscriptions(
        access=caller.access, sealer=_sealer(request), store=store
    )
    return _answers(known, capabilities)


@router.get(
    f"{PATH}/{{id}}",
    summary="One subscription to notifications",
    response_model=schemas.Subscription,
    responses=error_responses(_NOT_FOUND, _UNREADABLE, scope=Scope.WEBHOOKS_READ),
)
async def get_subscription(
    id: SubscriptionId,
    caller: CallerWithWebhooksRead,
    capabilities: Capabilities,
    store: ReadSubscriptions,
    request: Request,
) -> Response:
    """Return one of your subscriptions."""
    known = await notifications.get_subscription(
        notifications.parse_subscription_id(id),
        access=caller.access,
        sealer=_sealer(request),
        store=store,
    )
    return _answer(known, capabilities)


@router.patch(
    f"{PATH}/{{id}}",
    summary="Change a subscription to notifications",
    response_model=schemas.Subscription,
    openapi_extra=TAKES_IDEMPOTENCY_KEY,
    responses=error_responses(
        _NOT_FOUND,
        *_BAD_FIELDS,
        _UNREADABLE,
        *KEY_REFUSALS,
        scope=Scope.WEBHOOKS_WRITE,
        bad_request="url must be text, not a number",
    ),
)
async def update_subscription(
    id: SubscriptionId,
    changed: ChangedSubscription,
    caller: CallerWithWebhooksWrite,
    capabilities: Capabilities,
    store: WriteSubscriptions,
    request: Request,
) -> Response:
    """Change a subscription, and leave the rest of it.

    One that was disabled by a `410` of your server, or by five days of failures, is enabled again,
    whatever is changed. What happened meanwhile is not told: read anew. What failed before is sent
    at once to another URL or with other headers.
    """
    kinds = changed.notification_types
    known = await notifications.update_subscription(
        notifications.parse_subscription_id(id),
        notifications.SubscriptionChange(
            url=changed.url,
            notification_types=None if kinds is None else _types(kinds),
            headers=changed.headers,
        ),
        scopes=caller.scopes,
        access=caller.access,
        sealer=_sealer(request),
        now=current_time(),
        store=store,
        allows_loopback=_settings(request).webhooks_allow_loopback,
    )
    return _answer(known, capabilities)


@router.delete(
    f"{PATH}/{{id}}",
    summary="Remove a subscription to notifications",
    response_model=schemas.Subscription,
    openapi_extra=TAKES_IDEMPOTENCY_KEY,
    responses=error_responses(_NOT_FOUND, *KEY_REFUSALS, scope=Scope.WEBHOOKS_WRITE),
)
async def delete_subscription(
    id: SubscriptionId,
    caller: CallerWithWebhooksWrite,
    capabilities: Capabilities,
    store: WriteSubscriptions,
    request: Request,
) -> Response:
    """Remove a subscription with its pending notifications, and return it as it was."""
    removed = await notifications.remove_subscription(
        notifications.parse_subscription_id(id),
        access=caller.access,
        sealer=_sealer(request),
        now=current_time(),
        store=store,
    )
    return _answer(removed, capabilities)


def _answer(
    known: notifications.SubscriptionWithHeaders, capabilities: RequestedCapabilities
) -> Response:
    return _kept_secret(octo_answer(_shown(known), capabilities), [known])


def _answers(
    known: Sequence[notifications.SubscriptionWithHeaders], capabilities: RequestedCapabilities
) -> Response:
    return _kept_secret(octo_answer(list(map(_shown, known)), capabilities), known)


def _shown(known: notifications.SubscriptionWithHeaders) -> object:
    subscription = known.subscription
    return Subscription(
        id=str(subscription.id),
        url=subscription.url,
        notification_types=[kind.value for kind in subscription.notification_types],
        headers=dict(known.headers),
    )


def _kept_secret(
    response: Response, shown: Sequence[notifications.SubscriptionWithHeaders]
) -> Response:
    if any(known.headers for known in shown):
        response.headers["Cache-Control"] = SHOWS_SECRETS
    return response


def _types(names: Sequence[str]) -> tuple[NotificationType, ...]:
    return tuple(map(NotificationType, names))


def _sealer(request: Request) -> AesGcmSealer:
    return AesGcmSealer(SigningKeys.parse(_settings(request).webhook_key))


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings
