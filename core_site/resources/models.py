"""Tables of resources, and of their assignments to departures."""

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import DateTimeRangeField
from django.contrib.postgres.indexes import GistIndex
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from core_site.catalog import bounds
from core_site.checked_texts import LineField, TelephoneField
from core_site.history import every_change
from shared_domain.catalog import MAX_CAPACITY
from shared_domain.quantities import format_quantity
from shared_domain.resources import ResourceKind


@pghistory.track(*every_change())
class Resource(models.Model):
    """A guide, boat, vehicle or piece of equipment."""

    kind = models.CharField(
        max_length=16, choices=[(kind.value, kind.value.title()) for kind in ResourceKind]
    )
    name = LineField(max_length=80, unique=True)
    capacity = models.PositiveIntegerField(
        "places",
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_CAPACITY)],
        help_text="Guests it takes at once, on all its departures together. Empty: it limits "
        "nothing, as a guide.",
    )
    staff_user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="resource",
        help_text="Who sees the departures of this guide under My week.",
    )
    telephone = TelephoneField(max_length=32, blank=True, default="")
    is_active = models.BooleanField(
        "in use", default=True, help_text="Off: it is not offered for more departures."
    )

    class Meta:
        ordering = ["kind", "name"]
        verbose_name = "guide, boat or equipment"
        verbose_name_plural = "guides and boats"
        permissions = [("see_own_week", "Can see the own week, as a guide")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(kind__in=[kind.value for kind in ResourceKind]),
                name="resource_kind_is_known",
                violation_error_message="Kind: choose one of those that the form offers.",
            ),
            bounds.between(
                "resource_capacity_is_in_range",
                "capacity",
                words="Places",
                least=1,
                most=MAX_CAPACITY,
            ),
        ]

    def __str__(self) -> str:
        places = "" if self.capacity is None else f" ({format_quantity(self.capacity, 'place')})"
        return f"{self.name}{places}"


@pghistory.track(pghistory.InsertEvent(), pghistory.DeleteEvent())
class Assignment(models.Model):
    """A resource on a departure; it is deleted with the departure."""

    resource = models.ForeignKey(Resource, models.PROTECT, related_name="assignments")
    # The constraint is in the migration: with ON DELETE CASCADE, which Django does not write.
    departure = models.ForeignKey(
        "catalog.Departure", models.CASCADE, related_name="assignments", db_constraint=False
    )
    during = DateTimeRangeField(
        editable=False, help_text="From the departure's start to its end; a trigger keeps it so."
    )

    class Meta:
        default_permissions = ()
        permissions = [("assign_resource", "Can give departures guides, boats and equipment")]
        constraints = [
            models.UniqueConstraint(
                fields=["resource", "departure"], name="resource_once_on_departure"
            ),
        ]
        indexes = [GistIndex(fields=["during"], name="assignment_by_time")]

    def __str__(self) -> str:
        return f"{self.resource} on {self.departure}"
