"""The cache of forecasts, which both halves share; written by ``shared_domain/weather`` only."""

from django.db import models
from django.db.models import Q


class CachedForecast(models.Model):
    """The last forecast of a subject: a city by its name, or a spot on the map."""

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
