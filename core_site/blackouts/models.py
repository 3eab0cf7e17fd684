"""Blackout periods; ``shared_domain.availability.blackouts`` closes and opens departures."""

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from core_site.checked_texts import LineField
from core_site.history import every_change


@pghistory.track(*every_change())
class Blackout(models.Model):
    """Days on which a product, or every product of a place, is not sold."""

    product = models.ForeignKey(
        "catalog.Product", models.CASCADE, related_name="blackouts", null=True, blank=True
    )
    place = LineField(max_length=80, blank=True, default="")
    first_date = models.DateField("from")
    last_date = models.DateField("until", help_text="This day included.")
    reason = LineField(max_length=200)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    added_at = models.DateTimeField()
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    lifted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = "blackout period"
        default_permissions = ("view",)
        permissions = [("manage_blackout", "Can add and lift blackout periods")]
        constraints = [
            models.CheckConstraint(
                condition=Q(product=None) & ~Q(place="") | Q(product__isnull=False, place=""),
                name="blackout_of_a_product_or_a_place",
            ),
            models.CheckConstraint(
                condition=Q(last_date__gte=F("first_date")), name="blackout_makes_a_range"
            ),
        ]
        indexes = [
            models.Index(
                fields=["last_date"], name="blackout_in_force", condition=Q(lifted_at=None)
            ),
        ]

    def __str__(self) -> str:
        scope = self.place or str(self.product)
        if self.first_date == self.last_date:
            return f"{scope}, {self.first_date}"
        return f"{scope}, {self.first_date} to {self.last_date}"
