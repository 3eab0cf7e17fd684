"""Tables of OCTO notifications; only the services of ``shared_domain/notifications`` write them.

The headers that a partner wants to be sent are stored encrypted, and in no history.
"""

import uuid

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from core_site.history import every_change
from core_site.webhooks.destination_models import Destination, DestinationQueue
from shared_domain.notifications import NotificationType
from shared_domain.webhooks import DisabledBy

_TYPES = [kind.value for kind in NotificationType]


@pghistory.track(*every_change(), exclude=["notice_due_at", "sealed_headers"])
class Subscription(Destination):
    """A URL of a partner to which OCTO notifications are sent."""

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


class SubscriptionQueue(DestinationQueue):
    """How a subscription fares, and when a worker looks at it next.

    Events up to the position ``begins_after`` are from before it was made.
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
