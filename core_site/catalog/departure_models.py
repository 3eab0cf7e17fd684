"""The models of schedules and of the departures that are generated from them.

Other modules import both from ``core_site.catalog.models``.
"""

from typing import Any

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from core_site.catalog import bounds, validation
from core_site.catalog.check_constraints import ValidatesChecksTogether
from core_site.catalog.departure_triggers import (
    keeps_to_its_resources,
    takes_its_resources_along,
    tells_when_shared_places_run_out,
)
from core_site.catalog.revision import bumps_revision_of_option
from core_site.history import every_change
from shared_domain import availability, catalog
from shared_domain.time_zones import zone


@pghistory.track(*every_change())
class Schedule(ValidatesChecksTogether):
    """The weekdays, times and season of an option, from which its departures are generated."""

    option = models.ForeignKey("catalog.Option", models.CASCADE, related_name="schedules")
    is_active = models.BooleanField(default=True)
    weekdays = ArrayField(
        models.PositiveSmallIntegerField(choices=validation.WEEKDAYS),
        default=validation.every_weekday,
    )
    start_times = ArrayField(
        models.TimeField(), default=list, blank=True, help_text="For fixed departures."
    )
    duration_minutes = models.PositiveIntegerField(
        default=120,
        validators=[MinValueValidator(1), MaxValueValidator(catalog.MAX_DURATION_MINUTES)],
        help_text=f"From 1 minute to {catalog.MAX_DURATION_MINUTES:,}, which is 366 days.",
    )
    opening_hours = models.JSONField(
        default=list,
        blank=True,
        validators=[validation.opening_hours],
        help_text='For opening hours: [{"from": "10:00", "to": "18:00"}].',
    )
    season_start = models.DateField(null=True, blank=True)
    season_end = models.DateField(null=True, blank=True)
    capacity = models.PositiveIntegerField(
        null=True,
        blank=True,
        validators=[MaxValueValidator(catalog.MAX_CAPACITY)],
        help_text=f"Places per departure, at most {catalog.MAX_CAPACITY:,}; empty for freesale.",
    )
    max_units = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(catalog.MAX_TICKETS)],
        help_text=f"Empty: {catalog.MAX_TICKETS:,}.",
    )
    booking_cutoff_minutes = models.PositiveIntegerField(
        default=60,
        validators=[MaxValueValidator(catalog.MAX_DURATION_MINUTES)],
        help_text="How long before the start (or the last closing time) sale ends, at most "
        f"{catalog.MAX_DURATION_MINUTES:,} minutes, which is 366 days.",
    )

    class Meta:
        ordering = ["option", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(season_start=None)
                | Q(season_end=None)
                | Q(season_end__gte=F("season_start")),
                name="schedule_season_makes_a_range",
                violation_error_message="The season must not end before it starts.",
            ),
            models.CheckConstraint(
                condition=Q(weekdays__len__gte=1),
                name="schedule_has_weekdays",
                violation_error_message="Choose at least one weekday.",
            ),
            models.CheckConstraint(
                condition=Q(weekdays__contained_by=[number for number, _ in validation.WEEKDAYS])
                & Q(weekdays__len__lte=len(validation.WEEKDAYS)),
                name="schedule_weekdays_are_known",
                violation_error_message="Weekdays: choose each day of the week at most once.",
            ),
            models.CheckConstraint(
                condition=Q(start_times__len__lte=catalog.MAX_START_TIMES),
                name="schedule_starts_are_in_range",
                violation_error_message=f"Start times: use at most {catalog.MAX_START_TIMES}.",
            ),
            bounds.season("schedule_season_is_in_range"),
            bounds.between(
                "schedule_minutes_are_in_range",
                "booking_cutoff_minutes",
                words="Sold until, minutes before",
                most=catalog.MAX_DURATION_MINUTES,
            ),
            bounds.between(
                "schedule_duration_is_in_range",
                "duration_minutes",
                words="Lasts, minutes",
                least=1,
                most=catalog.MAX_DURATION_MINUTES,
            ),
            bounds.between(
                "schedule_capacity_is_in_range",
                "capacity",
                words="Capacity",
                most=catalog.MAX_CAPACITY,
            ),
            bounds.between(
                "schedule_units_are_in_range",
                "max_units",
                words="Most tickets in one booking",
                most=catalog.MAX_TICKETS,
            ),
        ]
        triggers = [bumps_revision_of_option()]

    def __str__(self) -> str:
        return f"{self.option}, schedule {self.pk}"


# The generator adds thousands; what matters to people is who changed one.
@pghistory.track(pghistory.UpdateEvent(), exclude=["reserved"])
class Departure(ValidatesChecksTogether):
    """One bookable slot: a departure, or a day of opening hours.

    Option, local date and local start identify it. Its instants are computed in the product's time
    zone, and again when the zone or its rules change (``availability.generate_departures``).
    Only the bookings services change ``reserved``, under this row's lock.
    """

    # Without an index of its own: that of its local starts begins with the same column.
    option = models.ForeignKey(
        "catalog.Option", models.CASCADE, related_name="departures", db_index=False
    )
    schedule = models.ForeignKey(
        Schedule, models.SET_NULL, related_name="departures", null=True, blank=True
    )
    availability_id = models.CharField(
        max_length=64,
        help_text="The id in the API, for good: partners store it, whatever becomes of its time.",
    )
    local_date = models.DateField()
    start_time = models.TimeField(
        null=True, help_text="By the clock where it happens; empty for a day of opening hours."
    )
    fold = models.PositiveSmallIntegerField(
        default=0,
        db_default=0,
        help_text="1 for the second of two equal hours, when the clocks go back.",
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    cutoffs_count_from = models.DateTimeField(
        help_text="The start, or the last closing time of a day of opening hours."
    )
    booking_cutoff_at = models.DateTimeField(help_text="Last moment to book and confirm.")
    opening_hours = models.JSONField(default=list, blank=True)
    capacity = models.PositiveIntegerField(null=True, blank=True, help_text="Empty: freesale.")
    max_units = models.PositiveSmallIntegerField(null=True, blank=True)
    # Without a capacity, bookings of a million places each may add up to more than 32 bits hold.
    reserved = models.PositiveBigIntegerField(default=0, editable=False)
    is_open = models.BooleanField(default=True)
    is_edited = models.BooleanField(
        default=False,
        editable=False,
        help_text="Staff changed its places or closed it, and that is kept.",
    )
    has_resources = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
        help_text="It has guides, boats or equipment, whose places may be shared.",
    )
    blackout = models.ForeignKey(
        "blackouts.Blackout",
        # Not protected: a product goes with its blackouts, and with the departures they closed.
        models.RESTRICT,
        related_name="departures",
        null=True,
        blank=True,
        editable=False,
        help_text="What closed it, until that is lifted.",
    )
    closed_by_staff = models.BooleanField(default=False, db_default=False, editable=False)
    is_kept = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
        help_text="Staff kept it for its guests when its schedule changed; it is left alone.",
    )
    guide_links_revoked = models.PositiveIntegerField(
        default=0,
        db_default=0,
        editable=False,
        help_text="How often staff made the links to the guide's view invalid.",
    )
    is_scheduled = models.BooleanField(
        default=True, db_default=True, editable=False, help_text="A schedule asks for it."
    )

    class Meta:
        ordering = ["starts_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["option", "availability_id"],
                name="availability_id_in_option",
                violation_error_message="This option already has a departure at this time.",
            ),
            models.UniqueConstraint(
                fields=["option", "local_date", "start_time", "fold"],
                nulls_distinct=False,
                name="departure_by_its_local_start",
                violation_error_message="This option already has a departure at this time.",
            ),
            models.CheckConstraint(
                condition=Q(capacity=None) | Q(reserved__lte=F("capacity")),
                name="departure_not_oversold",
                violation_error_message="Capacity must not be below the places that are taken.",
            ),
            models.CheckConstraint(
                condition=Q(blackout=None) | Q(is_open=False),
                name="departure_in_blackout_is_closed",
                violation_error_message="Open for sale: a blackout period closes this departure.",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="departure_ends_after_its_start",
                violation_error_message="A departure must not end before it starts.",
            ),
            bounds.between(
                "departure_capacity_is_in_range",
                "capacity",
                words="Capacity",
                most=catalog.MAX_CAPACITY,
            ),
            bounds.between(
                "departure_units_are_in_range",
                "max_units",
                words="Most tickets in one booking",
                most=catalog.MAX_TICKETS,
            ),
            models.CheckConstraint(
                condition=Q(start_time__isnull=False) | ~Q(opening_hours=[]),
                name="departure_has_a_start_or_opening_hours",
                violation_error_message="Give the departure a start time or opening hours.",
            ),
        ]
        triggers = [
            keeps_to_its_resources(),
            takes_its_resources_along(),
            tells_when_shared_places_run_out(),
        ]
        indexes = [
            models.Index(fields=["local_date"], name="departure_of_day"),
            # The order of the staff's list, which has the departures of all options.
            models.Index(fields=["starts_at", "id"], name="departure_by_start"),
            # For the length of the longest departure, by which ``local_days`` bounds that list.
            models.Index(F("ends_at") - F("starts_at"), name="departure_by_length"),
        ]

    def __str__(self) -> str:
        return f"{self.option}, {self.local_start} {self.option.product.time_zone}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the departure; set the local start of a new one from its instant if it has none."""
        if self._state.adding and self.start_time is None and not self.opening_hours:
            start = self.starts_at.astimezone(zone(self.option.product.time_zone))
            self.start_time, self.fold = start.time(), start.fold
        super().save(*args, **kwargs)

    @property
    def local_start(self) -> str:
        """The start in the product's time zone: a date, or a date and a time."""
        if self.start_time is None:
            return str(self.local_date)
        start = availability.local_start(self, zone(self.option.product.time_zone))
        return f"{start:%Y-%m-%d %H:%M}"
