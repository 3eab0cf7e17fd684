"""The cache of forecasts, which both halves share, and the locations of products.

Only ``shared_domain/weather`` writes the cache.
"""

import pghistory
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from core_site.history import every_change


class CachedForecast(models.Model):
    """The last forecast of a subject, which is a city by its name, or a spot on the map."""

    subject = models.CharField(max_length=255, unique=True)
    place = models.JSONField(null=True)
    forecast = models.JSONField(null=True)
    fetched_at = models.DateTimeField(null=True)
    claimed_until = models.DateTimeField(null=True)
    used_at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(forecast__isnull=True) | Q(fetched_at__isnull=False),
                name="forecasts_say_when_they_were_fetched",
            ),
        ]
        indexes = [models.Index(fields=["used_at"], name="weather_forecast_by_use")]

    def __str__(self) -> str:
        return self.subject


@pghistory.track(*every_change())
class ProductLocation(models.Model):
    """The place on the map where a product starts, and whether the weather matters to it."""

    product = models.OneToOneField(
        "catalog.Product", models.CASCADE, related_name="location", verbose_name="product"
    )
    latitude = models.FloatField(
        validators=[MinValueValidator(-90.0), MaxValueValidator(90.0)],
        help_text="In degrees, as maps show them: Lisbon is 38.7167.",
    )
    longitude = models.FloatField(
        validators=[MinValueValidator(-180.0), MaxValueValidator(180.0)],
        help_text="In degrees, west of Greenwich negative: Lisbon is -9.1333.",
    )
    is_outdoors = models.BooleanField(
        "outdoors",
        default=True,
        help_text="Its departures show the weather, on their pages and in the calendar.",
    )

    class Meta:
        verbose_name = "place on the map"
        verbose_name_plural = "place on the map"
        constraints = [
            models.CheckConstraint(
                condition=Q(latitude__gte=-90, latitude__lte=90),
                name="latitude_is_on_the_map",
                violation_error_message="Latitude: use degrees from -90 to 90.",
            ),
            models.CheckConstraint(
                condition=Q(longitude__gte=-180, longitude__lte=180),
                name="longitude_is_on_the_map",
                violation_error_message="Longitude: use degrees from -180 to 180.",
            ),
        ]

    def __str__(self) -> str:
        return f"Place on the map: {self.latitude:.4f}, {self.longitude:.4f}"
