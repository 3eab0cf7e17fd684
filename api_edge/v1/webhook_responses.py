"""Responses of webhook endpoints and deliveries, made of the domain's values."""

from collections.abc import Sequence

from api_edge.v1.webhook_schemas import (
    WebhookAttempt,
    WebhookDelivery,
    WebhookDeliveryWithAttempts,
    WebhookEndpoint,
)
from shared_domain import webhooks


def endpoint_response(known: webhooks.EndpointWithHealth) -> WebhookEndpoint:
    endpoint, health = known.endpoint, known.health
    return WebhookEndpoint(
        id=endpoint.id,
        url=endpoint.url,
        description=endpoint.description,
        types=[kind.value for kind in endpoint.types],
        status=known.status.value,
        disabled_by=endpoint.disabled_by and endpoint.disabled_by.value,
        disabled_at=endpoint.disabled_at,
        position=health.position,
        waiting=health.waiting,
        failing_since=health.failing_since,
        paused_until=health.paused_until,
        last_success_at=health.last_success_at,
        last_failure_at=health.last_failure_at,
        replays_until=health.replays_until,
        previous_secret_until=endpoint.previous_secret_until,
        created_at=endpoint.created_at,
        updated_at=endpoint.updated_at,
    )


def delivery_response(delivery: webhooks.Delivery) -> WebhookDelivery:
    return WebhookDelivery(
        id=delivery.message_id,
        position=delivery.position,
        type=delivery.type,
        state=delivery.state.value,
        attempts=delivery.attempts,
        next_attempt_at=delivery.next_attempt_at,
        created_at=delivery.created_at,
        last_attempt_at=delivery.last_attempt_at,
        last_status=delivery.last_status,
        last_problem=delivery.last_problem.value,
        last_duration_ms=delivery.last_duration_ms,
    )


def delivery_with_attempts(
    delivery: webhooks.Delivery, attempts: Sequence[webhooks.Attempt]
) -> WebhookDeliveryWithAttempts:
    return WebhookDeliveryWithAttempts(
        delivery=delivery_response(delivery),
        attempts=[
            WebhookAttempt(
                at=attempt.at,
                status=attempt.status,
                problem=attempt.problem.value,
                duration_ms=attempt.duration_ms,
                answer=attempt.answer,
            )
            for attempt in attempts
        ],
    )
