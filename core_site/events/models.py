"""The outbox: one row for each thing that happened, written with it in one transaction."""

from django.contrib.postgres.functions import TransactionNow
from django.db import models
from django.db.models import Func, Q


class CurrentTransactionId(Func):
    template = "pg_current_xact_id()::text::bigint"


class Event(models.Model):
    """What happened to a booking, without personal data: readers fetch the booking again.

    Readers follow ``(transaction_id, id)`` and stop before the oldest transaction that still
    runs (``pg_snapshot_xmin``): so no event ever appears behind one that was already read,
    although transactions commit in another order than their ids were given out.
    """

    partner = models.ForeignKey("partners.Partner", models.PROTECT, related_name="+")
    test_mode = models.BooleanField(help_text="Of a test booking; live readers never see it.")
    type = models.CharField(max_length=32)
    booking_uuid = models.UUIDField()
    data = models.JSONField(default=dict)
    transaction_id = models.BigIntegerField(db_default=CurrentTransactionId(), editable=False)
    created_at = models.DateTimeField(db_default=TransactionNow(), editable=False)

    class Meta:
        ordering = ["transaction_id", "id"]
        constraints = [models.CheckConstraint(condition=~Q(type=""), name="event_has_a_type")]
        indexes = [
            models.Index(fields=["partner", "transaction_id", "id"], name="event_in_order"),
            models.Index(fields=["booking_uuid"], name="event_of_booking"),
            # For the staff's list: what is rare would be looked for among all events.
            models.Index(fields=["type", "-id"], name="event_by_type"),
            models.Index(fields=["-id"], name="event_of_tests", condition=Q(test_mode=True)),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.booking_uuid}"
