"""Deliveries of a webhook endpoint: list and read them, replay them, send a sample."""

from typing import Annotated

from fastapi import Path, Query

from api_edge.auth.authentication import CallerWithWebhooksRead, CallerWithWebhooksWrite
from api_edge.v1.openapi_responses import NOT_A_PARAMETER, problem_responses
from api_edge.v1.route import WITHOUT_PARAMETERS, v1_router
from api_edge.v1.webhook_endpoints import PATH, WebhookEndpointId
from api_edge.v1.webhook_responses import (
    delivery_response,
    delivery_with_attempts,
    endpoint_response,
)
from api_edge.v1.webhook_schemas import (
    EXAMPLE_MESSAGE,
    ListOfDeliveries,
    ReplayOrder,
    SampleOrder,
    WebhookDelivery,
    WebhookDeliveryList,
    WebhookDeliveryWithAttempts,
    WebhookEndpoint,
)
from api_edge.wiring import (
    ReadDeliveries,
    WriteDeliveries,
    current_time,
)
from shared_domain import webhooks
from shared_domain.events import PublishedType
from shared_domain.partners import Scope

router = v1_router("Webhooks", is_edge_only=True)

MessageId = Annotated[
    str,
    Path(description="A delivery's `id`, which is its `webhook-id`.", examples=[EXAMPLE_MESSAGE]),
]

_NOT_FOUND = webhooks.EndpointNotFound()
_DISABLED = webhooks.EndpointDisabled()


@router.get(
    f"{PATH}/{{id}}/deliveries",
    summary="List deliveries",
    responses=problem_responses(_NOT_FOUND, scope=Scope.WEBHOOKS_READ, example=NOT_A_PARAMETER),
)
async def list_webhook_deliveries(
    id: WebhookEndpointId,
    parameters: Annotated[ListOfDeliveries, Query()],
    caller: CallerWithWebhooksRead,
    store: ReadDeliveries,
) -> WebhookDeliveryList:
    """Return what was sent to an endpoint in the last 30 days, and what waits, newest first.

    Follow `nextBefore` until it is null.
    """
    before = parameters.before
    page = await webhooks.list_deliveries(
        webhooks.parse_endpoint_id(id),
        access=caller.access,
        store=store,
        state=webhooks.DeliveryState(parameters.state) if parameters.state else None,
        before=None if before is None else webhooks.DeliveryId(before),
        limit=parameters.limit,
    )
    return WebhookDeliveryList(
        items=[delivery_response(delivery) for delivery in page.deliveries],
        next_before=page.next_before,
    )


@router.get(
    f"{PATH}/{{id}}/deliveries/{{delivery_id}}",
    summary="One delivery",
    dependencies=WITHOUT_PARAMETERS,
    responses=problem_responses(
        _NOT_FOUND,
        webhooks.DeliveryNotFound(),
        scope=Scope.WEBHOOKS_READ,
        example=NOT_A_PARAMETER,
    ),
)
async def get_webhook_delivery(
    id: WebhookEndpointId,
    delivery_id: MessageId,
    caller: CallerWithWebhooksRead,
    store: ReadDeliveries,
) -> WebhookDeliveryWithAttempts:
    """Return a delivery with its attempts: status, duration, and how your server's answer began."""
    delivery, attempts = await webhooks.get_delivery(
        webhooks.parse_endpoint_id(id), delivery_id, access=caller.access, store=store
    )
    return delivery_with_attempts(delivery, attempts)


@router.post(
    f"{PATH}/{{id}}/deliveries/{{delivery_id}}/replay",
    summary="Replay a delivery",
    status_code=202,
    dependencies=WITHOUT_PARAMETERS,
    responses=problem_responses(
        _NOT_FOUND,
        webhooks.DeliveryNotFound(),
        webhooks.EventsExpired(),
        _DISABLED,
        scope=Scope.WEBHOOKS_WRITE,
        example=NOT_A_PARAMETER,
        has_key=True,
    ),
)
async def replay_webhook_delivery(
    id: WebhookEndpointId,
    delivery_id: MessageId,
    caller: CallerWithWebhooksWrite,
    store: WriteDeliveries,
) -> WebhookDelivery:
    """Send one event again now, whatever its outcome was, with the same `webhook-id`."""
    delivery = await webhooks.replay_delivery(
        webhooks.parse_endpoint_id(id),
        delivery_id,
        access=caller.access,
        now=current_time(),
        store=store,
    )
    return delivery_response(delivery)


@router.post(
    f"{PATH}/{{id}}/replay",
    summary="Replay a range",
    status_code=202,
    dependencies=WITHOUT_PARAMETERS,
    responses=problem_responses(
        _NOT_FOUND,
        _DISABLED,
        webhooks.ReplayRunning(),
        webhooks.ReplayOutOfRange(expired_to=12_000, last_position=48_211),
        scope=Scope.WEBHOOKS_WRITE,
        example=NOT_A_PARAMETER,
        has_body=True,
    ),
)
async def replay_webhook_range(
    id: WebhookEndpointId,
    order: ReplayOrder,
    caller: CallerWithWebhooksWrite,
    store: WriteDeliveries,
) -> WebhookEndpoint:
    """Send the events of a range of positions again, by the endpoint's types, in their order.

    New events are sent meanwhile. There is one replay of a range at a time.
    """
    endpoint_id = webhooks.parse_endpoint_id(id)
    await webhooks.replay_range(
        endpoint_id, after=order.after, until=order.until, access=caller.access, store=store
    )
    known = await webhooks.get_endpoint(endpoint_id, access=caller.access, store=store.endpoints)
    return endpoint_response(known)


@router.post(
    f"{PATH}/{{id}}/test",
    summary="Send a sample",
    status_code=202,
    dependencies=WITHOUT_PARAMETERS,
    responses=problem_responses(
        _NOT_FOUND,
        _DISABLED,
        scope=Scope.WEBHOOKS_WRITE,
        example=NOT_A_PARAMETER,
        has_body=True,
    ),
)
async def send_webhook_sample(
    id: WebhookEndpointId,
    order: SampleOrder,
    caller: CallerWithWebhooksWrite,
    store: WriteDeliveries,
) -> WebhookDelivery:
    """Send the documented example of an event now, signed as every other, and see what came back.

    It leaves within a second. Read the delivery of this answer's `id` for what your server said. It
    is not tried again.
    """
    delivery = await webhooks.send_sample(
        webhooks.parse_endpoint_id(id),
        type=PublishedType(order.type),
        access=caller.access,
        now=current_time(),
        store=store,
    )
    return delivery_response(delivery)
