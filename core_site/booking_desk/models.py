"""The table of exemptions: sales of the desk over capacity or after the cut-off, with reasons."""

import pghistory
import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from core_site.personal_data import personal_fields

#: The account of a staff user may go, and a reason that names a guest may be erased.
KEEP_EXEMPTION = """
    RAISE EXCEPTION 'an exemption is kept as it was made'
        USING ERRCODE = 'insufficient_privilege';
"""


# Each has its version in the history, by which it is found from the transaction of a departure.
@pghistory.track(
    pghistory.InsertEvent(), exclude=personal_fields("booking_desk.exemption"), append_only=True
)
class Exemption(models.Model):
    """A sale over capacity or after the cut-off, recorded in the booking's own transaction."""

    booking = models.ForeignKey("bookings.Booking", models.PROTECT, related_name="exemptions")
    departure = models.ForeignKey("catalog.Departure", models.PROTECT, related_name="exemptions")
    staff_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    reason = models.TextField()
    is_after_cutoff = models.BooleanField("after the booking cut-off")
    capacity_before = models.PositiveIntegerField(null=True)
    capacity_after = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                condition=Q(is_after_cutoff=True) | Q(capacity_after__gt=F("capacity_before")),
                name="exemption_is_from_something",
            ),
        ]
        indexes = [models.Index(fields=["departure", "-id"], name="exemption_of_departure")]
        triggers = [
            pgtrigger.Trigger(
                name="keep",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(
                    *("booking", "departure", "is_after_cutoff", "capacity_before"),
                    *("capacity_after", "created_at"),
                ),
                func=KEEP_EXEMPTION,
            ),
            pgtrigger.Trigger(
                name="keep_row",
                when=pgtrigger.Before,
                operation=pgtrigger.Delete,
                func=KEEP_EXEMPTION,
            ),
        ]

    def __str__(self) -> str:
        return f"exemption of {self.booking}"
