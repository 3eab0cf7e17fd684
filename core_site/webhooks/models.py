"""Tables of webhooks: endpoints, the queue of each, deliveries and their attempts.

Only the services of ``shared_domain/webhooks`` write them. No secret is stored: it is derived
(``shared_domain/webhooks/signing.py``).
"""

import uuid

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from core_site.history import every_change
from core_site.webhooks.destination_models import (
    PROBLEMS,
    STATES,
    DeliveryAttempt,
    Destination,
    DestinationQueue,
)
from shared_domain.webhooks import (
    LONGEST_DESCRIPTION,
    AttemptProblem,
    DeliveryState,
    DisabledBy,
)


@pghistory.track(
    *every_change(),
    exclude=["notice_due_at"],
    model_name="WebhookEndpointEvent",
    meta={"db_table": "webhooks_endpointevent"},
)
class WebhookEndpoint(Destination):
    """A URL of a partner to which events are sent."""

    NEEDED_KEY_ID = models.F("secret_key_id")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    partner = models.ForeignKey(
        "partners.Partner", models.CASCADE, related_name="webhook_endpoints"
    )
    description = models.CharField(
        max_length=LONGEST_DESCRIPTION, blank=True, default="", db_default=""
    )
    types = ArrayField(
        models.CharField(max_length=64),
        verbose_name="events",
        default=list,
        blank=True,
        help_text="None: events of every type.",
    )
    secret_number = models.PositiveIntegerField(editable=False)
    secret_key_id = models.CharField(max_length=8, editable=False)
    previous_secret_number = models.PositiveIntegerField(null=True, editable=False)
    previous_secret_key_id = models.CharField(
        max_length=8, blank=True, default="", db_default="", editable=False
    )
    previous_secret_until = models.DateTimeField(null=True, editable=False)

    class Meta:
        db_table = "webhooks_endpoint"
        verbose_name = "webhook endpoint"
        default_permissions = ("view", "change")
        constraints = [
            models.CheckConstraint(
                condition=Q(disabled_by__in=["", *(reason.value for reason in DisabledBy)]),
                name="webhook_disabled_by_is_known",
            ),
            models.CheckConstraint(
                condition=Q(disabled_by="", disabled_at=None)
                | ~Q(disabled_by="") & Q(disabled_at__isnull=False),
                name="exactly_disabled_webhooks_say_when",
            ),
            models.CheckConstraint(
                condition=Q(previous_secret_number=None, previous_secret_until=None)
                | Q(previous_secret_number__isnull=False, previous_secret_until__isnull=False),
                name="exactly_previous_secrets_end",
            ),
        ]
        indexes = [
            models.Index(fields=["partner", "test_mode"], name="webhook_endpoint_of_partner"),
            models.Index(
                fields=["notice_due_at"],
                name="webhook_notice_due",
                condition=Q(notice_due_at__isnull=False),
            ),
            models.Index(
                fields=["removed_at"],
                name="webhook_endpoint_removed",
                condition=Q(removed_at__isnull=False),
            ),
        ]

    @property
    def needed_key_id(self) -> str:
        return self.secret_key_id


class Queue(DestinationQueue):
    """The delivery state of an endpoint: its position in the log, its failures, when it is due."""

    endpoint = models.OneToOneField(
        WebhookEndpoint, models.CASCADE, primary_key=True, related_name="queue"
    )
    position = models.BigIntegerField()
    unread_to = models.BigIntegerField(null=True)
    replay_after = models.BigIntegerField(null=True)
    replay_until = models.BigIntegerField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(replay_after=None, replay_until=None)
                | Q(replay_after__lt=models.F("replay_until")),
                name="webhook_replay_is_a_range",
            ),
        ]
        indexes = [
            models.Index(
                fields=["is_slow", "due_at"],
                name="webhook_queue_due",
                condition=Q(due_at__isnull=False),
            ),
            models.Index(
                fields=["failing_since"],
                name="webhook_queue_failing",
                condition=Q(failing_since__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.endpoint_id}, read to {self.position}"


class Progress(models.Model):
    """The single row with the position up to which endpoints were marked as due."""

    position = models.BigIntegerField(default=0, db_default=0)
    is_only = models.BooleanField(default=True, db_default=True, unique=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(is_only=True), name="one_webhook_progress"),
        ]

    def __str__(self) -> str:
        return f"marked up to {self.position}"


class Delivery(models.Model):
    """An event for an endpoint, with the outcome of the last attempt to deliver it."""

    endpoint = models.ForeignKey(WebhookEndpoint, models.CASCADE, related_name="deliveries")
    message_id = models.CharField("webhook-id", max_length=64)
    position = models.BigIntegerField(null=True)
    type = models.CharField("event", max_length=64)
    subject = models.CharField(max_length=80, editable=False)
    booking_uuid = models.UUIDField(null=True)
    is_replay = models.BooleanField("replayed", default=False, db_default=False)
    state = models.CharField(max_length=12, choices=STATES)
    attempts = models.PositiveIntegerField(default=0, db_default=0)
    next_attempt_at = models.DateTimeField(null=True)
    first_attempt_at = models.DateTimeField(null=True)
    last_attempt_at = models.DateTimeField(null=True)
    last_status = models.PositiveSmallIntegerField("answer", null=True)
    last_problem = models.CharField(
        max_length=20, choices=PROBLEMS, blank=True, default="", db_default=""
    )
    last_duration_ms = models.PositiveIntegerField("took", null=True)
    settled_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = "webhook delivery"
        verbose_name_plural = "webhook deliveries"
        default_permissions = ("view",)
        permissions = [("replay_delivery", "Can replay webhook deliveries")]
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint", "message_id"], name="webhook_delivered_once_per_endpoint"
            ),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in DeliveryState]),
                name="webhook_delivery_state_is_known",
            ),
            models.CheckConstraint(
                condition=Q(state=DeliveryState.WAITING.value, settled_at=None)
                | ~Q(state=DeliveryState.WAITING.value) & Q(next_attempt_at=None),
                name="only_waiting_webhooks_are_due",
            ),
        ]
        indexes = [
            models.Index(
                fields=["endpoint", "position", "id"],
                name="webhook_delivery_waiting",
                condition=Q(state=DeliveryState.WAITING.value),
            ),
            models.Index(fields=["endpoint", "-id"], name="webhook_delivery_of_endpoint"),
            models.Index(
                fields=["endpoint", "state", "-id"],
                name="webhook_delivery_not_made",
                condition=~Q(state=DeliveryState.DELIVERED.value),
            ),
            models.Index(fields=["state", "-id"], name="webhook_delivery_by_state"),
            models.Index(fields=["created_at"], name="webhook_delivery_by_age"),
            models.Index(
                fields=["booking_uuid"],
                name="webhook_delivery_of_booking",
                condition=Q(booking_uuid__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type.replace('.', ' ').replace('_', ' ').capitalize()}, {self.message_id}"


class Attempt(DeliveryAttempt):
    """One attempt at a delivery: status and beginning of the response, and the duration."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="tries")
    answer = models.TextField(blank=True, default="", db_default="")

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(problem__in=[problem.value for problem in AttemptProblem]),
                name="webhook_problem_is_known",
            ),
        ]
        indexes = [models.Index(fields=["delivery", "-id"], name="webhook_attempt_of_delivery")]

    def __str__(self) -> str:
        return f"{self.delivery_id}: {self.status or self.problem}"
