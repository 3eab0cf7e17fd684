"""The table of partners' payments for statements; append-only for every database role."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from shared_domain.payments import LONGEST_REFERENCE
from shared_domain.settlements import Direction


class PartnerPayment(models.Model):
    """A payment from a partner for a month's statement, or a repayment to the partner."""

    partner = models.ForeignKey("partners.Partner", models.PROTECT, related_name="+")
    month = models.DateField(help_text="The first day of the statement's month.")
    direction = models.CharField(
        max_length=8,
        choices=[
            (Direction.RECEIVED.value, "Received from the partner"),
            (Direction.RETURNED.value, "Returned to the partner"),
        ],
    )
    amount_minor = models.BigIntegerField("amount")
    currency = models.CharField(max_length=3)
    reference = models.CharField(max_length=LONGEST_REFERENCE, blank=True)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        verbose_name = "payment of a statement"
        verbose_name_plural = "payments of statements"
        default_permissions = ("add", "view")
        permissions = [("view_revenue", "Can see what is sold by day, product and partner")]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0), name="partner_payment_is_above_zero"
            ),
            models.CheckConstraint(
                condition=Q(direction__in=[direction.value for direction in Direction]),
                name="partner_payment_direction_is_known",
            ),
            models.CheckConstraint(condition=Q(month__day=1), name="partner_payment_of_a_month"),
        ]
        indexes = [
            models.Index(fields=["month", "partner", "currency"], name="partner_payment_of_month"),
        ]

    def __str__(self) -> str:
        return f"{self.get_direction_display()}, {self.month:%Y-%m}"
