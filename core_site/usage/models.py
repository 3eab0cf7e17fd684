"""Calls of API keys by the hour, and calls that were refused; the edge writes both in batches."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from core_site.admin_kit.viewer_zone import format_instant


class KeyHour(models.Model):
    """The number of a key's calls in one hour, by status class (``shared_domain.usage.Calls``)."""

    api_key = models.ForeignKey("partners.ApiKey", on_delete=models.CASCADE, related_name="hours")
    hour = models.DateTimeField()
    succeeded = models.BigIntegerField()
    refused = models.BigIntegerField()
    limited = models.BigIntegerField()
    failed = models.BigIntegerField()
    last_call_at = models.DateTimeField()

    class Meta:
        verbose_name = "hour of an API key"
        constraints = [
            models.UniqueConstraint(fields=["api_key", "hour"], name="usage_one_row_each_hour"),
            models.CheckConstraint(
                name="usage_counts_not_negative",
                condition=Q(succeeded__gte=0, refused__gte=0, limited__gte=0, failed__gte=0),
            ),
        ]
        indexes = [models.Index(fields=["hour"], name="usage_keyhour_by_age")]

    def __str__(self) -> str:
        return format_instant(self.hour)


class Refusal(models.Model):
    """A call that was answered with 4xx or 5xx; no value that the caller sent is stored."""

    partner = models.ForeignKey("partners.Partner", on_delete=models.CASCADE, related_name="+")
    api_key = models.ForeignKey(
        "partners.ApiKey", on_delete=models.CASCADE, related_name="refusals"
    )
    at = models.DateTimeField()
    method = models.TextField()
    path_template = models.TextField()
    status = models.PositiveSmallIntegerField()
    code = models.TextField()
    reason = models.TextField()
    fields = ArrayField(models.TextField())
    request_id = models.UUIDField()

    class Meta:
        verbose_name = "refused call"
        constraints = [
            models.CheckConstraint(
                name="usage_refusal_is_an_error", condition=Q(status__gte=400, status__lte=599)
            ),
        ]
        indexes = [
            models.Index(fields=["partner", "-id"], name="usage_refusal_of_partner"),
            models.Index(fields=["at"], name="usage_refusal_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.path_template}: {self.status}"
