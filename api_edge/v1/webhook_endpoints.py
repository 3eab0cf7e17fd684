"""Webhook endpoints: create, list, read, change, remove, rotate the secret, disable and enable."""

from collections.abc import Collection
from datetime import timedelta
from typing import Annotated

from fastapi import Path, Request, Response

from api_edge.auth.authentication import CallerWithWebhooksRead, CallerWithWebhooksWrite
from api_edge.http.dialects import V1_PREFIX
from api_edge.settings import Settings
from api_edge.v1.openapi_responses import NOT_A_PARAMETER, problem_responses
from api_edge.v1.route import WITHOUT_PARAMETERS, v1_router
from api_edge.v1.webhook_responses import endpoint_response
from api_edge.v1.webhook_schemas import (
    EXAMPLE_ID,
    ChangedWebhookEndpoint,
    EnabledFrom,
    NewWebhookEndpoint,
    SecretRotation,
    WebhookEndpoint,
    WebhookEndpointList,
    WebhookSecret,
)
from api_edge.wiring import ReadWebhooks, WriteWebhooks, current_time
from shared_domain import webhooks
from shared_domain.events import PublishedType, readable_types
from shared_domain.partners import Scope

router = v1_router("Webhooks", is_edge_only=True)

PATH = "/webhook-endpoints"

# Text, not a UUID: what cannot be an id is an unknown id.
WebhookEndpointId = Annotated[
    str,
    Path(
        description="A webhook endpoint's `id`.",
        examples=[EXAMPLE_ID],
        json_schema_extra={"format": "uuid"},
    ),
]

#: Neither a proxy nor the record of an idempotency key keeps an answer that shows a secret.
SHOWN_ONCE = "no-store"

URL_IS_A_NUMBER = {
    "field": "url",
    "rule": "text",
    "given": "a number",
    "message": "must be text, not a number",
}

_LOCATION = {
    "Location": {
        "description": "Where the endpoint is from now on.",
        "schema": {"type": "string", "examples": [f"{V1_PREFIX}{PATH}/{EXAMPLE_ID}"]},
    }
}

_BAD_URL = webhooks.InvalidUrl(webhooks.UrlProblem.NOT_PUBLIC)
_BAD_DESCRIPTION = webhooks.InvalidDescription(longest=webhooks.LONGEST_DESCRIPTION)
_BAD_TYPES = webhooks.TypesNotReadable(types=("booking.confirmed",))


@router.get(
    PATH,
    summary="List webhook endpoints",
    dependencies=WITHOUT_PARAMETERS,
    responses=problem_responses(scope=Scope.WEBHOOKS_READ, example=NOT_A_PARAMETER),
)
async def list_webhook_endpoints(
    caller: CallerWithWebhooksRead, store: ReadWebhooks
) -> WebhookEndpointList:
    """Return all of your webhook endpoints, the oldest first. There are at most 20 in a mode."""
    known = await webhooks.list_endpoints(access=caller.access, store=store)
    return WebhookEndpointList(items=[endpoint_response(endpoint) for endpoint in known])


@router.post(
    PATH,
    summary="Create a webhook endpoint",
    status_code=201,
    dependencies=WITHOUT_PARAMETERS,
    responses={
        201: {"description": "The endpoint and its secret.", "headers": _LOCATION},
        **problem_responses(
            _BAD_URL,
            _BAD_DESCRIPTION,
            _BAD_TYPES,
            webhooks.TooManyEndpoints(most=webhooks.MOST_ENDPOINTS),
            webhooks.SecretsNotConfigured(),
            scope=Scope.WEBHOOKS_WRITE,
            example=URL_IS_A_NUMBER,
            has_body=True,
        ),
    },
)
async def create_webhook_endpoint(
    new: NewWebhookEndpoint,
    caller: CallerWithWebhooksWrite,
    store: WriteWebhooks,
    request: Request,
    response: Response,
) -> WebhookSecret:
    """Have events sent to a URL of yours, from now on, signed by Standard Webhooks.

    Each event is sent at least once; those of one booking in their order. Answer 2xx within
    15 seconds. Anything else is tried again after 5 s, 5 and 30 min, 2, 5, 10, 14, 20 and 24 hours,
    `Retry-After` is honoured up to 6 hours, and `410` disables the endpoint; so do five days in
    which nothing was accepted. Redirects are not followed.

    Verify with the libraries of [Standard Webhooks](https://www.standardwebhooks.com), by the
    `secret` of this answer: it is shown this once. An event that is sent again has the same
    `webhook-id`.
    """
    endpoint, secret = await webhooks.create_endpoint(
        url=new.url,
        description=new.description,
        types=_event_types(new.types),
        readable=readable_types(caller.scopes),
        access=caller.access,
        keys=_signing_keys(request),
        now=current_time(),
        store=store,
        allows_loopback=_settings(request).webhooks_allow_loopback,
    )
    response.headers["Location"] = f"{V1_PREFIX}{PATH}/{endpoint.id}"
    response.headers["Cache-Control"] = SHOWN_ONCE
    return await _with_secret(endpoint, secret, store)


@router.get(
    f"{PATH}/{{id}}",
    summary="One webhook endpoint",
    dependencies=WITHOUT_PARAMETERS,
    responses=problem_responses(
        webhooks.EndpointNotFound(), scope=Scope.WEBHOOKS_READ, example=NOT_A_PARAMETER
    ),
)
async def get_webhook_endpoint(
    id: WebhookEndpointId, caller: CallerWithWebhooksRead, store: ReadWebhooks
) -> WebhookEndpoint:
    """Return one of your webhook endpoints, with the state of its deliveries."""
    known = await webhooks.get_endpoint(
        webhooks.parse_endpoint_id(id), access=caller.access, store=store
    )
    return endpoint_response(known)


@router.patch(
    f"{PATH}/{{id}}",
    summary="Change a webhook endpoint",
    dependencies=WITHOUT_PARAMETERS,
    responses=problem_responses(
        webhooks.EndpointNotFound(),
        _BAD_URL,
        _BAD_DESCRIPTION,
        _BAD_TYPES,
        scope=Scope.WEBHOOKS_WRITE,
        example=URL_IS_A_NUMBER,
        has_body=True,
    ),
)
async def update_webhook_endpoint(
    id: WebhookEndpointId,
    changed: ChangedWebhookEndpoint,
    caller: CallerWithWebhooksWrite,
    store: WriteWebhooks,
    request: Request,
) -> WebhookEndpoint:
    """Change the fields that are sent. The secret stays as it is.

    A new URL is tried at once, with all that waits. A key that may not read all event types of
    the endpoint cannot have them sent to another URL.
    """
    endpoint = await webhooks.update_endpoint(
        webhooks.parse_endpoint_id(id),
        webhooks.EndpointChange(
            url=changed.url,
            description=changed.description,
            types=None if changed.types is None else _event_types(changed.types),
        ),
        readable=readable_types(caller.scopes),
        access=caller.access,
        now=current_time(),
        store=store,
        allows_loopback=_settings(request).webhooks_allow_loopback,
    )
    return await _as_stored(endpoint, store)


@router.delete(
    f"{PATH}/{{id}}",
    summary="Remove a webhook endpoint",
    status_code=204,
    dependencies=WITHOUT_PARAMETERS,
    responses=problem_responses(
        webhooks.EndpointNotFound(),
        scope=Scope.WEBHOOKS_WRITE,
        example=NOT_A_PARAMETER,
        has_key=True,
    ),
)
async def delete_webhook_endpoint(
    id: WebhookEndpointId, caller: CallerWithWebhooksWrite, store: WriteWebhooks
) -> None:
    """Remove an endpoint, with its waiting deliveries and their log."""
    await webhooks.remove_endpoint(
        webhooks.parse_endpoint_id(id), access=caller.access, now=current_time(), store=store
    )


@router.post(
    f"{PATH}/{{id}}/rotate-secret",
    summary="Rotate a signing secret",
    dependencies=WITHOUT_PARAMETERS,
    responses=problem_responses(
        webhooks.EndpointNotFound(),
        webhooks.SecretsNotConfigured(),
        scope=Scope.WEBHOOKS_WRITE,
        example=NOT_A_PARAMETER,
        has_body=True,
    ),
)
async def rotate_webhook_secret(
    id: WebhookEndpointId,
    rotation: SecretRotation,
    caller: CallerWithWebhooksWrite,
    store: WriteWebhooks,
    request: Request,
    response: Response,
) -> WebhookSecret:
    """Give an endpoint another secret, shown this once.

    Until the overlap has ended each delivery is signed by both, so that you can put the new one in
    place without missing an event. Another rotation ends the overlap of the one before: only the
    last two secrets ever sign.
    """
    endpoint, secret = await webhooks.rotate_secret(
        webhooks.parse_endpoint_id(id),
        overlap=timedelta(hours=rotation.overlap_hours),
        access=caller.access,
        keys=_signing_keys(request),
        now=current_time(),
        store=store,
    )
    response.headers["Cache-Control"] = SHOWN_ONCE
    return await _with_secret(endpoint, secret, store)


@router.post(
    f"{PATH}/{{id}}/disable",
    summary="Disable a webhook endpoint",
    dependencies=WITHOUT_PARAMETERS,
    responses=problem_responses(
        webhooks.EndpointNotFound(),
        scope=Scope.WEBHOOKS_WRITE,
        example=NOT_A_PARAMETER,
        has_key=True,
    ),
)
async def disable_webhook_endpoint(
    id: WebhookEndpointId, caller: CallerWithWebhooksWrite, store: WriteWebhooks
) -> WebhookEndpoint:
    """Stop sending to an endpoint. It keeps its position, to go on from there when enabled."""
    endpoint = await webhooks.disable_endpoint(
        webhooks.parse_endpoint_id(id),
        by=webhooks.DisabledBy.PARTNER,
        access=caller.access,
        now=current_time(),
        store=store,
    )
    return await _as_stored(endpoint, store)


@router.post(
    f"{PATH}/{{id}}/enable",
    summary="Enable a webhook endpoint",
    dependencies=WITHOUT_PARAMETERS,
    responses=problem_responses(
        webhooks.EndpointNotFound(),
        webhooks.DisabledByStaff(),
        scope=Scope.WEBHOOKS_WRITE,
        example=NOT_A_PARAMETER,
        has_body=True,
    ),
)
async def enable_webhook_endpoint(
    id: WebhookEndpointId,
    enabled: EnabledFrom,
    caller: CallerWithWebhooksWrite,
    store: WriteWebhooks,
) -> WebhookEndpoint:
    """Send to a disabled endpoint again, from its position; to a failing one, retry all now.

    One that we have disabled (`disabledBy` is `staff`) we alone enable.
    """
    endpoint = await webhooks.enable_endpoint(
        webhooks.parse_endpoint_id(id),
        by=webhooks.DisabledBy.PARTNER,
        skips_backlog=enabled.skip_backlog,
        access=caller.access,
        now=current_time(),
        store=store,
    )
    return await _as_stored(endpoint, store)


async def _as_stored(
    endpoint: webhooks.WebhookEndpoint, store: webhooks.WebhookStore
) -> WebhookEndpoint:
    known = await webhooks.get_endpoint(endpoint.id, access=endpoint.access, store=store)
    return endpoint_response(known)


async def _with_secret(
    endpoint: webhooks.WebhookEndpoint, secret: str, store: webhooks.WebhookStore
) -> WebhookSecret:
    return WebhookSecret(endpoint=await _as_stored(endpoint, store), secret=secret)


def _event_types(names: Collection[str]) -> tuple[PublishedType, ...]:
    return tuple(kind for kind in PublishedType if kind.value in names)


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


def _signing_keys(request: Request) -> webhooks.SigningKeys:
    return webhooks.SigningKeys.parse(_settings(request).webhook_key)
