"""Tables of disruptions: the decision of staff, its departures, and the outcome of each booking."""

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Q

from core_site.bookings.models import Booking
from core_site.history import every_change
from shared_domain.bookings import RefundChoice
from shared_domain.disruptions import DisruptionKind, LineOutcome, Notice


@pghistory.track(*every_change())
class Disruption(models.Model):
    """A decision of staff to cancel or move departures with all of their bookings."""

    kind = models.CharField(
        max_length=8,
        choices=[(DisruptionKind.CANCEL.value, "Cancel"), (DisruptionKind.MOVE.value, "Move")],
    )
    refund = models.CharField(
        max_length=16,
        choices=[
            (RefundChoice.BY_THE_RULES.value, "By the rules"),
            (RefundChoice.FULL.value, "In full"),
            (RefundChoice.NONE.value, "None"),
        ],
    )
    reason = models.TextField(blank=True, help_text="Partners read it.")
    message = models.TextField(blank=True, help_text="Guests read it in their mail.")
    title = models.CharField(max_length=200)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = "cancellation or move"
        verbose_name_plural = "cancelled or moved departures"
        default_permissions = ("view",)
        permissions = [("run_disruption", "Can cancel or move whole departures")]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=[kind.value for kind in DisruptionKind]),
                name="disruption_kind_is_known",
            ),
            models.CheckConstraint(
                condition=Q(refund__in=[choice.value for choice in RefundChoice]),
                name="disruption_refund_is_known",
            ),
        ]
        indexes = [
            models.Index(fields=["id"], name="disruption_running", condition=Q(finished_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.title}"


class DisruptedDeparture(models.Model):
    """A departure of a disruption, and the target departure of its bookings if it is moved.

    Its foreign keys are not constraints: a departure without bookings is deleted when its schedule
    no longer has it, and this record stays.
    """

    disruption = models.ForeignKey(Disruption, models.CASCADE, related_name="departures")
    departure = models.ForeignKey(
        "catalog.Departure", models.DO_NOTHING, related_name="disruptions", db_constraint=False
    )
    target = models.ForeignKey(
        "catalog.Departure", models.DO_NOTHING, related_name="+", db_constraint=False, null=True
    )

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["disruption", "departure"], name="departure_once_in_disruption"
            ),
            models.CheckConstraint(
                condition=Q(target=None) | ~Q(target=models.F("departure")),
                name="departure_moves_elsewhere",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.disruption}, departure {self.departure_id}"


class DisruptedBooking(models.Model):
    """One booking of a disruption: what was done with it, and the e-mail that its guest is owed."""

    disruption = models.ForeignKey(Disruption, models.CASCADE, related_name="lines")
    disrupted_departure = models.ForeignKey(
        DisruptedDeparture, models.CASCADE, related_name="lines"
    )
    booking = models.ForeignKey(Booking, models.CASCADE, related_name="disruptions")
    outcome = models.CharField(
        max_length=8,
        choices=[
            (LineOutcome.PENDING.value, "Waits"),
            (LineOutcome.DONE.value, "Done"),
            (LineOutcome.REFUSED.value, "Not done"),
            (LineOutcome.NEEDLESS.value, "Not needed"),
        ],
        default=LineOutcome.PENDING.value,
        db_default=LineOutcome.PENDING.value,
    )
    refusal = models.TextField(blank=True, default="", db_default="")
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    settled_at = models.DateTimeField(null=True, blank=True)
    notice = models.CharField(
        max_length=8,
        choices=[
            (Notice.NONE.value, "None"),
            (Notice.DUE.value, "Waits to be sent"),
            (Notice.SENT.value, "Sent"),
            (Notice.GIVEN_UP.value, "Could not be sent"),
        ],
        default=Notice.NONE.value,
        db_default=Notice.NONE.value,
    )
    notice_due_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["disruption", "booking"], name="booking_once_in_disruption"
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=[outcome.value for outcome in LineOutcome]),
                name="disrupted_outcome_is_known",
            ),
            models.CheckConstraint(
                condition=Q(outcome="PENDING", settled_at=None)
                | ~Q(outcome="PENDING") & Q(settled_at__isnull=False),
                name="exactly_settled_lines_say_when",
            ),
            models.CheckConstraint(
                condition=Q(notice="DUE", notice_due_at__isnull=False)
                | ~Q(notice="DUE") & Q(notice_due_at=None),
                name="exactly_due_notices_say_since_when",
            ),
        ]
        indexes = [
            models.Index(fields=["disruption", "outcome"], name="disrupted_by_outcome"),
            models.Index(
                fields=["notice_due_at"], name="disrupted_notice_due", condition=Q(notice="DUE")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.booking}: {self.get_outcome_display()}"
