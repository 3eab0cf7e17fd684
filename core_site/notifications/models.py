"""Tables of OCTO notifications; only the services of ``shared_domain/notifications`` write them.

The headers that a partner wants to be sent are stored encrypted, and in no history.
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
from shared_domain.notifications import NotificationType
from shared_domain.webhooks import AttemptProblem, DeliveryState, DisabledBy

_TYPES = [kind.value for kind in NotificationType]


@pghistory.track(*every_change(), exclude=["notice_due_at", "sealed_headers"])
class Subscription(Destination):
    """A URL of a partner to which OCTO notifications are sent."""

    NEEDED_KEY_ID = models.Func(
        models.F("sealed_headers"),
        models.Value("."),
        models.Value(1),
        function="split_part",
        output_field=models.TextField(),
    )

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    partner = models.ForeignKey(
        "partners.Partner", models.CASCADE, related_name="notification_subscriptions"
    )
    notification_types = ArrayField(models.CharField(max_length=32), verbose_name="notifications")
    sealed_headers = models.TextField(blank=True, default="", db_default="", editable=False)

    class Meta:
        verbose_name = "subscription to notifications"
        verbose_name_plural = "subscriptions to notifications"
        default_permissions = ("view", "change")
        constraints = [
            models.CheckConstraint(
                condition=Q(disabled_by__in=["", *(reason.value for reason in DisabledBy)]),
                name="subscription_disabled_by_is_known",
            ),
            models.CheckConstraint(
                condition=Q(disabled_by="", disabled_at=None)
                | ~Q(disabled_by="") & Q(disabled_at__isnull=False),
                name="exactly_disabled_subscriptions_say_when",
            ),
            models.CheckConstraint(
                condition=Q(notification_types__contained_by=_TYPES)
                & Q(notification_types__len__gte=1),
                name="subscription_types_are_known",
            ),
        ]
        indexes = [
            models.Index(fields=["partner", "test_mode"], name="subscription_of_partner"),
            models.Index(
                fields=["notice_due_at"],
                name="subscription_notice_due",
                condition=Q(notice_due_at__isnull=False),
            ),
            models.Index(
                fields=["removed_at"],
                name="subscription_removed",
                condition=Q(removed_at__isnull=False),
            ),
        ]

    @property
    def needed_key_id(self) -> str:
        return self.sealed_headers.partition(".")[0]


class SubscriptionQueue(DestinationQueue):
    """The delivery state of a subscription: its failures, its claim, and when it is due next.

    Events up to the position ``begins_after`` are from before it was created.
    """

    subscription = models.OneToOneField(
        Subscription, models.CASCADE, primary_key=True, related_name="queue"
    )
    begins_after = models.BigIntegerField()

    class Meta:
        db_table = "notifications_queue"
        default_permissions = ()
        indexes = [
            models.Index(
                fields=["is_slow", "due_at"],
                name="subscription_queue_due",
                condition=Q(due_at__isnull=False),
            ),
            models.Index(
                fields=["failing_since"],
                name="subscription_queue_failing",
                condition=Q(failing_since__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subscription_id}, {self.failures} failures in a row"


class NotificationProgress(models.Model):
    """Single row: the position of the log up to which events were written as notifications."""

    position = models.BigIntegerField(default=0, db_default=0)
    is_only = models.BooleanField(default=True, db_default=True, unique=True)

    class Meta:
        db_table = "notifications_progress"
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(is_only=True), name="one_notification_progress"),
        ]

    def __str__(self) -> str:
        return f"told up to {self.position}"


class Notification(models.Model):
    """One notification: what a partner is to fetch again, with the outcome of the last attempt.

    ``attempts`` counts those that began. Before the first one, later events of the same ``subject``
    are merged into the row.
    """

    id = models.BigAutoField(primary_key=True)
    public_id = models.UUIDField("id", editable=False)
    subscription = models.ForeignKey(Subscription, models.CASCADE, related_name="notifications")
    kind = models.CharField("notification", max_length=32)
    subject = models.CharField(max_length=40, editable=False)
    product_code = models.CharField("product", max_length=255, blank=True)
    booking_uuid = models.UUIDField("booking", null=True)
    local_date_start = models.DateField("from", null=True)
    local_date_end = models.DateField("to", null=True)
    state = models.CharField(max_length=12, choices=STATES)
    attempts = models.PositiveIntegerField(default=0, db_default=0)
    next_attempt_at = models.DateTimeField(null=True)
    last_attempt_at = models.DateTimeField(null=True)
    last_status = models.PositiveSmallIntegerField("answer", null=True)
    last_problem = models.CharField(
        max_length=20, choices=PROBLEMS, blank=True, default="", db_default=""
    )
    last_duration_ms = models.PositiveIntegerField("took", null=True)
    settled_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["subscription", "kind", "subject"],
                condition=Q(state=DeliveryState.WAITING.value, attempts=0),
                name="one_unsent_notification_of_each",
            ),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in DeliveryState]),
                name="notification_state_is_known",
            ),
            models.CheckConstraint(
                condition=Q(
                    state=DeliveryState.WAITING.value,
                    settled_at=None,
                    next_attempt_at__isnull=False,
                )
                | ~Q(state=DeliveryState.WAITING.value) & Q(next_attempt_at=None),
                name="exactly_waiting_notifications_are_due",
            ),
        ]
        indexes = [
            models.Index(
                fields=["subscription", "kind", "subject", "next_attempt_at"],
                name="notification_waiting",
                condition=Q(state=DeliveryState.WAITING.value),
            ),
            models.Index(
                fields=["subscription", "kind", "subject", "-id"], name="notification_of_subject"
            ),
            models.Index(fields=["subscription", "-id"], name="notification_of_subscription"),
            models.Index(fields=["created_at"], name="notification_by_age"),
        ]

    def __str__(self) -> str:
        what = self.kind.partition("_")[0].capitalize()
        return f"{what} {self.booking_uuid or self.product_code}"


class NotificationAttempt(DeliveryAttempt):
    """One attempt to send a notification; what the partner's server answered is not kept."""

    notification = models.ForeignKey(Notification, models.CASCADE, related_name="tries")

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(problem__in=[problem.value for problem in AttemptProblem]),
                name="notification_problem_is_known",
            ),
        ]
        indexes = [
            models.Index(fields=["notification", "-id"], name="attempt_of_notification"),
        ]

    def __str__(self) -> str:
        return f"{self.notification_id}: {self.status or self.problem}"
